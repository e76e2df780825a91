"""Search a problem, write the search down as text, and read it back: search -> linearizer -> text -> the same tree.

    python examples/search_and_trace.py
    python examples/search_and_trace.py --search mcts --value noisy:0.3 --hand 4 5 6 10

Left out on purpose: learning. A model is trained on such texts by `metacot demo`.
"""

from __future__ import annotations

import argparse

from metacot import tasks
from metacot.agents import LINEARIZERS
from metacot.agents.search import ALGORITHMS, search


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--search", choices=ALGORITHMS, default="best_first")
    parser.add_argument("--value", default="noisy:0.1:3", help="who values states")
    parser.add_argument("--hand", type=int, nargs=4, default=[3, 3, 8, 8])
    options = parser.parse_args()

    task = tasks.make("game24")
    problem = task.pose(tuple(options.hand))
    result = search(options.search, task, problem, options.value)
    found = "solved" if result.success else "not solved"
    print(f"{options.search} with {options.value}: {found}, {len(result.tree) - 1} states visited")

    for name, linearize in LINEARIZERS.items():
        trace = linearize(result)
        text = tasks.emit(task, trace)
        again = tasks.parse(task, problem, text, strict=True)  # strict: raises unless it would be written like this
        assert again == trace
        assert tasks.replay(task, again).tree.same_as(tasks.replay(task, trace).tree)
        print(f"\n{name}: {len(trace.actions)} actions, {len(text.split())} words\n")
        print(task.ask(problem), "<think>", text, sep="\n", end="")


if __name__ == "__main__":
    main()
