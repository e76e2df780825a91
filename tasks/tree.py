"""The exploration tree: every state visited so far, in the order first visited, and a cursor."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from .actions import Action, Backtrack, GiveUp, NewAttempt, Refused, Step, Submit
from .errors import IllegalStep
from .problem import Problem, Verdict
from .task import Task


@dataclass(frozen=True, slots=True)
class Event:
    """What an action did.

    kind: "new" (a node was added), "revisit" (an existing child), "back", "submit", "give_up", "refused" or
        "attempt" (a new one began).
    node: the cursor afterwards.
    wrong_state: did the action claim a state or node number that is not the true one?
    verdict: the judgement of a submitted answer or of giving up, else None.
    """

    kind: str
    node: int
    wrong_state: bool = False
    verdict: Verdict | None = None


class Tree:
    """Nodes are numbered in the order first visited; node 0 is the start state, and the cursor starts there.

    Attributes, one entry a node:
        states: the states. parents: node numbers, -1 for the start. steps: the step from the parent, None at 0.
        notes: {node: (hundredths, source)}, the values noted for nodes and who noted them.
    """

    __slots__ = ("_children", "cursor", "notes", "parents", "problem", "states", "steps", "task")

    def __init__(self, task: Task[Any, Any], problem: Problem):
        self.task = task
        self.problem = problem
        self.states: list[Any] = [task.start(problem)]
        self.parents: list[int] = [-1]
        self.steps: list[Any] = [None]
        self.notes: dict[int, tuple[int, str]] = {}
        self.cursor = 0
        self._children: dict[tuple[int, Any], int] = {}

    def __len__(self) -> int:
        return len(self.states)

    @property
    def state(self) -> Any:
        """The state at the cursor."""
        return self.states[self.cursor]

    @property
    def solved(self) -> bool:
        """Is the state at the cursor a goal?"""
        return self.task.solved(self.state)

    # growing ------------------------------------------------------------------------------------------------------

    def grow(self, step: Any, state: Any = None) -> bool:
        """Move the cursor along `step`; True where that added a node. `state` spares the call of `apply`.

        Raises IllegalStep, and then nothing has changed.
        """
        before, edge, new = self.cursor, (self.cursor, step), len(self.states)
        children = self._edges()
        if state is None and edge not in children:
            state = self.task.apply(self.states[before], step)
        self.cursor = children.setdefault(edge, new)  # hashed once: steps are slow to hash
        if self.cursor != new:
            return False
        self.states.append(state)
        self.parents.append(before)
        self.steps.append(step)
        return True

    def plant(self, parent: int, step: Any, state: Any) -> int:
        """Add a child that is known to be new and to follow from `step`, and return its number; the cursor stays.

        What searches grow trees with: a step is hashed only where `grow` asks for it later.
        """
        states = self.states
        node = len(states)
        states.append(state)
        self.parents.append(parent)
        self.steps.append(step)
        return node

    def _edges(self) -> dict[tuple[int, Any], int]:
        """{(parent, step): child}, with an entry for every node but the start."""
        known = self._children
        for node in range(len(known) + 1, len(self.states)):
            known[self.parents[node], self.steps[node]] = node
        return known

    def do(self, action: Action, source: str = "model") -> Event:
        """Carry out an action. Raises IllegalStep for an illegal step or an unborn node; then nothing has changed."""
        match action:
            case Step(step, claim, claimed_node, value):
                new = self.grow(step)
                wrong = (claim is not None and claim != self.task.brief(self.state)) or (
                    claimed_node is not None and claimed_node != self.cursor
                )
                if value is not None:
                    self.notes[self.cursor] = (value, source)
                return Event("new" if new else "revisit", self.cursor, wrong)
            case Backtrack(node):
                if not 0 <= node < len(self.states):
                    raise IllegalStep("no such node")
                self.cursor = node
                return Event("back", node)
            case Submit(answer):
                return Event("submit", self.cursor, verdict=self.task.check(self.problem, answer or self.answer()))
            case GiveUp():
                return Event("give_up", self.cursor, verdict=self.task.check_give_up(self.problem))
            case Refused():
                return Event("refused", self.cursor)
            case NewAttempt():
                self.cursor = 0
                return Event("attempt", 0)

    def copy(self) -> Tree:
        """A tree of its own with the same nodes, notes and cursor; states and steps are shared."""
        twin = Tree.__new__(Tree)
        twin.task, twin.problem, twin.cursor = self.task, self.problem, self.cursor
        twin.states, twin.parents, twin.steps = self.states[:], self.parents[:], self.steps[:]
        twin.notes, twin._children = self.notes.copy(), self._children.copy()
        return twin

    # looking ------------------------------------------------------------------------------------------------------

    def path(self, node: int | None = None) -> list[int]:
        """The nodes from the start to `node` (default: the cursor), both included."""
        found = []
        place = self.cursor if node is None else node
        while place >= 0:
            found.append(place)
            place = self.parents[place]
        return found[::-1]

    def path_steps(self, node: int | None = None) -> list[Any]:
        """The steps from the start to `node` (default: the cursor)."""
        place = self.cursor if node is None else node
        found = []
        while place:
            found.append(self.steps[place])
            place = self.parents[place]
        return found[::-1]

    def answer(self, node: int | None = None) -> str:
        """The clean answer that the path to `node` (default: the cursor) stands for."""
        return self.task.answer(self.problem, self.path_steps(node))

    def keys(self) -> Iterator[Hashable]:
        """The canonical key of every node, in order."""
        return map(self.task.key, self.states)

    def first_solved(self) -> int | None:
        """The first node that is a goal, None where there is none."""
        return next((node for node, state in enumerate(self.states) if self.task.solved(state)), None)

    def visit_actions(self) -> list[Action]:
        """The actions that build this tree in the order of its nodes, noted values included."""
        actions: list[Action] = []
        for node in range(1, len(self.states)):
            if self.parents[node] != node - 1:
                actions.append(Backtrack(self.parents[node]))
            value = self.notes.get(node, (None,))[0]
            actions.append(Step(self.steps[node], value=value))
        return actions

    def same_as(self, other: Tree) -> bool:
        """Same problem, nodes, parents, steps and noted values? (The cursor and the sources do not count.)"""
        return (
            self.problem == other.problem
            and self.parents == other.parents
            and self.steps == other.steps
            and self.states == other.states
            and {n: v for n, (v, _) in self.notes.items()} == {n: v for n, (v, _) in other.notes.items()}
        )
