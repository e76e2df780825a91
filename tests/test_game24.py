"""Game of 24: rules, exact values and splits against brute force, and the text and numeric faces against each other."""

import json
import math
import pickle
import random
import xml.etree.ElementTree as ET
from collections import Counter
from fractions import Fraction
from functools import cache
from hashlib import blake2b
from itertools import combinations_with_replacement, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks import IllegalStep, Problem, UnreadableStep, make
from metacot.tasks.game24 import Game24, Numbers, hands, read_puzzles, solvable
from metacot.tasks.game24.hands import plays
from metacot.tasks.rationals import Combine, exact
from metacot.tasks.task import Task

TASK = Game24()
ALL = [tuple(hand) for hand in combinations_with_replacement(range(1, 14), 4)]
SOME = [*random.Random(24).sample(ALL, 16), (1, 1, 1, 1), (3, 3, 8, 8), (13, 13, 13, 13), (1, 5, 5, 5)]
WIDE = random.Random(25).sample(list(combinations_with_replacement(range(1, 26), 4)), 12)
SPLITS = ("train", "val", "test")


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


# --- problems --------------------------------------------------------------------------------------------


def family(task, split, seed=0, **difficulty):
    """The hands of a split in the order of their addresses."""
    return [task.problem(seed, index, split, **difficulty).data[0] for index in range(task.count(split, **difficulty))]


def test_the_splits_never_change():
    counts = {split: (TASK.count(split), TASK.count(split, solvable="mixed")) for split in SPLITS}
    assert counts == {"train": (1034, 1368), "val": (35, 44), "test": (293, 408)}
    hands_of = {split: sorted(family(TASK, split, solvable="mixed", high=25)) for split in SPLITS}
    assert sum(map(len, hands_of.values())) == math.comb(28, 4)
    assert blake2b(json.dumps(hands_of).encode(), digest_size=8).hexdigest() == "9e0e334afb198fb3"


def test_at_least_270_solvable_hands_are_held_out():
    assert TASK.count("test") >= 270


@pytest.mark.parametrize("knobs", [{}, {"target": 10}, {"high": 20}, {"low": 9, "high": 25, "target": 100}], ids=str)
@pytest.mark.parametrize("solvable", ["only", "mixed"])
def test_a_hand_is_in_the_same_split_whatever_the_target_and_the_range(knobs, solvable):
    home = {hand: split for split in SPLITS for hand in family(TASK, split, solvable="mixed", high=25)}
    for split in SPLITS:
        for hand in family(TASK, split, solvable=solvable, **knobs):
            assert home[hand] == split


@pytest.mark.parametrize("knobs", [{}, {"target": 10, "low": 2, "high": 9}], ids=str)
def test_solvable_only_deals_solvable_hands_and_mixed_deals_all(knobs):
    low, high, target = ({"low": 1, "high": 13, "target": 24} | knobs).values()
    for split in SPLITS:
        only = family(TASK, split, **knobs)
        mixed = family(TASK, split, solvable="mixed", **knobs)
        assert len(set(only)) == len(only)
        assert len(set(mixed)) == len(mixed)
        assert sorted(only) == sorted(hand for hand in mixed if solvable(hand, target))
        assert all(low <= hand[0] and hand[-1] <= high for hand in mixed)
        assert len(mixed) > len(only) or split == "val"


def test_an_address_always_gives_the_same_problem():
    text = "".join(
        TASK.problem(seed, index, split).to_json() for split in SPLITS for seed in (0, 7) for index in range(20)
    )
    assert blake2b(text.encode(), digest_size=8).hexdigest() == "1ce5a764d88be29a"
    late, fresh = TASK.problem(3, 500), Game24().problem(3, 500)
    assert late == fresh == TASK.problem(3, 500, "train")


def test_seeds_are_not_additive():
    same = sum(TASK.problem(43, index - 1).data == TASK.problem(42, index).data for index in range(1, 200))
    assert same < 5
    orders = [family(TASK, "train", seed) for seed in range(4)]
    assert all(sorted(order) == sorted(orders[0]) for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert family(TASK, "val", 1, high=20) != family(TASK, "val", 2, high=20)


def test_a_problem_knows_its_address():
    problem = TASK.problem(5, 17, "test", target=10, high=20)
    assert (problem.task, problem.seed, problem.index, problem.split) == ("game24", 5, 17, "test")
    assert problem.difficulty == {"target": 10, "high": 20}
    assert TASK.problem(problem.seed, problem.index, problem.split, **problem.difficulty) == problem
    assert problem.solve_rate is None


def test_numpy_numbers_are_addresses_too():
    problem = TASK.problem(np.int64(3), np.int32(4))
    assert problem == TASK.problem(3, 4)
    assert Problem.from_json(problem.to_json()) == problem


@pytest.mark.parametrize("index", [-1, 1034, 10**9])
def test_an_index_outside_a_split_raises_with_its_size(index):
    with pytest.raises(IndexError, match=f"split 'train' has 1034 hands, there is no index {index}"):
        TASK.problem(0, index)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"low": 0}, "1 <= low <= high <= 25, got low=0, high=13"),
        ({"high": 26}, "1 <= low <= high <= 25, got low=1, high=26"),
        ({"low": 9, "high": 8}, "1 <= low <= high <= 25, got low=9, high=8"),
        ({"low": 1.0}, "whole and satisfy .* got low=1.0"),
        ({"low": True}, "whole and satisfy .* got low=True"),
        ({"target": 0}, "target must be a whole number in 1..1000, got 0"),
        ({"target": 1001}, "target must be a whole number in 1..1000, got 1001"),
        ({"target": "24"}, "target must be a whole number in 1..1000, got '24'"),
        ({"solvable": "yes"}, "solvable must be 'only' or 'mixed', got 'yes'"),
    ],
    ids=str,
)
def test_a_bad_knob_is_refused_with_its_value_and_the_rule(knobs, message):
    with pytest.raises(ValueError, match=message):
        TASK.problem(0, 0, **knobs)
    with pytest.raises(ValueError, match=message):
        TASK.count(**knobs)


def test_an_unknown_knob_or_split_is_refused_by_name():
    with pytest.raises(ValueError, match="there is no difficulty 'goal' here; known: low, high, target, solvable"):
        TASK.problem(0, 0, goal=24)
    with pytest.raises(ValueError, match=r"unknown split 'dev'; splits are train, val, test$"):
        TASK.problem(0, 0, "dev")
    with pytest.raises(ValueError, match="unknown split 'puzzles'"):
        TASK.count("puzzles")
    with pytest.raises(ValueError, match="non-negative"):
        TASK.problem(-1, 0)


def test_a_posed_problem_is_sorted_and_has_no_address():
    problem = TASK.pose([8, 3, 8, 3])
    assert problem == Problem("game24", ((3, 3, 8, 8), 24))
    assert (problem.seed, problem.index, problem.split) == (None, None, "posed")
    assert TASK.pose((1, 2, 3, 4), 10).data == ((1, 2, 3, 4), 10)
    assert TASK.problem_key(problem) == TASK.problem_key(TASK.pose((3, 8, 3, 8)))


@pytest.mark.parametrize(
    "data",
    [
        *((), (None,), (1, 2, 3, 4), ("1234",), ((1, 2, 3),), ((1, 2, 3, 4, 5),), ((1, 2, 3, 4), 24, 24)),
        *(((1, 2, 3, "4"),), ((1.0, 2, 3, 4),), ((True, 2, 3, 4),), ((0, 2, 3, 4),), ((1, 2, 3, 26),)),
        *(((1, 2, 3, 4), 0), ((1, 2, 3, 4), None)),
    ],
    ids=str,
)
def test_what_is_no_hand_cannot_be_posed(data):
    with pytest.raises(ValueError, match=r"a hand is 4 whole numbers|numbers must be|target must be"):
        TASK.pose(*data)


@given(st.integers(0, 2**32), st.integers(0, 30), st.sampled_from(SPLITS), st.integers(1, 1000))
def test_problems_round_trip_through_json_and_pickle(seed, index, split, target):
    problem = TASK.problem(seed, index, split, target=target, solvable="mixed")
    for twin in (Problem.from_json(problem.to_json()), pickle.loads(pickle.dumps(problem))):
        assert twin == problem
        assert hash(twin) == hash(problem)
        assert TASK.start(twin) == TASK.start(problem)


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


# --- puzzles with human solve rates ----------------------------------------------------------------------

HEADER = "Rank,Puzzles,AMT (s),Solved rate\n"


@pytest.fixture
def csv_file(tmp_path):
    """A function that writes a file of puzzles and returns its path."""

    def write(text, name="puzzles.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write


@pytest.fixture
def shuffled(csv_file):
    """1,200 solvable hands in an order of their own, as (path, rows)."""
    rows = random.Random(1).sample([hand for hand in ALL if solvable(hand, 24)], 1200)
    lines = [f"{rank},{' '.join(map(str, hand))},9.5,{rank % 100}.5%" for rank, hand in enumerate(rows, start=1)]
    return csv_file(HEADER + "\n".join(lines)), rows


def test_a_puzzle_file_adds_its_rows_901_to_1000_in_file_order_whatever_the_seed(shuffled):
    path, rows = shuffled
    task = Game24(puzzles=path)
    assert family(task, "puzzles", seed=0) == family(task, "puzzles", seed=9) == rows[900:1000]
    with pytest.raises(IndexError, match="split 'puzzles' has 100 hands, there is no index 100"):
        task.problem(0, 100, "puzzles")
    with pytest.raises(ValueError, match="splits are train, val, test, puzzles"):
        task.problem(0, 0, "dev")


def test_training_and_validation_leave_the_held_out_puzzles_out_for_every_target(shuffled):
    path, rows = shuffled
    task, held_out = Game24(puzzles=path), set(rows[900:1000])
    for knobs in ({}, {"target": 10}, {"high": 20, "solvable": "mixed"}):
        for split in ("train", "val"):
            assert sorted(family(task, split, **knobs)) == sorted(set(family(TASK, split, **knobs)) - held_out)
        assert sorted(family(task, "test", **knobs)) == sorted(family(TASK, "test", **knobs))


def test_a_puzzle_file_defines_the_order_of_what_one_is_judged_on_and_unranked_hands_come_last(shuffled):
    path, rows = shuffled
    task = Game24(puzzles=path)
    for split in ("val", "test"):
        dealt = family(task, split, seed=3)
        ranked = [hand for hand in dealt if hand in set(rows)]
        assert ranked == [hand for hand in rows if hand in set(dealt)]
        assert dealt[: len(ranked)] == ranked


def test_training_stays_shuffled_with_a_puzzle_file(shuffled):
    path, _ = shuffled
    task = Game24(puzzles=path)
    one, two = (family(task, "train", seed=seed) for seed in (3, 4))
    assert one != two
    assert sorted(one) == sorted(two)
    assert np.array_equal(task.hands(3, 0, len(one), "train")[:, :4], one)
    assert np.array_equal(task.hands(3, 0, 5, "val")[:, :4], family(task, "val", seed=9)[:5])


def test_problems_from_a_puzzle_file_carry_the_solve_rate_of_their_hand(shuffled):
    path, rows = shuffled
    task = Game24(puzzles=path)
    assert task.problem(0, 0, "puzzles").solve_rate == pytest.approx(0.015)
    rates = {hand: (rank % 100 + 0.5) / 100 for rank, hand in enumerate(rows, start=1)}
    for index in range(100):
        problem = task.problem(0, index)
        assert problem.solve_rate == pytest.approx(rates.get(problem.data[0]))
        assert task.problem(0, index, target=10).solve_rate is None
    assert pickle.loads(pickle.dumps(task)).problem(0, 3, "puzzles") == task.problem(0, 3, "puzzles")


def test_the_knobs_hold_for_held_out_puzzles_too(shuffled):
    path, rows = shuffled
    task = Game24(puzzles=path)
    assert family(task, "puzzles", high=9) == [hand for hand in rows[900:1000] if hand[-1] <= 9]
    assert family(task, "puzzles", target=10) == [hand for hand in rows[900:1000] if solvable(hand, 10)]


def test_a_short_puzzle_file_holds_nothing_out(csv_file):
    task = Game24(puzzles=csv_file(HEADER + "1,1 1 4 6,4.4,99.20%\n"))
    assert task.count("puzzles") == 0
    assert task.count("train") == TASK.count("train")


def test_optional_columns_blank_lines_and_a_byte_order_mark_are_no_trouble(csv_file):
    plain = csv_file("\ufeffRank,Puzzles\r\n1,1 1 4 6\r\n\r\n2, 4 1  1 7 \r\n")
    assert read_puzzles(plain) == (((1, 1, 4, 6), None), ((1, 1, 4, 7), None))
    rates = csv_file(HEADER + "1,1 1 4 6,,\n2,1 1 4 7,,50\n3,1 1 4 8,,0%\n", "rates.csv")
    assert [puzzle.solve_rate for puzzle in read_puzzles(rates)] == [None, 0.5, 0.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no puzzles"),
        (HEADER, "holds no puzzles"),
        ("Rank,Hands\n1,1 1 4 6\n", "line 2: the columns Rank and Puzzles are needed"),
        ("Puzzles\n1 1 4 6\n", "line 2: the columns Rank and Puzzles are needed"),
        (HEADER + "1\n", "line 2: the columns Rank and Puzzles are needed"),
        (HEADER + "1,1 1 4 6,4,9%\n3,1 1 4 7,4,9%\n", "line 3: ranks run 1, 2, 3 and so on: expected 2, got '3'"),
        (HEADER + "first,1 1 4 6,4,9%\n", "expected 1, got 'first'"),
        (HEADER + "1,1 1 4,4,9%\n", "a hand is four whole numbers in 1..25, got '1 1 4'"),
        (HEADER + "1,1 1 4 x,4,9%\n", "got '1 1 4 x'"),
        (HEADER + "1,1 1 4 ٦,4,9%\n", "a hand is four whole numbers"),
        (HEADER + "1,0 1 4 6,4,9%\n", "got '0 1 4 6'"),
        (HEADER + "1,1 1 4 26,4,9%\n", "got '1 1 4 26'"),
        (HEADER + f"1,1 1 4 {'9' * 5000},4,9%\n", "a hand is four whole numbers"),
        (HEADER + "1,1 1 4 6,4,9%\n2,6 4 1 1,4,9%\n", "line 3: the hand '6 4 1 1' is here twice"),
        (HEADER + "1,1 1 4 6,4,most\n", "a solved rate is a percentage, got 'most'"),
        (HEADER + "1,1 1 4 6,4,101%\n", "got '101%'"),
        (HEADER + "1,1 1 4 6,4,nan\n", "got 'nan'"),
        (b"Rank,Puzzles\n1,\xff\xfe\n", "codec can't decode"),
        (HEADER + '1,"' + "1 " * 100_000 + '"\n', "field larger than field limit"),
    ],
    ids=lambda text: ascii(text[-24:]),
)
def test_a_malformed_puzzle_file_is_refused_with_line_and_rule(csv_file, text, message):
    with pytest.raises(ValueError, match=message):
        Game24(puzzles=csv_file(text))


def test_a_missing_puzzle_file_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        make("game24", puzzles=str(tmp_path / "nowhere.csv"))


def test_the_puzzles_with_human_solve_rates_are_the_1362_solvable_hands(data_file):
    path = str(data_file("game24/24.csv"))
    rows = read_puzzles(path)
    assert sorted(row.hand for row in rows) == [hand for hand in ALL if solvable(hand, 24)]
    assert rows[0] == ((1, 1, 4, 6), pytest.approx(0.992))
    task = Game24(puzzles=path)
    assert family(task, "puzzles") == [row.hand for row in rows[900:1000]]
    assert task.problem(0, 0, "puzzles").data == ((4, 5, 6, 10), 24)
    assert task.problem(0, 0, "puzzles").solve_rate == pytest.approx(0.903)
    assert not {*family(task, "train"), *family(task, "val")} & {row.hand for row in rows[900:1000]}


def test_levels_are_ordered_by_how_few_plays_solve():
    def share(level):
        problems = [TASK.problem(0, index, **TASK.levels[level]) for index in range(70)]
        return sum(TASK.attributes(problem)["solving_share"] for problem in problems)

    assert list(TASK.levels) == ["easy", "medium", "hard"]
    assert share("easy") > share("medium") > share("hard")
    with pytest.raises(ValueError, match=r"no level 'harder'; levels: easy, medium, hard"):
        TASK.knobs("harder")
