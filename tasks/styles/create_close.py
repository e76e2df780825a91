"""The style of a planner's log: `create` a node, `close` the one that is left, then the `plan`.

    create #1 13 - 9 state 4 4 10 c1 h2
    create #2 4 + 4 state 8 10 c2 h1 v40
    close #2 open #1
    create #3 10 - 4 state 4 6 c2 h1
    create #4 4 * 6 state 24 c3 h0 goal
    </think>
    plan 13 - 9
    plan 10 - 4
    plan 4 * 6
    answer 4 * (10 - 4)

`c` is the cost so far in steps, `h` the task's own estimate of the cost to go where it has one, `v` the noted value in
whole hundredths. The numbers behind `c` and `h` and the words of the plan are not checked when a text is read; the
answer is what is judged.
"""

from __future__ import annotations

import re
from itertools import pairwise

from ..actions import GiveUp, Step, Submit
from ..task import Task
from ..tree import Tree
from .lines import PatternStyle


class CreateClose(PatternStyle):
    """Tokens of a planner; see the module."""

    name = "create_close"
    step_line = re.compile(
        r"create #(?P<node>[0-9]{1,9}) (?P<step>.+?) state (?P<state>.*?) ?"
        r"c[0-9]{1,9}(?: h[0-9a-z.+]{1,20})?(?: v(?P<value>[0-9]{1,3}))?(?: goal)?"
    )
    back_line = re.compile(r"close #[0-9]{1,9} open #(?P<node>[0-9]{1,9})")
    end_line = re.compile(r"answer(?: (?P<answer>.*))?")
    none_line = "no plan"

    def write_step(self, tree: Tree, step: Step, node: int, state: str, place: int) -> str:
        task = tree.task
        written = task.write(tree.states[tree.parents[tree.cursor]], step.step)
        costs = [f"c{len(tree.path()) - 1}"]
        if type(task).heuristic is not Task.heuristic:
            costs.append(f"h{task.heuristic(tree.state):g}")
        if step.value is not None:
            costs.append(f"v{step.value}")
        if tree.solved:
            costs.append("goal")
        return " ".join([f"create #{node} {written} state", *([state] if state else []), *costs])

    def write_back(self, tree: Tree, left: int, place: int) -> str:
        return f"close #{left} open #{tree.cursor}"

    def write_end(self, tree: Tree, action: Submit | GiveUp, place: int) -> str:
        return self.none_line if isinstance(action, GiveUp) else f"answer {action.answer}".rstrip()

    def solution(self, tree: Tree, action: Submit | GiveUp) -> list[str]:
        if isinstance(action, GiveUp) or action.answer not in ("", tree.answer()):
            return []  # an answer that is not the path to the cursor: nobody says by which steps it came
        path = tree.path()
        return [f"plan {tree.task.write(tree.states[before], tree.steps[after])}" for before, after in pairwise(path)]

    def of_solution(self, line: str) -> bool:
        return line.startswith("plan ")
