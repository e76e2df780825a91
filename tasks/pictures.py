"""Small SVG pictures, built as text: no drawing library is needed to look at a state."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

FONT = "font-family='ui-monospace,Menlo,Consolas,monospace'"


def svg(width: int, height: int, body: str) -> str:
    """One `<svg>` element of the given size in pixels."""
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}'>"
        f"{body}</svg>"
    )


def text_svg(text: str) -> str:
    """Lines of text on white."""
    lines = text.splitlines() or [""]
    body = "".join(
        f"<text x='8' y='{20 + 18 * row}' font-size='14' {FONT} xml:space='preserve'>{escape(line)}</text>"
        for row, line in enumerate(lines)
    )
    white = "<rect width='100%' height='100%' fill='white'/>"
    return svg(16 + 9 * max(map(len, lines)), 14 + 18 * len(lines), white + body)


def cards_svg(labels: Sequence[str], caption: str) -> str:
    """A row of cards with a caption below."""
    cards = "".join(
        f"<rect x='{6 + 62 * place}' y='6' width='56' height='44' rx='7' fill='#f4f7fb' stroke='#3b5b7d'/>"
        f"<text x='{34 + 62 * place}' y='34' font-size='{20 if len(label) < 4 else 14}' text-anchor='middle' {FONT}>"
        f"{escape(label)}</text>"
        for place, label in enumerate(labels)
    )
    width = max(12 + 62 * len(labels), 20 + 8 * len(caption))
    return svg(width, 74, f"{cards}<text x='8' y='68' font-size='12' {FONT}>{escape(caption)}</text>")
