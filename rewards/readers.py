"""Language models as process reward models: read at the end of each step, with a value head or as a log-ratio.

A text is a list of pieces, of which each may end in a number: the question, then a step a piece, each tokenised on its
own, so that the end of a step is the last token of its piece.

    lm        the output of a value head there (`AutoModelForTokenClassification`, one label)
    implicit  beta * (log pi(text so far) - log pi_ref(text so far)), the logit of the outcome (Yuan et al. 2024,
              arXiv 2412.01981): no head, and a reward of each step by itself, as the difference from step to step

A state of a task is read as a text of one piece: `show`, as the question shows it. So its value does not depend on how
it was reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tasks import Task
from ..tasks.extras import require

BETA = 0.05
"""Default weight of the log-ratio, as in the paper."""

MODEL, REFERENCE = "model", "reference"
"""Folders of the weights."""


def state_piece(task: Task[Any, Any], state: Any) -> str:
    """How a state stands at the beginning of a text."""
    return f"{task.show(state)}\n"


def step_piece(task: Task[Any, Any], state: Any, step: Any, after: Any) -> str:
    """How a step from `state` stands in a text: what was done, and the state it led to."""
    return f"{task.write(state, step)} = {task.brief(after)}\n"


def tokens_of(tokenizer: Any, pieces: Sequence[str]) -> tuple[list[int], list[int]]:
    """The ids of a text, and for each piece the place of its last token. Raises ValueError for a piece without."""
    ids: list[int] = []
    ends = []
    for part in tokenizer(list(pieces), add_special_tokens=False)["input_ids"]:
        if not part:
            raise ValueError("a piece of a text needs at least one token")
        ids += part
        ends.append(len(ids) - 1)
    return ids, ends


def padded(rows: Sequence[Sequence[int]], device: Any) -> tuple[Any, Any]:
    """(ids, mask), both (B, T) int64, padded on the right; what a pad is does not matter to causal models."""
    torch = require("torch", "lm")
    longest = max(map(len, rows))
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = 1
    return ids.to(device), mask.to(device)


def so_far(logits: Any, ids: Any, mask: Any) -> Any:
    """(B, T): the log-probability of the text up to and with each token; the first token is given and counts 0."""
    torch = require("torch", "lm")
    chosen = logits[:, :-1].float().log_softmax(-1).gather(2, ids[:, 1:, None])[..., 0] * mask[:, 1:]
    return torch.nn.functional.pad(chosen.cumsum(1), (1, 0))


class TextReader:
    """Reads texts, and states as texts.

    model: with a value head, or a causal one where there is a `reference`. batch: texts in one forward pass; in another
    batch the last digits of a logit may differ.
    """

    def __init__(self, model: Any, tokenizer: Any, *, reference: Any = None, beta: float = BETA, batch: int = 64):
        self.model, self.tokenizer, self.reference = model.eval(), tokenizer, reference
        self.beta, self.batch = beta, batch

    def logits(self, task: Task[Any, Any], states: Sequence[Any]) -> NDArray[np.float64]:
        """(n,) one a state."""
        read = self.read([[state_piece(task, state)] for state in states])
        return np.array([values[0] for values in read])

    def read(self, texts: Sequence[Sequence[str]]) -> list[list[float]]:
        """The logit at the end of each piece of each text. Texts of about one length are read together."""
        tokens = [tokens_of(self.tokenizer, pieces) for pieces in texts]
        order = sorted(range(len(texts)), key=lambda place: len(tokens[place][0]))
        found: list[list[float]] = [[] for _ in texts]
        for start in range(0, len(order), self.batch):
            places = order[start : start + self.batch]
            rows = self._forward([tokens[place][0] for place in places])
            for place, row in zip(places, rows, strict=True):
                found[place] = [float(row[end]) for end in tokens[place][1]]
        return found

    def taught(self, task: Task[Any, Any], states: Sequence[Any], targets: Sequence[float]) -> dict[str, Any]:
        """One batch to train on: ids, mask, and (B, T) targets, -1 where there is none."""
        torch = require("torch", "lm")
        rows = [tokens_of(self.tokenizer, [state_piece(task, state)])[0] for state in states]
        ids, mask = padded(rows, self.model.device)
        wanted = torch.full(ids.shape, -1.0)
        for place, (row, target) in enumerate(zip(rows, targets, strict=True)):
            wanted[place, len(row) - 1] = target
        return {"input_ids": ids, "attention_mask": mask, "targets": wanted.to(ids.device)}

    def _forward(self, rows: Sequence[Sequence[int]]) -> Any:
        """(B, T) logits, on the CPU."""
        with require("torch", "lm").inference_mode():
            ids, mask = padded(rows, self.model.device)
            return token_logits(self.model, self.reference, self.beta, ids, mask).float().cpu()


def token_logits(model: Any, reference: Any, beta: float, ids: Any, mask: Any) -> Any:
    """(B, T): what the model says at each token; of an implicit one, which has a reference, the log-ratio so far."""
    said = model(input_ids=ids, attention_mask=mask).logits
    if reference is None:
        return said[..., 0]
    with require("torch", "lm").no_grad():
        usual = so_far(reference(input_ids=ids, attention_mask=mask).logits, ids, mask)
    return beta * (so_far(said, ids, mask) - usual)


def load_reader(folder: Path, config: Mapping[str, Any]) -> TextReader:
    """The reader in a folder, on a GPU if there is one."""
    torch, transformers = require("torch", "lm"), require("transformers", "lm")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder / MODEL)
    if config["model"] == "lm":
        model = transformers.AutoModelForTokenClassification.from_pretrained(folder / MODEL)
        return TextReader(model.to(device), tokenizer)
    kind = transformers.AutoModelForCausalLM
    model, reference = (kind.from_pretrained(folder / name).to(device) for name in (MODEL, REFERENCE))
    return TextReader(model, tokenizer, reference=reference.eval(), beta=config["settings"]["beta"])
