"""Traces to training examples: token ids, and which of them carry loss.

Objectives (Meta-CoT, section on supervised fine-tuning):
    "all": every token the model would write, search text and solution alike;
    "path": only steps that lie on the path to the answer, the backtracks, and the answer: wrong steps stand in the
        context, so that leaving them is learned, but they are not imitated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks import Refused, Step, Submit, Task, Trace, Tree, segments
from ...tasks.grammar import prompt

OBJECTIVES = ("all", "path")
NO_LOSS = -100


CHUNK = 500
"""So many traces are tokenised at a time: tokenizers keep far more than the ids while they work."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """ids: (length,) int32, token ids of prompt and trace. labels: the same where there is loss, -100 elsewhere."""

    ids: NDArray[np.int32]
    labels: NDArray[np.int32]


def pieces(
    task: Task[Any, Any], trace: Trace, objective: str = "path", feedback: str = "state", spell_answers: bool = False
) -> list[tuple[str, bool]]:
    """(text, has loss) of the prompt and of every segment of the trace.

    spell_answers: write the answer out; else it is committed as the path to the cursor, which spares a small model
    from learning to compose it. Raises ValueError for an unknown objective.
    """
    if objective not in OBJECTIVES:
        raise ValueError(f"objective must be one of {', '.join(OBJECTIVES)}, got {objective!r}")
    if not spell_answers:
        trace = replace(trace, actions=tuple(Submit() if isinstance(a, Submit) else a for a in trace.actions))
    imitated = _imitated(task, trace, objective)
    found = [(prompt(task, trace.problem), False)]
    found += [
        (part.text, part.by_model and (part.action is None or imitated[part.action]))
        for part in segments(task, trace, feedback)
    ]
    return found


def _imitated(task: Task[Any, Any], trace: Trace, objective: str) -> list[bool]:
    """Which actions carry loss."""
    if objective == "all":
        return [True] * len(trace.actions)
    tree = Tree(task, trace.problem)
    nodes = [tree.do(action).node for action in trace.actions]
    path = set(tree.path())
    return [
        not isinstance(action, Refused) and (not isinstance(action, Step) or node in path)
        for action, node in zip(trace.actions, nodes, strict=True)
    ]


def encode(tokenizer: Any, traces: Iterable[Sequence[tuple[str, bool]]]) -> list[Example]:
    """Examples from `pieces`, each piece tokenised on its own: the ids a session appends, never re-tokenised text."""
    rest = iter(traces)
    examples: list[Example] = []
    while chunk := list(islice(rest, CHUNK)):
        texts = [text for trace in chunk for text, _ in trace]
        tokens = iter(tokenizer(texts, add_special_tokens=False, return_attention_mask=False)["input_ids"])
        for trace in chunk:
            ids: list[int] = []
            labels: list[int] = []
            for _, loss in trace:
                piece = next(tokens)
                ids += piece
                labels += piece if loss else [NO_LOSS] * len(piece)
            examples.append(Example(np.array(ids, dtype=np.int32), np.array(labels, dtype=np.int32)))
    return examples
