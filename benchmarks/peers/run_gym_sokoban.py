"""Run by the Python of gym-sokoban's own environment: prints {"steps": per second, resets included, "moves": per second
of steps alone} for 10 x 10 levels of 4 boxes, random play, without rendering. The argument is the number of the
round."""

import json
import random
import sys
from time import perf_counter

from gym_sokoban.envs import SokobanEnv

EPISODES = 6


def main() -> None:
    SokobanEnv.render = lambda self, mode=None, **_: self.room_state
    env = SokobanEnv(dim_room=(10, 10), num_boxes=4, max_steps=120)
    rng = random.Random(int(sys.argv[1]))
    steps, stepping, resetting = 0, 0.0, 0.0
    for _ in range(EPISODES):
        start = perf_counter()
        env.reset()
        resetting += perf_counter() - start
        done = False
        while not done:
            action = rng.randrange(1, 9)
            start = perf_counter()
            _, _, done, _ = env.step(action)
            stepping += perf_counter() - start
            steps += 1
    print(json.dumps({"steps": steps / (stepping + resetting), "moves": steps / stepping}))


main()
