"""Any text at all is judged without an error, and values survive every spelling."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from metacot.rewards import verify

COMMANDS = r"""
    \frac \sqrt \left( \right] \pi \infty \cup \text{ \boxed{ \overline{ \begin{pmatrix} \end{pmatrix} \\ \pm ^\circ
    \log_ \sin \binom \le \in \{ \}
"""
WORDS = [" cm", " and ", " or ", "x = ", "base 2", "12:30", "...", "\n"]
PIECES = st.sampled_from([*"0123456789abexyzin+-*/^_=<>()[]{}|,.;:!%$&'\" \\", *COMMANDS.split(), *WORDS])
LATEX = st.lists(PIECES, max_size=24).map("".join)
FRACTIONS = st.fractions(max_denominator=10**6).filter(lambda q: abs(q) < 10**9)


@given(LATEX, LATEX)
def test_no_pair_of_texts_raises(prediction, gold):
    verdict = verify(prediction, gold)
    assert verdict.correct in (True, False, None)
    assert verdict.reason
    assert "an error inside the verifier" not in verdict.reason


@given(st.text(max_size=60))
def test_no_unicode_raises_and_none_equals_a_number(text):
    assert verify(text, "271828.5").correct in (False, None)
    assert "an error inside the verifier" not in verify("7", text).reason


@given(LATEX)
def test_equality_is_symmetric(text):
    other = "x^2 + 1"
    forward, backward = verify(text, other).correct, verify(other, text).correct
    assert (forward is True) == (backward is True)


@given(FRACTIONS)
def test_a_fraction_equals_itself_however_it_is_written(value):
    above, below = value.numerator, value.denominator
    spellings = [
        f"{above}/{below}",
        rf"\frac{{{above}}}{{{below}}}",
        rf"\dfrac{{{3 * above}}}{{{3 * below}}}",
        f"$ {above} / {below} $",
        f"{above}:{below}",
        f"\\boxed{{{100 * value.numerator}/{value.denominator}\\%}}",
    ]
    for spelling in spellings:
        assert verify(spelling, str(value)).correct is True, spelling
    assert verify(str(value + Fraction(1, 10**7)), str(value)).correct is False
    if value:
        assert verify(str(-value), str(value)).correct is False


@given(st.integers(-(10**15), 10**15), st.integers(0, 9))
def test_a_decimal_equals_itself_however_it_is_written(digits, places):
    value = Fraction(digits, 10**places)
    plain = f"{digits / 10**places:.{places}f}" if abs(digits) < 10**12 else None
    assert verify(f"{digits}e-{places}", str(value)).correct is True
    assert verify(rf"{digits} \times 10^{{-{places}}}", str(value)).correct is True
    if plain is not None:
        assert verify(plain, str(value)).correct is True
    if abs(digits) >= 1000:
        assert verify(f"{digits:,}", str(digits)).correct is True


@given(st.integers(1, 999), st.integers(1, 6))
def test_a_repeating_decimal_is_its_fraction(block, length):
    value = Fraction(block, 10**length - 1)
    if value < 1:
        assert verify(rf"0.\overline{{{block:0{length}d}}}", str(value)).correct is True


@given(st.integers(2, 36), st.integers(0, 10**9))
def test_a_numeral_in_a_base_is_its_value(base, value):
    digits, left = "", value
    while left or not digits:
        left, digit = divmod(left, base)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit] + digits
    assert verify(rf"\text{{{digits}}}_{{{base}}}", str(value)).correct is True


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5), st.integers(-5, 5))
def test_a_polynomial_equals_its_rearrangements(coefficients, root):
    terms = [f"({c})*x^{k}" for k, c in enumerate(coefficients)]
    text, turned = " + ".join(terms), " + ".join(reversed(terms))
    assert verify(turned, text).correct is True
    assert verify(f"(x - ({root}))({text})", f"x({text}) - ({root})({text})").correct is True
    assert verify(f"{text} + x^9", text).correct is False


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 30))
def test_surds_agree_with_their_squares(a, b, c):
    product = rf"\sqrt{{{a}}} \cdot {c}\sqrt{{{b}}}"
    assert verify(product, rf"\sqrt{{{a * b * c * c}}}").correct is True
    same = math.isclose(math.sqrt(a) + math.sqrt(b), math.sqrt(a + b))
    assert verify(rf"\sqrt{{{a}}}+\sqrt{{{b}}}", rf"\sqrt{{{a + b}}}").correct is same


@given(st.integers(-50, 50), st.integers(1, 50), st.booleans(), st.booleans())
def test_intervals_equal_their_inequalities(low, length, low_in, high_in):
    high = low + length
    interval = f"{'[' if low_in else '('}{low}, {high}{']' if high_in else ')'}"
    chain = f"{low} {'<=' if low_in else '<'} x {'<=' if high_in else '<'} {high}"
    both = f"x {'>=' if low_in else '>'} {low} and x {'<=' if high_in else '<'} {high}"
    assert verify(chain, interval).correct is True
    assert verify(both, interval).correct is True
    other = f"{'(' if low_in else '['}{low}, {high}{']' if high_in else ')'}"
    assert verify(other, interval).correct is False


ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def in_words(number: int, joined: str) -> str:
    """A whole number below a trillion in English; joined: between hundreds and the rest, such as ` and `."""
    for size, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        if number >= size:
            rest = f" {in_words(number % size, joined)}" if number % size else ""
            return f"{in_words(number // size, joined)} {name}{rest}"
    if number >= 100:
        return f"{ONES[number // 100]} hundred" + (joined + in_words(number % 100, joined) if number % 100 else "")
    if number < 20:
        return ONES[number]
    return TENS[number // 10 - 2] + (f"-{ONES[number % 10]}" if number % 10 else "")


@given(st.integers(0, 10**12 - 1) | st.integers(0, 10**4), st.sampled_from([" ", " and "]))
def test_numbers_in_words_are_those_numbers(number, joined):
    assert verify(in_words(number, joined), str(number)).correct is True
    assert verify(in_words(number, joined), str(number + 1)).correct is False


@given(st.integers(-99, 99), st.integers(-99, 99), st.integers(-99, 99))
def test_a_sum_of_unit_vectors_is_its_components(x, y, z):
    assert (
        verify(rf"{x}\mathbf{{i}}+({y})\hat{{j}}+{z}\vec{{k}}".replace("+-", "-"), f"({x}, {y}, {z})").correct is True
    )
    assert (
        verify(rf"{x}\mathbf{{i}}+({y})\hat{{j}}+{z}\vec{{k}}".replace("+-", "-"), f"({x}, {y}, {z + 1})").correct
        is False
    )
