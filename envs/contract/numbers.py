"""Rules of the numeric face: states as arrays, steps as numbers, and the mask that says which of them are legal."""

from __future__ import annotations

import numpy as np

from ...tasks import IllegalStep, NotEnumerable
from .exam import Broken, Exam, Node, short

WRONG = 24
"""So many numbers of illegal steps are tried in a state, besides those out of range."""


def observe(exam: Exam) -> None:
    """a state is an array of the declared shape, type and range, and the same array every time"""
    task = exam.task
    for node in exam.nodes:
        row = task.observe(node.state)
        if row.shape != tuple(task.shape) or row.dtype != np.dtype(task.dtype):
            declared = f"shape {task.shape} and dtype {np.dtype(task.dtype)} are declared"
            raise Broken(f"{declared}, {short(node.state)} has {row.shape} and {row.dtype}")
        if not ((row >= task.low) & (row <= task.high)).all():  # also False for NaN
            raise Broken(f"{short(node.state)} is not within {task.low} and {task.high}: {row.min()} to {row.max()}")
        if not np.array_equal(row, task.observe(node.state)):
            raise Broken(f"asked again, {short(node.state)} is another array")


def index(exam: Exam) -> None:
    """legal steps have different numbers in [0, n_actions), and `step_at` leads back from each"""
    task, rng = exam.task, exam.rng()
    for node in exam.nodes:
        numbers = {}
        for step in exam.sample(task.steps(node.state), rng):
            number = task.index(node.state, step)
            if not 0 <= number < task.n_actions or number in numbers:
                raise Broken(f"{short(step)} in {short(node.state)} has the number {number} of {task.n_actions}")
            numbers[number] = step
            if task.step_at(node.state, number) != step:
                raise Broken(f"{number} leads back from {short(step)} to {short(task.step_at(node.state, number))}")


def mask(exam: Exam) -> None:
    """the mask is 1 just at the numbers of legal steps, and `step_at` refuses all others"""
    task, rng = exam.task, exam.rng()
    for node in exam.nodes:
        found = task.mask(node.state)
        if found.shape != (task.n_actions,) or found.dtype != np.int8:
            raise Broken(f"({task.n_actions},) int8 is needed, got {found.shape} {found.dtype}")
        legal = {task.index(node.state, step) for step in task.steps(node.state)}
        if set(np.flatnonzero(found)) != legal or not set(found.tolist()) <= {0, 1}:
            raise Broken(f"legal in {short(node.state)} are {short(sorted(legal))}, the mask says {short(found)}")
        others = [number for number in range(task.n_actions) if number not in legal]
        for number in (-1, task.n_actions, 10**9, *rng.sample(others, min(WRONG, len(others)))):
            try:
                step = task.step_at(node.state, number)
            except IllegalStep:
                continue
            raise Broken(f"{number} is not legal in {short(node.state)}, yet it stands for {short(step)}")


def move(exam: Exam) -> None:
    """`move` is `step_at` and `apply` in one, and refuses what they refuse"""
    task, rng = exam.task, exam.rng()
    for node in exam.nodes:
        legal = set(np.flatnonzero(task.mask(node.state)).tolist())
        others = [number for number in range(task.n_actions) if number not in legal]
        for number in exam.sample(sorted(legal), rng):
            step = task.step_at(node.state, number)
            if task.move(node.state, number) != (step, task.apply(node.state, step)):
                raise Broken(f"{number} in {short(node.state)} is {short(step)}, move says another thing")
        for number in (-1, task.n_actions, 10**9, *rng.sample(others, min(WRONG, len(others)))):
            try:
                moved = task.move(node.state, number)
            except IllegalStep:
                continue
            raise Broken(f"{number} is not legal in {short(node.state)}, yet it leads to {short(moved)}")


def face(exam: Exam) -> None:
    """`face` is `observe`, `mask` and `solved` in one"""
    task = exam.task
    for node in exam.nodes:
        row, legal, solved = task.face(node.state)
        expected = task.observe(node.state), task.mask(node.state), task.solved(node.state)
        same = np.array_equal(row, expected[0]) and np.array_equal(legal, expected[1]) and solved is expected[2]
        if not same or (row.dtype, legal.dtype) != (expected[0].dtype, expected[1].dtype):
            raise Broken(f"{short(node.state)} is {short(expected)}, face says {short((row, legal, solved))}")


def no_numbers(exam: Exam) -> None:
    """a task without a numeric face says so where it is asked for numbers"""
    node: Node = exam.starts[0]
    for ask in (exam.task.observe, exam.task.mask):
        try:
            found = ask(node.state)
        except NotEnumerable:
            continue
        raise Broken(f"n_actions is {exam.task.n_actions}, yet there is {short(found)}")


NUMBERS = (observe, index, mask, move, face)
