"""Blocksworld: exact distances against a plain search of all arrangements, and the faces against each other."""

import itertools
import pickle
import random
import re
import xml.etree.ElementTree as ET
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks import IllegalStep, Problem, Trace, Tree, UnreadableStep, emit, make, parse, replay
from metacot.tasks.blocksworld import Blocks, Blocksworld, Move
from metacot.tasks.blocksworld.families import COLOURS
from metacot.tasks.blocksworld.towers import is_arrangement, moves_apart, nameless
from metacot.tasks.grammar import WORDS, perform
from metacot.tasks.task import Task

TASK = Blocksworld()
SPLITS = ("train", "val", "test")
SOME = [TASK.problem(seed, 2, SPLITS[seed % 3], blocks=4 + seed % 5) for seed in range(10)]


def arrangements(n):
    """All of them, by trying every choice."""
    return [on for on in itertools.product(range(-1, n), repeat=n) if is_arrangement(on)]


def neighbours(on):
    """What one move makes of an arrangement, written anew."""
    for block, to in itertools.product(range(len(on)), range(-1, len(on))):
        if block not in on and to not in (block, on[block]) and (to == -1 or to not in on):
            yield (*on[:block], to, *on[block + 1 :])


def searched(goal):
    """The distance of every arrangement to a goal, by breadth-first search; moves can be undone."""
    away, waiting = {goal: 0}, deque([goal])
    while waiting:
        here = waiting.popleft()
        for there in neighbours(here):
            if there not in away:
                away[there] = away[here] + 1
                waiting.append(there)
    return away


# --- exact values ----------------------------------------------------------------------------------------------------


def test_there_are_as_many_arrangements_as_sets_of_lists():
    assert [len(arrangements(n)) for n in (1, 2, 3, 4, 5)] == [1, 3, 13, 73, 501]


@pytest.mark.parametrize("n", [2, 3, 4])
def test_distances_agree_with_a_search_of_all_pairs(n):
    for goal in arrangements(n):
        assert all(moves_apart(on, goal) == away for on, away in searched(goal).items())


def test_distances_agree_with_a_search_from_some_goals_of_six_blocks():
    draw = random.Random(5)
    for goal in ((-1, 0, 1, 2, 3, 4), (-1, 0, -1, 2, -1, 4), (3, -1, 1, 4, 2, -1)):
        away = searched(goal)
        assert len(away) == 4051
        assert all(moves_apart(on, goal) == away[on] for on in draw.sample(sorted(away), 400))


def test_distances_are_bellman_consistent_and_the_heuristic_is_admissible():
    for problem in SOME:
        for state in walk(problem, 1, 6):
            assert TASK.heuristic(state) <= TASK.distance(state)
            if TASK.solved(state):
                assert (TASK.distance(state), TASK.steps(state)) == (0, [])
            else:
                assert TASK.distance(state) == 1 + min(TASK.distance(row[1]) for row in TASK.expand(state))
        plan, blocks = TASK.attributes(problem)["plan"], TASK.attributes(problem)["blocks"]
        assert plan == TASK.distance(TASK.start(problem)) >= blocks - 1
        assert TASK.check_give_up(problem).correct is False


# --- families -----------------------------------------------------------------------------------------------------


def renamed(problem, names):
    """The problem with block b called names[b]."""
    moved = []
    for on in problem.data:
        new = [-1] * len(on)
        for block, below in enumerate(on):
            new[names[block]] = -1 if below == -1 else names[below]
        moved.append(tuple(new))
    return TASK.pose(*moved)


def test_problems_with_renamed_blocks_are_one_problem():
    draw = random.Random(2)
    for problem in SOME:
        n = len(problem.data[0])
        for _ in range(5):
            assert TASK.problem_key(renamed(problem, draw.sample(range(n), n))) == TASK.problem_key(problem)


def test_keys_tell_all_other_problems_apart():
    pairs = [pair for pair in itertools.product(arrangements(4), repeat=2) if pair[0] != pair[1]]
    names = list(itertools.permutations(range(4)))
    orbits = {
        min(
            tuple(tuple(-1 if on[old.index(b)] == -1 else old[on[old.index(b)]] for b in range(4)) for on in pair)
            for old in names
        )
        for pair in pairs[::7]
    }
    assert len({nameless(*pair) for pair in pairs[::7]}) == len(orbits)


def test_a_problem_is_a_function_of_its_address_and_splits_share_none():
    keys = {split: set() for split in SPLITS}
    for split, index in itertools.product(SPLITS, range(40)):
        problem = TASK.problem(1, index, split, blocks=4)
        assert make("blocksworld").problem(1, index, split, blocks=4) == problem == Problem.from_json(problem.to_json())
        keys[split].add(TASK.problem_key(problem))
    assert all(one.isdisjoint(other) for one, other in itertools.combinations(keys.values(), 2))


def test_addresses_and_knobs_that_are_none_are_refused():
    asked = [lambda: TASK.problem(0, 0, "exam"), lambda: TASK.count("exam"), lambda: TASK.count(size=4)]
    asked += [lambda n=n: TASK.problem(0, 0, blocks=n) for n in (3, 9, 4.0, True, "4")]
    for call in asked:
        with pytest.raises(ValueError, match=r"split|blocks|size"):
            call()
    with pytest.raises(IndexError):
        TASK.problem(0, -1)
    assert TASK.count("val", blocks=5) is None
    assert list(TASK.levels) == ["easy", "medium", "hard"]


# --- rules and faces ----------------------------------------------------------------------------------------------


def walk(problem, seed, steps):
    """The states of random play."""
    draw, states = random.Random(seed), [TASK.start(problem)]
    for _ in range(steps):
        if legal := TASK.steps(states[-1]):
            states.append(TASK.apply(states[-1], draw.choice(legal)))
    return states


def test_all_faces_agree_with_the_pure_methods():
    for problem in SOME:
        for state in walk(problem, 3, 8):
            legal = TASK.steps(state)
            expected = set() if TASK.solved(state) else set(neighbours(state.on))
            assert {TASK.apply(state, step).on for step in legal} == expected
            assert len(legal) == len(expected)
            assert TASK.expand(state) == Task.expand(TASK, state)
            indices = [TASK.index(state, step) for step in legal]
            assert indices == sorted(set(indices))
            assert np.flatnonzero(TASK.mask(state)).tolist() == indices
            for index in range(-1, 65):
                if index in indices:
                    step = legal[indices.index(index)]
                    assert TASK.step_at(state, index) == step
                    assert TASK.move(state, index) == (step, TASK.apply(state, step))
                else:
                    with pytest.raises(IllegalStep):
                        TASK.move(state, index)
            seen = TASK.observe(state)
            n = len(state.on)
            assert (seen.shape, seen.dtype) == (TASK.shape, TASK.dtype)
            assert tuple(seen[:n] - 1) == state.on
            assert tuple(seen[8 : 8 + n] - 1) == state.goal
            assert (seen == -1).sum() == 2 * (8 - n)
            assert pickle.loads(pickle.dumps(state)) == state
            assert ET.fromstring(TASK.draw(state)).tag.endswith("svg")


def test_an_illegal_step_says_why():
    state = TASK.start(TASK.pose("red on blue, green", "green on red on blue"))
    said = {
        "put blue on table": "blue stands on table already",
        "put blue on green": "red stands on blue",
        "put green on blue": "red stands on blue",
        "put red on red": "red cannot stand on itself",
        "put red on blue": "red stands on blue already",
        "put white on red": "there is no block of that colour",
        "put red on white": "there is no block of that colour",
    }
    for text, why in said.items():
        with pytest.raises(IllegalStep) as refused:
            TASK.apply(state, TASK.read(state, text))
        assert str(refused.value) == why
    done = TASK.apply(state, TASK.read(state, "put green on red"))
    assert TASK.solved(done)
    with pytest.raises(IllegalStep, match="the goal is reached"):
        TASK.apply(done, Move(2, -1))


# --- text and answers ---------------------------------------------------------------------------------------------


def test_problems_and_steps_are_read_back_from_their_text():
    for problem in SOME:
        state = TASK.start(problem)
        assert TASK.pose(TASK.brief(state), TASK.brief(Blocks(state.goal, state.goal))).data == problem.data
        assert TASK.show(state).splitlines()[0] == f"now: {TASK.brief(state)}"
        for step in TASK.steps(state):
            assert TASK.read(state, TASK.write(state, step)) == step
    tall = TASK.start(TASK.pose((-1, 0, 1, 2, 3, 4, 5, 6), (-1,) * 8))
    assert len(TASK.brief(tall)) <= 120
    assert len(TASK.brief(Blocks(tall.goal, tall.on))) <= 120


@pytest.mark.parametrize(
    "data",
    [
        (),
        ("red",),
        ("red", "red"),
        ("red, blue", "red, blue"),
        ("red, blue", "red, blue, green"),
        ("red, green", "red on green"),
        ("red on red, blue", "red, blue"),
        ("red, pink", "red on pink"),
        ("", ""),
        (5, 6),
        ((-1, 0), (0, 1)),
        ((-1, 0), (1, 0)),
        ((-1, True), (-1, -1)),
        ((-1,) * 9, (-1,) * 8 + (0,)),
    ],
    ids=str,
)
def test_what_is_no_problem_is_refused(data):
    with pytest.raises(ValueError, match=r"block|arrangement|tower|start"):
        TASK.pose(*data)


@given(st.text(max_size=40) | st.lists(st.sampled_from([*COLOURS, "put", "on", "table"]), max_size=6).map(" ".join))
def test_no_text_breaks_the_reader_of_steps(text):
    try:
        step = TASK.read(None, text)
    except UnreadableStep:
        return
    assert TASK.write(None, step).split() == text.split()


def test_every_word_is_listed():
    texts = [TASK.ask(problem) for problem in SOME]
    for problem in SOME:
        for state in walk(problem, 4, 5):
            texts.append(TASK.brief(state))
            for step in itertools.starmap(Move, itertools.product(range(8), range(-1, 8))):
                texts.append(TASK.write(state, step))
                try:
                    TASK.apply(state, step)
                except IllegalStep as refused:
                    texts.append(str(refused))
    pieces = {piece for text in texts for piece in re.findall(r"[A-Za-z]+|[^\sA-Za-z\d]", text)}
    assert pieces <= {*WORDS, *TASK.words}


def test_the_answer_of_every_plan_is_right_and_of_its_parts_wrong():
    for problem in SOME:
        state, plan = TASK.start(problem), []
        while not TASK.solved(state):
            plan.append(min(TASK.steps(state), key=lambda step, state=state: TASK.distance(TASK.apply(state, step))))
            state = TASK.apply(state, plan[-1])
        assert len(plan) == TASK.attributes(problem)["plan"]
        assert TASK.check(problem, TASK.answer(problem, plan)).correct is True
        for cut in range(len(plan)):
            assert TASK.check(problem, TASK.answer(problem, plan[:cut])).correct is False
        assert TASK.check(problem, TASK.answer(problem, plan) + ", put red on table").correct is False


HOSTILE = ["", ",", "put", "put red on table" * 999, "put red on red", "__import__('os')", "\ud800", "\0", "," * 9999]


@pytest.mark.parametrize("answer", [*HOSTILE, None, 5, b"put red on table", ["put"]], ids=lambda text: repr(text)[:20])
def test_no_answer_of_any_kind_raises_or_passes(answer):
    for problem in SOME:
        verdict = TASK.check(problem, answer)
        assert verdict.correct is False
        assert len(verdict.reason) < 200


@given(st.lists(st.integers(0, 63) | st.sampled_from(["back #0", "back #1", "put up", "answer"]), max_size=20))
def test_traces_come_back_from_their_text(choices):
    problem = SOME[2]
    tree, actions = Tree(TASK, problem), []
    for choice in choices:
        line = choice if isinstance(choice, str) else TASK.write(tree.state, Move(choice // 8, choice % 8))
        actions.append(perform(tree, line)[0])
        if line == "answer":
            break
    trace = Trace(problem, tuple(actions), {})
    assert replay(TASK, trace).tree.same_as(tree)
    assert parse(TASK, problem, emit(TASK, trace)).actions == trace.actions
