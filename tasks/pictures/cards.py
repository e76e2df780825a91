"""Number games: a row of cards and what to make of them."""

from __future__ import annotations

from collections.abc import Sequence

from .picture import Picture

CARD, GAP, HEIGHT = 56, 8, 64


def cards(labels: Sequence[str], places: int, caption: str) -> Picture:
    """A row of cards on `places` places, so that every state of a game gives a picture of one size; the places that
    numbers have left stay as outlines. A caption stands below."""
    width = max(GAP + (CARD + GAP) * places, 2 * GAP + 9 * len(caption))
    picture = Picture(width, HEIGHT + 2 * GAP + 24)
    for place in range(places):
        x = GAP + (CARD + GAP) * place
        if place >= len(labels):
            picture.rect(x, GAP, CARD, HEIGHT, "#f6f6f4", line="#dcdcd6", radius=8)
            continue
        picture.rect(x, GAP, CARD, HEIGHT, "#eef4fb", line="#3b5b7d", thick=2, radius=8)
        top, bar, bottom = labels[place].partition("/")
        middle = x + CARD / 2
        if not bar:
            _number(picture, middle, GAP + HEIGHT / 2, top)
        else:
            _number(picture, middle, GAP + HEIGHT / 4 + 2, top, 20)
            picture.line([(x + 10, GAP + HEIGHT / 2), (x + CARD - 10, GAP + HEIGHT / 2)], "#3b5b7d", thick=2)
            _number(picture, middle, GAP + 3 * HEIGHT / 4 - 2, bottom, 20)
    picture.text(GAP, HEIGHT + 2 * GAP + 14, caption, 15, "#3b3b3b")
    return picture


def _number(picture: Picture, x: float, y: float, digits: str, largest: float = 28) -> None:
    """A number centred on (x, y), as large as the card allows."""
    size = min(largest, (CARD - 8) / (0.6 * len(digits)))
    picture.text(x, y + 0.35 * size, digits, size, "#1d2b3a", anchor="middle", bold=size > 14)
