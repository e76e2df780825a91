"""Engines: the results in the order of the items, from however many processes, and errors as they are."""

from __future__ import annotations

import os
import time

import pytest

from metacot.agents.engines import make_engine, missing


def slow_square(number: int) -> int:
    time.sleep(0.02 * (number % 3))
    return number * number


def failing(number: int) -> int:
    if number == 3:
        raise ValueError("three is not wanted")
    return number


def process(number: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers):
    with make_engine("local", workers) as engine:
        assert list(engine.map(slow_square, range(12))) == [number * number for number in range(12)]
        assert list(engine.map(slow_square, [])) == []


def test_work_is_done_elsewhere_and_errors_come_back():
    with make_engine("local", 1) as engine:
        assert os.getpid() not in set(engine.map(process, range(3)))
        with pytest.raises(ValueError, match="three is not wanted"):
            list(engine.map(failing, range(6)))


def test_items_are_taken_as_they_are_needed():
    taken = []

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    with make_engine("local", 1) as engine:
        next(engine.map(slow_square, items()))
    assert len(taken) <= 4


def test_what_is_done_is_not_missing():
    assert missing(range(6), lambda number: number % 2 == 0) == [1, 3, 5]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("spark", 1), "local, ray, got 'spark'"),
        (("local", 0), "at least one worker"),
        (("local", 1, "127.0.0.1:1"), "for the engine ray"),
    ],
)
def test_an_engine_that_is_not_there_is_named(arguments, said):
    with pytest.raises(ValueError, match=said):
        make_engine(*arguments)
