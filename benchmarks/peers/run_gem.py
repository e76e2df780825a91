"""Run by the Python of GEM's own environment: prints {"steps": per second, resets included, "moves": per second of
steps alone} for its 6 x 6 levels of 2 boxes, random play in its own words."""

import json
import random
from time import perf_counter

import gem

EPISODES = 30
ACTIONS = ["up", "down", "left", "right"]


def main() -> None:
    env = gem.make("game:Sokoban-v0-easy")
    rng = random.Random(0)
    steps, stepping, resetting = 0, 0.0, 0.0
    for episode in range(EPISODES):
        start = perf_counter()
        env.reset(seed=episode)
        resetting += perf_counter() - start
        over = False
        while not over:
            action = f"\\boxed{{{rng.choice(ACTIONS)}}}"
            start = perf_counter()
            _, _, terminated, truncated, _ = env.step(action)
            stepping += perf_counter() - start
            over = terminated or truncated
            steps += 1
    print(json.dumps({"steps": steps / (stepping + resetting), "moves": steps / stepping}))


main()
