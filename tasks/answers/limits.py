"""What reading and deciding an answer may cost: every bound in one place, checked before the work that it bounds."""

from __future__ import annotations

from typing import Final

MAX_RESPONSE: Final = 500_000
"""Characters in a whole response; a longer one is not read at all."""
MAX_ANSWER: Final = 4_000
"""Characters in a final answer, where several are joined in all of them."""
MAX_TOKENS: Final = 1_500
"""Tokens in a final answer."""
MAX_NESTING: Final = 40
"""Brackets, fractions, roots and powers inside each other."""
MAX_DIGITS: Final = 3_000
"""Digits of one literal (int() itself refuses more than 4,300)."""
MAX_BITS: Final = 40_000
"""Bits of an exact numerator or denominator: 12,000 digits, so that 2014! still fits."""
MAX_PRECISION: Final = 4_096
"""Bits of working precision where exact arithmetic does not reach."""
MAX_EXPONENT: Final = 1 << 20
"""Bits of magnitude that a number with a fraction may have: beyond them exp() and sin() take long."""
MAX_ITEMS: Final = 200
"""Members of a list that are compared without order."""
