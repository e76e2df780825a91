"""Rollouts in lockstep: every row feeds exactly one token a tick, forced or sampled.

The key-value cache stays rectangular, ragged turns need no padding, no token is encoded twice, and no attention mask
is needed. It works with any causal model that takes `past_key_values`. Rows that have ended are dropped from the cache
now and then. Contexts are append-only token ids; nothing is ever re-tokenised.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...tasks.extras import require

if TYPE_CHECKING:
    import torch

KEEP = 0.75
"""The cache is packed when fewer than this share of its rows are alive."""


@dataclass(slots=True)
class Row:
    """One context.

    ids: all tokens so far. mine: one flag a token, True = written by the model. logprobs: of the model's own tokens,
    0.0 for the others; under the sampling distribution. queue: tokens to be forced. start: where the current line
    began. open: still taking part? key: the address of its random numbers.
    """

    ids: list[int]
    mine: list[bool]
    logprobs: list[float]
    queue: deque[int]
    key: int
    start: int = 0
    open: bool = True


class LockstepSession:
    """A batch of growing contexts under one causal language model.

    Args:
        model: a transformers causal language model.
        prompts: token ids, one list a row, none empty.
        ends: token ids that end a line (a line end, an end of text).
        temperature: 0.0 = greedy.
        seed: with the row's number it addresses its random numbers, so that a row draws the same tokens whatever
            the other rows do and whenever they end.
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
        max_line: int = 64,
    ):
        if not prompts or not all(prompts):
            raise ValueError("a session needs at least one prompt, and no prompt may be empty")
        self.model = model
        self.temperature = temperature
        self.max_line = max_line
        self.ends = frozenset(ends)
        self._torch = require("torch", "lm")
        self._random = self._torch.Generator().manual_seed(seed)
        self.rows = [Row([], [], [], deque(prompt), key) for key, prompt in enumerate(prompts)]
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
        """A new row with the same context; returns its number. Only between ticks, while `row` is open."""
        origin = self.rows[row]
        lane = self._lanes.index(origin)
        copy = Row([*origin.ids], [*origin.mine], [*origin.logprobs], deque(origin.queue), len(self.rows), origin.start)
        self.rows.append(copy)
        self._lanes.append(copy)
        self._select([*range(len(self._lanes) - 1), lane])
        return len(self.rows) - 1

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
        tokens = []
        for row in self._lanes:
            ids = [row.queue.popleft() for _ in range(shared)]
            row.ids += ids
            row.mine += [False] * shared
            row.logprobs += [0.0] * shared
            row.start = len(row.ids)
            tokens.append(ids)
        with self._torch.inference_mode():
            return self._forward(tokens)

    def _advance(self) -> list[tuple[int, list[int]]]:
        sampled, logprobs = self._draw()
        tokens, done = [], []
        for lane, row in enumerate(self._lanes):
            forced = bool(row.queue)
            token = row.queue.popleft() if forced else sampled[lane]
            row.ids.append(token)
            row.mine.append(not forced)
            row.logprobs.append(0.0 if forced else logprobs[lane])
            if forced:
                row.start = len(row.ids)
            elif row.open and (token in self.ends or len(row.ids) - row.start >= self.max_line):
                done.append((row.key, row.ids[row.start :]))
                row.start = len(row.ids)
            tokens.append([token])
        self._logits = self._forward(tokens)
        return done

    def _draw(self) -> tuple[list[int], list[float]]:
        """A token for every lane and its log-probability, by inversion of one uniform number a row and tick."""
        torch = self._torch
        if self.temperature == 0.0:
            best = self._logits.argmax(-1)
            return best.tolist(), [0.0] * len(best)
        logprobs = torch.log_softmax(self._logits.float() / self.temperature, -1)
        uniform = self._uniform()
        chosen = torch.searchsorted(logprobs.exp().cumsum(-1), uniform).clamp_(max=logprobs.shape[-1] - 1)
        return chosen.squeeze(-1).tolist(), logprobs.gather(-1, chosen).squeeze(-1).tolist()

    def _uniform(self) -> torch.Tensor:
        """(lanes, 1) numbers in [0, 1), addressed by row and tick."""
        torch = self._torch
        numbers = torch.rand(1 << max(len(self.rows) - 1, 1).bit_length(), generator=self._random)
        return numbers[[row.key for row in self._lanes]].unsqueeze(-1).to(self._logits.device)

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
