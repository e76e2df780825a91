"""Every word of the texts of this task; closed tokenizers are built from them."""

from .algebra.expressions import VARIABLES

STEPS = (
    "add to subtract from multiply divide by both sides of equation expand factor split take square roots complete the "
    "check substitute solve for eliminate with rewrite as in"
)
STATES = "sqrt where or more no solution"
REASONS = (
    "a about action adding all alone an are be bring can cannot changes completed defined degree "
    "denominator dividing division does equals equations everything everywhere expanded exponent "
    "expression factored factors first gain gains go grow helps here high hold holds into is isolate "
    "isolated it its large leave left legal linear long lose loses many may multiplying new not nothing "
    "number numbers old on one only other others polynomial product put quadratic rewriting root same say "
    "says side solved squaring step such taken that them there this too under unknown unknowns verified "
    "what wherever without would yet zero "
)
"""The words of refusals that are not in steps or states; a test compares them with the source."""

SIGNS = "+ - * / ^ ( ) = , : . ≠ ≥"

WORDS = (*STEPS.split(), *STATES.split(), *REASONS.split(), *VARIABLES, *SIGNS.split())
