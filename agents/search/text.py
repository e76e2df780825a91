"""The text of a search's visits without the detour over actions, for those who write traces by the million."""

from __future__ import annotations

from ...tasks import Submit
from ...tasks.grammar import CLOSE
from .common import SearchResult


def visit_text(result: SearchResult, values: bool = False) -> str:
    """What `emit(task, result.trace(values))` writes, many times as fast: nothing is replayed or read back.

    The same for every task that keeps the contract, whose steps and states can be read as what they are. values: write
    the noted values down?
    """
    tree = result.tree
    states, parents, steps, notes = tree.states, tree.parents, tree.steps, tree.notes
    write, brief, solved = tree.task.write, tree.task.brief, tree.task.solved
    seen = [
        f"#{node} {brief(state)} solved\n" if solved(state) else f"#{node} {brief(state)}\n"
        for node, state in enumerate(states)
    ]
    lines = []
    for node in range(1, len(states)):
        parent = parents[node]
        if parent != node - 1:
            lines.append(f"back #{parent}\n{seen[parent]}")
        noted = f" value {notes[node][0]}" if values and node in notes else ""
        lines.append(f"{write(states[parent], steps[node])}{noted}\n{seen[node]}")
    for action in result.ending():
        answer = f" {action.answer}" if isinstance(action, Submit) and action.answer else ""
        lines += [CLOSE, "\n", f"answer{answer}\n" if isinstance(action, Submit) else "give up\n"]
    return "".join(lines)
