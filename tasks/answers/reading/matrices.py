"""Matrices in LaTeX environments, with or without a factor before them."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import Unreadable
from ..values import nodes
from .brackets import split
from .expressions import parse
from .forms import Form, Matrix, Value
from .tokens import Token


def matrix_form(tokens: list[Token], cell_form: Callable[[list[Token]], Form]) -> Form:
    r"""\begin{pmatrix} a & b \\ c & d \end{pmatrix}, with or without a factor before it."""
    start = next(place for place, token in enumerate(tokens) if token.text == "begin")
    end = next((place for place, token in enumerate(tokens) if token.text == "end"), None)
    if end is None or end < start:
        raise Unreadable("\\begin without \\end")
    name, cells = _environment(tokens, start + 1)
    if name not in ("pmatrix", "bmatrix", "matrix", "array", "Bmatrix", "smallmatrix"):
        raise Unreadable(f"the environment {name[:20]} is not read here")
    if _environment(tokens, end + 1)[1] != len(tokens):
        before, after = tokens[:start], tokens[_environment(tokens, end + 1)[1] :]
        wrapped = (
            name in ("array", "matrix", "smallmatrix")
            and len(before) == len(after) == 1
            and before[0].text in ("[", "(")
        )
        if not wrapped:
            raise Unreadable("something behind a matrix")
        return matrix_form(tokens[1:-1], cell_form)
    if name == "array" and tokens[cells].text == "{":
        while tokens[cells].text != "}":
            cells += 1
        cells += 1
    factor = tokens[:start]
    if factor and factor[-1].text == "*":
        factor = factor[:-1]
    scale = (
        parse([*factor, Token("num", "1", True)] if [t.text for t in factor] in (["-"], ["+"]) else factor)[0]
        if factor
        else None
    )
    rows = []
    for row in split(tokens[cells:end], "\\\\")[0]:
        if not row:
            continue
        found = []
        for cell in split(row, "&")[0]:
            form = cell_form(cell)
            if scale is not None:
                if not isinstance(form, Value):
                    raise Unreadable("a factor before a matrix of words")
                form = Value(nodes.product([scale, form.node]))
            found.append(form)
        rows.append(tuple(found))
    if not rows or len({len(row) for row in rows}) != 1:
        raise Unreadable("a matrix with rows of different lengths")
    return Matrix(tuple(rows))


def _environment(tokens: list[Token], place: int) -> tuple[str, int]:
    """The name in braces after \\begin or \\end, and the place behind it."""
    name = "".join(token.text for token in tokens[place + 1 : place + 2])
    if place + 2 >= len(tokens) or tokens[place].text != "{" or tokens[place + 2].text != "}":
        raise Unreadable("an environment without a name")
    return name, place + 3
