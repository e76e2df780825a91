"""The verb `solve`: its arguments, and what it does with them."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import positive, whole
from .policies import NODES, add_policy, opened
from .searching import save_picture, search_options

if TYPE_CHECKING:
    from ..agents.policies import PolicyProposer
    from ..agents.search import SearchResult
    from ..tasks import Problem, Task

COSTS = ("expanded", "generated", "duplicates", "value_calls", "backtracks")


def add_search(verb: argparse.ArgumentParser) -> None:
    """The arguments of `solve` besides those of problems."""
    verb.add_argument("--search", default="best_first", help="which, such as mcts or astar (default: %(default)s)")
    verb.add_argument(
        "--value", help="who values states, such as noisy:0.2 (default: oracle, for free text constant:0.5)"
    )
    verb.add_argument(
        "--option",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="options of the search, such as width=3, weight=1.5, bonus=puct or widening=[1,0.5]",
    )
    verb.add_argument("--show", action="store_true", help="draw the search, visit by visit, in place of its text")
    verb.add_argument("--svg", type=Path, metavar="FILE", help="save the tree as a picture")
    verb.add_argument(
        "--budget", type=whole, help=f"nodes that the search may visit (default: 1000, with --policy {NODES})"
    )
    verb.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    verb.add_argument("--proposals", type=positive, default=4, help="draws for each state (default: %(default)s)")
    add_policy(verb, required=False)


@dataclass(frozen=True)
class Found:
    """A search and who proposed its steps (None: the task, all legal ones)."""

    task: Task[Any, Any]
    problem: Problem
    budget: int
    result: SearchResult
    proposer: PolicyProposer | None

    def cost(self) -> dict[str, int]:
        """What it took."""
        cost = {"visited": len(self.result.tree) - 1, **{name: getattr(self.result, name) for name in COSTS}}
        if self.proposer is not None:
            cost |= {"illegal": self.result.illegal, "tokens": self.result.tokens}
            cost |= {f"lines_{kind}": count for kind, count in self.proposer.counts.items()}
        return cost

    def tell(self, as_json: bool, draw: bool = False) -> int:
        """Print the trace, or draw its tree, the answer with its verdict, and the cost; returns the exit status."""
        from ..agents.evaluation.tree_live import show_search
        from ..tasks import emit
        from ..tasks.grammar import prompt

        task, problem, result = self.task, self.problem, self.result
        text = emit(task, result.trace())
        answer = None if result.solved is None else result.tree.answer(result.solved)
        verdict = None
        if answer is not None:
            verdict = task.check(problem, answer)
        elif result.exhausted and self.proposer is None:
            verdict = task.check_give_up(problem)
        if self.proposer is not None and self.proposer.said is not None:
            failed = self.proposer.counts["failed"]
            print(f"{failed} requests failed, the last one: {self.proposer.said}", file=sys.stderr)
        if as_json:
            found = {"problem": json.loads(problem.to_json()), "text": text, "answer": answer, "source": result.source}
            judged = None if verdict is None else {"correct": verdict.correct, "reason": verdict.reason}
            print(json.dumps({**found, "verdict": judged, **self.cost()}))
        else:
            if draw:
                show_search(result)
            else:
                print(prompt(task, problem) + text)
            nothing = "nothing more was proposed" if result.exhausted else f"no solution within {self.budget} nodes"
            said = answer if answer is not None else "gave up" if verdict else nothing
            print(f"{said}: {judgement(verdict)}" if verdict else said)
            print(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in self.cost().items()))
        return 0 if verdict is not None and verdict.correct else 1


def searched(options: argparse.Namespace, task: Task[Any, Any], problem: Problem) -> Found:
    """Run the search that the command line names."""
    from ..agents.search import BUDGET, search
    from ..tasks.extras import require

    nodes = BUDGET if options.policy is None else NODES
    budget = nodes if options.budget is None else options.budget
    value = options.value or (None if task.enumerable else "constant:0.5")
    more = search_options(options.option)
    if options.show:
        require("rich", "show")
    if options.policy is None:
        result = search(options.search, task, problem, value, budget=budget, seed=options.seed, **more)
        if options.svg:
            save_picture(task, result, options.svg)
        return Found(task, problem, budget, result, None)
    from ..agents.policies import PolicyProposer

    proposer = PolicyProposer(opened(options), task, problem, style=options.style, temperature=options.temperature)
    proposals = {"proposer": proposer, "proposals": options.proposals}
    result = search(options.search, task, problem, value, budget=budget, seed=options.seed, **proposals, **more)
    if options.svg:
        save_picture(task, result, options.svg)
    return Found(task, problem, budget, result, proposer)


def judgement(verdict: Any) -> str:
    """A verdict in words."""
    return f"{ {True: 'right', False: 'wrong', None: 'cannot be judged'}[verdict.correct] }, {verdict.reason}"
