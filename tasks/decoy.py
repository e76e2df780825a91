"""The states of another problem, shown in place of the true ones: the control "random feedback"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

from .problem import Problem
from .task import Task

if TYPE_CHECKING:
    from .tree import Tree

SEARCHED = 64
"""In a family without end, so many problems are looked at for one that is not the same in disguise."""


class Decoy:
    """A second tree of the same shape on another problem, grown alongside by legal steps chosen without regard to
    the true ones. It is a function of the problem and the parents of the true nodes: every replay shows the same.

    Raises NotEnumerable, when a state is asked for, where steps cannot be listed.
    """

    def __init__(self, task: Task[Any, Any], problem: Problem):
        self.problem = problem
        self._task = task
        self._states: list[Any] = [task.start(problem)]

    @classmethod
    def beside(cls, task: Task[Any, Any], problem: Problem, **difficulty: Any) -> Decoy:
        """The decoy of a problem: another training problem, a function of this one. Raises ValueError if alone."""
        key, first = task.problem_key(problem), crc32(repr(problem.data).encode())
        known = task.count("train", **difficulty)
        for index in range(first, first + (SEARCHED if known is None else known)):
            other = task.problem(0, index if known is None else index % known, "train", **difficulty)
            if task.problem_key(other) != key:
                return cls(task, other)
        raise ValueError(f"{task.name} has no other problem at difficulty {difficulty}")

    def copy(self) -> Decoy:
        """A decoy that shows the same so far."""
        twin = Decoy(self._task, self.problem)
        twin._states = self._states[:]
        return twin

    def state(self, tree: Tree) -> Any:
        """The state shown for the node at the true tree's cursor."""
        while len(self._states) <= tree.cursor:
            node = len(self._states)
            state = self._states[tree.parents[node]]
            # At a dead end the decoy stays where it is: nothing else could be shown as well.
            if steps := self._task.steps(state):
                state = self._task.apply(state, steps[crc32(f"{node} {self.problem.data}".encode()) % len(steps)])
            self._states.append(state)
        return self._states[tree.cursor]
