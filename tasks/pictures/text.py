"""The picture of a state that nothing else is known about: its text."""

from __future__ import annotations

from .picture import Picture


def text_picture(text: str) -> Picture:
    """Lines of text on white."""
    lines = text.splitlines() or [""]
    picture = Picture(16 + 9 * max(map(len, lines)), 14 + 18 * len(lines))
    for row, line in enumerate(lines):
        picture.text(8, 20 + 18 * row, line)
    return picture
