"""A search drawn in the terminal, visit by visit, with rich (the extra `show`).

A search takes milliseconds: what is drawn is its visits in order, at a pace that can be followed. Where the output is
no terminal, only the finished tree is printed.
"""

from __future__ import annotations

from time import sleep
from typing import Any

from ...tasks.extras import require
from ..search import SearchResult

MOST_NODES = 60
"""A larger tree is drawn up to this node, and says so."""

PACE = 0.05
"""Seconds a visit."""


def show_search(result: SearchResult, pace: float = PACE) -> None:
    """Draw the visits on standard output. Raises ImportError that names the extra where rich is not installed."""
    console = require("rich.console", "show").Console(highlight=False)
    live = require("rich.live", "show").Live
    count = min(len(result.tree), MOST_NODES)
    if console.is_terminal:
        with live(console=console, auto_refresh=False) as screen:
            for node in range(count):
                screen.update(_drawn(result, node + 1, here=node), refresh=True)
                sleep(pace)
            screen.update(_drawn(result, count), refresh=True)
    else:
        console.print(_drawn(result, count), soft_wrap=True)
    if count < len(result.tree):
        console.print(f"{len(result.tree) - count} more nodes are not drawn")


def _drawn(result: SearchResult, count: int, here: int | None = None) -> Any:
    """The first `count` nodes as a tree of rich. here: the node to mark; None marks the path to the solution."""
    text, tree_kind = require("rich.text", "show").Text, require("rich.tree", "show").Tree
    tree = result.tree
    path = set(tree.path(result.solved)) if here is None and result.solved is not None else set()
    branches: list[Any] = []
    for node in range(count):
        step = "" if not node else f"{tree.task.write(tree.states[tree.parents[node]], tree.steps[node])} → "
        value = f"  {tree.notes[node][0]}" if node in tree.notes else ""
        solved = " ✓" if tree.task.solved(tree.states[node]) else ""
        style = "bold yellow" if node == here else "green" if node in path else ""
        label = text(f"#{node} {step}{tree.task.brief(tree.states[node])}{solved}", style=style)
        label.append(value, style="dim")
        branches.append(branches[tree.parents[node]].add(label) if node else tree_kind(label))
    return branches[0]
