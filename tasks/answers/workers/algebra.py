"""What SymPy and math-verify decide. Imported by worker processes only, never by the process that asks."""

from __future__ import annotations

import re

_SHORT_FRACTION = re.compile(r"\\[dt]?frac\s*([0-9a-z])\s*([0-9a-z])")
"""`\\frac12`, which the grammar does not know."""


def warm() -> None:
    """Import what the first job would otherwise wait for, and let the grammar build its tables."""
    equal(r"\int_0^1 x\,dx", r"\frac{1}{2}")


def equal(prediction: str, gold: str) -> bool | None:
    """Are two LaTeX texts the same mathematics? None where one of them cannot be read or nothing is decided.

    math-verify reads them (a grammar, nothing is evaluated as code) and SymPy decides: structurally, by simplifying the
    difference, and by 40 digits where both are numbers.
    """
    import sympy
    from latex2sympy2_extended import latex2sympy

    one, other = (latex2sympy(_SHORT_FRACTION.sub(r"\\frac{\1}{\2}", text)) for text in (prediction, gold))
    for found in (one, other):
        if not isinstance(found, sympy.Expr):
            return None
    difference = (one - other).doit()
    if difference == 0:
        return True
    if not difference.free_symbols:
        value = difference.evalf(40, maxn=400)
        if value.is_number and value.has(sympy.zoo, sympy.nan, sympy.oo):
            return None
        if value.is_comparable is False and not value.is_complex:
            return None
        if abs(value) > sympy.Float("1e-30"):
            return False
    simplified = sympy.simplify(difference)
    if simplified == 0:
        return True
    zero = simplified.equals(0)
    return None if zero is None else bool(zero)
