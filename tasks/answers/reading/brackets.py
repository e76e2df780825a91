"""Token lists and the brackets in them."""

from __future__ import annotations

from collections.abc import Sequence

from .tokens import Token

OPENING = {"(": ")", "[": "]", "\\{": "\\}", "{": "}", "<|": "|>", "floor(": "floor)", "ceil(": "ceil)"}
"""Each opening bracket and the one that closes it."""
CLOSING = frozenset(OPENING.values())


def trimmed(tokens: list[Token]) -> list[Token]:
    """Without punctuation at the end."""
    while tokens and tokens[-1].kind == "sign" and tokens[-1].text in (".", ",", ";", "\\\\"):
        tokens = tokens[:-1]
    return tokens


def split(tokens: Sequence[Token], *signs: str) -> tuple[list[list[Token]], list[str]]:
    """The parts between signs that stand outside all brackets, and these signs."""
    parts: list[list[Token]] = [[]]
    found: list[str] = []
    depth = 0
    for token in tokens:
        if token.kind == "sign":
            if token.text in OPENING:
                depth += 1
            elif token.text in CLOSING:
                depth -= 1
            elif token.text == "begin":
                depth += 1
            elif token.text == "end":
                depth -= 1
            elif depth == 0 and token.text in signs:
                parts.append([])
                found.append(token.text)
                continue
        parts[-1].append(token)
    return parts, found
