"""Verified answers as a reward, in the shape that TRL's trainers call, and files of pairs to judge."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ..tasks.answers import DEFAULT, Conventions, verify_batch

Completion = str | Sequence[Mapping[str, Any]]
"""A text, or the messages of a chat, of which the last one is judged."""


@dataclass(frozen=True)
class AnswerReward:
    """1.0 for a completion whose final answer is the reference, 0.0 for another, None where it cannot be judged.

    TRL leaves a sample out whose reward is None, so that what could not be checked neither pays nor costs. Use it as
    `GRPOTrainer(reward_funcs=[AnswerReward()], ...)` with a dataset that has a column `answer`.

    kind, conventions, workers: as in `metacot.rewards.verify_batch`.
    """

    kind: str | None = None
    conventions: Conventions = DEFAULT
    workers: int = 1
    __name__: ClassVar[str] = "answer_reward"  # what TRL logs it as

    def __call__(self, completions: Sequence[Completion], answer: Sequence[Any], **columns: Any) -> list[float | None]:
        """The rewards of a batch; `answer` holds the references, as text or as whole numbers.

        Raises ValueError where there are not as many references as completions.
        """
        golds = [str(gold) if type(gold) is int else gold for gold in answer]
        texts = [_text(completion) for completion in completions]
        verdicts = verify_batch(texts, golds, kind=self.kind, conventions=self.conventions, workers=self.workers)
        return [None if verdict.correct is None else float(verdict.correct) for verdict in verdicts]


answer_reward = AnswerReward()
"""The reward with all defaults."""


def read_pairs(path: Path) -> list[tuple[Any, Any]]:
    """Predictions and references from a file of JSON lines with `prediction` and `gold`.

    Raises ValueError for a line that is none.
    """
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict) or not {"prediction", "gold"} <= row.keys():
                raise ValueError(f'{path}:{number}: a JSON object with "prediction" and "gold" is needed')
            pairs.append((row["prediction"], row["gold"]))
    return pairs


def _text(completion: Completion) -> str:
    """The text of a completion: of a chat, the content of its last message, in whatever parts it comes."""
    if isinstance(completion, str) or not completion:
        return completion if isinstance(completion, str) else ""
    content = completion[-1].get("content")
    if isinstance(content, Sequence) and not isinstance(content, str):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""
