"""What a new model reads before it is taught what to write: random plays, with slips.

A pretrained model knows its language and its arithmetic; one made from scratch knows nothing, and learns from the few
tokens that carry loss in supervised fine-tuning how numbers are copied, what a step leads to and what is refused, all
at once with which step is good. Here it reads the rules first: next-token prediction on everything behind the question,
what the environment answers included. The plays are uniform, so they say nothing of which steps are good.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..tasks import Action, Backtrack, Problem, Step, Submit, Task, Trace, Tree, replay
from .linearizers import visit_order_slips
from .problems import Mixture
from .training.examples import pieces
from .training.sft import SFTSettings

LEAST = 4
"""Steps of the shortest play."""


@dataclass(frozen=True)
class ReadingSettings:
    """training: how long; every play is read once. budget: steps of the longest play, slips not counted. slips: how
    likely each line is one, see `linearizers.visit_order_slips`."""

    training: SFTSettings
    budget: int = 16
    slips: float = 0.1

    def __post_init__(self) -> None:
        if self.budget < LEAST:
            raise ValueError(f"plays of at most {self.budget} steps are too short, the least is {LEAST}")

    @property
    def plays(self) -> int:
        """So many are read."""
        return self.training.updates * self.training.rows


def random_play(task: Task[Any, Any], problem: Problem, budget: int, rng: random.Random) -> Trace:
    """Uniform over the legal steps; at a dead end, back to a uniformly random earlier node. Stops when solved."""
    tree = Tree(task, problem)
    actions: list[Action] = []
    while len(actions) < budget and not tree.solved:
        steps = task.steps(tree.state)
        action: Action = Step(rng.choice(steps)) if steps else Backtrack(rng.randrange(tree.cursor))
        tree.do(action)
        actions.append(action)
    if tree.solved:
        actions.append(Submit(tree.answer()))
    return Trace(problem, tuple(actions))


def readings(problems: Mixture, settings: ReadingSettings, seed: int) -> Iterator[list[tuple[str, bool]]]:
    """The plays as `training.examples.pieces`, all but the question with loss. Play n is about problem n, and is a pure
    function of n and the seed."""
    for number in range(settings.plays):
        rng = random.Random(f"{seed} {number}")
        play = random_play(problems.task, problems(number), rng.randint(LEAST, settings.budget), rng)
        trace = visit_order_slips(replay(problems.task, play).tree, settings.slips, number)
        yield [(text, place > 0) for place, (text, _) in enumerate(pieces(problems.task, trace, "all"))]
