"""A task of one's own: reach a number from a smaller one by adding 3 and doubling. Everything else follows from it."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from metacot import tasks

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

    def check(self, problem, answer):  # anything at all, so its length is bounded first
        state = self.start(problem)
        try:
            for step in str(answer)[:1000].split(","):
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
