"""Equations: every step keeps the solutions (SymPy is asked), what is illegal says why, distances are exact."""

from __future__ import annotations

import ast
import random
import re
from collections import deque
from pathlib import Path

import gymnasium as gym
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import metacot.envs  # noqa: F401  (registers the environments)
from metacot.tasks import IllegalStep, NotEnumerable, UnreadableStep, make
from metacot.tasks.equations import KINDS, Cases, Knobs
from metacot.tasks.equations.algebra.expressions import ROOT, TooLarge, expand
from metacot.tasks.equations.algebra.reading import read_equation, read_expression
from metacot.tasks.equations.algebra.writing import write
from metacot.tasks.equations.cases import Case
from metacot.tasks.equations.posing import first_case

TASK = make("equations")
EVERY_KIND = " ".join(KINDS)


def state_of(*texts: str) -> Cases:
    """The state that a problem with these equations would begin with, whether or not it is fit to be one."""
    return Cases((first_case(texts),))


def do(state: Cases, *lines: str) -> Cases:
    for line in lines:
        state = TASK.apply(state, TASK.read(state, line))
    return state


def walk(seed: int, steps: int, **difficulty) -> list[Cases]:
    """The states of a random walk over the menu."""
    rng = random.Random(seed)
    states = [TASK.start(TASK.problem(0, seed, **difficulty))]
    for _ in range(steps):
        children = TASK.expand(states[-1])
        if not children:
            break
        states.append(rng.choice(children)[1])
    return states


# text ----------------------------------------------------------------------------------------------------------------

numbers = st.integers(0, 99).map(str)
expressions = st.recursive(
    st.one_of(numbers, st.sampled_from("xyz"), st.sampled_from(["2.5", "x^3"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " - ", "*", "/"]), inner).map(
            lambda parts: "({}){}({})".format(*parts)
        ),
        inner.map(lambda text: f"({text})^2"),
        inner.map(lambda text: f"sqrt({text})"),
    ),
    max_leaves=6,
)


@given(expressions)
@settings(max_examples=100, deadline=None)
def test_an_expression_reads_back_from_its_text_and_keeps_its_value(text):
    try:
        found = read_expression(text)
    except ValueError:
        return
    assert read_expression(write(found)) == found
    with_value = {
        sympy.Symbol("x"): sympy.Rational(7, 3),
        sympy.Symbol("y"): 5,
        sympy.Symbol("z"): sympy.Rational(1, 2),
    }
    value = complex(symbolic(found).subs(with_value).evalf(30))
    try:
        expanded = expand(found)
    except TooLarge:
        return
    again = complex(symbolic(expanded).subs(with_value).evalf(30))
    assert again == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True)


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_text_raises_anything_but_unreadable(text):
    for state in (state_of("2x + 3 = 7"), state_of("x + y = 5", "xy = 6")):
        for line in (text, f"add {text} to both sides", f"rewrite {text}", f"divide both sides by {text}"):
            try:
                step = TASK.read(state, line)
            except UnreadableStep:
                continue
            try:
                TASK.apply(state, step)
            except IllegalStep:
                continue
    problem = TASK.pose("x^2 = 9")
    assert TASK.check(problem, text).correct is not True
    assert TASK.check(problem, f"x = {text}").correct is not True


HOSTILE = [
    "9^9^9^9^9",
    "(" * 200,
    "((((((((((x))))))))))",
    "x^999999999",
    "9" * 200,
    "x/(x/(x/(x/(x/(x/(x/(x/x)))))))",
    "sqrt(sqrt(sqrt(sqrt(sqrt(sqrt(sqrt(x)))))))",
    "999999999*999999999*999999999",
    "1/0",
    "x/(x - x)",
    "__import__('os').system('true')",
    "sqrt(-1)",
    "sqrt(999999999*999999999)",
    "0x10",
    "１ + x",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_expressions_are_refused_at_once(text):
    state = state_of("2x + 3 = 7")
    for line in (
        f"add {text} to both sides",
        f"multiply both sides by {text}",
        f"rewrite {text} = 2",
        f"rewrite x = {text}",
    ):
        with pytest.raises((IllegalStep, UnreadableStep)):
            do(state, line)
    assert TASK.check(TASK.pose("2x + 3 = 7"), f"x = {text}").correct is False


def test_what_grows_too_large_is_refused():
    state = do(state_of("2x + 3 = 7"), "add (x + 1)^8(x + 2)^8(x + 3)^8 to both sides")
    with pytest.raises(IllegalStep, match="would grow too"):
        do(state, "expand")
    with pytest.raises(IllegalStep, match="would grow too"):
        do(state_of("2x + 3 = 7"), "multiply both sides by 9999999")


def test_hidden_denominators_and_roots_are_not_read_away():
    for text in ("x(x - 2)/(x - 2) = 5", "1/x - 1/x + x = 2", "sqrt(x)*sqrt(x) = 4", "x/x = x"):
        with pytest.raises(ValueError, match="must not cancel"):
            read_equation(text)


@pytest.mark.parametrize(
    ("start", "line", "after"),
    [
        (["2x + 3 = 7"], "add -3 to both sides", "2x = 4"),
        (["2x + 3 = 7"], "subtract 3 from both sides", "2x = 4"),
        (["2x = 5"], "divide both sides by 2", "x = 5/2"),
        (["x/2 = 5"], "multiply both sides by 2", "x = 10"),
        (["2(x - 3) + 1 = 4x"], "expand", "2x - 5 = 4x"),
        (["x^2 - 5x + 6 = 0"], "factor", "(x - 2)(x - 3) = 0"),
        (["(x - 2)(x - 3) = 0"], "split", "x - 2 = 0 or x - 3 = 0"),
        (["(x - 2)^2 = 9"], "take square roots", "x - 2 = 3 or x - 2 = -3"),
        (["x^2 = 2"], "take square roots", "x = sqrt(2) or x = -sqrt(2)"),
        (["x^2 = -2"], "take square roots", "no solution"),
        (["2x^2 + 4x = 6"], "complete the square", "(x + 1)^2 = 4"),
        (["sqrt(x + 3) = x - 3"], "square both sides", "x + 3 = (x - 3)^2 where x ≥ -3, x ≥ 3"),
        (["sqrt(x) = -3"], "square both sides", "no solution"),
        (["3/(x - 1) = 2"], "multiply both sides by x - 1", "2(x - 1) = 3 where x ≠ 1"),
        (["x^3 = x"], "rewrite x(x - 1)(x + 1) = 0", "x(x - 1)(x + 1) = 0"),
        (["x + y = 5", "xy = 6"], "solve equation 1 for y", "y = 5 - x, xy = 6"),
        (["y = 5 - x", "xy = 6"], "substitute equation 1", "y = 5 - x, -x(x - 5) = 6"),
        (["x + y = 5", "x - y = 1"], "eliminate y with equation 1", "x + y = 5, 2x = 6"),
        (["2x + 3y = 5", "5x - y = 4"], "eliminate x with equation 1", "2x + 3y = 5, -17y = -17"),
        (["x + y = 5", "x - y = 1"], "add y to both sides of equation 2", "x + y = 5, x = y + 1"),
        (["x + y = 5", "xy = 6"], "rewrite equation 1 as y = 5 - x", "y = 5 - x, xy = 6"),
    ],
)
def test_steps_do_what_they_say(start, line, after):
    state = do(state_of(*start), line)
    assert TASK.brief(state) == after


# what is illegal, and why --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "line", "reason"),
    [
        (["x^2 = 3x"], "divide both sides by x", "x may be 0: dividing by it may lose a root"),
        (["x^2 = 3x"], "multiply both sides by x - 1", "x - 1 may be 0: multiplying by it may gain a root"),
        (["2x = 3"], "divide both sides by 0", "division by zero"),
        (["2x = 3"], "multiply both sides by 0", "multiplying both sides by 0 gains roots"),
        (["2x + 1 = x"], "square both sides", "squaring may gain a root"),
        (["x + sqrt(x) = 2"], "square both sides", "leave one square root alone"),
        (["2x = 3"], "add 1/x to both sides", "1/x is not defined everywhere: adding it may lose a root"),
        (["2x = 3"], "add sqrt(x) to both sides", "may lose a root"),
        (["2x = 3"], "add y to both sides", "y is not an unknown here"),
        (["x^2 - 1 = 3"], "factor", "bring everything to the left first"),
        (["x^2 - 1 = 0"], "split", "only a product that equals 0"),
        (["x^2 = 9"], "rewrite x = 3", "only a linear equation is solved by rewriting"),
        (["x^2 = 9"], "rewrite x - 3 = 0", "that loses a root"),
        (["x - 3 = 0"], "rewrite x^2 = 9", "that gains a root"),
        (["2x + 3 = 7"], "rewrite x = 3", "that loses a root"),
        (["sqrt(2x + 3) = x"], "rewrite 2x + 3 = x^2", "that gains a root"),
        (["2x = 4"], "rewrite (x^2 - 4)/(x + 5) = 0", "not defined wherever the old one is"),
        (["x + y = 5", "xy = 6"], "rewrite equation 1 as y = 6 - x", "does not say the same"),
        (["x + y = 5", "xy = 6"], "rewrite equation 1 as 2 = 2", "without unknowns"),
        (["x + y = 5", "xy = 6"], "solve equation 2 for x", "without dividing by what may be 0"),
        (["x + y = 5", "xy = 6"], "eliminate x with equation 2", "equation 2 is not linear"),
        (["x + y = 5", "xy = 6"], "expand equation 3", "there is no equation 3"),
        (["2x + 3 = 7"], "check", "there is no root to check yet"),
        (["2x + 3 = 7"], "expand", "that changes nothing"),
        (["x^5 - x - 1 = 0"], "rewrite x^5 = x + 2", "that loses a root"),
    ],
)
def test_illegal_algebra_is_refused_with_the_reason(start, line, reason):
    with pytest.raises(IllegalStep, match=re.escape(reason)):
        do(state_of(*start), line)


@pytest.mark.parametrize(
    ("start", "line"),
    [
        (["2x + 3 = 7"], "rewrite 2x = 4"),
        (["2x + 3 = 7"], "rewrite x = 2"),
        (["x^2 - 5x + 6 = 0"], "rewrite (x - 2)(x - 3) = 0"),
        (["x^2 - 5x + 6 = 0"], "rewrite 6 = x(5 - x)"),
        (["x^3 = x^2"], "rewrite x(x - 1) = 0"),
        (["x^5 - x - 1 = 0"], "rewrite x^5 = x + 1"),
        (["x^4 + 4 = 5x^2"], "rewrite (x^2 - 1)(x^2 - 4) = 0"),
        (["1/x + 1/(x + 1) = 1"], "rewrite (2x + 1)/(x(x + 1)) = 1"),
        (["sqrt(x + 5) + sqrt(x) = 5"], "rewrite 10sqrt(x) = 20"),
        (["x + y = 5", "xy = 6"], "rewrite equation 2 as 3xy - 18 = 0"),
    ],
)
def test_rewriting_that_keeps_the_roots_is_legal(start, line):
    state = state_of(*start)
    step = TASK.read(state, line)
    assert TASK.off_menu(state, step)
    assert TASK.read(state, TASK.write(state, step)) == step
    with pytest.raises(NotEnumerable):
        TASK.index(state, step)
    assert TASK.apply(state, step) != state


def test_a_root_that_squaring_gained_is_discarded_by_the_check():
    state = do(state_of("sqrt(2x + 3) = x"), "square both sides", "rewrite x^2 - 2x - 3 = 0", "factor", "split")
    assert TASK.brief(state) == "x - 3 = 0 where 2x ≥ -3, x ≥ 0 or x + 1 = 0 where 2x ≥ -3, x ≥ 0"
    state = do(state, "add 3 to both sides", "check", "subtract 1 from both sides", "check")
    assert TASK.brief(state) == "x = 3"
    assert TASK.solved(state)


def test_every_word_of_every_refusal_is_in_the_words_of_the_task():
    folder = Path(make.__code__.co_filename).parent / "equations"
    said = []
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("IllegalStep", "TooLarge")
            ):
                said += [
                    part.value
                    for part in ast.walk(node)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
    assert len(said) > 30
    assert {word for text in said for word in re.findall(r"[A-Za-z]+", text)} <= set(TASK.words)


# solutions, as SymPy sees them ---------------------------------------------------------------------------------------


def symbolic(expression) -> sympy.Expr:
    """A sum as a SymPy expression, built piece by piece."""
    total = sympy.Integer(0)
    for monomial, coefficient in expression:
        term = sympy.Rational(coefficient.numerator, coefficient.denominator)
        for atom, exponent in monomial:
            base = sympy.Symbol(atom) if isinstance(atom, str) else symbolic(atom[1])
            term *= (sympy.sqrt(base) if atom[0] == ROOT else base) ** exponent
        total += term
    return total


def solutions(case: Case) -> set[tuple]:
    """All real solutions of a case, by SymPy alone."""
    names = sorted({name for one in case.equations for name in "xyz" if name in str(one)})
    symbols = [sympy.Symbol(name) for name in names]
    equations = [symbolic(one.left) - symbolic(one.right) for one in case.equations]
    if any(one.is_number and one != 0 for one in equations):
        return set()
    found = set()
    for each in sympy.solve([one for one in equations if one != 0], symbols, dict=True):
        values = [sympy.nsimplify(sympy.radsimp(each[symbol])) for symbol in symbols]
        if all(value.is_real for value in values) and all(true(one, each) for one in case.conditions):
            found.add(tuple(sympy.simplify(value) for value in values))
    return found


def true(condition, values) -> bool:
    relation, expression = condition
    value = sympy.simplify(symbolic(expression).subs(values))
    if not value.is_real:
        return False
    return bool(value != 0 if relation == "≠" else value >= 0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_of_the_menu_keeps_the_solutions(kind):
    """Along random walks and for every child of the states on them; a case is asked about once."""
    known: dict[Case, set] = {}

    def all_of(state: Cases) -> set:
        for case in state.cases:
            if case not in known:
                known[case] = solutions(case)
        return set().union(*(known[case] for case in state.cases))

    for seed in range(3):
        path = walk(seed, 3, kinds=kind, size=5)
        expected = all_of(path[0])
        assert expected
        for state in path:
            assert all_of(state) == expected
            for _, child, _, _ in TASK.expand(state)[:: 1 if kind in ("linear", "system2") else 3]:
                assert all_of(child) == expected, f"{TASK.show(state)} -> {TASK.show(child)}"


# distances -----------------------------------------------------------------------------------------------------------


def brute(state: Cases, limit: int) -> int | None:
    """Breadth-first search over whole states, without cases, tables or bounds."""
    queue, seen = deque([(state, 0)]), {state}
    while queue:
        here, steps = queue.popleft()
        if TASK.solved(here):
            return steps
        if steps < limit:
            for step in TASK.steps(here):
                child = TASK.apply(here, step)
                if child not in seen:
                    seen.add(child)
                    queue.append((child, steps + 1))
    return None


@pytest.mark.parametrize("kind", ["linear", "quadratic", "rational", "radical", "system2"])
def test_distances_are_those_of_a_plain_search(kind):
    for seed in range(6):
        for state in walk(seed, 4, kinds=kind, size=5):
            exact = TASK.distance(state)
            if exact <= 5:
                assert brute(state, 5) == exact
            else:
                assert brute(state, 4) is None


@pytest.mark.parametrize("kind", KINDS)
def test_no_state_is_a_dead_end_and_the_heuristic_is_never_too_high(kind):
    assert TASK.dead_ends is False
    for seed in range(3):
        for state in walk(seed, 5, kinds=kind):
            distance = TASK.distance(state)
            assert distance is not None
            assert TASK.heuristic(state) <= distance
            assert (distance == 0) is TASK.solved(state)


def test_states_with_one_key_have_one_distance():
    states = [state for seed in range(15) for state in walk(seed, 5)]
    by_key: dict = {}
    for state in states + [row[1] for here in states for row in TASK.expand(here)]:
        by_key.setdefault(TASK.key(state), set()).add(TASK.distance(state))
    assert all(len(distances) == 1 for distances in by_key.values())
    mirrored = [state_of("2x + 3 = 5x - 9"), state_of("5x - 9 = 2x + 3")]
    assert TASK.key(mirrored[0]) == TASK.key(mirrored[1])
    assert TASK.distance(mirrored[0]) == TASK.distance(mirrored[1]) == 3


# problems and answers ------------------------------------------------------------------------------------------------


def test_problems_of_one_split_are_in_no_other():
    keys = [{TASK.problem_key(TASK.problem(0, index, split)) for index in range(20)} for split in TASK.splits]
    assert not keys[0] & keys[1] | keys[0] & keys[2] | keys[1] & keys[2]


def test_problems_that_differ_in_names_order_or_sides_are_one():
    keys = {
        TASK.problem_key(TASK.pose(text))
        for text in ("x + 2y = 5, x - y = 1", "y - x = 1, 2x + y = 5", "1 = x - y; 5 = x + 2y")
    }
    assert len(keys) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_dealt_and_solved(kind):
    for index in range(2):
        problem = TASK.problem(3, index, "test", kinds=kind, size=7, surds=True)
        state, steps = TASK.start(problem), []
        while not TASK.solved(state):
            distance = TASK.distance(state)
            step, state = next(row[:2] for row in TASK.expand(state) if TASK.distance(row[1]) == distance - 1)
            steps.append(step)
        assert TASK.check(problem, TASK.answer(problem, steps)).correct
        assert TASK.attributes(problem)["solutions"] >= 1


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"kinds": "cubic"}, "kinds must be some of"),
        ({"kinds": ""}, "kinds must be some of"),
        ({"size": 1}, "size must be a whole number in 2..20"),
        ({"size": True}, "size must be"),
        ({"surds": 1}, "surds must be True or False"),
    ],
)
def test_knobs_are_validated(knobs, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        Knobs(**knobs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2x + 3", "one ="),
        ("2x = 3 = 4", "one ="),
        ("x = 3", "solved already"),
        ("x + y = 3", "1 equations need the unknowns x"),
        ("x + y = 3, 2x + 2y = 6", "no unique solution"),
        ("2 = 2", "need the unknowns"),
        ("x = x", "all numbers"),
        ("x^5 = x + 1", "no way to solve this is known"),
        ("x(x - 2)/(x - 2) = 2", "must not cancel"),
    ],
)
def test_what_is_no_problem_is_not_posed(text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        TASK.pose(text)


@pytest.mark.parametrize(
    ("problem", "answer", "correct"),
    [
        ("x^2 = 9", "x = 3, x = -3", True),
        ("x^2 = 9", "x = -3 or x = 3", True),
        ("x^2 = 9", "x=-3; x=6/2.", True),
        ("x^2 = 9", "x = 3", False),
        ("x^2 = 9", "x = 3, x = -3, x = 4", False),
        ("x^2 = 9", "3", False),
        ("x^2 = 9", "", False),
        ("4x = 1", "x = 0.25", True),
        ("4x = 1", "x = 1/4", True),
        ("4x = 1", "y = 1/4", False),
        ("x^2 = 8", "x = 2sqrt(2), x = -sqrt(8)", True),
        ("x^2 = 8", "x = 2.828427, x = -2.828427", False),
        ("x^2 - 2x - 1 = 0", "x = 1 - sqrt(2), x = 1 + sqrt(2)", True),
        ("x^2 = -4", "no solution", True),
        ("x^2 = -4", "x = 2", False),
        ("x + y = 5, xy = 6", "x = 2, y = 3 or x = 3, y = 2", True),
        ("x + y = 5, xy = 6", "y = 2, x = 3, x = 2, y = 3", True),
        ("x + y = 5, xy = 6", "x = 2, y = 3", False),
        ("x + y = 5, xy = 6", "x = 2, x = 3, y = 2, y = 3", False),
        ("x + y = 5, x - y = 1", "x = 3", False),
        ("x + y = 5, x - y = 1", "x = 3 and y = 2", True),
    ],
)
def test_answers_are_judged_by_their_values(problem, answer, correct):
    assert TASK.check(TASK.pose(problem), answer).correct is correct


def test_anything_but_text_is_no_answer():
    problem = TASK.pose("x^2 = 9")
    for answer in (None, 3, b"x = 3", ["x = 3"], "x = 3, " * 10_000):
        assert TASK.check(problem, answer).correct is False


# environments and pictures -------------------------------------------------------------------------------------------


def test_a_rewrite_is_a_step_in_the_text_environment():
    env = gym.make("MetaCoT/EquationsText-v0")
    env.reset(options={"problem": TASK.pose("3(x - 2) = 2x + 1")})
    said = env.step("rewrite 3x - 6 = 2x + 1 = #1 3x - 6 = 2x + 1\nrewrite x = 8")[0]
    assert said == "#1 3x - 6 = 2x + 1\nrefused that loses a root\n"
    _, reward, terminated, _, info = env.step(
        "subtract 2x from both sides\nadd 6 to both sides\n</think>\nanswer x = 7"
    )
    assert (reward, terminated, info["success"]) == (1.0, True, True)
    assert not any(event.wrong_state for event in info["events"])


def test_pictures_of_all_states_have_one_size():
    shapes = set()
    for kind in KINDS:
        for state in walk(1, 6, kinds=kind):
            shapes.add(TASK.picture(state).pixels().shape)
    shapes.add(TASK.picture(Cases(())).pixels().shape)
    assert len(shapes) == 1
    drawn = TASK.draw(state_of("sqrt(x + 1)/2 = x^2"))
    assert drawn.startswith("<svg")
    assert "sqrt" not in drawn, "a root is drawn, not spelled"


def test_briefs_stay_short():
    for seed in range(10):
        for state in walk(seed, 8, kinds="rational radical nonlinear system3", size=12):
            assert len(TASK.brief(state)) <= 120
            assert "\n" not in TASK.brief(state)
