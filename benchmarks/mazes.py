"""How fast mazes, sudokus and blocksworlds are made, and how much memory mazes take.

Mazes are made beside reasoning-gym's, turn by turn in one process and at the same side, where that package is
installed; it lives in an environment of its own, so the bar is not claimed without it.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

from metacot import tasks

ROUNDS, SECONDS = 7, 0.3
SIDE = 8

FAMILIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("maze", {"size": 8}),
    ("maze", {"size": 8, "generator": "depth_first"}),
    ("maze", {"size": 8, "generator": "wilson"}),
    ("maze", {"size": 30}),
    ("maze", {"size": 30, "generator": "depth_first"}),
    ("sudoku", {"size": 4}),
    ("sudoku", {"size": 6}),
    ("sudoku", {"size": 9}),
    ("blocksworld", {"blocks": 6}),
)


def rate(make: Callable[[int], Any], numbers: count[int]) -> float:
    """Calls a second over `SECONDS`, each with the next number."""
    done, start = 0, perf_counter()
    while (spent := perf_counter() - start) < SECONDS:
        make(next(numbers))
        done += 1
    return done / spent


def reasoning_gym_maze() -> Callable[[int], Any] | None:
    """A maze of reasoning-gym by its index; None where it is not installed."""
    try:
        import reasoning_gym
    except ModuleNotFoundError:
        return None
    dataset = reasoning_gym.create_dataset(
        "maze", size=10**9, seed=0, min_grid_size=SIDE, max_grid_size=SIDE, min_dist=SIDE, max_dist=SIDE * SIDE
    )
    return dataset.__getitem__


def megabytes() -> float:
    """What 1,024 mazes of 30 x 30 take with their boards and all distances."""
    task = tasks.make("maze")
    tracemalloc.start()
    states = [task.start(task.problem(0, index, size=30)) for index in range(1024)]
    known = [task.distance(state) for state in states]
    used = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    assert len(known) == 1024
    return used


def run() -> list[tuple[str, float, str]]:
    rows = []
    how = f"sequential addresses, training split; median of {ROUNDS} rounds of {SECONDS} s"
    for name, knobs in FAMILIES:
        task, numbers = tasks.make(name), count()
        rates = [
            rate(lambda index, task=task, knobs=knobs: task.problem(0, index, **knobs), numbers) for _ in range(ROUNDS)
        ]
        rows.append((f"{name} {' '.join(map(str, knobs.values()))}, problems per second", median(rates), how))
    title = f"maze against reasoning-gym's, side {SIDE}, same run"
    if (peer := reasoning_gym_maze()) is None:
        rows.append((title, float("nan"), "reasoning-gym is not installed: not claimed"))
    else:
        task, ours, theirs = tasks.make("maze"), count(), count()
        ratios = [
            rate(lambda index: task.problem(1, index, size=SIDE), ours) / rate(peer, theirs) for _ in range(ROUNDS)
        ]
        rows.append((title, median(ratios), "problems per second; at least 1.0 = no slower"))
    rows.append(("1,024 mazes of 30 x 30 with distances, MB", megabytes(), "at most 200"))
    return rows
