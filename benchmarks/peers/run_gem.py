"""Run by the Python of GEM's own environment: prints {"steps": per second, resets included, "moves": per second of
steps alone} for its 6 x 6 levels of 2 boxes, random play in its own words. The argument is the number of the round."""

import json
import random
import sys
from time import perf_counter

import gem

EPISODES = 100
ACTIONS = ["up", "down", "left", "right"]


def main() -> None:
    env = gem.make("game:Sokoban-v0-easy")
    number = int(sys.argv[1])
    rng = random.Random(number)
    steps, stepping, resetting = 0, 0.0, 0.0
    for episode in range(EPISODES):
        start = perf_counter()
        env.reset(seed=number * EPISODES + episode)
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
