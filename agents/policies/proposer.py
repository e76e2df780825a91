"""A policy as the one who suggests the steps of a search: so every search runs on a language model's proposals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from random import Random
from typing import Any

from ...envs import instructions
from ...rewards.protocols import Proposal
from ...tasks import IllegalStep, Problem, Refused, Step, Submit, Task, Tree, UnreadableStep
from ...tasks.grammar import look, prompt, read
from .policy import MAX_LINE_TOKENS, Line, Policy

COUNTS = ("steps", "other", "unreadable", "refusal", "failed")
"""What lines are counted as: steps, legal or not; other actions, which propose nothing; lines that are no action; the
model declined; there was no line."""


class PolicyProposer:
    """Sampled steps for the states of one problem.

    The policy reads the instructions, the question and the lines that led to the state, as it would in an environment,
    and writes one line. A state that none of its own proposals led to is shown in words instead. Where steps cannot be
    listed, an answer is proposed as a step too, with nothing after it.

    Priors are the log-probabilities of the lines, or where the backend gives none, those of how often each step came
    up. What was drawn for a state with the same chance is not asked for again.

    Attributes:
        tokens: written so far; searches count and limit it.
        counts: lines by kind, see `COUNTS`. said: why the last one failed.
    """

    def __init__(
        self,
        policy: Policy,
        task: Task[Any, Any],
        problem: Problem,
        *,
        style: str = "full",
        temperature: float = 1.0,
        max_line: int = MAX_LINE_TOKENS,
    ):
        self.policy, self.problem, self.style = policy, problem, style
        self.temperature, self.max_line = temperature, max_line
        self.tokens = 0
        self.counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
        self.said: str | None = None
        self._task = task
        self._paths: dict[Any, tuple[Any, ...]] = {task.start(problem): ()}
        self._answered: set[Any] = set()
        self._drawn: dict[tuple[Any, ...], list[Proposal]] = {}

    @property
    def name(self) -> str:
        return self.policy.name

    def propose(
        self, task: Task[Any, Any], states: Sequence[Any], rngs: Sequence[Random], count: int = 1
    ) -> list[list[Proposal]]:
        """See `Proposer.propose`. Never raises for what a policy writes or a server does: less is proposed."""
        wanted = []
        for state, rng in zip(states, rngs, strict=True):
            seeds = tuple(int(rng.random() * 2**31) for _ in range(count))
            wanted.append((state, seeds))
        # In order and once each: of equal states with equal chance, one is asked for.
        missing = [key for key in dict.fromkeys(wanted) if key not in self._drawn and not self._ended(key[0])]
        if missing:
            self._ask(missing)
        return [self._drawn.get(key, []) for key in wanted]

    def _ended(self, state: Any) -> bool:
        task = self._task
        return state in self._answered or task.solved(state) or (task.enumerable and not task.steps(state))

    def _ask(self, missing: Sequence[tuple[Any, tuple[int, ...]]]) -> None:
        prompts = [self._prompt(state) for state, seeds in missing for _ in seeds]
        session = self.policy.open(
            prompts,
            temperature=self.temperature,
            seeds=[seed for _, seeds in missing for seed in seeds],
            max_line=self.max_line,
        )
        lines: dict[int, Line] = {}
        try:
            while written := session.sample():
                for line in written:
                    lines[line.row] = line
                    if line.failed is None:
                        session.close(line.row)
        finally:
            for row in range(len(prompts)):
                if row not in lines:
                    session.close(row)
        rows = iter(range(len(prompts)))
        for state, seeds in missing:
            written = [lines[row] for row in islice(rows, len(seeds))]
            drawn = [self._read(state, line) for line in written]
            if any(line.failed is None for line in written):  # else it may go better the next time
                self._drawn[state, seeds] = _weighed([found for found in drawn if found is not None])

    @cached_property
    def _begin(self) -> str:
        about = instructions(self._task, self.style, difficulty=dict(self.problem.difficulty), avoid=self.problem)
        return about + prompt(self._task, self.problem)

    def _prompt(self, state: Any) -> str:
        path = self._paths.get(state)
        if path is None:
            return f"{self._begin}#0 {self._task.brief(state)}\n"
        tree = Tree(self._task, self.problem)
        said = []
        for step in path:
            line = self._task.write(tree.state, step)
            tree.grow(step)
            said.append(f"{line}\n{look(tree)}\n")
        return self._begin + "".join(said)

    def _read(self, state: Any, line: Line) -> tuple[Any, float | None] | None:
        """The step that a line proposes and its log-probability; None where it proposes none."""
        self.tokens += line.tokens
        if line.failed is not None:
            self.said = line.failed
        if line.failed is not None or line.refusal:
            self.counts["refusal" if line.refusal else "failed"] += 1
            return None
        here = Tree(self._task, self.problem)
        here.states[0] = state
        action = read(here, line.text)
        answers = isinstance(action, Submit) and not self._task.enumerable
        step = action.step if isinstance(action, Step) else None
        if answers:
            try:
                step = self._task.read(state, action.answer)  # type: ignore[union-attr]
            except UnreadableStep:
                action = Refused(line.text, "unreadable", "no answer")
        if step is None:
            self.counts["unreadable" if isinstance(action, Refused) else "other"] += 1
            return None
        self.counts["steps"] += 1
        try:
            child = self._task.apply(state, step)
        except IllegalStep:  # the search counts it
            return step, line.logprob
        if answers:
            self._answered.add(child)
        if (path := self._paths.get(state)) is not None:
            self._paths.setdefault(child, (*path, step))
        return step, line.logprob


def _weighed(drawn: list[tuple[Any, float | None]]) -> list[Proposal]:
    if all(logprob is not None for _, logprob in drawn):
        return [Proposal(step, logprob) for step, logprob in drawn if logprob is not None]
    often = Counter(step for step, _ in drawn)
    return [Proposal(step, math.log(often[step] / len(drawn))) for step, _ in drawn]
