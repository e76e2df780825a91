"""Problems and verdicts are plain data: they compare, hash, pickle and go through JSON unchanged."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks import Problem, Verdict
from metacot.tasks.problem import as_tuples

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
data = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=12)
problems = st.builds(
    Problem,
    task=st.text(),
    data=st.lists(data, max_size=4).map(tuple),
    seed=st.none() | st.integers(),
    index=st.none() | st.integers(0),
    split=st.text(),
    difficulty=st.dictionaries(st.text(), scalars, max_size=4),
    gold=st.none() | st.text(),
    solve_rate=st.none() | st.floats(0, 1),
)


@given(problems)
def test_json_and_back_is_the_same_problem(problem):
    text = problem.to_json()
    assert Problem.from_json(text) == problem
    assert Problem.from_json(text).to_json() == text
    assert "\n" not in text
    assert text.isascii()
    assert list(json.loads(text)) == sorted(json.loads(text))


@given(problems)
def test_problems_pickle_and_hash(problem):
    twin = pickle.loads(pickle.dumps(problem))
    assert twin == problem
    assert hash(twin) == hash(problem)


@given(st.recursive(scalars, lambda inner: st.lists(inner), max_leaves=20))
def test_lists_become_tuples_however_nested(value):
    made = as_tuples(value)
    hash(made)
    assert json.dumps(made) == json.dumps(value)
    assert as_tuples(made) == made


def test_a_problem_cannot_be_changed():
    problem = Problem("game24", ((1, 2, 3, 4), 24))
    with pytest.raises(AttributeError):
        problem.seed = 3


GOOD = json.loads(Problem("game24", ((1, 2, 3, 4), 24)).to_json())


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "24", '"game24"', "{}", "[" * 100_000, '{"data": ' * 100_000),
        json.dumps({name: value for name, value in GOOD.items() if name != "gold"}),
        *(json.dumps(GOOD | change) for change in ({"more": 1}, {"data": 5}, {"data": {"a": 1}})),
        *(json.dumps(GOOD | change) for change in ({"task": 5}, {"difficulty": []}, {"split": None})),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_problem_is_refused(text):
    with pytest.raises(ValueError, match=r"problem|Expecting|Extra data"):
        Problem.from_json(text)


def test_verdicts_compare_and_pickle():
    verdict = Verdict(None, "cannot be judged")
    assert verdict == Verdict(None, "cannot be judged", None)
    assert verdict != Verdict(False, "cannot be judged")
    assert pickle.loads(pickle.dumps(verdict)) == verdict
