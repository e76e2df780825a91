"""A task without dead ends, for several tests."""

from __future__ import annotations

import numpy as np

from metacot.tasks import Problem, Task, UnreadableStep, Verdict


class Corridor(Task[int, int]):
    """Walk to 0 along a corridor of 10 places. Every place leads there: no dead ends."""

    name = "corridor"
    dead_ends = False
    n_actions, shape, low, high = 2, (1,), 0, 9

    def problem(self, seed, index, split="train", **difficulty):
        return Problem(self.name, (1 + (seed + index) % 9,), seed, index, split, difficulty)

    def pose(self, *data):
        return Problem(self.name, data)

    def start(self, problem):
        return problem.data[0]

    def steps(self, state):
        return [step for step in (-1, 1) if 0 <= state + step <= 9]

    def apply(self, state, step):
        return state + step

    def solved(self, state):
        return state == 0

    def distance(self, state):
        return state

    def ask(self, problem):
        return f"from {problem.data[0]}"

    def show(self, state):
        return str(state)

    def write(self, state, step):
        return f"{step:+}"

    def read(self, state, text):
        if text not in ("+1", "-1"):
            raise UnreadableStep("a step is +1 or -1")
        return int(text)

    def answer(self, problem, steps):
        return " ".join(map(str, steps))

    def check(self, problem, answer):
        return Verdict(answer == " ".join(["-1"] * problem.data[0]), "")

    def index(self, state, step):
        return (step + 1) // 2

    def observe(self, state):
        return np.array([state], np.float32)
