"""A task of one's own: reach a number from a smaller one by adding 3 and doubling. Everything else follows from it."""

import math
from functools import cache
from typing import NamedTuple

import gymnasium as gym
import numpy as np

from metacot import tasks
from metacot.agents.search import search

STEPS = ("+ 3", "* 2")


class At(NamedTuple):
    number: int
    target: int


class Reach(tasks.Task[At, str]):
    """Reach the target: each step adds 3 to the number or doubles it. There is no way back once it is passed."""

    name = "reach"
    words = ("from", "to", "+", "*", ",", "is", "not", "below", "the", "target")  # all that its texts hold but numbers
    n_actions, shape, low, high = len(STEPS), (2,), 0, 200  # the numeric face

    def problem(self, seed, index, split="train"):
        if split not in self.splits:
            raise ValueError(f"unknown split {split!r}")
        rng = self.rng(seed, index, split)  # an address, never a stream
        while True:  # until it has a solution and lies in this split
            posed = self.pose(int(rng.integers(1, 10)), int(rng.integers(20, 100)))
            if shortest(*posed.data) < math.inf and tasks.split_of(self.name, posed.data) == split:
                return tasks.Problem(self.name, posed.data, seed, index, split)

    def pose(self, *data):
        match data:
            case (int(number), int(target)) | ((int(number), int(target)),) if 0 < number < target < 100:
                return tasks.Problem(self.name, (number, target))
        raise ValueError(f"a problem is a number and a larger target below 100, got {data}")

    def start(self, problem):
        return At(*problem.data)

    def steps(self, state):
        return STEPS if state.number < state.target else ()

    def apply(self, state, step):
        if step not in self.steps(state):
            raise tasks.IllegalStep(f"{state.number} is not below the target")
        return At(state.number + 3 if step == "+ 3" else state.number * 2, state.target)

    def solved(self, state):
        return state.number == state.target

    def ask(self, problem):
        return f"from {self.show(self.start(problem))}"

    def show(self, state):
        return f"{state.number} to {state.target}"

    def write(self, state, step):
        return step

    def read(self, state, text):
        if (step := " ".join(text.split())) not in STEPS:
            raise tasks.UnreadableStep("a step is + 3 or * 2")
        return step

    def answer(self, problem, steps):
        return ", ".join(steps)

    def check(self, problem, answer):  # any text at all, so its length is bounded first
        state = self.start(problem)
        try:
            for step in answer[:1000].split(","):
                state = self.apply(state, self.read(state, step))
        except tasks.TaskError as error:
            return tasks.Verdict(False, str(error))
        return tasks.Verdict(self.solved(state), f"ends at {state.number}", answer)

    # Optional: exact values, and numbers for agents that do not read.

    def distance(self, state):
        return shortest(*state)

    def index(self, state, step):
        return STEPS.index(step)

    def observe(self, state):
        return np.array(state, np.float32)


@cache
def shortest(number, target):
    """The fewest steps from a number to another; math.inf where there is no way."""
    if number >= target:
        return 0 if number == target else math.inf
    return 1 + min(shortest(number + 3, target), shortest(number * 2, target))


tasks.register("reach", Reach)

if __name__ == "__main__":
    env = gym.make("metacot.envs:MetaCoT/Reach-v0")  # and MetaCoT/ReachText-v0 for language models
    rng = np.random.default_rng(0)
    observation, info = env.reset(seed=0)
    over = False
    while not over:  # random legal play; the last action gives up
        action = rng.choice(np.flatnonzero(info["action_mask"][:-1]))
        observation, reward, terminated, truncated, info = env.step(action)
        over = terminated or truncated
    print(f"random play: {'solved' if info['success'] else 'not solved'} in {len(env.unwrapped.tree) - 1} states")

    task = tasks.make("reach")
    result = search("best_first", task, task.pose(8, 62), "noisy:0.2")
    print(task.ask(result.tree.problem), tasks.emit(task, result.trace()), sep="\n", end="")
