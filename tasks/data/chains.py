"""Rows with step labels: PRM800K, Math-Shepherd and ProcessBench, as they are on disk.

The labels are read where they stand, never searched for: a step that holds a plus sign or another step's text is not
taken for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from .records import Chain

RATINGS = {1: 1.0, 0: 0.5, -1: 0.0, None: None}
"""Of PRM800K: right, neutral, wrong, not rated."""

MARK = "ки"
"""What ends a step in Math-Shepherd."""


class Named(Protocol):
    """What a chain is told about its data set."""

    @property
    def name(self) -> str: ...

    @property
    def licence(self) -> str: ...


def prm800k(row: Mapping[str, Any], source: Named, columns: object) -> list[Chain]:
    """The chain that the labellers went on with, and one chain for each alternative, which ends with it.

    Where they wrote a step themselves it belongs to the chain, not rated.
    """
    question, label = row.get("question"), row.get("label")
    if not isinstance(question, dict) or not isinstance(label, dict):
        raise ValueError("a PRM800K row has the columns question and label")
    more = {name: row.get(name) for name in ("labeler", "is_quality_control_question")}
    more |= {"finish_reason": label.get("finish_reason")}
    answer = question.get("ground_truth_answer")

    def chain(path: list[tuple[str, float | None]], part: str) -> Chain:
        texts, labels = zip(*path, strict=True)
        told = more | {"part": part}
        return Chain(question["problem"], texts, labels, "people", answer, source.name, source.licence, told)

    path: list[tuple[str, float | None]] = []
    alternatives: list[Chain] = []
    for step in label["steps"]:
        completions, chosen = step.get("completions") or [], step.get("chosen_completion")
        rated = [(text["text"], RATINGS[text.get("rating")]) for text in completions]
        alternatives += [chain([*path, end], "alternative") for place, end in enumerate(rated) if place != chosen]
        if chosen is not None:
            path.append(rated[chosen])
        elif step.get("human_completion"):
            path.append((step["human_completion"]["text"], None))
        else:  # nobody went on from here
            break
    return [*([chain(path, "main")] if path else []), *alternatives]


def math_shepherd(row: Mapping[str, Any], source: Named, columns: object) -> list[Chain]:
    """`input` marks the end of each step, `label` is the same text with + or - in the place of each mark."""
    text, judged = row.get("input"), row.get("label")
    if not isinstance(text, str) or not isinstance(judged, str):
        raise ValueError("a Math-Shepherd row has the columns input and label")
    *parts, rest = text.split(MARK)
    labels, place = [], 0
    for part in parts:
        if not judged.startswith(part, place) or judged[place + len(part) : place + len(part) + 1] not in ("+", "-"):
            raise ValueError("the label is not the input with + or - in the place of each mark")
        place += len(part) + 1
        labels.append(1.0 if judged[place - 1] == "+" else 0.0)
    problem, begun, first = (parts or [""])[0].partition("Step 1:")
    if not begun or rest.strip():
        raise ValueError("the problem ends where Step 1: begins, and every step with its mark")
    steps = [f"Step 1:{first}", *parts[1:]]
    more = {name: value for name, value in row.items() if name not in ("input", "label")}
    chain = Chain(
        problem.strip(),
        tuple(step.strip() for step in steps),
        tuple(labels),
        "rollouts",
        source=source.name,
        licence=source.licence,
        more=more,
    )
    return [chain]


def processbench(row: Mapping[str, Any], source: Named, columns: object) -> list[Chain]:
    """`label` is the place of the first error, -1 where there is none; steps after it are not judged."""
    steps, error = row.get("steps"), row.get("label")
    if not isinstance(steps, list) or type(error) is not int or not -1 <= error < len(steps):
        raise ValueError("a ProcessBench row has steps and, in label, the place of the first error or -1")
    labels: list[float | None] = [1.0] * len(steps)
    if error >= 0:
        labels[error:] = [0.0, *[None] * (len(steps) - error - 1)]
    more = {name: value for name, value in row.items() if name not in ("problem", "steps", "label")}
    problem = str(row.get("problem", ""))
    return [
        Chain(problem, tuple(steps), tuple(labels), "people", source=source.name, licence=source.licence, more=more)
    ]
