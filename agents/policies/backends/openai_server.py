"""A policy behind any OpenAI-compatible server, such as vLLM, llama.cpp, SGLang, Ollama or a provider.

A session is a conversation: the prompt and what the environment answers are the user's messages, lines are the
assistant's. It holds text, so it is good for play, search and evaluation, and RL refuses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from threading import Lock

from ....rewards.chat import ChatClient, ChatError, Reply
from ....rewards.stable import stable_uint64
from ....tasks.grammar import MAX_LINE
from ..policy import MAX_LINE_TOKENS, Line

GO_ON = "Go on."
"""What the user says where the environment has said nothing: conversations take turns."""

PATIENCE = 3
"""After so many rounds of requests in which all failed, nothing more is asked (a round: as many as run at a time)."""


@dataclass
class OpenAIPolicy:
    """client: whom to ask; its timeout, tries and concurrency hold. logprobs: are log-probabilities asked for? Where
    the server refuses them, they no longer are.

    failures: requests that failed for good since the last one that did not. After `PATIENCE * client.concurrency` of
    them the rest is not asked, so that a dead server costs minutes and not hours.
    """

    client: ChatClient
    logprobs: bool = True
    failures: int = 0
    exact_ids = False
    _counting: Lock = field(default_factory=Lock, repr=False, compare=False)

    @property
    def name(self) -> str:
        return f"openai:{self.client.url}#{self.client.model}"

    @property
    def dead(self) -> bool:
        """Has the server failed so often that it is not asked any more?"""
        return self.failures >= PATIENCE * self.client.concurrency

    def open(
        self,
        prompts: Sequence[str],
        *,
        temperature: float = 1.0,
        seeds: Sequence[int] | None = None,
        max_line: int = MAX_LINE_TOKENS,
    ) -> OpenAISession:
        """See `Policy.open`."""
        return OpenAISession(self, prompts, temperature, range(len(prompts)) if seeds is None else seeds, max_line)

    def ask(self, messages: list[dict[str, str]], temperature: float, seed: int, max_line: int) -> Reply:
        """One reply that holds a line, if the model says anything at all. Raises ChatError.

        Failures are counted here, where requests end, so that those of other threads know before they begin.
        """
        if self.dead:
            raise ChatError("unreachable", f"not asked: the server failed {self.failures} times in a row")
        try:
            reply = self._first_line(messages, temperature, seed, max_line)
        except ChatError:
            with self._counting:
                self.failures += 1
            raise
        with self._counting:
            self.failures = 0
        return reply

    def _first_line(self, messages: list[dict[str, str]], temperature: float, seed: int, max_line: int) -> Reply:
        options: dict[str, object] = {"temperature": temperature, "seed": seed, "max_tokens": max_line}
        reply = self._complete(messages, {**options, "stop": ["\n"]})
        if reply.text.strip() or reply.refusal is not None or reply.finish != "stop":
            return reply
        # Some models begin with a line end: then the first line is in what comes after it.
        again = self._complete(messages, options)
        return replace(again, tokens=None if None in (reply.tokens, again.tokens) else _sum(reply, again))

    def _complete(self, messages: list[dict[str, str]], options: dict[str, object]) -> Reply:
        if self.logprobs:
            try:
                return self.client.complete(messages, **options, logprobs=True)
            except ChatError as error:
                if error.status not in (400, 422):
                    raise
                reply = self.client.complete(messages, **options)
                self.logprobs = False  # it was the request for them that was refused
                return reply
        return self.client.complete(messages, **options)


def _sum(*replies: Reply) -> int:
    return sum(reply.tokens or 0 for reply in replies)


@dataclass
class _Row:
    """messages: the conversation. fed: what the environment has said since the last line."""

    messages: list[dict[str, str]]
    seed: int
    fed: str = ""
    turn: int = 0
    open: bool = True
    asked: Future[Reply] | None = field(default=None, repr=False)


class OpenAISession:
    """Rows are asked for at the same time, at most `concurrency` of them, and come back as they are done."""

    def __init__(
        self, policy: OpenAIPolicy, prompts: Sequence[str], temperature: float, seeds: Sequence[int], max_line: int
    ):
        self.policy = policy
        self._temperature, self._max_line = temperature, max_line
        self._rows = [_Row([_said("user", prompt)], seed) for prompt, seed in zip(prompts, seeds, strict=True)]
        self._pool = ThreadPoolExecutor(policy.client.concurrency)

    def feed(self, row: int, text: str) -> None:
        self._rows[row].fed += text

    def close(self, row: int) -> None:
        self._rows[row].open = False
        if not any(other.open for other in self._rows):
            self._pool.shutdown(wait=False, cancel_futures=True)

    def fork(self, row: int) -> int:
        origin = self._rows[row]
        if not origin.open:
            raise ValueError(f"row {row} is closed")
        seed = stable_uint64((origin.seed, len(self._rows))) % 2**31
        self._rows.append(replace(origin, messages=[*origin.messages], seed=seed, asked=None))
        return len(self._rows) - 1

    def sample(self) -> list[Line]:
        for row in self._rows:
            if row.open and row.asked is None:
                self._ask(row)
        asked = [row.asked for row in self._rows if row.open and row.asked is not None]
        if not asked:
            return []
        wait(asked, return_when=FIRST_COMPLETED)
        return [
            self._line(number, row, row.asked)
            for number, row in enumerate(self._rows)
            if row.open and row.asked is not None and row.asked.done()
        ]

    def _ask(self, row: _Row) -> None:
        if row.turn:
            row.messages.append(_said("user", row.fed.rstrip("\n") or GO_ON))
        elif row.fed:  # nothing has been answered yet: it is still the prompt
            row.messages[-1] = _said("user", row.messages[-1]["content"] + row.fed)
        row.fed = ""
        seed = stable_uint64((row.seed, row.turn)) % 2**31
        row.asked = self._pool.submit(self.policy.ask, [*row.messages], self._temperature, seed, self._max_line)

    def _line(self, number: int, row: _Row, asked: Future[Reply]) -> Line:
        row.asked = None
        try:
            reply = asked.result()
        except ChatError as error:
            self.close(number)
            return Line(number, "", failed=str(error))
        refusal = reply.refusal is not None or reply.finish == "content_filter"
        text = next((line.strip() for line in (reply.text or reply.refusal or "").split("\n") if line.strip()), "")
        text = text[: MAX_LINE + 1]  # the environment reads no more, and the conversation is sent again at every turn
        row.messages.append(_said("assistant", text))
        row.turn += 1
        tokens = len(reply.text.split()) if reply.tokens is None else reply.tokens
        return Line(number, text, tokens, reply.logprob, refusal=refusal)


def _said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}
