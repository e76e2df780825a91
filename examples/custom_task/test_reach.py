"""The task keeps the contract, and its distances are those of a breadth-first search."""

import math

import pytest
from reach import shortest

from metacot import tasks
from metacot.envs import check_task


def test_the_task_keeps_the_contract():
    assert check_task("reach").known_share == 1.0


@pytest.mark.parametrize("target", [20, 61, 99])
def test_distances_are_those_of_a_breadth_first_search(target):
    for number in range(1, target):
        layer, depth = {number}, 0
        while layer and target not in layer:
            layer, depth = {n for m in layer for n in (m + 3, m * 2) if n <= target}, depth + 1
        assert shortest(number, target) == (depth if layer else math.inf)


@pytest.mark.parametrize(
    ("answer", "correct"),
    [("+ 3, * 2", True), ("+3", False), ("* 2, + 3", False), ("", False), ("+ 3," * 10_000, False), ("٣", False)],
)
def test_any_answer_is_judged(answer, correct):
    task = tasks.make("reach")
    assert task.check(task.pose(5, 16), answer).correct is correct
