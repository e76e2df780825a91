"""A trace drawn as the search tree it builds, with its backtracks, from left (the start) to right.

Every node shows its number, which is the order of first visits, and its state in brief; the edge to it, its step.
Dashed arrows are backtracks. A node from which no solution can be reached is grey: the exact value of that state
itself, without backtracking. Colours come from the classes of the page (`page.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from ...tasks import Backtrack, NewAttempt, Refused, Step, Submit, Task, Trace
from ...tasks.tree import Tree
from .page import STYLE

LETTER, SMALL = 7.3, 7.0
"""Width of a letter of the node and of the step font in pixels."""

ROW, BOX, PAD = 40, 26, 9
"""Distance of rows, height of boxes, margin inside boxes, in pixels."""

MOST_NODES = 80
"""A larger tree is cut after this many nodes, and says so."""


@dataclass(slots=True)
class Story:
    """What happened on a tree, in the terms in which it is drawn.

    moves: backtracks as (from, to), in order, attempts that began anew included. visits: steps into a node that
    existed already. refused: refused lines by the node where they were written. twins: node -> the earlier node with
    an equal state. solution: the nodes of the path that the last answer stands for, where it was verified.
    """

    tree: Tree
    moves: list[tuple[int, int]] = field(default_factory=list)
    visits: Counter[int] = field(default_factory=Counter)
    refused: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    twins: dict[int, int] = field(default_factory=dict)
    solution: list[int] = field(default_factory=list)
    verdict: str = "no answer was committed"
    success: bool = False


def story(task: Task[Any, Any], trace: Trace) -> Story:
    """Redo a trace and note what there is to draw."""
    told = Story(Tree(task, trace.problem))
    tree = told.tree
    for action in trace.actions:
        before = tree.cursor
        event = tree.do(action)
        if isinstance(action, Backtrack | NewAttempt) and before != tree.cursor:
            told.moves.append((before, tree.cursor))
        elif isinstance(action, Step) and event.kind == "revisit":
            told.visits[tree.cursor] += 1
        elif isinstance(action, Refused):
            told.refused[before].append(f"{action.text}: {action.reason}")
        if event.verdict is not None:
            told.success = event.verdict.correct is True
            # An empty answer stands for the path to the cursor.
            wrote = f"answer {action.answer or tree.answer()}" if isinstance(action, Submit) else "gave up"
            told.verdict = f"{wrote}: {event.verdict.reason}"
            told.solution = tree.path() if told.success and tree.solved else []
    first: dict[Any, int] = {}
    for node, key in enumerate(tree.keys()):
        if first.setdefault(key, node) != node:
            told.twins[node] = first[key]
    return told


def tree_svg(told: Story, most: int = MOST_NODES) -> str:
    """The picture. At most `most` nodes are drawn; a note in the picture counts the others."""
    tree = told.tree
    count = min(len(tree), most)
    places = _layout(tree, count)
    arrows = _arrows(told.moves, places, count)
    width = max(place.right for place in places) + 60
    top = min([place.y - BOX for place in places] + [y for arrow in arrows for _, y in arrow.points()]) - 4
    bottom = max([place.y + BOX for place in places] + [y for arrow in arrows for _, y in arrow.points()]) + 4
    parts = [_edge(told, places, node) for node in range(1, count)]
    parts += [arrow.drawn() for arrow in arrows]
    parts += [_edge_label(told, places[node], node) for node in range(1, count)]
    parts += [_node(told, places[node], node) for node in range(count)]
    if count < len(tree):
        bottom += 20
        parts.append(
            f"<text class='mark' x='8' y='{bottom - 8:.0f}'>{len(tree) - count} more nodes are not drawn</text>"
        )
    label = f"search tree of {len(tree)} nodes with {len(told.moves)} backtracks"
    return (
        f"<svg class='tree' width='{width:.0f}' height='{bottom - top:.0f}' "
        f"viewBox='0 {top:.0f} {width:.0f} {bottom - top:.0f}' role='img' aria-label='{label}'>{''.join(parts)}</svg>"
    )


def tree_file(told: Story, most: int = MOST_NODES) -> str:
    """The picture as an SVG file of its own, with its colours."""
    svg = tree_svg(told, most)
    head, mark, rest = svg.partition(">")
    head = head.replace("<svg", "<svg xmlns='http://www.w3.org/2000/svg'", 1)
    return f"{head}{mark}<style><![CDATA[{STYLE}]]></style>{rest}\n"


@dataclass(slots=True)
class Place:
    """Where a box is: left edge, width, and the height of its middle, in pixels."""

    x: float
    width: float
    y: float

    @property
    def right(self) -> float:
        return self.x + self.width


def _layout(tree: Tree, count: int) -> list[Place]:
    """Depth goes right, siblings go down in the order of visits; a parent is level with the middle of its children."""
    children: list[list[int]] = [[] for _ in range(count)]
    depth = [0] * count
    for node in range(1, count):
        parent = tree.parents[node]
        children[parent].append(node)
        depth[node] = depth[parent] + 1
    x, left = [0.0] * (max(depth) + 1), 8.0
    for level in range(len(x)):
        members = [node for node in range(count) if depth[node] == level]
        if level:
            left += 44 + SMALL * max(len(_step(tree, node)) for node in members)
        x[level] = left
        left += max(_box_width(tree, node) for node in members)
    y, row = [0.0] * count, 0
    stack = [(0, False)]
    while stack:  # children before parents, without recursion: a path may be longer than Python's stack
        node, ready = stack.pop()
        if not children[node]:
            y[node], row = ROW * (row + 0.7), row + 1
        elif ready:
            y[node] = (y[children[node][0]] + y[children[node][-1]]) / 2
        else:
            stack.append((node, True))
            stack += [(child, False) for child in reversed(children[node])]
    return [Place(x[depth[node]], _box_width(tree, node), y[node]) for node in range(count)]


def _label(tree: Tree, node: int) -> str:
    return tree.task.brief(tree.states[node])


def _step(tree: Tree, node: int) -> str:
    return tree.task.write(tree.states[tree.parents[node]], tree.steps[node])


def _box_width(tree: Tree, node: int) -> float:
    return 2 * PAD + LETTER * (len(_label(tree, node)) + len(f"#{node} ") + 2 * tree.task.solved(tree.states[node]))


def _edge(told: Story, places: Sequence[Place], node: int) -> str:
    a, b = places[told.tree.parents[node]], places[node]
    bend = min(40.0, (b.x - a.right) / 2)
    solution = " solution" if node in told.solution else ""
    return (
        f"<path class='edge{solution}' d='M{a.right:.1f} {a.y:.1f}C{a.right + bend:.1f} {a.y:.1f} {a.right + 4:.1f} "
        f"{b.y:.1f} {a.right + bend:.1f} {b.y:.1f}H{b.x:.1f}'/>"
    )


def _edge_label(told: Story, place: Place, node: int) -> str:
    """The step to `node`, left of its box; lines are interrupted under it, also between its words."""
    step = _step(told.tree, node)
    wide = SMALL * len(step) + 8
    solution = " solution" if node in told.solution else ""
    return (
        f"<rect class='under' x='{place.x - 5 - wide:.1f}' y='{place.y - 8:.1f}' width='{wide:.1f}' height='16'/>"
        f"<text class='step{solution}' x='{place.x - 9:.1f}' y='{place.y + 4:.1f}' text-anchor='end' "
        f"xml:space='preserve'>{escape(step)}</text>"
    )


@dataclass(frozen=True, slots=True)
class Arrow:
    """A backtrack: a cubic curve from one box's edge to another's. side: 1 = below the boxes, -1 = above."""

    title: str
    side: int
    curve: tuple[tuple[float, float], ...]

    def points(self) -> list[tuple[float, float]]:
        """Points along the curve, to see how much room it takes."""
        found = []
        for tenth in range(11):
            t = tenth / 10
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            found.append(
                (
                    sum(weight * x for weight, (x, _) in zip(weights, self.curve, strict=True)),
                    sum(weight * y for weight, (_, y) in zip(weights, self.curve, strict=True)),
                )
            )
        return found

    def drawn(self) -> str:
        (x, y), *rest = self.curve
        bends = " ".join(f"{cx:.1f} {cy:.1f}" for cx, cy in rest)
        end_x, end_y = rest[-1]
        return (
            f"<g class='back'><title>{self.title}</title><path d='M{x:.1f} {y:.1f}C{bends}'/>"
            f"<path class='head' d='M{end_x:.1f} {end_y - self.side * 6:.1f}l-4 {self.side * 7}h8z'/></g>"
        )


def _arrows(moves: Sequence[tuple[int, int]], places: Sequence[Place], count: int) -> list[Arrow]:
    """From the node left to the node returned to, on the side away from the edges between, landing side by side."""
    drawn = [(start, end) for start, end in moves if start < count and end < count]
    landings = Counter(end for _, end in drawn)
    landed: Counter[int] = Counter()
    arrows = []
    for turn, (start, end) in enumerate(drawn, start=1):
        landed[end] += 1
        a, b = places[start], places[end]
        side = 1 if a.y >= b.y - 1 else -1
        x1, y1 = a.x + 12, a.y + side * BOX / 2
        x2, y2 = b.x + b.width * landed[end] / (landings[end] + 1), b.y + side * BOX / 2
        sag = side * (16 + 0.02 * abs(x1 - x2))
        bends = ((x1, y1), (x1 - 30, y1 + sag), (x2 + 6, y2 + 2.2 * sag), (x2, y2 + side * 6))
        arrows.append(Arrow(f"backtrack {turn}: #{start} to #{end}", side, bends))
    return arrows


def _node(told: Story, place: Place, node: int) -> str:
    tree = told.tree
    state = tree.states[node]
    kinds, hints = ["node"], []
    if tree.task.solved(state):
        kinds.append("solved")
    elif tree.task.dead_ends and tree.task.value(state) == 0.0:
        kinds.append("dead")
        hints.append("no solution can be reached from here")
    if node in told.solution:
        kinds.append("solution")
    marks = []
    if node in told.twins:
        kinds.append("twin")
        marks.append(f"<tspan class='twin'>= #{told.twins[node]}</tspan>")
        hints.append(f"the same state as #{told.twins[node]}")
    if told.visits[node]:
        marks.append(f"<tspan>↻{told.visits[node]}</tspan>")
        hints.append(f"stepped into again {told.visits[node]} times")
    if lines := told.refused.get(node):
        marks.append(f"<tspan class='refused'>✕{len(lines)}</tspan>")
        hints.append("refused here: " + "; ".join(line[:80] for line in lines[:4]))
    text_x = place.x + PAD
    beside = ""
    if marks:  # above the line that leaves the box
        beside = f"<text class='mark' x='{place.right + 4:.1f}' y='{place.y - 5:.1f}'>{' '.join(marks)}</text>"
    title = f"<title>{escape(f'#{node}: ' + '; '.join(hints))}</title>" if hints else ""
    tick = "<tspan class='tick'> ✓</tspan>" if "solved" in kinds else ""
    return (
        f"<g class='{' '.join(kinds)}'>{title}"
        f"<rect x='{place.x:.1f}' y='{place.y - BOX / 2:.1f}' width='{place.width:.1f}' height='{BOX}' rx='6'/>"
        f"<text x='{text_x:.1f}' y='{place.y + 4:.1f}' xml:space='preserve'><tspan class='order'>#{node}</tspan> "
        f"{escape(_label(tree, node))}{tick}</text>{beside}</g>"
    )
