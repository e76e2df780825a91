"""How fast Game of 24 is solved and searched. Each figure comes from a fresh process, so that its caches are cold."""

from __future__ import annotations

import subprocess
import sys

VALUES = """
from time import perf_counter
from metacot.tasks import make
from metacot.tasks.game24.hands import hands
game = make("game24")
start = perf_counter()
values = [game.value(game.start(game.pose(hand))) for hand in hands(1, 13)]
seconds = perf_counter() - start
assert (len(values), sum(values)) == (1820, 1362)
print(seconds)
"""
VALUES_BAR = 0.3  # seconds
VALUES_RUNS = 3

MCTS = """
from time import process_time
from metacot.agents.search import mcts
from metacot.rewards import OracleValue
from metacot.tasks import make
game = make("game24")
problems = [game.problem(0, index) for index in range({hands})]
oracle, iterations = OracleValue(), 0
start = process_time()
for problem in problems:
    iterations += mcts(game, problem, oracle, iterations={iterations}, stop=False).iterations
seconds = process_time() - start
assert iterations == {hands} * {iterations}
print(iterations / seconds)
"""
MCTS_BAR = 50_000  # iterations a second
MCTS_HANDS = 200
MCTS_ITERATIONS = 1_000


def run() -> list[tuple[str, float, str]]:
    values = min(_measure(VALUES) for _ in range(VALUES_RUNS))
    rate = _measure(MCTS.format(hands=MCTS_HANDS, iterations=MCTS_ITERATIONS))
    return [
        (
            "exact values of all 1,820 hands, after import (s)",
            values,
            f"best of {VALUES_RUNS} fresh processes; {VALUES_BAR / values:.1f}x the bar of {VALUES_BAR} s",
        ),
        (
            "MCTS iterations per CPU second",
            rate,
            f"{MCTS_HANDS} different hands, {MCTS_ITERATIONS:,} iterations each (select, expand, evaluate with the "
            f"oracle, back up), tree kept; {rate / MCTS_BAR:.2f}x the bar of {MCTS_BAR:,}",
        ),
    ]


def _measure(code: str) -> float:
    """The number that the code prints, run in a process of its own."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout)
