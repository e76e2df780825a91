"""Sokoban against a plain search over whole states, against real levels, and against what nobody should write."""

from __future__ import annotations

import math
import pickle
import random
from collections import deque
from itertools import islice, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metacot.agents.policies.tokenizer import closed_tokenizer
from metacot.envs import ReasoningEnv, TextReasoning
from metacot.tasks import IllegalStep, Problem, Step, Submit, Trace, UnreadableStep, emit, make, parse, split_of
from metacot.tasks.grammar import prompt
from metacot.tasks.sokoban import Sokoban, deadlock, parse_level, read_levels, render
from metacot.tasks.sokoban.board import cells_of
from metacot.tasks.sokoban.task import _block
from metacot.tasks.sokoban.text import canonical_grids, canonical_rows, texts_of

TASK = make("sokoban")
MOVES = {"u": (-1, 0), "d": (1, 0), "l": (0, -1), "r": (0, 1)}
SMALL = """\
#####
#@$.#
#####"""
CORNER = """\
######
#$ ..#
# @  #
#  $ #
######"""
EDGE = """\
######
# $  #
# @  #
#  . #
######"""
FREEZE = """\
#######
#     #
# $$  #
# $$@ #
#   ..#
#   ..#
#######"""
FREE = """\
#######
#     #
# $$  #
#   @ #
#   ..#
#######"""


# A second implementation: cells are pairs, boxes a set, and the search is breadth first over moves.


class Plain:
    def __init__(self, text):
        self.open, self.goals, boxes = set(), set(), set()
        for row, line in enumerate(text.split("\n")):
            for column, mark in enumerate(line):
                if mark != "#":
                    self.open.add((row, column))
                if mark in ".*+":
                    self.goals.add((row, column))
                if mark in "$*":
                    boxes.add((row, column))
                if mark in "@+":
                    player = row, column
        self.start = player, frozenset(boxes)

    def after(self, state, letter):
        (row, column), boxes = state
        down, right = MOVES[letter]
        there, beyond = (row + down, column + right), (row + 2 * down, column + 2 * right)
        if there not in self.open:
            return None
        if there in boxes:
            if beyond not in self.open or beyond in boxes:
                return None
            boxes = boxes - {there} | {beyond}
        return there, boxes

    def distances(self):
        """Steps to the solution from every state that can be reached, math.inf where there is none."""
        parents, waiting = {self.start: []}, deque([self.start])
        while waiting:
            state = waiting.popleft()
            for letter in MOVES:
                child = self.after(state, letter)
                if child is not None:
                    if child not in parents:
                        parents[child] = []
                        waiting.append(child)
                    parents[child].append(state)
        far = dict.fromkeys(parents, math.inf)
        waiting = deque(state for state in parents if state[1] == self.goals)
        far.update(dict.fromkeys(waiting, 0))
        while waiting:
            state = waiting.popleft()
            for parent in parents[state]:
                if far[parent] == math.inf:
                    far[parent] = far[state] + 1
                    waiting.append(parent)
        return far


def plain_state(level):
    cells = {divmod(cell, level.board.width) for cell in range(level.boxes.bit_length()) if level.boxes >> cell & 1}
    return divmod(level.player, level.board.width), frozenset(cells)


def states_of(problem, most):
    """States of a problem, nearest first."""
    found = [TASK.start(problem)]
    seen = set(found)
    for state in found:  # grows on the way
        fresh = [row[1] for row in TASK.expand(state) if row[1] not in seen]
        found += fresh[: most - len(found)]
        seen.update(fresh)
    return found


def test_distances_are_those_of_a_plain_search_on_200_levels():
    known = states = 0
    for index in range(200):
        problem = TASK.problem(0, index, ("train", "test")[index % 2], **TASK.knobs(("easy", "medium")[index % 4 == 0]))
        plain = Plain(problem.data[0])
        far = plain.distances()
        start = TASK.start(problem)
        assert TASK.distance(start) == far[plain.start] < math.inf
        assert len(TASK.plan(start)) == far[plain.start]
        for state in random.Random(index).sample(reached := states_of(problem, 120), min(60, len(reached))):
            exact, distance = far[plain_state(state)], TASK.distance(state)
            states += 1
            known += distance is not None
            assert distance in (exact, None)
            assert TASK.heuristic(state) <= exact
            if TASK.deadlock(state):
                assert exact == math.inf
            children = [TASK.distance(row[1]) for row in TASK.expand(state)]
            if distance and None not in (distance, *children):
                assert distance == 1 + min(children, default=math.inf)
    assert known == states, "small boards are swept to the end"


@pytest.mark.parametrize("limit", [1, 30, 300])
def test_beyond_the_sweep_distances_are_still_exact_or_unknown(limit):
    near = Sokoban(limit=limit)
    unknown = 0
    for index in range(25):
        problem = TASK.problem(1, index)
        for state in states_of(problem, 40)[::5]:
            exact, distance = TASK.distance(state), near.distance(state)
            unknown += distance is None
            assert distance in (exact, None)
            plan = near.plan(state)
            assert (plan is None) == (distance in (None, math.inf))
            if plan is not None:
                assert len(plan) == exact
                posed = TASK.pose(render(state))
                assert TASK.check(posed, plan).correct
    assert unknown < 200 if limit > 1 else unknown > 0


@pytest.mark.parametrize(("text", "why"), [(CORNER, "corner"), (EDGE, "dead square"), (FREEZE, "freeze"), (FREE, None)])
def test_deadlocks_are_named(text, why):
    level = parse_level(text)
    assert deadlock(level) == TASK.deadlock(level) == why
    lost = TASK.heuristic(level) == math.inf
    assert lost == (why is not None)
    assert (TASK.distance(level) == math.inf) == lost


def test_boxes_on_goals_may_stand_frozen():
    level = parse_level("#####\n#** #\n#**@#\n# $.#\n#####")
    assert TASK.deadlock(level) is None
    assert TASK.distance(level) is not None


# The text format


def test_real_levels_come_back_as_they_were(data_file):
    count = 0
    for name in ("sokoban/boxoban_hard_003.txt", "sokoban/boxoban_medium_train_000.txt"):
        for text in read_levels(data_file(name)):
            count += 1
            problem = TASK.pose(text)
            assert TASK.show(TASK.start(problem)) == "\n".join(line.rstrip() for line in text.split("\n"))
            assert Problem.from_json(problem.to_json()) == problem
    assert count == 1332


def solve_and_replay(texts):
    """How many of these levels are solved; every solution is played."""
    solved = 0
    for text in texts:
        problem = TASK.pose(text)
        state = TASK.start(problem)
        plan = TASK.plan(state)
        if plan is None:
            continue
        solved += 1
        verdict = TASK.check(problem, TASK.answer(problem, plan))
        assert verdict.correct, verdict
        for step in plan:
            state = TASK.apply(state, step)
        assert TASK.solved(state)
    return solved


@pytest.mark.parametrize("name", ["boxoban_hard_003", "boxoban_medium_train_000"])
def test_real_levels_are_solved(data_file, name):
    assert solve_and_replay(read_levels(data_file(f"sokoban/{name}.txt"))[::90]) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["boxoban_hard_003", "boxoban_medium_train_000"])
def test_all_real_levels_are_solved(data_file, name):
    levels = read_levels(data_file(f"sokoban/{name}.txt"))
    assert solve_and_replay(levels) >= 0.95 * len(levels)


def test_other_spellings_are_read():
    level = parse_level("; a comment\n\n####\n#p-#\n#bB#\n#_o#\n####\n\n")
    assert render(level) == "####\n#@ #\n#$*#\n# .#\n####"


marks = st.sampled_from("##  .$*@+-_;x\t\n\n")


@given(st.text(marks, max_size=60))
@settings(max_examples=300)
def test_any_text_is_a_level_or_refused(text):
    try:
        level = parse_level(text)
    except ValueError:
        return
    assert parse_level(render(level)) == level


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "at least one row"),
        ("#####\n# $.#\n#####", "one player, got 0"),
        ("#####\n#@@$.#\n#####", "one player, got 2"),
        ("#####\n#@$ #\n#####", "as many boxes as goals"),
        ("#####\n#@  #\n#####", "at least one"),
        ("#####\n#@$. \n#####", "enclose"),
        ("#####  \n#@ .# $\n#####", "enclose the player and every box"),
        ("#####\n#@$?#\n#####", "made of"),
        ("#" * 65, "at most 64"),
        ("# \n" * 100_000, "at most 64"),
    ],
)
def test_what_is_no_level_is_refused_with_the_reason(text, why):
    with pytest.raises(ValueError, match=why):
        TASK.pose(text)


@pytest.mark.parametrize("data", [(), (1,), (SMALL, 2), (b"#",), ((SMALL,),), (None,)])
def test_only_one_text_is_a_level(data):
    with pytest.raises(ValueError, match="a level is one text"):
        TASK.pose(*data)


# Problems


def test_problems_are_functions_of_their_address():
    for level in TASK.levels:
        knobs = TASK.knobs(level)
        for split in TASK.splits:
            problem = TASK.problem(5, 3, split, **knobs)
            assert problem == make("sokoban").problem(5, 3, split, **knobs)
            assert split_of("sokoban", TASK.problem_key(problem)) == split
    assert TASK.problem(1, 0).data != TASK.problem(0, 1).data
    assert len({TASK.problem(0, index).data for index in range(100)}) > 95


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"size": 5, "boxes": 1, "moves": 4},
        {"size": 5, "boxes": 2, "moves": 8},
        {"size": 12, "boxes": 6, "moves": 90},
    ],
)
def test_generated_levels_keep_their_promise(knobs):
    moves = knobs.get("moves", 24)
    for split in TASK.splits:
        for index in range(12):
            problem = TASK.problem(2, index, split, **knobs)
            level = TASK.start(problem)
            assert level.boxes.bit_count() == level.board.goals.bit_count() == knobs.get("boxes", 2)
            assert level.boxes != level.board.goals
            assert (level.board.width, level.board.height) == (knobs.get("size", 7),) * 2
            distance = Sokoban(limit=500).distance(level)
            assert distance is None or 0 < distance <= moves


@pytest.mark.parametrize("knobs", [{}, {"size": 10, "boxes": 4, "moves": 100, "walls": 0.2}, {"size": 11, "boxes": 3}])
def test_a_level_depends_on_its_address_and_on_nothing_asked_before(knobs):
    addresses = [(seed, index, split) for seed in (0, 4) for index in (0, 3, 30) for split in ("train", "val", "test")]
    there = [TASK.problem(*address, **knobs).data for address in addresses]
    _block.cache_clear()
    back = [TASK.problem(*address, **knobs).data for address in reversed(addresses)]
    assert there == back[::-1]
    assert len(set(there)) == len(there)


def test_a_generated_level_has_a_solution_within_its_moves():
    for knobs in ({"size": 5, "boxes": 1, "moves": 6}, {"size": 6, "boxes": 2, "moves": 16}, {"moves": 12}, {}):
        moves = knobs.get("moves", 24)
        for index in range(60):
            assert 0 < TASK.distance(TASK.start(TASK.problem(6, index, **knobs))) <= moves


def test_an_easy_level_is_no_gift():
    for level in TASK.levels:
        pushes = [least_pushes(TASK.start(TASK.problem(8, index, **TASK.knobs(level)))) for index in range(100)]
        assert min(pushes) >= 2 * TASK.knobs(level).get("boxes", 2)


def least_pushes(level):
    """As if every box could go straight to a goal of its own."""
    width = level.board.width
    goals, boxes = ([divmod(cell, width) for cell in cells_of(cells)] for cells in (level.board.goals, level.boxes))
    return min(
        sum(abs(row - y) + abs(column - x) for (row, column), (y, x) in zip(boxes, order, strict=True))
        for order in permutations(goals)
    )


def test_turned_and_mirrored_levels_are_the_same_problem():
    for index in range(20):
        problem = TASK.problem(0, index)
        rows = TASK.show(TASK.start(problem)).split("\n")
        turned = ["".join(column)[::-1] for column in zip(*rows, strict=True)]
        mirrored = [row[::-1] for row in rows]
        walled = ["#" * 20, *(f"### #{row}####" for row in rows), "#" * 20]
        keys = {TASK.problem_key(TASK.pose("\n".join(lines))) for lines in (rows, turned, mirrored, walled)}
        assert keys == {TASK.problem_key(problem)}
    assert len({TASK.problem_key(TASK.problem(0, index)) for index in range(100)}) > 90


@given(st.integers(1, 6), st.integers(0, 5), st.integers(0, 2**32), st.sampled_from([0.1, 0.5, 0.9]))
def test_many_maps_are_written_and_compared_as_one_is(side, maps, seed, walls):
    rng = np.random.default_rng(seed)
    marks = np.where(rng.random((maps, side, side)) < walls, "#", rng.choice(list(" .$*@+"), (maps, side, side)))
    marks[:, 0, 0] = "@"  # a map of nothing but wall is none
    rows = [["".join(row) for row in its] for its in marks.tolist()]
    grids = marks.astype("S1").view(np.uint8).reshape(marks.shape)
    assert texts_of(grids) == ["\n".join(its) for its in rows]
    assert canonical_grids(grids) == [canonical_rows(its) for its in rows]


@pytest.mark.parametrize(
    ("knobs", "why"),
    [
        ({"size": 4}, "size must be a whole number in 5..20, got 4"),
        ({"size": 7.0}, "size must be"),
        ({"boxes": 0}, "boxes must be"),
        ({"boxes": 50}, "boxes must be"),
        ({"moves": 7}, "moves must be a whole number in 8..1000, got 7"),
        ({"walls": 0.9}, "walls must be"),
        ({"walls": math.nan}, "walls must be"),
        ({"height": 3}, "no difficulty 'height'"),
    ],
)
def test_wrong_knobs_are_refused_with_the_rule(knobs, why):
    with pytest.raises(ValueError, match=why):
        TASK.problem(0, 0, **knobs)


def test_wrong_addresses_and_options_are_refused():
    with pytest.raises(IndexError):
        TASK.problem(0, -1)
    with pytest.raises(ValueError, match="unknown split"):
        TASK.problem(0, 0, "night")
    for options in ({"side": 0}, {"limit": 0}, {"side": 2.5}):
        with pytest.raises(ValueError, match="must be a whole number"):
            Sokoban(**options)


# Rules and text


def test_the_rules_are_those_of_the_second_implementation():
    for index in range(40):
        problem = TASK.problem(3, index)
        plain, state = Plain(problem.data[0]), TASK.start(problem)
        rng = random.Random(index)
        for _ in range(30):
            assert TASK.steps(state) == [letter for letter in MOVES if plain.after(plain_state(state), letter)]
            for place, letter in enumerate(MOVES):
                expected = plain.after(plain_state(state), letter)
                if expected is None:
                    for refused in (lambda x: TASK.apply(state, x), lambda x: TASK.index(state, x)):  # noqa: B023
                        with pytest.raises(IllegalStep):
                            refused(letter)
                    continue
                child = TASK.apply(state, letter)
                assert plain_state(child) == expected
                assert TASK.move(state, place) == (letter, child)
                assert TASK.read(state, TASK.write(state, letter)) == letter
                assert TASK.write(state, letter).isupper() == (child.boxes != state.boxes)
            state = TASK.apply(state, rng.choice(TASK.steps(state)))
            assert pickle.loads(pickle.dumps(state)) == state
            assert len(TASK.brief(state)) <= 120


def test_an_illegal_step_says_why():
    state = parse_level(SMALL)
    with pytest.raises(IllegalStep, match="a wall is in the way"):
        TASK.apply(state, "u")
    with pytest.raises(IllegalStep, match="behind the box"):
        TASK.apply(TASK.apply(state, "r"), "r")
    for step in ("", "x", "ud", "U"):
        with pytest.raises(IllegalStep, match="not a direction"):
            TASK.apply(state, step)


@pytest.mark.parametrize("text", ["", "x", "uu", "4", "up left", "push", "u" * 1000, "\0", "ｕ", "ſ"])
def test_what_is_no_step_is_unreadable(text):
    with pytest.raises(UnreadableStep):
        TASK.read(parse_level(SMALL), text)


def test_steps_are_read_in_letters_and_words():
    assert [TASK.read(parse_level(SMALL), text) for text in ("r", "R", " right ", "Up")] == ["r", "r", "r", "u"]


def test_the_brief_of_many_boxes_fits():
    text = "\n".join(["#" * 30, *["#" + "$." * 14 + "#"] * 4, "#@" + " " * 27 + "#", "#" * 30])
    brief = TASK.brief(parse_level(text))
    assert 100 < len(brief) <= 120


@pytest.mark.parametrize(
    ("answer", "correct"),
    [
        *(("r", True), ("R", True), (" R ", True), ("", False), ("l", False), ("rl", True), ("rr", False)),
        *(("r; import os", False), ("r" * 10_001, False), ("r" * 9_999, False), ("__import__('os')", False)),
        *(("\0", False), ("ｒ", False), (None, False), (b"r", False), (["r"], False), (1, False), ("\ud800", False)),
    ],
)
def test_answers_are_played_and_never_executed(answer, correct):
    verdict = TASK.check(TASK.pose(SMALL), answer)
    assert verdict.correct is correct
    assert len(verdict.reason) < 100


def test_giving_up_is_judged():
    assert TASK.check_give_up(TASK.pose(EDGE)).correct is True
    assert TASK.check_give_up(TASK.pose(SMALL)).correct is False
    assert TASK.check_give_up(TASK.problem(0, 0, **TASK.knobs("hard"))).correct is False


def test_attributes_measure_a_level():
    assert TASK.attributes(TASK.pose(SMALL)) == {"boxes": 1.0, "floor": 3.0, "moves": 1.0}
    assert TASK.attributes(TASK.pose(EDGE))["moves"] == math.inf
    unknown = Sokoban(limit=1).attributes(TASK.problem(0, 0, **TASK.knobs("hard")))
    assert math.isnan(unknown["moves"])


@pytest.mark.parametrize("index", range(6))
def test_traces_come_back_unchanged_from_text_and_from_tokens(index):
    problem = TASK.problem(0, index)
    plan = TASK.plan(TASK.start(problem))
    trace = Trace(problem, (*map(Step, plan), Submit(TASK.answer(problem, plan))))
    tokenizer = closed_tokenizer(TASK)
    for feedback in ("state", "none"):
        text = emit(TASK, trace, feedback)
        assert parse(TASK, problem, text, feedback, strict=True) == trace
        whole = prompt(TASK, problem) + text
        assert tokenizer.decode(tokenizer(whole, add_special_tokens=False)["input_ids"]) == whole


def test_refusals_are_made_of_words_a_closed_tokenizer_knows():
    tokenizer = closed_tokenizer(TASK)
    env = TextReasoning(TASK, budget=40)
    for seed in range(5):
        env.reset(seed=seed)
        for line in "urdlluurrdd":
            said, _, terminated, _, _ = env.step(line)
            assert tokenizer.decode(tokenizer(said, add_special_tokens=False)["input_ids"]) == said
            if terminated:
                break


# Numbers and pictures


def test_the_observation_shows_the_board():
    state = parse_level("#####\n#+$*#\n# $.#\n#####")
    seen = TASK.observe(state)
    assert seen.shape == (10, 10)
    assert seen[:4, :5].tolist() == [[0] * 5, [0, 6, 3, 4, 0], [0, 1, 3, 2, 0], [0] * 5]
    assert not seen[4:].any()
    assert not seen[:, 5:].any()
    row, mask, solved = TASK.face(state)
    assert (row == seen).all()
    assert (mask == TASK.mask(state)).all()
    assert solved is False


def test_a_board_larger_than_the_observation_is_refused_by_name():
    env = ReasoningEnv("sokoban", difficulty={"size": 12})
    with pytest.raises(ValueError, match="12 x 12 does not fit an observation of side 10"):
        env.reset(seed=0)
    env = ReasoningEnv("sokoban", task_options={"side": 12}, difficulty={"size": 12})
    observation, _ = env.reset(seed=0)
    assert observation["cursor"].shape == (12, 12)


def test_the_picture_shows_boxes_goals_and_player():
    start = parse_level("#####\n#+$*#\n# $.#\n#####")
    pixels = TASK.picture(start).pixels()
    assert pixels.shape == (4 * 24, 5 * 24, 3)
    cells = {(row, column): tuple(pixels[24 * row + 12, 24 * column + 12]) for row in range(4) for column in range(5)}
    assert len(set(cells.values())) == 5, "wall, floor (also inside a goal's ring), box, box on a goal, player"
    assert np.array_equal(pixels, TASK.picture(start).pixels())
    assert TASK.draw(start).startswith("<svg")


def test_levels_of_a_file_are_parted_by_comments_and_blank_lines(tmp_path):
    path = tmp_path / "levels.txt"
    path.write_text(f"; 0\n{SMALL}\n\n; 1\n{EDGE}\n{'; a title'}\n{FREE}")
    assert read_levels(path) == [SMALL, EDGE, FREE]
    assert list(islice((parse_level(text).boxes.bit_count() for text in read_levels(path)), 3)) == [1, 1, 2]
