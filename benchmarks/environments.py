"""How fast single environments step beside FrozenLake-v1 of Gymnasium: all through `gym.make`, in turn, in one process.

All sides count resets, play at random, and choose their actions while the clock is stopped: FrozenLake any of its
four, ours any legal one. The rounds begin cold, with nothing of the games in any cache, and the median speaks for the
whole run. And how many problems a second countdown deals, one address after the other, beside reasoning-gym's.
"""

from __future__ import annotations

import random
from statistics import median
from time import perf_counter
from typing import Any

import gymnasium as gym

from metacot.tasks import make

OURS, PEER = ("Game24-v0", "Countdown-v0", "Maze-v0"), "FrozenLake-v1"
ROUNDS = 30
STEPS = 5_000
PROBLEMS = 20_000
PROBLEMS_PEER = 75
"""Problems a second that reasoning-gym's countdown deals: 59 to 75 on one core, not in this run."""


def steps_per_second(env: gym.Env[Any, Any], steps: int, rng: random.Random) -> float:
    """Steps a second of random play on an environment that has been reset before."""
    spent = 0.0
    actions = range(env.action_space.n)  # type: ignore[attr-defined]
    start = perf_counter()
    _, info = env.reset()
    spent += perf_counter() - start
    for _ in range(steps):
        mask = info.get("action_mask")
        action = rng.choice(actions if mask is None else mask.nonzero()[0].tolist())
        start = perf_counter()
        _, _, terminated, truncated, info = env.step(action)
        if terminated or truncated:
            _, info = env.reset()
        spent += perf_counter() - start
    return steps / spent


def measure(rounds: int = ROUNDS, steps: int = STEPS, seed: int = 0) -> dict[str, list[float]]:
    """Steps a second of FrozenLake and of ours, one number a round each."""
    rng = random.Random(seed)
    envs = {PEER: gym.make(PEER)} | {name: gym.make(f"metacot.envs:MetaCoT/{name}") for name in OURS}
    for env in envs.values():
        env.reset(seed=seed)
    rates: dict[str, list[float]] = {name: [] for name in envs}
    for _ in range(rounds):
        for name, env in envs.items():
            rates[name].append(steps_per_second(env, steps, rng))
    return rates


def problems_per_second(count: int = PROBLEMS, seed: int = 0) -> float:
    countdown = make("countdown")
    start = perf_counter()
    for index in range(count):
        countdown.problem(seed, index)
    return count / (perf_counter() - start)


def run() -> list[tuple[str, float, str]]:
    rates = measure()
    peer = rates[PEER]
    how = f"random play through gym.make, resets included; median of {ROUNDS} rounds of {STEPS:,} steps"
    rows = [(f"{PEER}, steps per second", median(peer), how)]
    for name in OURS:
        ours = rates[name]
        ratio = median(mine / theirs for mine, theirs in zip(ours, peer, strict=True))
        overall = sum(1 / rate for rate in peer) / sum(1 / rate for rate in ours)
        rows += [
            (f"{name}, steps per second", median(ours), how),
            (
                f"{name} against {PEER}, same run",
                ratio,
                f"at least 1.0 = no slower; by total time {overall:.2f}, in the first round, caches cold, "
                f"{ours[0] / peer[0]:.2f}",
            ),
        ]
    rate = problems_per_second()
    meaning = (
        f"{rate / PROBLEMS_PEER:.0f}x the {PROBLEMS_PEER} a second of reasoning-gym, measured elsewhere; 20x asked"
    )
    return [*rows, ("countdown problems per second", rate, meaning)]


def main() -> None:
    for name, figure, explanation in run():
        print(f"{name:<48} {figure:>12,.2f}  {explanation}")


if __name__ == "__main__":
    main()
