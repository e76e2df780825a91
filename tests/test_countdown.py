"""Countdown: problems, splits and exact values against brute force, rules, texts, answers, and real problems."""

from __future__ import annotations

import json
import math
import pickle
import random
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks import IllegalStep, Problem, make
from metacot.tasks.countdown import Countdown
from metacot.tasks.numbers import Numbers, distance, solutions, solvable
from metacot.tasks.rationals import Combine
from metacot.tasks.task import Task

TASK = Countdown()
KNOBS = [
    {},
    {"numbers": 3},
    {"numbers": 6, "target_low": 100, "target_high": 999},
    {"numbers": 5, "rules": "integer", "high": 25},
    {"numbers": 6, "use": "any"},
    {"rules": "integer", "use": "any"},
]


# --- exact values, against a brute force that shares no code ------------------------------------------------


@cache
def trees(hand, whole):
    """Every tree over a sorted hand, written with the sides of an operation in a fixed order, and its value."""
    if len(hand) == 1:
        return frozenset({(str(hand[0]), Fraction(hand[0]))})
    found = set()
    places = range(len(hand))
    for size in range(1, len(hand)):
        for part in combinations(places, size):
            left = tuple(hand[place] for place in part)
            right = tuple(hand[place] for place in places if place not in part)
            for (one, a), (two, b) in ((x, y) for x in trees(left, whole) for y in trees(right, whole)):
                first, second = sorted((one, two))
                found.add((f"({first} + {second})", a + b))
                found.add((f"({first} * {second})", a * b))
                if a > b:
                    found.add((f"({one} - {two})", a - b))
                elif a == b:
                    found.add((f"({first} - {second})", Fraction(0)))
                if b and not (whole and (a / b).denominator > 1):
                    found.add((f"({first} / {second})" if a == b else f"({one} / {two})", a / b))
    return frozenset(found)


def made(hand, whole):
    """How many trees over the hand have each value."""
    counts = {}
    for _, value in trees(hand, whole):
        counts[value] = counts.get(value, 0) + 1
    return counts


@cache
def values(hand, whole):
    """All values of all trees over a sorted hand, as (numerator, denominator) in lowest terms."""
    if len(hand) == 1:
        return frozenset({(hand[0], 1)})
    found = set()
    places = range(len(hand))
    for size in range(1, len(hand) // 2 + 1):
        for part in combinations(places, size):
            left = values(tuple(hand[place] for place in part), whole)
            right = values(tuple(hand[place] for place in places if place not in part), whole)
            for a, b in left:
                for c, d in right:
                    pairs = [(a * d + c * b, b * d), (abs(a * d - c * b), b * d), (a * c, b * d)]
                    pairs += [(a * d, b * c)] if c else []
                    pairs += [(c * b, d * a)] if a else []
                    for top, bottom in pairs:
                        shared = math.gcd(top, bottom)
                        if not whole or shared == bottom:
                            found.add((top // shared, bottom // shared))
    return frozenset(found)


def hands(count, size, high, seed):
    draw = random.Random(seed)
    return [tuple(sorted(draw.randint(1, high) for _ in range(size))) for _ in range(count)]


@pytest.mark.parametrize("whole", [False, True])
def test_solvable_agrees_with_brute_force_on_250_hands(whole):
    draw = random.Random(5)
    kinds = ((200, 3, 100), (40, 4, 100), (6, 5, 12), (4, 5, 100)) if not whole else ((200, 3, 100), (50, 4, 100))
    checked = 0
    for count, size, high in kinds:
        for hand in hands(count, size, high, size + whole):
            checked += 1
            reached = {top for top, bottom in values(hand, whole) if bottom == 1 and 0 < top <= 1000}
            missed = set(range(1, 1001)) - reached
            for targets in (reached, missed):
                for target in draw.sample(sorted(targets), min(8, len(targets))):
                    assert solvable(hand, target, whole) == (target in reached), (hand, target)
    assert checked == 250


@pytest.mark.parametrize("whole", [False, True])
def test_solutions_are_counted_as_brute_force_counts_them(whole):
    chosen = [*hands(12, 3, 12, 7), *hands(6, 4, 10, 8), (2, 2, 2, 2), (1, 1, 2, 2), (3, 3, 3), (1, 1, 1, 1)]
    for hand in chosen:
        counts = made(hand, whole)
        for target in range(1, 60):
            assert solutions(hand, target, whole) == counts.get(target, 0), (hand, target)


def test_six_numbers_agree_with_brute_force():
    """Small numbers, so that the brute force has an end: all targets at once."""
    hand = (1, 2, 2, 3, 3, 4)
    reached = {top for top, bottom in values(hand, True) if 0 < top <= 400}
    assert {target for target in range(1, 401) if solvable(hand, target, True)} == reached


def test_five_numbers_are_counted_as_brute_force_counts_them():
    for hand, whole in (((1, 2, 2, 3, 3), False), ((2, 3, 5, 5, 7), True)):
        counts = made(hand, whole)
        for target in (1, 2, 7, 24, 30, 99):
            assert solutions(hand, target, whole) == counts.get(target, 0), (hand, target)


def test_numbers_may_be_left_over():
    for hand in [*hands(10, 4, 20, 9), (1, 1, 3, 3)]:
        for whole in (False, True):
            for target in (1, 3, 12, 24, 31):
                parts = {part for size in range(1, 5) for part in combinations(hand, size)}
                fewest = [len(part) - 1 for part in parts if target in made(part, whole)]
                assert distance(hand, target, whole) == min(fewest, default=math.inf)
                counted = sum(made(part, whole).get(target, 0) for part in parts)
                assert solutions(hand, target, whole, spare=True) == counted


def test_a_famous_hand_of_six():
    start = TASK.start(TASK.pose((25, 50, 75, 100, 3, 6), 952, "integer", "any"))
    assert TASK.distance(start) == 5
    assert TASK.check(TASK.pose((25, 50, 75, 100, 3, 6), 952, "integer"), "((100+6)*3*75-50)/25").correct


def reachable(state, limit=400):
    found, waiting = {state}, [state]
    while waiting and len(found) < limit:
        here = waiting.pop()
        children = [TASK.apply(here, step) for step in TASK.steps(here)]
        waiting += [child for child in children if child not in found]
        found.update(children)
    return sorted(found, key=repr)[:limit]


STATES = [
    state
    for rules in ("rational", "integer")
    for use in ("all", "any")
    for hand, target in (((2, 3, 3, 10), 24), ((1, 2, 3, 4, 50), 47), ((3, 4, 5, 6, 7, 8), 100))
    for state in reachable(TASK.start(TASK.pose(hand, target, rules, use)), 60)
]


def test_distance_is_bellman_consistent_and_the_heuristic_admissible():
    for state in STATES:
        if len(state.numbers) > 4:
            continue
        away = TASK.distance(state)
        if TASK.solved(state):
            assert away == 0
        else:
            children = [TASK.apply(state, step) for step in TASK.steps(state)]
            assert away == 1 + min(map(TASK.distance, children), default=math.inf)
        assert TASK.heuristic(state) <= away
        for left in (None, *range(6)):
            assert TASK.value(state, left) == Task.value(TASK, state, left)


def test_the_faces_agree_with_the_pure_methods():
    for state in STATES:
        assert TASK.expand(state) == Task.expand(TASK, state)
        legal = {TASK.index(state, step): step for step in TASK.steps(state)}
        row, mask, solved = TASK.face(state)
        assert np.flatnonzero(mask).tolist() == sorted(legal)
        assert row.shape == TASK.shape == (9,)
        assert row.tolist()[-2:] == [state.whole, state.spare]
        assert solved == TASK.solved(state)
        for index in range(-1, TASK.n_actions + 1):
            if index in legal:
                assert TASK.move(state, index) == (legal[index], TASK.apply(state, legal[index]))
            else:
                with pytest.raises(IllegalStep, match=f"action {index} is not legal"):
                    TASK.move(state, index)
        for step in legal.values():
            assert TASK.read(state, TASK.write(state, step)) == step


# --- problems -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_every_problem_is_within_its_knobs_and_solvable(knobs):
    for split in TASK.splits:
        for index in range(3 if knobs.get("numbers") == 6 else 12):
            problem = TASK.problem(2, index, split, **knobs)
            hand, target, whole, spare = problem.data
            assert len(hand) == knobs.get("numbers", 4)
            assert list(hand) == sorted(hand)
            assert 1 <= hand[0] <= hand[-1] <= knobs.get("high", 100)
            assert knobs.get("target_low", 10) <= target <= knobs.get("target_high", 100)
            assert (whole, spare) == (knobs.get("rules") == "integer", knobs.get("use") == "any")
            assert 0 < TASK.distance(TASK.start(problem)) < len(hand)
            assert Problem.from_json(problem.to_json()) == problem == pickle.loads(pickle.dumps(problem))


def test_addresses_are_honest():
    alone = [Countdown().problem(3, index).data for index in (70, 5, 0)]
    assert alone == [TASK.problem(3, index).data for index in (70, 5, 0)]
    problems = [[TASK.problem(seed, index).data for index in range(40)] for seed in range(3)]
    assert len({data for row in problems for data in row}) == 120
    assert not set(problems[0]) & set(problems[1])
    assert problems[1][2] == ((17, 36, 64, 68), 57, False, False)


def test_a_run_of_addresses_gives_the_same_hands():
    for game in (TASK, make("game24")):
        rows = game.hands(3, 120, 20, "test", **({"numbers": 5} if game is TASK else {}))
        alone = [
            game.problem(3, index % (game.count("test") or 999), "test", **({"numbers": 5} if game is TASK else {}))
            for index in range(120, 140)
        ]
        assert rows.tolist() == [[*problem.data[0], problem.data[1]] for problem in alone]


def test_giving_up_a_dealt_problem_is_wrong_and_a_posed_one_is_solved():
    dealt = TASK.problem(0, 3, numbers=6)
    assert TASK.check_give_up(dealt).correct is False
    forged = replace(dealt, data=((1, 1, 1, 1, 1, 1), 1000, False, False))
    assert TASK.check_give_up(forged).correct is True
    assert TASK.check_give_up(TASK.pose((1, 1, 1), 100)).correct is True
    assert TASK.check_give_up(TASK.pose((2, 5, 10), 100)).correct is False


def test_splits_are_disjoint_and_hold_out_hands_and_targets():
    drawn = {split: [TASK.problem(1, index, split).data[:2] for index in range(300)] for split in TASK.splits}
    hands = {split: {hand for hand, _ in rows} for split, rows in drawn.items()}
    targets = {split: {target for _, target in rows} for split, rows in drawn.items()}
    problems = {split: set(rows) for split, rows in drawn.items()}
    others = [split for split in TASK.splits if split not in ("test_hand", "test_target")]
    for one, two in combinations(TASK.splits, 2):
        assert not problems[one] & problems[two], (one, two)
    for split in (*others, "test_hand"):
        assert not targets["test_target"] & targets[split]
    for split in (*others, "test_target"):
        assert not hands["test_hand"] & hands[split]
    assert len(targets["test_target"]) == 91 - len(targets["train"] | targets["test"] | targets["val"])


def test_what_is_held_out_does_not_depend_on_rules_or_seed():
    train = {TASK.problem(seed, i, numbers=3, high=9).data[:2] for seed in range(3) for i in range(150)}
    for knobs in ({"rules": "integer"}, {"use": "any"}):
        for split in TASK.splits[1:]:
            tested = {TASK.problem(9, i, split, numbers=3, high=9, **knobs).data[:2] for i in range(60)}
            assert not train & tested


@pytest.mark.parametrize(
    ("knobs", "reason"),
    [
        ({"numbers": 7}, "numbers must be a whole number in 3..6, got 7"),
        ({"numbers": True}, "numbers must be"),
        ({"low": 0}, "1 <= low <= high <= 100, got low=0, high=100"),
        ({"target_high": 5}, "1 <= target_low <= target_high <= 1000, got target_low=10, target_high=5"),
        ({"rules": "real"}, "rules must be 'rational' or 'integer', got 'real'"),
        ({"use": "some"}, "use must be 'all' or 'any', got 'some'"),
        ({"low": 1, "high": 1, "numbers": 3}, "no problem in split 'train'"),
    ],
)
def test_impossible_knobs_are_named(knobs, reason):
    with pytest.raises(ValueError, match=reason):
        TASK.problem(0, 0, **knobs)


def test_a_split_without_a_target_has_no_problems():
    [free] = [t for t in range(10, 40) if TASK.count("test_target", target_low=t, target_high=t) is None][:1]
    assert TASK.count("train", target_low=free, target_high=free) == 0
    assert TASK.problem(0, 0, "test_target", target_low=free, target_high=free).data[1] == free
    with pytest.raises(ValueError, match="unknown split 'dev'"):
        TASK.problem(0, 0, "dev")
    with pytest.raises(IndexError):
        TASK.problem(0, -1)


@pytest.mark.parametrize("data", [(), ((1, 2), 3), ((1, 2, 3),), ((1, 2, "3"), 4), ((1, 2, 3), 0), ((1, 2, 3), 4, "x")])
def test_what_is_no_problem_is_refused(data):
    with pytest.raises(ValueError, match=r"hand|must be"):
        TASK.pose(*data)


def test_attributes_say_how_many_solutions_there_are():
    attributes = TASK.attributes(TASK.pose((1, 2, 3), 6))
    counted = made((1, 2, 3), False)[6]
    assert attributes == {"numbers": 3.0, "solutions": float(counted), "steps": 2.0}
    assert TASK.attributes(TASK.pose((1, 1, 1), 100)) == {"numbers": 3.0, "solutions": 0.0, "steps": math.inf}


def test_levels_grow_in_numbers():
    assert [len(TASK.problem(0, 0, **TASK.knobs(level)).data[0]) for level in ("easy", "medium", "hard")] == [3, 4, 6]


# --- text and answers -----------------------------------------------------------------------------------------


def test_questions_say_the_rules():
    asks = [TASK.ask(TASK.pose((9, 3, 4), 7, *rules)) for rules in ((), ("integer",), ("integer", "any"))]
    assert asks == [
        "use 3 4 9 to make 7",
        "use 3 4 9 to make 7 in whole numbers",
        "use any of 3 4 9 to make 7 in whole numbers",
    ]
    assert TASK.brief(TASK.start(TASK.pose((9, 3, 4), 7, "integer", "any"))) == "3 4 9"


def test_a_quotient_with_a_rest_is_refused_under_integer_rules():
    state = Numbers((3, 4, 8), 6, True)
    assert TASK.apply(state, Combine(8, "/", 4)) == Numbers((2, 3), 6, True)
    for call in (TASK.apply, TASK.index):
        with pytest.raises(IllegalStep, match="8/3 is not a whole number"):
            call(state, Combine(8, "/", 3))
    assert all(type(n) is int for step in TASK.steps(state) for n in TASK.apply(state, step).numbers)


@given(st.integers(0, 500), st.sampled_from(KNOBS), st.lists(st.integers(0, 74), min_size=5, max_size=5))
def test_answers_of_solved_paths_are_right_and_of_others_wrong(index, knobs, choices):
    problem = TASK.problem(4, index % 64, **knobs)
    state, steps = TASK.start(problem), []
    for choice in choices:
        assert TASK.check(problem, TASK.answer(problem, steps)).correct is TASK.solved(state)
        if legal := TASK.steps(state):
            steps.append(legal[choice % len(legal)])
            state = TASK.apply(state, steps[-1])
    assert TASK.check(problem, TASK.answer(problem, steps)).correct is TASK.solved(state)


def test_oracle_play_ends_in_a_right_answer():
    for knobs in KNOBS:
        problem = TASK.problem(6, 1, **knobs)
        state, steps = TASK.start(problem), []
        while not TASK.solved(state):
            away = TASK.distance(state)
            rows = ((step, child) for step, child, _, _ in TASK.expand(state) if TASK.value(child, int(away) - 1))
            step, state = next(rows)
            steps.append(step)
        assert TASK.check(problem, TASK.answer(problem, steps)).correct


@pytest.mark.parametrize(
    ("answer", "rules", "use", "reason"),
    [
        ("(2 + 4) * 3", "rational", "all", None),
        ("3 / 2 * 4 + 12", "rational", "all", "uses"),
        ("3 * 6", "rational", "any", "uses"),
        ("(2+4)*3 = 18", "integer", "any", None),
        ("4 * 3 + 2 * 3", "rational", "all", "uses more than 3 numbers"),
        ("3 / 2 * 12", "integer", "any", "3 / 2 is not a whole number"),
        ("__import__('os').system('true')", "rational", "any", "is not allowed"),
        ("9**9**9", "rational", "any", "not allowed"),
        ("2 / (4 - 4)", "integer", "any", "division by zero"),
        ("", "rational", "all", "empty"),
    ],
)
def test_answers_are_judged_by_the_rules_of_the_problem(answer, rules, use, reason):
    verdict = TASK.check(TASK.pose((2, 3, 4), 18, rules, use), answer)
    assert verdict.correct is (reason is None)
    assert (reason or "makes 18") in verdict.reason


def test_pictures_keep_their_size_along_a_play():
    state = TASK.start(TASK.pose((1, 2, 3, 4, 5, 6), 100))
    sizes = set()
    while steps := TASK.steps(state):
        sizes.add(TASK.picture(state).pixels().shape)
        state = TASK.apply(state, steps[-1])
    assert len(sizes | {TASK.picture(state).pixels().shape}) == 1


# --- real problems --------------------------------------------------------------------------------------------


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["sft_train_2k", "val_200"])
def test_real_problems_are_solvable_and_their_answers_right(data_file, name):
    count = 0
    for row in rows(data_file(f"countdown/{name}.jsonl")):
        problem = TASK.pose(row["numbers"], row["target"])
        verdict = TASK.check(problem, row["gold_expr"])
        assert verdict.correct, (row["id"], verdict)
        if "teacher_expr" in row:
            assert TASK.check(problem, row["teacher_expr"]).correct
        count += 1
        if count % 20 == 0:
            assert TASK.distance(TASK.start(problem)) == len(row["numbers"]) - 1
    assert count in (2000, 200)


def test_judgements_agree_with_those_recorded_for_a_model(data_file):
    posed = {row["prompt"]: row for row in rows(data_file("countdown/val_200.jsonl"))}
    judged = 0
    for name in ("val50_grpo_step250", "val50_sft_full_step500"):
        for row in rows(data_file(f"countdown/{name}.jsonl")):
            if row["extracted_expr"] is not None and row["prompt"] in posed:
                source = posed[row["prompt"]]
                verdict = TASK.check(TASK.pose(source["numbers"], source["target"]), row["extracted_expr"])
                assert verdict.correct is row["correct"], (row["id"], row["extracted_expr"], verdict)
                judged += 1
    assert judged == 33


def test_it_is_registered():
    assert isinstance(make("countdown"), Countdown)
