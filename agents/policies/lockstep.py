"""Rollouts in lockstep: every row feeds exactly one token a tick, forced or sampled.

The key-value cache stays rectangular, ragged turns need no padding, no token is encoded twice, and no attention mask
is needed. It works with any causal model that takes `past_key_values`. Rows that have ended are dropped from the cache
now and then. Contexts are append-only token ids; nothing is ever re-tokenised.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...tasks.extras import require

if TYPE_CHECKING:
    import torch

KEEP = 0.75
"""The cache is packed when fewer than this share of its rows are alive."""


@dataclass(slots=True)
class Row:
    """One context.

    number: its place in the session. random: its own random numbers, one for each token it samples.
    queue: tokens to be forced. ids: all tokens so far. mine: one flag a token, True = written by the model.
    logprobs: of the model's own tokens under the sampling distribution, 0.0 for the others. start: where the current
    line began. open: still taking part? A closed row never changes.
    """

    number: int
    random: np.random.Generator
    queue: deque[int]
    ids: list[int] = field(default_factory=list)
    mine: list[bool] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    start: int = 0
    open: bool = True

    @property
    def samples(self) -> bool:
        """Does the model write the next token?"""
        return self.open and not self.queue

    def append(self, token: int, mine: bool, logprob: float = 0.0) -> None:
        """One more token; a line of the model begins after the last forced one."""
        self.ids.append(token)
        self.mine.append(mine)
        self.logprobs.append(logprob)
        if not mine:
            self.start = len(self.ids)


class LockstepSession:
    """A batch of growing contexts under one causal language model.

    Args:
        model: a transformers causal language model.
        prompts: token ids, one list a row, none empty.
        ends: token ids that end a line (a line end, an end of text).
        temperature: 0.0 = greedy.
        seed, first: row i draws the random numbers at address (seed, first + i), one for each token it samples. So its
            tokens depend neither on the other rows nor on how many there are.
        max_line: a line is cut after so many sampled tokens.
    """

    exact_ids = True

    def __init__(
        self,
        model: Any,
        prompts: Sequence[Sequence[int]],
        *,
        ends: Iterable[int],
        temperature: float = 1.0,
        seed: int = 0,
        first: int = 0,
        max_line: int = 64,
    ):
        if not prompts or not all(prompts):
            raise ValueError("a session needs at least one prompt, and no prompt may be empty")
        self.model = model
        self.temperature = temperature
        self.max_line = max_line
        self.ends = frozenset(ends)
        self._torch = require("torch", "lm")
        self.rows = [
            Row(number, np.random.default_rng((seed, first + number)), deque(prompt))
            for number, prompt in enumerate(prompts)
        ]
        self._lanes = list(self.rows)  # the rows that the cache holds, in its order
        self._cache = _growing_cache()
        self._logits = self._prefill()

    # the protocol -------------------------------------------------------------------------------------------------

    def feed(self, row: int, ids: Iterable[int]) -> None:
        """Force tokens into a row's context before it samples again."""
        self.rows[row].queue.extend(ids)

    def close(self, row: int) -> None:
        """Take a row out; its context is final."""
        self.rows[row].open = False

    def fork(self, row: int) -> int:
        """A new row with the same context and random numbers of its own; returns its number.

        The first row goes on as if it had not been forked. Raises ValueError where it is closed.
        """
        origin = self.rows[row]
        if not origin.open:
            raise ValueError(f"row {row} is closed, its context is not kept")
        copy = replace(
            origin,
            number=len(self.rows),
            random=origin.random.spawn(1)[0],
            queue=deque(origin.queue),
            ids=[*origin.ids],
            mine=[*origin.mine],
            logprobs=[*origin.logprobs],
        )
        lane = next(lane for lane, other in enumerate(self._lanes) if other is origin)
        self.rows.append(copy)
        self._lanes.append(copy)
        self._select([*range(len(self._lanes) - 1), lane])
        return copy.number

    def sample(self) -> list[tuple[int, list[int]]]:
        """Run until at least one open row has finished a line of its own; returns (row, token ids of the line).

        Every returned row must be fed or closed before the next call, or it goes on with another line of its own.
        An empty list means that no row is open.
        """
        with self._torch.inference_mode():
            while True:
                self._pack()
                if not self._lanes:
                    return []
                if done := self._advance():
                    return done

    # one tick -----------------------------------------------------------------------------------------------------

    def _prefill(self) -> torch.Tensor:
        """Encode what all prompts have in length in one pass; returns the logits of what comes next."""
        shared = min(len(row.queue) for row in self._lanes)
        tokens = [[row.queue.popleft() for _ in range(shared)] for row in self._lanes]
        for row, ids in zip(self._lanes, tokens, strict=True):
            for token in ids:
                row.append(token, mine=False)
        with self._torch.inference_mode():
            return self._forward(tokens)

    def _advance(self) -> list[tuple[int, list[int]]]:
        sampled, logprobs = self._draw()
        tokens, done = [], []
        for row, token, logprob in zip(self._lanes, sampled, logprobs, strict=True):
            if row.samples:
                row.append(token, mine=True, logprob=logprob)
                if token in self.ends or len(row.ids) - row.start >= self.max_line:
                    done.append((row.number, row.ids[row.start :]))
                    row.start = len(row.ids)
            elif row.open:
                token = row.queue.popleft()
                row.append(token, mine=False)
            # A closed row that is not packed away yet is fed something, so that the cache stays rectangular.
            tokens.append([token])
        self._logits = self._forward(tokens)
        return done

    def _draw(self) -> tuple[list[int], list[float]]:
        """A token for every lane and its log-probability, by inversion of one uniform number each."""
        torch = self._torch
        if self.temperature == 0.0:
            best = self._logits.argmax(-1)
            return best.tolist(), [0.0] * len(best)
        logprobs = torch.log_softmax(self._logits.float() / self.temperature, -1)
        below = logprobs.exp().cumsum(-1)
        # The sum of many small numbers is not exactly 1: scaled, no number lies beyond the last token.
        chosen = torch.searchsorted(below, self._uniform() * below[:, -1:], right=True)
        chosen.clamp_(max=logprobs.shape[-1] - 1)
        return chosen.squeeze(-1).tolist(), logprobs.gather(-1, chosen).squeeze(-1).tolist()

    def _uniform(self) -> torch.Tensor:
        """(lanes, 1) float32 in [0, 1); rows that do not sample draw nothing."""
        numbers = [row.random.random(dtype=np.float32) if row.samples else 0.0 for row in self._lanes]
        return self._torch.tensor(numbers, dtype=self._torch.float32, device=self._logits.device).unsqueeze(-1)

    def _forward(self, tokens: list[list[int]]) -> torch.Tensor:
        ids = self._torch.tensor(tokens, device=self.model.device)
        output = self.model(input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
        logits: torch.Tensor = output.logits[:, -1]
        return logits

    # the cache ----------------------------------------------------------------------------------------------------

    def _pack(self) -> None:
        alive = [lane for lane, row in enumerate(self._lanes) if row.open]
        if len(alive) <= KEEP * len(self._lanes):
            self._lanes = [self._lanes[lane] for lane in alive]
            if alive:
                self._select(alive)

    def _select(self, lanes: list[int]) -> None:
        index = self._torch.tensor(lanes, device=self.model.device)
        self._cache.reorder_cache(index)
        self._logits = self._logits[index]


def _growing_cache() -> Any:
    """A dynamic cache that reserves room ahead, so that a tick does not copy everything before it."""
    cache_utils = require("transformers.cache_utils", "lm")

    class GrowingLayer(cache_utils.DynamicLayer):  # type: ignore[name-defined]
        """keys, values: views of (rows, heads, used, width) into larger buffers."""

        room = 64

        def update(self, keys: Any, values: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
            if not self.is_initialized:
                self.lazy_initialization(keys, values)
                self._buffers = [keys.new_empty((*keys.shape[:2], 0, keys.shape[3])) for _ in range(2)]
                self.keys, self.values = self._buffers
            used, more = self.keys.shape[-2], keys.shape[-2]
            if self._buffers[0].shape[-2] < used + more:
                size = (*keys.shape[:2], max(used + more, used * 3 // 2) + self.room, keys.shape[3])
                grown = [keys.new_empty(size) for _ in range(2)]
                for buffer, old in zip(grown, (self.keys, self.values), strict=True):
                    buffer[..., :used, :] = old
                self._buffers = grown
            for buffer, new in zip(self._buffers, (keys, values), strict=True):
                buffer[..., used : used + more, :] = new
            self.keys, self.values = (buffer[..., : used + more, :] for buffer in self._buffers)
            return self.keys, self.values

        def reorder_cache(self, beam_idx: Any) -> None:
            self._buffers = [buffer.index_select(0, beam_idx) for buffer in self._buffers]
            used = self.keys.shape[-2]
            self.keys, self.values = (buffer[..., :used, :] for buffer in self._buffers)

    return cache_utils.Cache(layer_class_to_replicate=GrowingLayer)
