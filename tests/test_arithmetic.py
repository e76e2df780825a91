"""The arithmetic reader against an independent evaluator, random expressions, and seekers of a free 24."""

import pickle
import re
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks.answers import AnswerError, Arithmetic, check_arithmetic, read_arithmetic
from metacot.tasks.problem import Verdict

HAND = (3, 3, 8, 8)
SIGNS = "+-*/"

# --- an independent reference: recursive, slow, and sharing no code with the reader -------------------------


def reference(text):
    """(value, literals) of an expression, or None where the grammar or a division by zero refuses it."""
    if not re.fullmatch(r"[0-9+*/() \t-]+", text) or re.search(r"[0-9][ \t]+[0-9]|\b0[0-9]|[0-9]{10}", text):
        return None
    try:
        return _evaluate(re.sub(r"[ \t]", "", text))
    except (ValueError, ZeroDivisionError):
        return None


def _evaluate(text):
    """Split at the last operator of lowest precedence outside brackets: that is left associative."""
    depth, cut = 0, None
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth < 0:
            raise ValueError(text)
        lowest = char in "+-" or (char in "*/" and (cut is None or text[cut] in "*/"))
        if depth == 0 and lowest:
            cut = place
    if cut is not None:
        (left, some), (right, more) = _evaluate(text[:cut]), _evaluate(text[cut + 1 :])
        values = {"+": left + right, "-": left - right, "*": left * right}
        return (left / right if text[cut] == "/" else values[text[cut]]), some + more
    if text.startswith("(") and text.endswith(")"):
        return _evaluate(text[1:-1])
    if not text.isdigit():
        raise ValueError(text)
    return Fraction(int(text)), [int(text)]


def judged_by_reference(text, hand, target, use_all):
    expression, equals, claim = text.partition("=")
    if equals and not (re.fullmatch(r"[ \t]*-?(0|[1-9][0-9]{0,8})[ \t]*", claim) and int(claim) == target):
        return False
    read = reference(expression)
    if read is None or read[0] != target:
        return False
    return sorted(read[1]) == sorted(hand) if use_all else not Counter(read[1]) - Counter(hand)


# --- random expressions -------------------------------------------------------------------------------------

literals = st.one_of(st.integers(0, 13), st.integers(0, 999_999_999))
trees = st.recursive(literals, lambda tree: st.tuples(tree, st.sampled_from(SIGNS), tree), max_leaves=12)


def value_of(tree):
    """(value, literals in reading order); raises ZeroDivisionError."""
    if isinstance(tree, int):
        return Fraction(tree), (tree,)
    (left, some), (right, more) = value_of(tree[0]), value_of(tree[2])
    match tree[1]:
        case "+":
            value = left + right
        case "-":
            value = left - right
        case "*":
            value = left * right
        case "/":
            value = left / right
    return value, some + more


@st.composite
def printed(draw, tree):
    """`tree` as text: brackets where they are needed, some where they are not, spaces and tabs anywhere."""
    space = st.sampled_from(["", "", "", " ", "\t", "  "])

    def show(node, outer, on_the_right):
        if isinstance(node, int):
            text, needed = str(node), False
        else:
            level = 1 if node[1] in "+-" else 2
            text = show(node[0], level, False) + draw(space) + node[1] + draw(space) + show(node[2], level, True)
            needed = level < outer or (level == outer and on_the_right)
        for _ in range(needed + draw(st.sampled_from([0, 0, 0, 1, 2]))):
            text = f"({draw(space)}{text}{draw(space)})"
        return text

    return draw(space) + show(tree, 0, False) + draw(space)


@given(st.data(), trees)
def test_what_is_printed_is_read_back(data, tree):
    text = data.draw(printed(tree))
    try:
        value, numbers = value_of(tree)
    except ZeroDivisionError:
        with pytest.raises(AnswerError, match="division by zero"):
            read_arithmetic(text)
    else:
        assert read_arithmetic(text) == Arithmetic(value, numbers)
        assert reference(text) == (value, list(numbers))
        assert check_arithmetic(text, numbers[::-1], value).correct is True
        assert check_arithmetic(text, numbers[::-1], value + 1).correct is False
        assert check_arithmetic(text, (*numbers, 1), value).correct is False
        assert check_arithmetic(text, (*numbers, 1), value, use_all=False).correct is True
        assert check_arithmetic(text, numbers[1:], value, use_all=False).correct is False


# --- arbitrary text and objects -----------------------------------------------------------------------------

any_character = st.characters(exclude_categories=())  # lone surrogates too
nearly_right = st.builds(
    lambda text, at, length, patch: text[: at % 20] + patch + text[at % 20 + length :],
    st.sampled_from(["8/(3-8/3)", "8 / (3 - 8/3) = 24", "((8))/(3-(8/3))", "3*8+3-8", "8*3+(8-3)*0", "24", "8*3"]),
    st.integers(0, 19),
    st.integers(0, 3),
    st.text(st.one_of(st.sampled_from("0123489+-*/()= \t"), any_character), max_size=3),
)
some_text = st.one_of(
    st.text(any_character),
    st.text(st.sampled_from("0123456789+-*/()= \t"), max_size=30),
    st.lists(st.sampled_from([*"1388+-*/()= ", "8*3", "24", "(3-8/3)"]), max_size=12).map("".join),
    nearly_right,
)


@given(
    some_text,
    st.sampled_from([HAND, (1, 3), (8, 3), (24,)]),
    st.sampled_from([24, 13, Fraction(8, 3)]),
    st.booleans(),
)
def test_any_text_gets_the_verdict_of_the_reference(text, hand, target, use_all):
    verdict = check_arithmetic(text, hand, target, use_all=use_all)
    assert verdict.correct is judged_by_reference(text, hand, target, use_all)
    assert_reason_is_safe(verdict.reason)


@given(some_text)
def test_reading_raises_only_answer_errors(text):
    try:
        read = read_arithmetic(text)
    except AnswerError as error:
        assert_reason_is_safe(error.reason)
    else:
        assert reference(text.partition("=")[0]) == (read.value, list(read.numbers))


class Hostile(str):
    """A string whose every method lies or fails."""

    def _fail(self, *_):
        raise RuntimeError("hostile")

    __len__ = __str__ = __eq__ = __hash__ = __iter__ = __getitem__ = strip = partition = replace = _fail


class Chameleon:
    @property
    def __class__(self):
        raise RuntimeError("hostile")


objects = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.binary(), st.fractions()),
    lambda inner: st.one_of(st.lists(inner), st.tuples(inner, inner), st.dictionaries(st.text(), inner)),
    max_leaves=4,
)


@given(st.one_of(objects, st.sampled_from([object(), str, print, bytearray(b"24"), 24, HAND])))
def test_what_is_no_string_is_wrong(thing):
    assert check_arithmetic(thing, HAND, 24) == Verdict(False, "the answer is not a string")
    with pytest.raises(AnswerError, match="not a string"):
        read_arithmetic(thing)


def test_an_object_that_lies_about_its_class_is_wrong():
    assert check_arithmetic(Chameleon(), HAND, 24).correct is False


def test_a_subclass_of_str_is_read_by_its_characters():
    assert check_arithmetic(Hostile("8/(3-8/3)"), HAND, 24) == Verdict(True, "makes 24", "8/(3-8/3)")
    assert check_arithmetic(Hostile("x"), HAND, 24).correct is False


# --- tables -------------------------------------------------------------------------------------------------

RIGHT = [
    ("8/(3-8/3)", HAND, 24),
    ("8/(3-8/3)=24", HAND, 24),
    ("\t8 / ( 3 - 8 / 3 )  =  24 ", HAND, 24),
    ("(((8)))/((3-(8/3)))", HAND, 24),
    ("(" * 64 + "8*3" + ")" * 64, (8, 3), 24),
    ("0*5+24", (0, 5, 24), 24),
    ("3-8", (3, 8), -5),
    ("3-8 = -5", (3, 8), -5),
    ("8/3", (3, 8), Fraction(8, 3)),
    ("999999999*999999999", (999999999, 999999999), 999999999**2),
    ("8*3" + " " * 997, (8, 3), 24),
    ("100-7-5", (5, 7, 100), 88),
    ("96/4/2*2", (2, 2, 4, 96), 24),
]

WRONG = [
    # other numbers than those given
    ("6*4*1*1", HAND, "uses 1 1 4 6, the hand is 3 3 8 8"),
    ("8*3+8/9", HAND, "uses 3 8 8 9, the hand is 3 3 8 8"),
    ("8*3", HAND, "uses 3 8, the hand is 3 3 8 8"),
    ("24", HAND, "uses 24, the hand is 3 3 8 8"),
    ("13", (1, 3), "uses 13, the hand is 1 3"),
    ("8/(3-8/3)+0", HAND, "uses more than 4 numbers"),
    ("8*3*3/3+8-8", HAND, "uses more than 4 numbers"),
    ("+".join(["1"] * 20), (1,) * 21, f"uses {'1 ' * 16}..., the hand is {'1 ' * 16}..."),
    # other values
    ("8*3+8-3", HAND, "evaluates to 29, target is 24"),
    ("8/3+8/3", HAND, "evaluates to 16/3, target is 24"),
    ("999999999*999999999*999999999", (999999999,) * 3, "evaluates to a very long number, target is 24"),
    # claims
    ("8/(3-8/3) = 25", HAND, "claims 25, target is 24"),
    ("8*3+8-3 = 24", HAND, "evaluates to 29, target is 24"),
    ("8/(3-8/3) =", HAND, "one integer of at most 9 digits must follow '='"),
    ("8/(3-8/3) = 2 4", HAND, "one integer of at most 9 digits must follow '='"),
    ("8/(3-8/3) = 48/2", HAND, "one integer of at most 9 digits must follow '='"),
    ("8/(3-8/3) = 024", HAND, "one integer of at most 9 digits must follow '='"),
    ("8/(3-8/3) = 24 = 24", HAND, "more than one '='"),
    ("= 24", HAND, "nothing before '='"),
    ("24 = 8/(3-8/3)", HAND, "one integer of at most 9 digits must follow '='"),
    # operators and numbers that are not there
    ("4!", (4,), "'!' (factorial) is not allowed"),
    ("5**2-1", (1, 2, 5), "'**' (power) is not allowed"),
    ("9**9**9**9", (9, 9, 9, 9), "'**' (power) is not allowed"),
    ("5^2-1", (1, 2, 5), "'^' (power) is not allowed"),
    ("49//2", (2, 49), "'//' (floor division) is not allowed"),
    ("1.5*2", (2, 15), "'.' (decimals) is not allowed"),
    ("24,0", (0, 24), "',' is not allowed"),
    ("24e0", (0, 24), "'e' is not allowed"),
    ("0x18", (24,), "'x' is not allowed"),
    ("2_4", (2, 4), "'_' is not allowed"),
    ("__import__('os')", HAND, "'_' is not allowed"),
    ("4\u00b2", (2, 4), "the non-ASCII character U+00B2 is not allowed"),
    ("\uff12\uff14", (24,), "the non-ASCII character U+FF12 is not allowed"),
    ("\u0662\u0664", (24,), "the non-ASCII character U+0662 is not allowed"),
    ("8\u00d73", (3, 8), "the non-ASCII character U+00D7 (write *) is not allowed"),
    ("8\u00a0*3", (3, 8), "the non-ASCII character U+00A0 is not allowed"),
    ("\ud800", HAND, "the non-ASCII character U+D800 is not allowed"),
    ("8*3\x00", (3, 8), "the control character U+0000 is not allowed"),
    ("8*3\n", (3, 8), "the control character U+000A is not allowed"),
    ("8*3\x7f", (3, 8), "the control character U+007F is not allowed"),
    # grammar
    ("", HAND, "the answer is empty"),
    (" \t ", HAND, "the answer is empty"),
    ("1 3", (1, 3), "an operator is missing before '3'"),
    ("8(3)", (3, 8), "an operator is missing before '('"),
    ("(8)(3)", (3, 8), "an operator is missing before '('"),
    ("(8)3", (3, 8), "an operator is missing before '3'"),
    ("(8)" + "3" * 30, (3, 8), "an operator is missing before '33333333333333333333...'"),
    ("-8*3", (3, 8), "a sign is not allowed ('-' with no number before it)"),
    ("+8*3", (3, 8), "a sign is not allowed ('+' with no number before it)"),
    ("8*-3", (3, 8), "a sign is not allowed ('-' with no number before it)"),
    ("8*(-3)", (3, 8), "a sign is not allowed ('-' with no number before it)"),
    ("8* *3", (3, 8), "a number or '(' is missing before '*'"),
    ("*3", (3, 8), "a number or '(' is missing before '*'"),
    ("8*", (3, 8), "a number is missing at the end"),
    ("8*()", (3, 8), "a number or '(' is missing before ')'"),
    ("8*3)", (3, 8), "')' without '('"),
    ("(8*3", (3, 8), "'(' without ')'"),
    (")(", (3, 8), "')' without '('"),
    ("8*03", (3, 8), "the number 03 has a leading zero"),
    ("00", (0, 0), "the number 00 has a leading zero"),
    ("8/(3-3)", (3, 3, 8), "division by zero"),
    ("8/0*0", (0, 0, 8), "division by zero"),
    # size
    ("1" * 10, HAND, "the number 1111111111 has more than 9 digits"),
    ("1" * 900, HAND, "the number 11111111111111111111... has more than 9 digits"),
    ("(" * 65 + "8*3" + ")" * 65, (3, 8), "nested too deeply (more than 64 brackets)"),
    ("(" * 10_000 + "8*3" + ")" * 10_000, (3, 8), "too long (more than 1000 characters)"),
    ("8*3" + " " * 998, (3, 8), "too long (more than 1000 characters)"),
    ("9*" * 1_000_000, HAND, "too long (more than 1000 characters)"),
]


@pytest.mark.parametrize(("text", "hand", "target"), RIGHT)
def test_right_answers(text, hand, target):
    verdict = check_arithmetic(text, hand, target)
    assert verdict.correct is True
    assert verdict.answer is not None
    # The answer as understood is itself an answer.
    assert check_arithmetic(verdict.answer, hand, target) == verdict


@pytest.mark.parametrize(("text", "hand", "reason"), WRONG, ids=[reason for *_, reason in WRONG])
def test_wrong_answers_say_why(text, hand, reason):
    verdict = check_arithmetic(text, hand, 24)
    assert (verdict.correct, verdict.reason) == (False, reason)
    assert_reason_is_safe(reason)


@pytest.mark.parametrize(
    ("text", "correct", "reason"),
    [
        ("8*3", True, "makes 24"),
        ("8*3*3", False, "uses 3 3 8, the hand has only 3 5 7 8"),
        ("8*3+7-5", False, "evaluates to 26, target is 24"),
        ("4*6", False, "uses 4 6, the hand has only 3 5 7 8"),
    ],
)
def test_part_of_the_hand_may_be_enough(text, correct, reason):
    verdict = check_arithmetic(text, [3, 5, 7, 8], 24, use_all=False)
    assert (verdict.correct, verdict.reason) == (correct, reason)


def test_brackets_are_never_followed_by_recursion():
    for text in ("(" * 10_000 + "1" + ")" * 10_000, "(" * 10_000, "(1+" * 10_000):
        with pytest.raises(AnswerError, match="nested too deeply"):
            read_arithmetic(text, max_length=100_000, max_numbers=100_000)


def test_long_results_are_described_and_not_printed():
    text = "*".join(["999999999"] * 600)  # 5,400 digits: str() of it would raise
    assert read_arithmetic(text, max_length=10_000, max_numbers=600).value == 999999999**600
    assert check_arithmetic("*".join(["999999999"] * 90), [999999999] * 90, 24).correct is False


def test_the_claim_is_reported_and_left_to_the_caller():
    assert read_arithmetic("8*3 = 25") == Arithmetic(Fraction(24), (8, 3), claim=25)


def test_answer_errors_are_value_errors_and_pickle():
    error = pickle.loads(pickle.dumps(AnswerError("why")))
    assert isinstance(error, ValueError)
    assert (error.reason, str(error)) == ("why", "why")


def assert_reason_is_safe(reason):
    assert reason
    assert reason.isascii()
    assert reason.isprintable()
    assert len(reason) <= 120
