"""Where word problems get their verdicts from."""

from __future__ import annotations

from ..data.boxes import boxes
from ..problem import Verdict


def verify(prediction: object, gold: str, *, kind: str | None = None) -> Verdict:
    """Stands in for the verifier of `answers`."""
    if not isinstance(prediction, str):
        return Verdict(False, "an answer is text")

    def plain(text: str) -> str:
        text = next(reversed(boxes(text)), text).rpartition("answer is")[2].rpartition(" = ")[2]
        return "".join(text.split()).strip("$.").replace(",", "").removesuffix(".0").lower()

    right = plain(prediction[:1000]) == plain(gold)
    return Verdict(right, "the same" if right else "not the same", plain(prediction[:1000]))
