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

from ..actions import Backtrack, GiveUp, Step, Submit
from ..errors import UnreadableStep
from ..tree import Tree
from .lines import LineStyle, Said, noted

_STEP = re.compile(r"Operation (.+?) makes node #([0-9]{1,9}): (.*?)(?:, worth ([0-9]{1,3}))?(?:\. Goal!)?")
_BACK = re.compile(r"Move to node #([0-9]{1,9}):.*")
_END = re.compile(r"Solution:(?: (.*))?")
_NONE = "Exhausted: no solution"


class Stream(LineStyle):
    """Operations, nodes and moves; see the module."""

    name = "stream"

    def write_step(self, tree: Tree, step: Step, node: int, state: str, place: int) -> str:
        written = tree.task.write(tree.states[tree.parents[tree.cursor]], step.step)
        worth = "" if step.value is None else f", worth {step.value}"
        return f"Operation {written} makes node #{node}: {state}{worth}{'. Goal!' if tree.solved else ''}"

    def write_back(self, tree: Tree, left: int, place: int) -> str:
        return f"Move to node #{tree.cursor}: {tree.task.brief(tree.state)}"

    def write_end(self, tree: Tree, action: Submit | GiveUp, place: int) -> str:
        return _NONE if isinstance(action, GiveUp) else f"Solution: {action.answer}".rstrip()

    def read(self, tree: Tree, line: str) -> Said | None:
        if line == _NONE:
            return Said(GiveUp())
        if found := _END.fullmatch(line):
            return Said(Submit(found[1] or ""))
        if found := _BACK.fullmatch(line):
            return Said(Backtrack(int(found[1])))
        if not (found := _STEP.fullmatch(line)):
            return None
        try:
            step = Step(tree.task.read(tree.state, found[1]), value=noted(found[4]))
        except (UnreadableStep, ValueError):
            return None
        return Said(step, int(found[2]), found[3])
