"""Policies of any backend in text environments: many episodes at once, one line a turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...tasks import Trace
from .policy import MAX_LINE_TOKENS, Policy


@dataclass(frozen=True, slots=True)
class Played:
    """One episode, or as much of it as there was. tokens: written by the policy. refusals: lines in which it declined.
    failed: why the policy could not go on, None where the episode came to its end. full: was its context full?
    """

    trace: Trace
    tokens: int
    refusals: int
    failed: str | None = None
    full: bool = False


def play(
    policy: Policy,
    environments: Sequence[Any],
    prompts: Sequence[str],
    *,
    temperature: float = 1.0,
    seeds: Sequence[int] | None = None,
    max_line: int = MAX_LINE_TOKENS,
    progress: Callable[[int], None] | None = None,
) -> list[Played]:
    """One episode in each environment, which has been reset. prompts: what the policy reads first, most often what
    `reset` returned. `progress` is told how many more episodes have ended. Never raises for what a policy writes.
    """
    session = policy.open(prompts, temperature=temperature, seeds=seeds, max_line=max_line)
    tokens, refusals = [0] * len(prompts), [0] * len(prompts)
    played: dict[int, Played] = {}

    def end(row: int, failed: str | None = None, full: bool = False) -> None:
        trace = environments[row].unwrapped.trace()
        played[row] = Played(trace, tokens[row], refusals[row], failed, full)
        if progress is not None:
            progress(1)

    try:
        while lines := session.sample():
            for line in lines:
                row = line.row
                tokens[row] += line.tokens
                refusals[row] += line.refusal
                if line.failed is not None:
                    end(row, line.failed, line.full)
                    continue
                said, _, terminated, truncated, _ = environments[row].step(line.text)
                if terminated or truncated:
                    session.close(row)
                    end(row)
                elif said:
                    session.feed(row, said)
    finally:
        for row in range(len(prompts)):  # an interrupted session must not go on asking
            if row not in played:
                session.close(row)
    return [played[row] for row in range(len(prompts))]
