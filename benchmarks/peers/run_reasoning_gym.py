"""Run by the Python of reasoning-gym's own environment: prints problems per second of countdown (4 numbers), sokoban
(8 x 8, 4 boxes) and simple mazes (10 x 10). The argument is the number of the round."""

import json
import sys
from time import perf_counter

import reasoning_gym

PROBLEMS = {
    "countdown": (60, {"min_numbers": 4, "max_numbers": 4}),
    "sokoban": (20, {"min_w": 8, "max_w": 8, "min_h": 8, "max_h": 8, "min_boxes": 4, "max_boxes": 4}),
    "maze": (2000, {"min_grid_size": 10, "max_grid_size": 10}),
}


def main() -> None:
    rates = {}
    for name, (count, config) in PROBLEMS.items():
        dataset = reasoning_gym.create_dataset(name, seed=int(sys.argv[1]), size=count + 1, **config)
        dataset[count]
        start = perf_counter()
        for index in range(count):
            dataset[index]
        rates[name] = count / (perf_counter() - start)
    print(json.dumps(rates))


main()
