"""What a language model is told before the question: nothing, two lines, or the rules with a worked example.

Left out on purpose: prompts with personality, chat templates, and anything that depends on the model.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from itertools import count
from typing import Any

from ..tasks import Action, Backtrack, Problem, Step, Submit, Task, Trace, Tree, claimed, emit
from ..tasks.grammar import prompt

STYLES = ("none", "short", "full")

SEARCHED = 64
"""A worked example is looked for among so many training problems."""


def instructions(
    task: Task[Any, Any],
    style: str,
    *,
    feedback: str = "state",
    attempts: int = 1,
    difficulty: Mapping[str, Any] | None = None,
    avoid: Problem | None = None,
) -> str:
    """The text before the question, empty or ending in a line end.

    style: "none" (what small models train on), "short", or "full" (rules, actions, one worked example).
    feedback: as in the environment; under "random" the text is that of "state", since the reasoner is not told.
    attempts: how many attempts a trial has. difficulty: of the example. avoid: a problem that is not to be the example.

    Raises ValueError for another style. The example is always a training problem.
    """
    if style not in STYLES:
        raise ValueError(f"style must be one of {', '.join(STYLES)}, got {style!r}")
    if style == "none":
        return ""
    more = f"You have {attempts} attempts, and what you find in one stays for the next." if attempts > 1 else ""
    if style == "short":
        lines = [task.rules(), "Write one action a line: a step, back #N, answer ..., or give up.", more]
        return "".join(line + "\n" for line in lines if line)
    example = _example(task, difficulty or {}, avoid)
    lines = [task.rules(), "", *_actions(task, feedback, example), *([more] if more else [])]
    if example is not None:
        shown = claimed(task, example) if feedback == "none" else example
        play = emit(task, shown, "none" if feedback == "none" else "state")
        lines += ["", "An example:", prompt(task, example.problem) + play, "Now it is your turn."]
    return "\n".join(lines) + "\n"


def _actions(task: Task[Any, Any], feedback: str, example: Trace | None) -> Iterator[str]:
    yield "Search by writing one action a line:"
    if example is None:
        yield "  a step"
    else:
        tree = Tree(task, example.problem)
        first = next(action for action in example.actions if isinstance(action, Step))
        yield f"  a step, such as: {task.write(tree.state, first.step)}"
    yield "  back #N           go back to state number N; the start is #0"
    yield "  </think>          say that the search is over"
    yield "  answer ...        commit the final answer"
    yield "  give up           end without an answer"
    if feedback == "none":
        yield "Number the states you reach, and write number and state behind each step, as in the example."
    else:
        yield "Each step is answered with the number of the state it leads to and what that state is."


def _example(task: Task[Any, Any], difficulty: Mapping[str, Any], avoid: Problem | None) -> Trace | None:
    """A solved training problem with one wrong branch, where there is one; None where no solution is known."""
    unwanted: Hashable = None if avoid is None else task.problem_key(avoid)
    known = task.count("train", **difficulty)
    for index in count() if known is None else range(known):
        if index == SEARCHED:
            break
        problem = task.problem(0, index, "train", **difficulty)
        if task.problem_key(problem) != unwanted and (actions := _solution(task, problem)):
            return Trace(problem, tuple(actions), {"source": "example"})
    return None


def _solution(task: Task[Any, Any], problem: Problem) -> list[Action] | None:
    """A detour and a shortest path, found by following exact distances, else the reference solution; None where there
    is none."""
    if not task.enumerable:
        steps = task.solution(problem)
        if steps is None:
            return None
        answer = problem.gold or task.answer(problem, steps)
        return [*map(Step, steps), Submit(" ".join(answer.split()))]
    tree = Tree(task, problem)
    distance = task.distance(tree.state)
    if distance is None or not 0 < distance < math.inf:
        return None
    actions: list[Action] = []
    while distance > 0:
        children = [(row[0], row[1], task.distance(row[1])) for row in task.expand(tree.state)]
        onward = next((row for row in children if row[2] == distance - 1), None)
        if onward is None:
            return None
        detour = next((row for row in children if row[2] is not None and row[2] >= distance), None)
        if not actions and detour is not None:
            actions += [Step(detour[0]), Backtrack(0)]
            tree.grow(*detour[:2])
            tree.cursor = 0
        tree.grow(*onward[:2])
        actions.append(Step(onward[0]))
        distance -= 1
    return [*actions, Submit(tree.answer())]
