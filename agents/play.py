"""A person at the terminal as a reasoner: the text environment, with hints from the exact values, undo and the tree.

Left out on purpose: colours, cursor keys and whatever else needs a terminal. Lines come in and lines go out, so a
file can play as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from ..envs import RecordExploration, TextReasoning
from ..tasks import Problem, Task
from ..tasks.grammar import look

BUDGET = 1000
"""Steps that a game may cost, unless told otherwise."""

HELP = """\
{step:<12}  a step, one of those that `steps` lists
back #2       go to node 2; the start is #0
answer        commit the path to here, or `answer ...` an answer of your own
give up       say that there is no solution
hint          a best step from here, or where to go back to
steps         the legal steps
undo          take the last line back, as if it had not been
tree          all nodes so far
show          the whole state
help, quit"""


def play(
    task: Task[Any, Any], problem: Problem, lines: Iterable[str], say: Callable[[str], None], budget: int = BUDGET
) -> bool:
    """Play one problem with `lines` and tell what comes of each with `say`; True where the answer was right.

    Ends with an answer, with giving up, at `quit`, where the budget is spent, or with the last line.
    """
    return _Game(task, problem, say, budget).run(lines)


class _Game:
    def __init__(self, task: Task[Any, Any], problem: Problem, say: Callable[[str], None], budget: int):
        self.task = task
        self.say = say
        self.env = RecordExploration(TextReasoning(task, budget=budget))
        self.inner: Any = self.env.unwrapped
        self.env.reset(options={"problem": problem})
        self.before: list[Any] = []  # a snapshot a line, for undo
        self.hints = 0
        self.words = {name: getattr(self, name) for name in ("hint", "steps", "undo", "tree", "show", "help")}

    def run(self, lines: Iterable[str]) -> bool:
        task, tree = self.task, self.inner.tree
        self.say(task.ask(tree.problem))
        self.say(f"{look(tree)}   (`help` lists what can be said)")
        for line in lines:
            word = line.strip()
            if word == "quit":
                break
            if word in self.words:
                self.say(self.words[word]())
            elif word and (told := self.act(word)) is not None:
                return self.end(told)
        self.say("stopped without an answer")
        return False

    def act(self, line: str) -> dict[str, Any] | None:
        """A line of the grammar; the last info where it ended the game."""
        self.before.append(self.inner.snapshot())
        answered, _, terminated, truncated, info = self.env.step(line)
        if answered:
            self.say(answered.rstrip("\n"))
        if terminated or truncated:
            return info
        if not answered.startswith("refused") and "\n" in (whole := self.show()):
            self.say(whole)
        if self.inner.tree.solved and "solved" in answered:
            self.say("`answer` commits it")
        return None

    def end(self, info: dict[str, Any]) -> bool:
        verdict = self.inner.verdict
        found = info["exploration"]
        words = {True: "right", False: "wrong", None: "cannot be judged"}
        self.say("the budget is spent" if verdict is None else f"{words[verdict.correct]}, {verdict.reason}")
        counts = ", ".join(f"{found[name]:g} {name}" for name in ("steps", "distinct", "repeated", "backtracks"))
        regret = "" if math.isnan(found["regret"]) else f", regret {found['regret']:.2f}"
        self.say(f"{counts}{regret}, {self.hints} hints")
        return bool(info["success"])

    # what can be said besides the grammar ---------------------------------------------------------------------------

    def help(self) -> str:
        start = self.inner.tree.states[0]
        steps = self.task.steps(start) if self.task.enumerable else ()
        return HELP.format(step=self.task.write(start, steps[0]) if steps else "...")

    def steps(self) -> str:
        tree = self.inner.tree
        if not self.task.enumerable:
            return "steps are free text here"
        return ", ".join(self.task.write(tree.state, step) for step in self.task.steps(tree.state)) or "none from here"

    def undo(self) -> str:
        if not self.before:
            return "nothing to take back"
        self.inner.restore(self.before.pop())
        return look(self.inner.tree)

    def tree(self) -> str:
        task, tree = self.task, self.inner.tree
        rows = []
        for node, state in enumerate(tree.states):
            indent = "  " * (len(tree.path(node)) - 1)
            step = "" if node == 0 else f"{task.write(tree.states[tree.parents[node]], tree.steps[node])} = "
            marks = " solved" * task.solved(state) + " <" * (node == tree.cursor)
            rows.append(f"{indent}#{node} {step}{task.brief(state)}{marks}")
        return "\n".join(rows)

    def show(self) -> str:
        return self.task.show(self.inner.tree.state)

    def hint(self) -> str:
        """What the exact values say; it costs nothing and is counted."""
        self.hints += 1
        task, tree = self.task, self.inner.tree
        distance = task.distance(tree.state)
        if distance is None:
            return "the exact value of this state is not known"
        if distance == 0:
            return "answer"
        if distance < math.inf:
            if task.enumerable:
                for step, child, _, _ in task.expand(tree.state):
                    if task.distance(child) == distance - 1:
                        return f"{task.write(tree.state, step)}   ({distance} steps to a solution)"
            return f"{distance} steps to a solution"
        known = [(task.distance(state), node) for node, state in enumerate(tree.states)]
        open_nodes = [(away, node) for away, node in known if away is not None and away < math.inf]
        if open_nodes:
            away, node = min(open_nodes)
            return f"no solution from here: back #{node}   ({away} steps to a solution from there)"
        return "give up   (no solution can be reached)" if known[0][0] == math.inf else "no solution from here"
