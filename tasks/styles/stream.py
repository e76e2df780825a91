"""The style of a stream of search: each line names an operation, the node it makes and its state.

Operation 13 - 9 makes node #1: 4 4 10
Operation 4 + 4 makes node #2: 8 10, worth 40
Move to node #1: 4 4 10
Operation 10 - 4 makes node #3: 4 6
Operation 4 * 6 makes node #4: 24. Goal!
</think>
Solution: 4 * (10 - 4)
"""

from __future__ import annotations

import re

from ..actions import GiveUp, Step, Submit
from ..tree import Tree
from .lines import PatternStyle


class Stream(PatternStyle):
    """Operations, nodes and moves; see the module."""

    name = "stream"
    step_line = re.compile(
        r"Operation (?P<step>.+?) makes node #(?P<node>[0-9]{1,9}): (?P<state>.*?)"
        r"(?:, worth (?P<value>[0-9]{1,3}))?(?:\. Goal!)?"
    )
    back_line = re.compile(r"Move to node #(?P<node>[0-9]{1,9}):.*")
    end_line = re.compile(r"Solution:(?: (?P<answer>.*))?")
    none_line = "Exhausted: no solution"

    def write_step(self, tree: Tree, step: Step, node: int, state: str, place: int) -> str:
        written = tree.task.write(tree.states[tree.parents[tree.cursor]], step.step)
        worth = "" if step.value is None else f", worth {step.value}"
        return f"Operation {written} makes node #{node}: {state}{worth}{'. Goal!' if tree.solved else ''}"

    def write_back(self, tree: Tree, left: int, place: int) -> str:
        return f"Move to node #{tree.cursor}: {tree.task.brief(tree.state)}"

    def write_end(self, tree: Tree, action: Submit | GiveUp, place: int) -> str:
        return self.none_line if isinstance(action, GiveUp) else f"Solution: {action.answer}".rstrip()
