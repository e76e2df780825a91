"""How fast the native vector environments step, of 64 to 1,024, beside Gymnasium's native CartPole vector of 64.

All through `gym.make_vec` with their defaults, in one process and turn by turn; resets are part of the steps
(autoreset), and actions are chosen while the clock is stopped: CartPole any of its two, ours any legal one but giving
up, as everywhere in this suite where play is called random. Beside it stands the figure with giving up drawn like any
other action: then an episode ends every few steps, and the drawing of problems is most of what is measured. The clock
is that of the process, which does not run while other processes do. Problems are drawn many at once, in bursts: the
figure is the median ratio of all rounds, and beside it stands that of the whole run.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import harmonic_mean, median
from time import process_time
from typing import Any

import gymnasium as gym
import numpy as np

PEER = "CartPole-v1"
OURS = ("Game24-v0", "Countdown-v0", "Maze-v0")
SIZES = (64, 256, 1024)
ROUNDS = 40
STEPS = 150
MAZES = 1024
MAZE_SIZE = 30
MAZE_BAR = 200  # MB


def steps_per_second(
    envs: Any, info: dict[str, Any], steps: int, rng: np.random.Generator, give_up: bool
) -> tuple[float, Any]:
    """(steps a second of all environments together, the last infos)"""
    spent = 0.0
    for _ in range(steps):
        mask = info.get("action_mask")
        if mask is None:
            actions = rng.integers(envs.single_action_space.n, size=envs.num_envs)
        else:
            legal = mask if give_up else mask[:, :-1]
            actions = (legal * rng.random(legal.shape)).argmax(axis=1)
        start = process_time()
        *_, info = envs.step(actions)
        spent += process_time() - start
    return envs.num_envs * steps / spent, info


def measure(sizes: Mapping[str, int], give_up: bool, seed: int = 0) -> dict[str, list[float]]:
    """Steps a second of each id with its number of environments, one figure a round."""
    rng = np.random.default_rng(seed)
    vectors, infos = {}, {}
    for env_id, count in sizes.items():
        vectors[env_id] = gym.make_vec(env_id, num_envs=count, vectorization_mode="vector_entry_point")
        infos[env_id] = vectors[env_id].reset(seed=seed)[1]
    rates: dict[str, list[float]] = {env_id: [] for env_id in sizes}
    for _ in range(ROUNDS):
        for env_id in sizes:
            rate, infos[env_id] = steps_per_second(vectors[env_id], infos[env_id], STEPS, rng, give_up)
            rates[env_id].append(rate)
    return rates


def memory() -> float:
    """MB that 1,024 environments on mazes of 30 x 30 take, their problems included."""
    import tracemalloc

    tracemalloc.start()
    envs = gym.make_vec(
        "metacot.envs:MetaCoT/Maze-v0",
        num_envs=MAZES,
        vectorization_mode="vector_entry_point",
        difficulty={"size": MAZE_SIZE},
    )
    kept = [envs.reset(seed=0)]
    for action in range(8):
        kept = [envs.step(np.full(MAZES, action % 4))]
    assert kept
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def ratios(sizes: Mapping[str, int], give_up: bool) -> dict[str, tuple[float, float]]:
    """(median over the rounds, by total time) of each id but the peer, in multiples of the peer."""
    rates = measure(sizes, give_up)
    peer = rates.pop(PEER)
    return {
        env_id: (
            median(mine / theirs for mine, theirs in zip(ours, peer, strict=True)),
            harmonic_mean(ours) / harmonic_mean(peer),
        )
        for env_id, ours in rates.items()
    }


def run() -> list[tuple[str, float, str]]:
    ours = {f"metacot.envs:MetaCoT/{name}": name for name in OURS}
    rows = []
    for count in SIZES:
        sizes = {PEER: SIZES[0], **dict.fromkeys(ours, count)}
        played, given_up = ratios(sizes, give_up=False), ratios(sizes, give_up=True)
        for env_id, name in ours.items():
            ratio, whole = played[env_id]
            meaning = (
                f"at least 1.0, more with more environments; by total time {whole:.2f}; "
                "with giving up {:.2f} and {:.2f}".format(*given_up[env_id])
            )
            rows.append((f"{name}, vector of {count:,}, against {PEER} of {SIZES[0]}", ratio, meaning))
    used = memory()
    rows.append((f"{MAZES:,} mazes of {MAZE_SIZE} x {MAZE_SIZE} (MB)", used, f"{MAZE_BAR / used:.1f}x the bar of 200"))
    return rows


def main() -> None:
    for name, figure, explanation in run():
        print(f"{name:<58} {figure:>12,.2f}  {explanation}")


if __name__ == "__main__":
    main()
