"""Exact arithmetic against plain `fractions.Fraction`."""

import copy
import pickle
from fractions import Fraction
from operator import add, mul, sub, truediv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks.rationals import (
    SIGNS,
    Combine,
    Ratio,
    combinations,
    combine,
    exact,
    meetings,
    partners,
    results,
    show,
)

OPERATORS = {"+": add, "-": sub, "*": mul, "/": truediv}

wholes = st.integers(0, 60)
numbers = st.one_of(wholes, st.fractions(0, 60, max_denominator=60)).map(exact)


def is_canonical(value):
    return type(value) is int if Fraction(value).denominator == 1 else type(value) is Ratio


@given(st.fractions(-(10**12), 10**12))
def test_exact_keeps_the_value_and_makes_it_canonical(value):
    assert exact(value) == value
    assert is_canonical(exact(value))
    assert exact(exact(value)) == exact(value)


@given(numbers, numbers)
def test_numbers_compare_hash_and_sort_like_fractions(a, b):
    left, right = Fraction(a), Fraction(b)
    assert (a < b, a <= b, a > b, a >= b, a == b) == (
        left < right,
        left <= right,
        left > right,
        left >= right,
        left == right,
    )
    assert hash(a) == hash(left)
    assert sorted([a, b, exact(left)]) == sorted([left, right, left])


@given(numbers)
def test_pickles_and_copies_are_the_same_number_of_the_same_kind(value):
    for twin in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value), copy.copy(value)):
        assert twin == value
        assert type(twin) is type(value)
        assert hash(twin) == hash(value)


@given(numbers, numbers)
def test_combinations_are_all_results_that_are_not_negative(a, b):
    a, b = sorted((a, b))
    expected = {a + b, a * b, b - a}
    expected |= {Fraction(x) / y for x, y in ((a, b), (b, a)) if y}
    assert {result for _, _, result in combinations(a, b)} == expected == results(a, b)


@given(numbers, numbers)
def test_each_combination_is_numbered_computed_and_written_as_it_says(a, b):
    a, b = sorted((a, b))
    rows = combinations(a, b)
    assert [operation for operation, _, _ in rows] == sorted({operation for operation, _, _ in rows})
    assert len({step for _, step, _ in rows}) == len(rows)
    for operation, step, result in rows:
        assert combine(operation, a, b) == (step, result)
        assert SIGNS[operation] == step.sign
        assert sorted((step.left, step.right)) == [a, b]
        assert result == OPERATORS[step.sign](Fraction(step.left), step.right)
        assert is_canonical(result)
        assert result >= 0


def test_sums_and_products_are_written_with_the_smaller_number_first():
    assert [step for _, step, _ in combinations(3, 9)] == [
        Combine(3, "+", 9),
        Combine(3, "*", 9),
        Combine(9, "-", 3),
        Combine(9, "/", 3),
        Combine(3, "/", 9),
    ]


def test_a_quotient_by_zero_or_a_repeated_one_is_left_out():
    assert [operation for operation, _, _ in combinations(0, 0)] == [0, 1, 2]
    assert [operation for operation, _, _ in combinations(0, 5)] == [0, 1, 2, 4]
    assert [operation for operation, _, _ in combinations(5, 5)] == [0, 1, 2, 3]


@pytest.mark.parametrize(("operation", "a", "b"), [(3, 0, 5), (3, 0, 0), (4, 0, 0), (3, 0, exact(Fraction(1, 2)))])
def test_a_division_by_zero_raises(operation, a, b):
    with pytest.raises(ZeroDivisionError):
        combine(operation, a, b)


@given(numbers, numbers, st.integers(1, 100))
def test_partners_are_exactly_the_numbers_that_reach_the_target_in_one_operation(a, b, target):
    assert (b in partners(a, target)) == (target in results(*sorted((a, b))))


@given(numbers, st.integers(1, 1000))
def test_every_partner_reaches_the_target_and_is_canonical(a, target):
    assert partners(a, target)
    for b in partners(a, target):
        assert target in results(*sorted((a, b)))
        assert is_canonical(b)
        assert b >= 0


@given(numbers, numbers, numbers)
def test_meetings_count_the_operations_that_reach_the_target(a, b, target):
    if a or target:
        reached = [result for _, _, result in combinations(*sorted((a, b)))]
        assert meetings(a, target).get(b, 0) == reached.count(target)
        for other, count in meetings(a, target).items():
            assert [result for _, _, result in combinations(*sorted((a, other)))].count(target) == count
            assert is_canonical(other)


@pytest.mark.parametrize("target", [0, -24])
def test_partners_are_refused_for_a_target_that_is_not_positive(target):
    with pytest.raises(ValueError, match=f"must be positive, got {target}"):
        partners(0, target)


@given(numbers)
def test_what_is_shown_reads_back_as_the_number(value):
    assert Fraction(show(value)) == value
    assert show(value).isascii()
    assert " " not in show(value)
