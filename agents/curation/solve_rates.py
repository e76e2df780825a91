"""How often a policy solves a problem: what curricula are made of.

A policy is any function from prompts to responses, one each: a model behind an HTTP interface, rollouts of a local one,
a scripted one. Responses are judged by the verifier; those that cannot be judged count as tries and are reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ...rewards.chat import ChatClient, ChatError
from ...tasks.answers import verify
from ...tasks.data import SOURCES, Columns

Policy = Callable[[Sequence[str]], Sequence[str]]
"""Prompts -> responses, in their order; asked again, it may respond otherwise."""


def chat_policy(client: ChatClient, **options: Any) -> Policy:
    """A model behind an OpenAI-compatible interface as a policy; `options` such as temperature go to the server.

    Raises ChatError, when asked, for the first request that fails: a failure is no wrong answer.
    """

    def policy(prompts: Sequence[str]) -> list[str]:
        texts = []
        for reply in client.complete_all([[{"role": "user", "content": prompt}] for prompt in prompts], **options):
            if isinstance(reply, ChatError):
                raise reply
            texts.append(reply.text)
        return texts

    return policy


PROMPT = "{problem}\nThink step by step, then write the final answer in \\boxed{{}}."


class SolveRate(NamedTuple):
    """solved of tries; unjudged: how many of the tries could not be judged (they do not count as solved)."""

    solved: int
    tries: int
    unjudged: int

    @property
    def rate(self) -> float:
        """In [0, 1]."""
        return self.solved / self.tries


def solve_rate(problem: str, answer: str, policy: Policy, tries: int, prompt: str = PROMPT) -> SolveRate:
    """The solve rate of one problem. Raises ValueError where the policy does not respond to every prompt."""
    if tries < 1:
        raise ValueError(f"at least one try is needed, got {tries}")
    responses = policy([prompt.format(problem=problem)] * tries)
    if len(responses) != tries:
        raise ValueError(f"the policy gave {len(responses)} responses to {tries} prompts")
    verdicts = [verify(response, answer).correct for response in responses]
    return SolveRate(verdicts.count(True), tries, verdicts.count(None))


def with_solve_rates(
    rows: Iterable[dict[str, Any]], policy: Policy, tries: int, source: str = "rows"
) -> Iterator[dict[str, Any]]:
    """The rows with columns `solve_rate` and, where some tries could not be judged, `unjudged`; one row at a time.

    Rows without an answer get a `solve_rate` of None.
    """
    known = SOURCES[source]
    for row in rows:
        [record] = known.read(row, known, Columns())
        if record.answer is None:
            yield {**row, "solve_rate": None}
            continue
        found = solve_rate(record.problem, record.answer, policy, tries)
        yield {**row, "solve_rate": found.rate} | ({"unjudged": found.unjudged} if found.unjudged else {})
