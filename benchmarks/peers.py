"""Sokoban, countdown and mazes beside gym-sokoban, GEM and reasoning-gym, each peer in an environment of its own.

    python -m venv .peers/gym-sokoban
    .peers/gym-sokoban/bin/pip install -r benchmarks/peers/gym-sokoban.txt    # and so on for the other files

METACOT_PEERS names another folder than `.peers`. A peer that is not installed there is reported as such, and nothing is
claimed about it. Both sides run on the same machine, turn by turn, and a figure is the median of the ratios of all
rounds; random play, actions chosen while the clock is stopped, rendering off. Sizes are equal; the generators are not
the same.
"""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import gymnasium as gym

from metacot import tasks

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("METACOT_PEERS", HERE.parent / ".peers"))

ROUNDS = 5

Row = tuple[str, float, str]
Rates = dict[str, float]
Rounds = list[tuple[Rates, Rates]]
"""Of each round what we measure, and what the peer does."""


def peer(name: str, number: int) -> Rates | None:
    """What the script of a peer measures in its own environment, None where that is not installed."""
    python = FOLDER / name / "bin" / "python"
    if not python.exists():
        return None
    script = HERE / "peers" / f"run_{name.replace('-', '_')}.py"
    command = [str(python), "-W", "ignore", str(script), str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    rates: Rates = json.loads(done.stdout.splitlines()[-1])
    return rates


def play(episodes: int, seed: int, **arguments: Any) -> Rates:
    """Steps per second of Sokoban through gym.make, resets included ("steps") and alone ("moves"); nobody gives up."""
    env = gym.make("metacot.envs:MetaCoT/Sokoban-v0", **arguments)
    rng = random.Random(seed)
    steps, stepping, resetting = 0, 0.0, 0.0
    env.reset(seed=seed)
    for _ in range(episodes):
        start = perf_counter()
        _, info = env.reset()
        resetting += perf_counter() - start
        over = False
        while not over:
            action = rng.choice(info["action_mask"][:4].nonzero()[0].tolist())
            start = perf_counter()
            _, _, terminated, truncated, info = env.step(action)
            stepping += perf_counter() - start
            over = terminated or truncated
            steps += 1
    return {"steps": steps / (stepping + resetting), "moves": steps / stepping}


def made(name: str, seed: int, count: int, **difficulty: Any) -> float:
    """Problems per second, each at an address of its own."""
    task = tasks.make(name)
    task.problem(ROUNDS, 0, **difficulty)
    start = perf_counter()
    for index in range(count):
        task.problem(seed, index, **difficulty)
    return count / (perf_counter() - start)


def in_turn(name: str, ours: Callable[[int], Rates]) -> Rounds:
    """Both sides by turns, since a machine is not equally fast all the time; nothing where the peer is not installed.
    They are told the number of the round, so that no problem comes twice."""
    rounds: Rounds = []
    for number in range(ROUNDS):
        theirs = peer(name, number)
        if theirs is None:
            return []
        rounds.append((ours(number), theirs))
    return rounds


def compare(title: str, rounds: Rounds, key: str, name: str, bar: float | None) -> Row:
    """One row: the median over the rounds of our figure over the peer's, or that there is none. bar: what it should at
    least be, None where it is shown for comparison alone."""
    if not rounds:
        return title, math.nan, f"{name} is not installed in {FOLDER.name}/: nothing is claimed"
    ratios = sorted(mine[key] / theirs[key] for mine, theirs in rounds)
    mine, theirs = (median(side[key] for side in sides) for sides in zip(*rounds, strict=True))
    said = f"ours {mine:,.0f}, {name} {theirs:,.1f} per second, median of {ROUNDS} rounds"
    said += f" between {ratios[0]:,.1f} and {ratios[-1]:,.1f}"
    return title, median(ratios), said if bar is None else f"{said}; the bar is {bar:g}"


def run() -> list[Row]:
    rows: list[Row] = []
    room = {"size": 10, "boxes": 4, "moves": 100, "walls": 0.2}
    small = {"size": 6, "boxes": 2, "moves": 24}
    for name, episodes, bar, arguments in (
        ("gym-sokoban", 100, 10.0, {"difficulty": room, "budget": 120}),
        ("gem", 5000, 50.0, {"difficulty": small, "budget": 20}),
    ):
        rounds = in_turn(name, lambda seed, n=episodes, its=arguments: play(n, seed, **its))
        rows.append(compare(f"Sokoban steps, resets included, against {name}", rounds, "steps", name, bar))
        rows.append(compare(f"Sokoban steps, steps alone, against {name}", rounds, "moves", name, None))
    problems = {
        "countdown": (20.0, 2000, {"numbers": 4}),
        "sokoban": (20.0, 1000, {"size": 8, "boxes": 4, "moves": 48, "walls": 0.15}),
        "maze": (1.0, 500, {"size": 10}),
    }
    rounds = in_turn(
        "reasoning-gym",
        lambda seed: {name: made(name, seed, count, **its) for name, (_, count, its) in problems.items()},
    )
    for name, (bar, _, _) in problems.items():
        rows.append(compare(f"{name} problems against reasoning-gym", rounds, name, "reasoning-gym", bar))
    return rows
