"""Sokoban, countdown and mazes beside gym-sokoban, GEM and reasoning-gym, each peer in an environment of its own.

    python -m venv .peers/gym-sokoban
    .peers/gym-sokoban/bin/pip install -r benchmarks/peers/gym-sokoban.txt    # and so on for the other files

METACOT_PEERS names another folder than `.peers`. A peer that is not installed there is reported as such, and nothing is
claimed about it. Both sides run on the same machine, one after the other in the same run; random play, actions chosen
while the clock is stopped, rendering off. Sizes are equal; the generators are not the same.
"""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import gymnasium as gym

from metacot import tasks

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("METACOT_PEERS", HERE.parent / ".peers"))

Row = tuple[str, float, str]


def peer(name: str) -> dict[str, float] | None:
    """What the script of a peer measures in its own environment, None where that is not installed."""
    python = FOLDER / name / "bin" / "python"
    if not python.exists():
        return None
    script = HERE / "peers" / f"run_{name.replace('-', '_')}.py"
    command = [str(python), "-W", "ignore", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return rates


def play(episodes: int, **arguments: Any) -> dict[str, float]:
    """Steps per second of Sokoban through gym.make, resets included ("steps") and alone ("moves"); nobody gives up."""
    env = gym.make("metacot.envs:MetaCoT/Sokoban-v0", **arguments)
    rng = random.Random(0)
    steps, stepping, resetting = 0, 0.0, 0.0
    env.reset(seed=0)
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


def made(name: str, count: int, **difficulty: Any) -> float:
    """Problems per second, each at an address of its own."""
    task = tasks.make(name)
    task.problem(1, 0, **difficulty)
    start = perf_counter()
    for index in range(count):
        task.problem(0, index, **difficulty)
    return count / (perf_counter() - start)


def compare(title: str, ours: Callable[[], float], theirs: float | None, name: str, bar: float) -> Row:
    """One row: our figure over the peer's, or that there is none."""
    if theirs is None:
        return title, math.nan, f"{name} is not installed in {FOLDER.name}/: nothing is claimed"
    mine = ours()
    return title, mine / theirs, f"ours {mine:,.0f}, {name} {theirs:,.1f} per second; the bar is {bar:g}"


def run() -> list[Row]:
    rows: list[Row] = []
    room = {"size": 10, "boxes": 4, "moves": 100, "walls": 0.2}
    small = {"size": 6, "boxes": 2, "moves": 24}
    for name, episodes, bar, arguments in (
        ("gym-sokoban", 100, 10.0, {"difficulty": room, "budget": 120}),
        ("gem", 1000, 50.0, {"difficulty": small, "budget": 20}),
    ):
        theirs = peer(name)
        mine = {} if theirs is None else play(episodes, **arguments)
        for measure, words in (("steps", "resets included"), ("moves", "steps alone")):
            rate = None if theirs is None else theirs[measure]
            title = f"Sokoban steps, {words}, against {name}"
            rows.append(compare(title, lambda at=measure, mine=mine: mine[at], rate, name, bar))
    rates = peer("reasoning-gym")
    problems = {
        "countdown": (20.0, 2000, {"numbers": 4}),
        "sokoban": (20.0, 1000, {"size": 8, "boxes": 4, "moves": 48, "walls": 0.15}),
        "maze": (1.0, 500, {"size": 10}),
    }
    for name, (bar, count, difficulty) in problems.items():
        rate = None if rates is None else rates[name]
        rows.append(
            compare(
                f"{name} problems against reasoning-gym",
                lambda name=name, count=count, difficulty=difficulty: made(name, count, **difficulty),
                rate,
                "reasoning-gym",
                bar,
            )
        )
    return rows
