"""A policy that is a transformers model in this process, sampled in lockstep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..lockstep import LockstepSession
from ..model import LanguageModel, own_precision
from ..policy import MAX_LINE_TOKENS, Line


@dataclass(frozen=True)
class TransformersPolicy:
    """chat: are prompts put into the tokenizer's chat template, where it has one?"""

    language_model: LanguageModel
    name: str = "hf"
    chat: bool = True
    exact_ids = True

    def open(
        self,
        prompts: Sequence[str],
        *,
        temperature: float = 1.0,
        seeds: Sequence[int] | None = None,
        max_line: int = MAX_LINE_TOKENS,
    ) -> TransformersSession:
        """See `Policy.open`."""
        return TransformersSession(self, prompts, temperature, seeds, max_line)


class TransformersSession:
    """A `LockstepSession` that speaks text. A row whose context has no room for another line fails."""

    def __init__(
        self,
        policy: TransformersPolicy,
        prompts: Sequence[str],
        temperature: float,
        seeds: Sequence[int] | None,
        max_line: int,
    ):
        self._language_model = language_model = policy.language_model
        self._room = getattr(language_model.model.config, "max_position_embeddings", 1 << 30) - max_line
        ids = language_model.encode(language_model.as_turns(prompts) if policy.chat else [*prompts])
        # A prompt that is too long would not fit into the one pass that encodes all of them: its row fails at once.
        self._long = {row for row, prompt in enumerate(ids) if len(prompt) > self._room}
        with own_precision(language_model.model):
            self._session = LockstepSession(
                language_model.model,
                [prompt[:1] if row in self._long else prompt for row, prompt in enumerate(ids)],
                ends=language_model.line_ends,
                temperature=temperature,
                max_line=max_line,
            )
        if seeds is not None:
            for row, seed in zip(self._session.rows, seeds, strict=True):
                row.random = np.random.default_rng(seed)

    def feed(self, row: int, text: str) -> None:
        self._session.feed(row, self._language_model.encode([text])[0])

    def close(self, row: int) -> None:
        self._session.close(row)

    def fork(self, row: int) -> int:
        return self._session.fork(row)

    def sample(self) -> list[Line]:
        if full := [row.number for row in self._session.rows if row.open and self._full(row)]:
            for number in full:
                self.close(number)
            said = f"a context of {self._room} tokens has no room for another line"
            return [Line(number, "", failed=said, full=True) for number in full]
        with own_precision(self._language_model.model):
            written = self._session.sample()
        if not written:
            return []
        texts = self._language_model.decode([ids for _, ids in written])
        lines = []
        for (number, ids), text in zip(written, texts, strict=True):
            if not text.endswith("\n"):
                self.feed(number, "\n")  # cut, or ended by the end of text
            logprob = sum(self._session.rows[number].logprobs[-len(ids) :])
            lines.append(Line(number, text.removesuffix("\n"), len(ids), logprob, tuple(ids)))
        return lines

    def _full(self, row: object) -> bool:
        return row.number in self._long or len(row.ids) + len(row.queue) > self._room  # type: ignore[attr-defined]
