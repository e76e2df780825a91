"""Answers meant to break a checker, and ordinary ones beside them: labelled pairs that ship with the package.

Each line of `adversarial.jsonl` is one pair:

    category    what it tries, such as `power_tower` or `fake_box`; for ordinary ones the type of the answer
    hostile     is it meant to break, stall or fool a checker?
    prediction  the response; null or another JSON value where it is not a string; `{"repeat": [[text, times], ...]}`
                where it is long
    gold        the reference answer
    correct     is the prediction right? Hostile ones never are: they have to be refused (wrong, or not judged)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Pair(NamedTuple):
    """One labelled pair. `prediction` is a string but for the category `not_a_string`."""

    category: str
    hostile: bool
    prediction: Any
    gold: str
    correct: bool


def pairs(*, hostile: bool | None = None) -> tuple[Pair, ...]:
    """The whole corpus, or only its hostile or its ordinary half."""
    return tuple(pair for pair in _corpus() if hostile is None or pair.hostile is hostile)


@cache
def _corpus() -> tuple[Pair, ...]:
    return tuple(_read())


def _read() -> Iterator[Pair]:
    text = files(__package__).joinpath("adversarial.jsonl").read_text(encoding="utf-8")
    for line in text.splitlines():
        fields = json.loads(line)
        prediction = fields["prediction"]
        if isinstance(prediction, dict) and "repeat" in prediction:
            prediction = "".join(part * times for part, times in prediction["repeat"])
        yield Pair(fields["category"], fields["hostile"], prediction, fields["gold"], fields["correct"])
