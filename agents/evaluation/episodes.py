"""What one evaluated episode leaves behind, measured from its trace alone, and how a system's episodes are kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...tasks import Backtrack, NewAttempt, Problem, Refused, Step, Task, Trace
from ...tasks.tree import Tree


@dataclass(frozen=True, slots=True)
class Episode:
    """One attempt at one problem. Counts are over the whole episode.

    problem: the place of the problem in the evaluated slice. sample: 0-based; greedy decoding has only 0.
    success: an answer was submitted and verified (or giving up was right). reached: a solved state was visited.
    steps: budget steps used: steps, backtracks and refused lines; committing an answer is free.
    tokens: tokens written by the model (0 where no language model acts). context: all tokens of the episode.
    backtracks, repeated, refused: moves to earlier nodes; visits to a state (by key) seen before; refused lines.
    wrong_answers: answers committed that were judged wrong.
    trace: the text of the episode, kept for a few episodes only.
    """

    problem: int
    sample: int
    success: bool
    reached: bool
    steps: int
    tokens: int
    context: int
    backtracks: int
    repeated: int
    refused: int
    wrong_answers: int
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class SystemResult:
    """All episodes of one system on the same problems in the same order.

    key: stable identifier, e.g. "sft". label: for people. decoding: "greedy", "sampled" or "search".
    samples: episodes a problem. episodes: sorted by (problem, sample).
    """

    key: str
    label: str
    decoding: str
    samples: int
    episodes: tuple[Episode, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The content of `eval.json`.

    task, split, seed: what was evaluated. budgets: the step budgets of the table. problems: in order, as evaluated.
    machine: where it ran. systems: in the order of the table.
    """

    task: str
    split: str
    seed: int
    budgets: tuple[int, ...]
    problems: tuple[Problem, ...]
    machine: dict[str, Any]
    systems: tuple[SystemResult, ...]

    def to_json(self) -> str:
        """`from_json` is the inverse."""
        fields = asdict(self) | {"problems": [json.loads(problem.to_json()) for problem in self.problems]}
        return json.dumps(fields)

    @classmethod
    def from_json(cls, text: str) -> Evaluation:
        """Raises ValueError or TypeError where `text` is not an evaluation."""
        fields = json.loads(text)
        systems = tuple(
            SystemResult(**{**system, "episodes": tuple(Episode(**row) for row in system["episodes"])})
            for system in fields["systems"]
        )
        problems = tuple(Problem.from_json(json.dumps(problem)) for problem in fields["problems"])
        return cls(**{**fields, "budgets": tuple(fields["budgets"]), "problems": problems, "systems": systems})


def measure(
    task: Task[Any, Any],
    trace: Trace,
    *,
    problem: int,
    sample: int = 0,
    tokens: int = 0,
    context: int = 0,
    text: str | None = None,
) -> Episode:
    """The episode that a trace stands for."""
    tree = Tree(task, trace.problem)
    seen = {task.key(tree.state)}
    success = reached = False
    steps = backtracks = repeated = refused = wrong = 0
    for action in trace.actions:
        event = tree.do(action)
        steps += isinstance(action, Step | Backtrack | Refused)
        backtracks += isinstance(action, Backtrack)
        refused += isinstance(action, Refused)
        if isinstance(action, Step):
            key = task.key(tree.state)
            repeated += key in seen
            seen.add(key)
            reached = reached or tree.solved
        elif isinstance(action, NewAttempt):
            success = False
        if event.verdict is not None:
            success = event.verdict.correct is True
            wrong += not success
    return Episode(
        problem, sample, success, reached, steps, tokens, context, backtracks, repeated, refused, wrong, text
    )


def solved_within(episode: Episode, budget: int) -> bool:
    """Success with at most `budget` steps: a longer episode would have been cut before it committed its answer."""
    return episode.success and episode.steps <= budget


def means(episodes: Sequence[Episode], field: str) -> float:
    """The mean of a numeric field."""
    return sum(getattr(episode, field) for episode in episodes) / len(episodes)
