"""Finds `\\boxed{...}` in solutions. Only braces are counted; nothing is interpreted."""

from __future__ import annotations

import re

_OPEN = re.compile(r"\\(?:boxed|fbox)(?:\s*\{|\s+([^\s${}.,;]+))")
"""With braces, or, as some solutions of MATH have it, with a space and a bare number or sign."""


def boxes(text: str) -> list[str]:
    """What stands in each outermost `\\boxed{...}` or `\\fbox{...}`, in order; one that is never closed is left out."""
    found, place = [], 0
    while opened := _OPEN.search(text, place):
        if opened[1] is not None:
            found.append(opened[1])
            place = opened.end()
            continue
        depth, end = 1, opened.end()
        while depth and end < len(text):
            if text[end] == "\\":
                end += 2
                continue
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        if depth:
            break
        found.append(text[opened.end() : end - 1].strip())
        place = end
    return found
