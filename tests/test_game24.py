"""Game of 24: rules and exact values against brute force, and the text and numeric faces against each other."""

import math
import pickle
import random
import xml.etree.ElementTree as ET
from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks import IllegalStep, UnreadableStep
from metacot.tasks.game24 import Game24, Numbers, hands, solvable
from metacot.tasks.game24.hands import plays
from metacot.tasks.rationals import Combine, exact
from metacot.tasks.task import Task

TASK = Game24()
ALL = [tuple(hand) for hand in combinations_with_replacement(range(1, 14), 4)]
SOME = [*random.Random(24).sample(ALL, 16), (1, 1, 1, 1), (3, 3, 8, 8), (13, 13, 13, 13), (1, 5, 5, 5)]
WIDE = random.Random(25).sample(list(combinations_with_replacement(range(1, 26), 4)), 12)


def reachable(hand, target=24):
    """Every state that play can reach from `hand`, by the pure methods alone."""
    start = TASK.start(TASK.pose(hand, target))
    found, waiting = {start}, [start]
    while waiting:
        state = waiting.pop()
        children = {TASK.apply(state, step) for step in TASK.steps(state)} - found
        found |= children
        waiting += children
    return found


def paths(state):
    """Every complete play from `state` as a list of steps, by the pure methods alone."""
    if len(state.numbers) == 1:
        yield []
    for step in TASK.steps(state):
        for rest in paths(TASK.apply(state, step)):
            yield [step, *rest]


def random_play(hand, target, choices):
    """The states and steps of one play; `choices` are reduced to what is legal."""
    states, steps = [TASK.start(TASK.pose(hand, target))], []
    for choice in choices:
        legal = TASK.steps(states[-1])
        steps.append(legal[choice % len(legal)])
        states.append(TASK.apply(states[-1], steps[-1]))
    return states, steps


numbers = st.integers(1, 25)
played = st.builds(
    random_play,
    st.tuples(numbers, numbers, numbers, numbers),
    st.integers(1, 1000),
    st.lists(st.integers(0, 29), min_size=0, max_size=3),
)


# --- facts about hands, against a brute force that shares no code and goes through negative numbers ---------


@cache
def reached(hand):
    """All values of all expressions over all numbers of `hand`, as (numerator, denominator), signs free."""
    if len(hand) == 1:
        return {(hand[0], 1)}
    found = set()
    for part in range(1, 2 ** (len(hand) - 1)):
        left = tuple(number for place, number in enumerate(hand) if part >> place & 1)
        right = tuple(number for place, number in enumerate(hand) if not part >> place & 1)
        for (a, b), (c, d) in product(reached(left), reached(right)):
            values = [(a * d + c * b, b * d), (a * d - c * b, b * d), (c * b - a * d, b * d), (a * c, b * d)]
            values += [(a * d, b * c)] if c else []
            values += [(c * b, d * a)] if a else []
            if len(hand) == 4:  # only whole positive results are asked for
                found.update(above // below for above, below in values if above % below == 0 and above // below > 0)
            else:
                found.update(Fraction(*value).as_integer_ratio() for value in values)
    return frozenset(found)


def test_there_are_1820_hands_of_which_1362_make_24():
    assert list(hands(1, 13)) == ALL
    assert len(ALL) == 1820
    assert sum(solvable(hand, 24) for hand in ALL) == 1362
    assert sum(not solvable(hand, 24) for hand in ALL) == 458


def test_solvable_agrees_with_brute_force_on_all_1820_hands_and_several_targets():
    for hand in ALL:
        made = reached(hand)
        for target in (1, 7, 24, 36, 100, 997):
            assert solvable(hand, target) == (target in made), (hand, target)


def test_solvable_agrees_with_brute_force_on_larger_numbers_and_targets():
    draw = random.Random(26)
    for hand in WIDE:
        made = {number for number in reached(hand) if number <= 1000}
        other = set(range(1, 1001)) - made
        targets = draw.sample(sorted(made), min(10, len(made))) + draw.sample(sorted(other), 10)
        assert [target for target in targets if solvable(hand, target)] == [t for t in targets if t in made], hand


def brute_plays(numbers):
    """(all, solving) plays of a list of fractions; a play is a sequence of steps written in one way."""
    if len(numbers) == 1:
        return 1, int(numbers[0] == 24)
    children = {}
    for i, j in permutations(range(len(numbers)), 2):
        a, b = numbers[i], numbers[j]
        rest = [number for place, number in enumerate(numbers) if place not in (i, j)]
        if a <= b:
            children[a, "+", b] = [*rest, a + b]
            children[a, "*", b] = [*rest, a * b]
        if a >= b:
            children[a, "-", b] = [*rest, a - b]
        if b:
            children[a, "/", b] = [*rest, a / b]
    return tuple(map(sum, zip(*map(brute_plays, children.values()), strict=True)))


@pytest.mark.parametrize("hand", [*SOME[:6], (1, 1, 1, 1), (1, 1, 2, 2), (3, 3, 8, 8)], ids=str)
def test_the_share_of_solving_plays_agrees_with_brute_force(hand):
    total, solving = brute_plays([Fraction(number) for number in hand])
    assert plays(hand, 24) == (total, solving)
    expected = {"solving_share": solving / total, "solvable": float(solving > 0)}
    assert TASK.attributes(TASK.pose(hand)) == expected


def test_a_hand_has_a_solving_play_exactly_where_it_is_solvable():
    for hand in ALL[::40]:
        assert (plays(hand, 24)[1] > 0) == solvable(hand, 24)


# --- rules and exact values ------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [24, 10])
def test_distance_and_value_are_bellman_consistent_on_every_reachable_state(target):
    for hand in SOME:
        for state in reachable(hand, target):
            distance = TASK.distance(state)
            if TASK.solved(state):
                assert distance == 0
            else:
                children = [TASK.apply(state, step) for step in TASK.steps(state)]
                assert distance == 1 + min(map(TASK.distance, children), default=math.inf)
            assert TASK.heuristic(state) <= distance
            assert TASK.value(state) == float(distance < math.inf)
            assert [TASK.value(state, left) for left in range(5)] == [float(distance <= left) for left in range(5)]


def test_expand_equals_the_pure_methods_on_every_reachable_state():
    for hand in SOME:
        for state in reachable(hand):
            assert TASK.expand(state) == Task.expand(TASK, state)
            assert [step for step, *_ in TASK.expand(state)] == list(TASK.steps(state))


def test_index_step_mask_and_move_agree_on_every_reachable_state():
    for hand in SOME:
        for state in reachable(hand):
            legal = {TASK.index(state, step): step for step in TASK.steps(state)}
            assert len(legal) == len(TASK.steps(state)), "one index a step"
            assert list(legal) == sorted(legal)
            mask = TASK.mask(state)
            assert mask.dtype == np.int8
            assert mask.shape == (TASK.n_actions,)
            assert np.flatnonzero(mask).tolist() == list(legal)
            seen, same_mask, solved = TASK.face(state)
            assert solved is TASK.solved(state)
            assert (same_mask == mask).all()
            assert (seen == TASK.observe(state)).all()
            for index in range(-1, TASK.n_actions + 1):
                if index in legal:
                    assert TASK.step_at(state, index) == legal[index]
                    assert TASK.move(state, index) == (legal[index], TASK.apply(state, legal[index]))
                else:
                    with pytest.raises(IllegalStep, match=f"action {index} is not legal here"):
                        TASK.step_at(state, index)


def test_an_index_may_be_a_numpy_number():
    state = TASK.start(TASK.pose((1, 2, 3, 4)))
    assert TASK.move(state, np.int64(7)) == TASK.move(state, 7)
    assert TASK.step_at(state, np.int8(29)) == TASK.step_at(state, 29)


def test_equal_numbers_and_swapped_numbers_are_one_step():
    state = TASK.start(TASK.pose((3, 3, 9, 9)))
    steps = TASK.steps(state)
    assert len(set(steps)) == len(steps)
    assert steps.count(Combine(3, "+", 9)) == 1
    assert Combine(9, "+", 3) not in steps
    assert TASK.read(state, "9 + 3") == TASK.read(state, "3 + 9") == Combine(3, "+", 9)
    assert len(TASK.steps(TASK.start(TASK.pose((7, 7, 7, 7))))) == 4


def test_states_are_equal_whatever_the_way_to_them():
    start = TASK.start(TASK.pose((1, 2, 3, 4)))
    one = TASK.apply(TASK.apply(start, Combine(1, "+", 2)), Combine(3, "*", 4))
    other = TASK.apply(TASK.apply(start, Combine(3, "*", 4)), Combine(1, "+", 2))
    assert one == other == Numbers((3, 12), 24)
    assert TASK.key(one) == TASK.key(other)
    assert hash(one) == hash(other)


@given(played)
def test_numbers_stay_sorted_canonical_and_not_negative(play):
    for state in play[0]:
        assert list(state.numbers) == sorted(state.numbers)
        assert all(number >= 0 and type(number) is type(exact(number)) for number in state.numbers)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Combine(3, "+", 7), "7 is not among the numbers"),
        (Combine(4, "-", 4), "4 is not among the numbers"),
        (Combine(Fraction(8, 3), "-", 1), "8/3 is not among the numbers"),
        (Combine(1, "-", 3), "a difference is larger - smaller"),
        (Combine(3, "/", 0), "division by zero"),
        (Combine(0, "/", 0), "division by zero"),
        (Combine(3, "+", 1), "not the canonical spelling"),
        (Combine(1, "%", 3), "not the canonical spelling"),
    ],
)
def test_an_illegal_step_is_refused_with_the_reason(step, reason):
    state = Numbers((0, 1, 3, 4) if step != (0, "/", 0) else (0, 0, 3), 24)
    with pytest.raises(IllegalStep, match=f"^{reason}$"):
        TASK.apply(state, step)
    with pytest.raises(IllegalStep, match=f"^{reason}$"):
        TASK.index(state, step)


# --- text ------------------------------------------------------------------------------------------------


def test_write_and_read_are_inverse_on_every_step_of_every_reachable_state():
    for hand in SOME:
        for state in reachable(hand):
            for step in TASK.steps(state):
                text = TASK.write(state, step)
                assert TASK.read(state, text) == step
                assert TASK.write(state, TASK.read(state, f"  {text}\t")) == text


@given(played)
def test_write_and_read_are_inverse_on_larger_numbers_and_fractions(play):
    for state in play[0]:
        for step in TASK.steps(state):
            assert TASK.read(state, TASK.write(state, step)) == step


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("13 - 9", (13, "-", 9)),
        ("13-9", (13, "-", 9)),
        ("13 -9", (13, "-", 9)),
        ("9 + 3", (3, "+", 9)),
        ("9 * 3", (3, "*", 9)),
        ("3 - 9", (3, "-", 9)),
        ("8/3", (8, "/", 3)),
        ("8/3 * 2", (2, "*", Fraction(8, 3))),
        ("2 / 8/3", (2, "/", Fraction(8, 3))),
        ("16/6  -  4/2", (Fraction(8, 3), "-", 2)),
        ("007 + 1", (1, "+", 7)),
        ("  13 - 9\n", (13, "-", 9)),
        ("5 / 0", (5, "/", 0)),
    ],
)
def test_a_step_is_read_in_its_usual_spellings(text, step):
    assert TASK.read(TASK.start(TASK.pose((4, 9, 10, 13))), text) == step


@pytest.mark.parametrize(
    "text",
    [
        *("", "13", "13 -", "- 9", "13 - 9 - 2", "13 - 9 = 4", "13 ** 2", "13 // 9", "1.5 * 2", "13 - 9!", "1/0 + 2"),
        *("13 − 9", "13 × 9", "١٣ - ٩", "8/3*2", "2/8/3", "a + b", "13\n", "\ud800", "1" * 16 + " + 1"),
        *("(" * 10_000, "9" * 100_000, "1" + " " * 100_000 + "x"),
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_anything_else_is_unreadable(text):
    state = TASK.start(TASK.pose((4, 9, 10, 13)))
    with pytest.raises(UnreadableStep, match="a step is: number sign number"):
        TASK.read(state, text)


@given(st.text() | st.from_regex(r"[0-9 /+*-]{1,12}", fullmatch=True))
def test_read_gives_a_step_or_says_unreadable_for_any_text(text):
    state = TASK.start(TASK.pose((4, 9, 10, 13)))
    try:
        step = TASK.read(state, text)
    except UnreadableStep:
        return
    assert TASK.read(state, TASK.write(state, step)) == step


def test_question_state_and_brief_are_the_words_expected():
    problem = TASK.pose((8, 3, 8, 3))
    state = TASK.apply(TASK.start(problem), Combine(8, "/", 3))
    assert TASK.ask(problem) == "use 3 3 8 8 to make 24"
    assert TASK.show(state) == "8/3 3 8 to make 24"
    assert TASK.brief(state) == "8/3 3 8"


@given(played)
def test_a_state_in_brief_is_one_short_line_that_tells_states_of_a_problem_apart(play):
    texts = {}
    for state in play[0]:
        brief = TASK.brief(state)
        assert len(brief) <= 120
        assert "\n" not in brief
        assert texts.setdefault(brief, state) == state


def test_a_state_is_drawn_as_svg_with_its_numbers():
    picture = ET.fromstring(TASK.draw(Numbers((exact(Fraction(8, 3)), 3, 8), 24)))
    assert picture.tag.endswith("svg")
    assert [text.text for text in picture.iter() if text.tag.endswith("text")] == ["8", "3", "3", "8", "make 24"]


# --- answers ---------------------------------------------------------------------------------------------


def test_every_solved_path_of_exhaustive_play_answers_correctly():
    solved = 0
    for hand in (*SOME, *ALL[::60]):
        problem = TASK.pose(hand)
        for path in paths(TASK.start(problem)):
            state = TASK.start(problem)
            for step in path:
                state = TASK.apply(state, step)
            verdict = TASK.check(problem, TASK.answer(problem, path)) if TASK.solved(state) else None
            if verdict:
                solved += 1
                assert verdict.correct is True, (path, TASK.answer(problem, path), verdict)
    assert solved > 100


@given(played)
def test_an_answer_is_correct_exactly_where_its_path_is_solved(play):
    states, steps = play
    problem = TASK.pose(tuple(states[0].numbers), states[0].target)
    verdict = TASK.check(problem, TASK.answer(problem, steps))
    assert verdict.correct is TASK.solved(states[-1])


def test_the_answer_of_a_path_is_one_expression_without_outer_brackets():
    problem = TASK.pose((3, 3, 8, 8))
    state, path = TASK.start(problem), []
    for text in ("8 / 3", "3 - 8/3", "8 / 1/3"):
        path.append(TASK.read(state, text))
        state = TASK.apply(state, path[-1])
    assert TASK.answer(problem, path) == "8 / (3 - (8 / 3))"
    assert TASK.answer(problem, path[:1]) == "3, 8, 8 / 3"
    assert TASK.answer(problem, []) == "3, 3, 8, 8"
    with pytest.raises(IllegalStep):
        TASK.answer(problem, [path[1]])


def test_giving_up_is_right_exactly_on_the_458_hands_without_a_solution():
    verdicts = [TASK.check_give_up(TASK.pose(hand)) for hand in ALL]
    assert Counter(verdict.correct for verdict in verdicts) == {False: 1362, True: 458}
    assert all(verdict.correct is not solvable(hand, 24) for hand, verdict in zip(ALL, verdicts, strict=True))


@given(played)
def test_states_steps_and_tasks_pickle(play):
    assert pickle.loads(pickle.dumps(play)) == play
    task = pickle.loads(pickle.dumps(TASK))
    assert task.problem(0, 0) == TASK.problem(0, 0)


# --- numeric face ----------------------------------------------------------------------------------------


@given(played)
def test_an_observation_shows_the_numbers_and_the_target_within_the_bounds(play):
    for state in play[0]:
        seen = TASK.observe(state)
        assert seen.shape == TASK.shape
        assert seen.dtype == TASK.dtype
        assert ((seen >= TASK.low) & (seen <= TASK.high)).all()
        expected = [math.log1p(number) for number in state.numbers] + [-1.0] * (4 - len(state.numbers))
        np.testing.assert_allclose(seen, [*expected, math.log1p(state.target)], rtol=1e-6)


def test_shared_arrays_cannot_be_changed():
    state = TASK.start(TASK.pose((1, 2, 3, 4)))
    for array in (TASK.mask(state), TASK.observe(state)):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9
