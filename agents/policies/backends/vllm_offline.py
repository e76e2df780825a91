"""A policy that is vLLM in this process: its batches are its own business, contexts are exact token ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....rewards.stable import stable_uint64
from ....tasks.extras import require
from ..model import LanguageModel
from ..policy import MAX_LINE_TOKENS, Line


class VLLMPolicy:
    """model: a name or folder. chat: are prompts put into the tokenizer's chat template, where it has one?
    options: of `vllm.LLM`, such as `max_model_len`, `gpu_memory_utilization` or `tensor_parallel_size`.

    Raises ImportError that says what to install where vLLM is missing.
    """

    exact_ids = True

    def __init__(self, model: str, *, chat: bool = True, **options: Any):
        self._vllm = require("vllm", "vllm")
        self.name = f"vllm:{model}" + ("" if chat else "#raw")
        self.chat = chat
        # Log-probabilities of what was sampled from, after temperature, as transformers gives them in lockstep.
        self.llm = self._vllm.LLM(model=model, **{"logprobs_mode": "processed_logprobs", **options})
        self.room: int = self.llm.llm_engine.model_config.max_model_len
        self.language_model = LanguageModel(self.llm, self.llm.get_tokenizer())

    def open(
        self,
        prompts: Sequence[str],
        *,
        temperature: float = 1.0,
        seeds: Sequence[int] | None = None,
        max_line: int = MAX_LINE_TOKENS,
    ) -> VLLMSession:
        """See `Policy.open`."""
        return VLLMSession(self, prompts, temperature, range(len(prompts)) if seeds is None else seeds, max_line)

    def write(self, contexts: list[list[int]], seeds: list[int], temperature: float, max_line: int) -> list[Any]:
        """One completion each, up to a line end."""
        ends = sorted(self.language_model.line_ends)
        settings = [
            self._vllm.SamplingParams(
                temperature=temperature, max_tokens=max_line, stop_token_ids=ends, seed=seed, logprobs=0
            )
            for seed in seeds
        ]
        prompts = [{"prompt_token_ids": ids} for ids in contexts]
        return [output.outputs[0] for output in self.llm.generate(prompts, settings, use_tqdm=False)]


@dataclass
class _Row:
    ids: list[int]
    seed: int
    turn: int = 0
    open: bool = True


class VLLMSession:
    """Every call of `sample` is one batch of all open rows; vLLM keeps the prefixes in its cache."""

    def __init__(
        self, policy: VLLMPolicy, prompts: Sequence[str], temperature: float, seeds: Sequence[int], max_line: int
    ):
        self._policy = policy
        self._language_model = speller = policy.language_model
        self._temperature, self._max_line = temperature, max_line
        ids = speller.encode(speller.as_turns(prompts) if policy.chat else [*prompts])
        self._rows = [_Row(prompt, seed) for prompt, seed in zip(ids, seeds, strict=True)]

    def feed(self, row: int, text: str) -> None:
        self._rows[row].ids += self._language_model.encode([text])[0]

    def close(self, row: int) -> None:
        self._rows[row].open = False

    def fork(self, row: int) -> int:
        origin = self._rows[row]
        if not origin.open:
            raise ValueError(f"row {row} is closed")
        seed = stable_uint64((origin.seed, len(self._rows))) % 2**31
        self._rows.append(replace(origin, ids=[*origin.ids], seed=seed))
        return len(self._rows) - 1

    def sample(self) -> list[Line]:
        rows = {number: row for number, row in enumerate(self._rows) if row.open}
        room = self._policy.room - self._max_line
        if full := [number for number, row in rows.items() if len(row.ids) > room]:
            for number in full:
                self.close(number)
            said = f"a context of {room} tokens has no room for another line"
            return [Line(number, "", failed=said, full=True) for number in full]
        if not rows:
            return []
        written = self._policy.write(
            [[*row.ids] for row in rows.values()],
            [stable_uint64((row.seed, row.turn)) % 2**31 for row in rows.values()],
            self._temperature,
            self._max_line,
        )
        return [self._line(number, output) for number, output in zip(rows, written, strict=True)]

    def _line(self, number: int, output: Any) -> Line:
        row, ids = self._rows[number], [*output.token_ids]
        row.ids += ids
        row.turn += 1
        text = self._language_model.decode([ids])[0]
        if not text.endswith("\n"):
            self.feed(number, "\n")  # cut, or ended by the end of text
        # One dictionary a token, of which the sampled one is always there.
        logprob = sum(chances[token].logprob for token, chances in zip(ids, output.logprobs, strict=True))
        return Line(number, text.removesuffix("\n"), len(ids), logprob, tuple(ids))
