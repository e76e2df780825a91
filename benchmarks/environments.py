"""How fast numeric environments step beside Gymnasium's FrozenLake-v1: all through `gym.make`, turn by turn in one
process.

All count resets, play at random, and choose their actions while the clock is stopped: FrozenLake any of its four, ours
any legal one but giving up, as everywhere in this suite where play is called random. Beside it stands the figure with
giving up drawn like any other action, which ends an episode after a few steps. The rounds begin cold, with nothing of
the problems in any cache, and the median speaks for the whole run.
"""

from __future__ import annotations

import random
from statistics import median
from time import perf_counter
from typing import Any

import gymnasium as gym

OURS, PEER = ("Game24-v0", "Countdown-v0", "Maze-v0"), "FrozenLake-v1"
ROUNDS = 30
STEPS = 5_000


def steps_per_second(env: gym.Env[Any, Any], steps: int, rng: random.Random, give_up: bool) -> float:
    """Steps a second of random play on an environment that has been reset before."""
    spent = 0.0
    actions = range(env.action_space.n)  # type: ignore[attr-defined]
    start = perf_counter()
    _, info = env.reset()
    spent += perf_counter() - start
    for _ in range(steps):
        mask = info.get("action_mask")
        action = rng.choice(actions if mask is None else mask[: None if give_up else -1].nonzero()[0].tolist())
        start = perf_counter()
        _, _, terminated, truncated, info = env.step(action)
        if terminated or truncated:
            _, info = env.reset()
        spent += perf_counter() - start
    return steps / spent


def measure(
    ours: str, give_up: bool, rounds: int = ROUNDS, steps: int = STEPS, seed: int = 0
) -> tuple[list[float], list[float]]:
    """Steps a second of FrozenLake and of one of ours, one number a round each."""
    rng = random.Random(seed)
    envs = gym.make(PEER), gym.make(f"metacot.envs:MetaCoT/{ours}")
    for env in envs:
        env.reset(seed=seed)
    rates = [[steps_per_second(env, steps, rng, give_up) for env in envs] for _ in range(rounds)]
    return [rate for rate, _ in rates], [rate for _, rate in rates]


def run() -> list[tuple[str, float, str]]:
    rows = []
    how = f"random play through gym.make, resets included; median of {ROUNDS} rounds of {STEPS:,} steps"
    for name in OURS:
        peer, ours = measure(name, give_up=False)
        overall = sum(1 / rate for rate in peer) / sum(1 / rate for rate in ours)
        rows += [
            (f"{PEER}, steps per second", median(peer), how),
            (f"{name}, steps per second", median(ours), how),
            (
                f"{name} against {PEER}, same run",
                _ratio(peer, ours),
                f"at least 1.0 = no slower; by total time {overall:.2f}, in the first round, caches cold, "
                f"{ours[0] / peer[0]:.2f}; with giving up {_ratio(*measure(name, give_up=True)):.2f}",
            ),
        ]
    return rows


def _ratio(peer: list[float], ours: list[float]) -> float:
    return median(mine / theirs for mine, theirs in zip(ours, peer, strict=True))


def main() -> None:
    for name, figure, explanation in run():
        print(f"{name:<48} {figure:>12,.2f}  {explanation}")


if __name__ == "__main__":
    main()
