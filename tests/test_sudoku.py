"""Sudoku: solutions against a second solver, exact values, splits up to disguise, and the faces against each other."""

import itertools
import math
import pickle
import random
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.agents.search import search
from metacot.tasks import IllegalStep, Problem, Trace, Tree, UnreadableStep, emit, make, parse, replay
from metacot.tasks.grammar import WORDS, perform
from metacot.tasks.sudoku import Knobs, Sudoku, solutions
from metacot.tasks.sudoku.families import canonical
from metacot.tasks.sudoku.solver import guesses
from metacot.tasks.task import Task

READING, ANY = Sudoku(), Sudoku("any")
BOTH = pytest.mark.parametrize("task", [READING, ANY], ids=["reading", "any"])
SPLITS = ("train", "val", "test")
FAMILIES = [{"size": 4}, {"size": 4, "blanks": 10}, {}, {"blanks": 24}, {"size": 9}, {"size": 9, "blanks": 52}]
SOME = [READING.problem(seed, 3, SPLITS[seed % 3], **knobs) for seed, knobs in enumerate(FAMILIES)]
FAMOUS = "530070000600195000098000060800060003400803001700020006060000280000419005000080079"
SOLVED = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
SMALL = """\
1 _ | _ 4
_ 4 | 1 _
- - + - -
2 _ | 4 _
_ 3 | _ 1"""


# --- a second solver: sets of sets, nothing in common with the first ------------------------------------------------


def cover(size, digits):
    """All solutions, as an exact cover by (cell, row digit, column digit, box digit)."""
    high, wide = {4: (2, 2), 6: (2, 3), 9: (3, 3)}[size]
    rows = {}
    for row, column, digit in itertools.product(range(size), range(size), range(1, size + 1)):
        box = row // high * high + column // wide
        rows[row, column, digit] = [("c", row, column), ("r", row, digit), ("k", column, digit), ("b", box, digit)]
    columns = {}
    for name, needs in rows.items():
        for need in needs:
            columns.setdefault(need, set()).add(name)

    def take(name):
        taken = []
        for need in rows[name]:
            for other in columns[need]:
                for elsewhere in rows[other]:
                    if elsewhere != need:
                        columns[elsewhere].discard(other)
            taken.append(columns.pop(need))
        return taken

    def put_back(name, taken):
        for need in reversed(rows[name]):
            columns[need] = taken.pop()
            for other in columns[need]:
                for elsewhere in rows[other]:
                    if elsewhere != need:
                        columns[elsewhere].add(other)

    def solve(chosen):
        if not columns:
            yield "".join(str(digit) for _, _, digit in sorted(chosen))
            return
        need = min(columns, key=lambda need: len(columns[need]))
        for name in list(columns[need]):
            taken = take(name)
            yield from solve([*chosen, name])
            put_back(name, taken)

    begun = []
    for cell, sign in enumerate(digits):
        if sign != "0":
            name = (*divmod(cell, size), int(sign))
            if any(need not in columns for need in rows[name]):
                return
            take(name)
            begun.append(name)
    yield from solve(begun)


def size_of(problem):
    return math.isqrt(len(problem.data[0]))


def test_the_two_solvers_agree_on_dealt_grids():
    for knobs, many in (({"size": 4}, 40), ({"size": 4, "blanks": 10}, 30), ({}, 20), ({"size": 9, "blanks": 50}, 6)):
        for index in range(many):
            (digits,) = READING.problem(9, index, **knobs).data
            size = math.isqrt(len(digits))
            assert list(cover(size, digits)) == solutions(size, digits)
            assert digits.count("0") == (knobs.get("blanks") or {4: 8, 6: 18}[size])


@given(st.text("01234", min_size=16, max_size=16))
def test_the_two_solvers_agree_on_any_grid_of_four(digits):
    expected = sorted(itertools.islice(cover(4, digits), 300))
    assert sorted(solutions(4, digits, 300)) == expected


def test_there_are_288_grids_of_four_and_all_are_found():
    assert len(set(solutions(4, "0" * 16, 1000))) == 288


def test_hard_grids_are_solved():
    assert solutions(9, FAMOUS) == [SOLVED]
    assert guesses(9, FAMOUS) == 0
    hardest = "800000000003600000070090200050007000000045700000100030001000068008500010090000400"
    [only] = solutions(9, hardest)
    assert only.startswith("812753649943682175")
    assert guesses(9, hardest) > 10
    assert solutions(9, "55" + "0" * 79) == []
    assert guesses(9, "55" + "0" * 79) == 0


# --- exact values ----------------------------------------------------------------------------------------------------


def walk(task, problem, seed, steps):
    """The states of random play."""
    draw, states = random.Random(seed), [task.start(problem)]
    for _ in range(steps):
        legal = task.steps(states[-1])
        if not legal:
            break
        states.append(task.apply(states[-1], draw.choice(legal)))
    return states


@BOTH
def test_a_state_is_solvable_exactly_where_a_second_solver_finds_a_solution(task):
    seen = set()
    for problem in SOME[:4]:
        for seed in range(12):
            for state in walk(task, problem, seed, 30):
                digits = task.brief(state).replace(" ", "")
                solvable = next(cover(size_of(problem), digits), None) is not None
                assert task.distance(state) == (digits.count("0") if solvable else math.inf)
                assert task.solved(state) == ("0" not in digits)
                assert task.value(state) == float(solvable)
                assert task.heuristic(state) <= task.distance(state)
                seen.add(solvable)
    assert seen == {True, False}, "there are dead ends"


@BOTH
def test_distances_are_bellman_consistent(task):
    for problem in SOME:
        for state in walk(task, problem, 1, 64):
            distance = task.distance(state)
            if task.solved(state):
                assert (distance, task.steps(state)) == (0, [])
            else:
                assert distance == 1 + min((task.distance(row[1]) for row in task.expand(state)), default=math.inf)
    assert all(task.distance(task.start(problem)) <= task.horizon for problem in SOME)


def test_systematic_search_solves_in_reading_order():
    for problem in SOME:
        found = search("depth_first", READING, problem, "oracle", budget=100)
        assert found.success
        assert len(found.tree) == READING.distance(READING.start(problem)) + 1


# --- families -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("knobs", FAMILIES, ids=str)
def test_a_problem_is_a_function_of_its_address_and_survives_json(knobs):
    for split in SPLITS[:: 1 if knobs.get("size") != 9 else 2]:
        problem = READING.problem(5, 2, split, **knobs)
        assert make("sudoku").problem(5, 2, split, **knobs) == problem == Problem.from_json(problem.to_json())
        assert READING.problem(5, 3, split, **knobs) != problem


def test_disguises_are_one_problem():
    draw = random.Random(1)
    for problem in SOME:
        size = size_of(problem)
        grid = np.array([int(sign) for sign in problem.data[0]]).reshape(size, size)
        views = [np.rot90(view, 2 * half) for view in (grid, grid[::-1]) for half in range(2)]
        views += [view.T for view in views] if size != 6 else []
        for view in views:
            names = [0, *draw.sample(range(1, size + 1), size)]
            disguised = READING.pose("".join(str(names[digit]) for digit in view.ravel()))
            assert READING.problem_key(disguised) == READING.problem_key(problem)
    assert len({READING.problem_key(problem) for problem in SOME}) == len(SOME)
    assert canonical(4, "0" * 15 + "3") == "0" * 15 + "1"


def test_splits_share_no_grid():
    for knobs in ({"size": 4}, {"size": 4, "blanks": 4}):
        keys = {
            split: {READING.problem_key(READING.problem(0, i, split, **knobs)) for i in range(60)} for split in SPLITS
        }
        for one, other in itertools.combinations(SPLITS, 2):
            assert keys[one].isdisjoint(keys[other])


def test_levels_grow():
    assert list(READING.levels) == ["easy", "medium", "hard"]
    first = [READING.attributes(READING.problem(0, 0, **READING.knobs(level))) for level in READING.levels]
    for name in ("size", "blanks"):
        assert sorted(each[name] for each in first) == [each[name] for each in first]
    assert all(each["branching"] >= 1 for each in first)
    assert READING.attributes(READING.pose(FAMOUS))["guesses"] == 0


def test_addresses_and_knobs_that_are_none_are_refused():
    asked = [lambda: READING.problem(0, 0, "exam"), lambda: READING.count("exam"), lambda: READING.count(side=4)]
    bad = ({"size": 5}, {"size": 9.0}, {"size": True}, {"blanks": 3}, {"blanks": 25}, {"blanks": "8"})
    asked += [lambda knobs=knobs: READING.problem(0, 0, **knobs) for knobs in bad]
    for call in asked:
        with pytest.raises(ValueError, match=r"split|size|blanks|side"):
            call()
    with pytest.raises(IndexError):
        READING.problem(0, -1)
    with pytest.raises(ValueError, match="order must be"):
        Sudoku("random")
    assert READING.count("val", size=4) is None
    assert Knobs() == Knobs(6, None)


# --- rules and faces ----------------------------------------------------------------------------------------------


@BOTH
def test_all_faces_agree_with_the_pure_methods(task):
    for problem in SOME:
        size = size_of(problem)
        for state in walk(task, problem, 2, 64)[:: 1 if size < 9 else 7]:
            legal = task.steps(state)
            assert task.expand(state) == Task.expand(task, state)
            assert list(legal) == sorted(legal)
            assert np.flatnonzero(task.mask(state)).tolist() == legal
            assert task.mask(state).dtype == np.int8
            assert task.mask(state).shape == (task.n_actions,)
            row, mask, solved = task.face(state)
            assert row.shape == task.shape
            assert row.dtype == task.dtype
            assert mask.sum() == len(legal)
            assert solved == task.solved(state)
            shown = row.reshape(9, 9)[:size, :size].ravel()
            assert "".join(map(str, shown)) == task.brief(state).replace(" ", "")
            assert (row == -1).sum() == 81 - size * size
            for step in legal:
                assert task.index(state, step) == step == task.step_at(state, step)
                assert task.read(state, task.write(state, step)) == step
            for step in set(range(-1, 730, 1 + 90 // size)) - set(legal):
                for refused in (task.apply, task.index, task.step_at):
                    with pytest.raises(IllegalStep):
                        refused(state, step)


def test_legal_is_what_does_not_clash():
    for problem in SOME:
        size = size_of(problem)
        high, wide = {4: (2, 2), 6: (2, 3), 9: (3, 3)}[size]
        for state in walk(ANY, problem, 3, 9):
            grid = ANY.brief(state).split()
            free = set()
            for row, column, digit in itertools.product(range(size), range(size), range(size)):
                top, left = row // high * high, column // wide * wide
                seen = grid[row] + "".join(line[column] for line in grid)
                seen += "".join(line[left : left + wide] for line in grid[top : top + high])
                if grid[row][column] == "0" and str(digit + 1) not in seen:
                    free.add(81 * row + 9 * column + digit)
            assert set(ANY.steps(state)) == free
            first = "".join(grid).find("0")
            if state == ANY.start(problem):
                cell = 81 * (first // size) + 9 * (first % size)
                assert set(READING.steps(state)) == {step for step in free if cell <= step < cell + 9}


def test_an_illegal_step_says_why():
    state = READING.start(READING.pose(SMALL))
    said = {
        "row 1 column 1 is 2": "the cell is filled already",
        "row 1 column 2 is 4": "the row has 4 already",
        "row 1 column 3 is 4": "the row has 4 already",
        "row 2 column 4 is 1": "the row has 1 already",
        "row 1 column 2 is 3": "the column has 3 already",
        "row 1 column 5 is 3": "there is no such cell or digit",
        "row 1 column 2 is 5": "there is no such cell or digit",
        "row 2 column 1 is 3": "the next empty cell is row 1 column 2",
    }
    for text, why in said.items():
        with pytest.raises(IllegalStep) as refused:
            READING.apply(state, READING.read(state, text))
        assert str(refused.value) == why
    start = ANY.start(ANY.pose(FAMOUS))
    with pytest.raises(IllegalStep, match="the box has 8 already"):
        ANY.apply(start, ANY.read(start, "row 2 column 2 is 8"))


def test_states_are_values():
    for problem in SOME:
        for state in walk(READING, problem, 4, 5):
            twin = pickle.loads(pickle.dumps(state))
            assert twin == state
            assert hash(twin) == hash(state)
            assert READING.key(twin) == READING.key(state)
    one, other = ANY.start(SOME[2]), ANY.start(SOME[2])
    first, second = ANY.steps(one)[0], ANY.steps(one)[-1]
    there, back = ANY.apply(ANY.apply(one, first), second), ANY.apply(ANY.apply(other, second), first)
    assert there == back
    assert ANY.key(there) == ANY.key(back)
    assert one.givens != "0" * 16


# --- text and answers ---------------------------------------------------------------------------------------------


def test_a_grid_is_read_back_from_its_text():
    for problem in SOME:
        state = READING.start(problem)
        assert READING.pose(READING.show(state)).data == problem.data
        assert READING.pose(READING.brief(state)).data == problem.data
        assert READING.pose(problem.data[0].replace("0", ".")).data == problem.data
        assert len(READING.brief(state)) <= 120
        assert READING.ask(problem).endswith(READING.show(state))
        assert ET.fromstring(READING.draw(state)).tag.endswith("svg")
        assert READING.picture(state).pixels().std() > 0
    assert READING.show(READING.start(READING.pose(SMALL))) == SMALL


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ((), "a grid is a text"),
        ((5,), "a grid is a text"),
        (("0" * 2000,), "a grid is a text"),
        (("12345",), "4 x 4, 6 x 6 or 9 x 9"),
        (("1" * 25,), "4 x 4, 6 x 6 or 9 x 9"),
        (("5" + "0" * 15,), "4 x 4, 6 x 6 or 9 x 9"),
        (("11" + "0" * 14,), "no solution"),
        (("0" * 81,), "more than one solution"),
        ((SOLVED,), "no empty cell"),
    ],
    ids=str,
)
def test_what_is_no_grid_is_refused(data, why):
    with pytest.raises(ValueError, match=why):
        READING.pose(*data)


@given(st.text(max_size=40) | st.from_regex(r"row [0-9]{1,2} column [0-9] is [0-9]", fullmatch=True))
def test_no_text_breaks_the_reader_of_steps(text):
    try:
        step = READING.read(None, text)
    except UnreadableStep:
        return
    assert READING.write(None, step).split() == text.split()


def test_every_word_is_listed():
    known = {*WORDS, *READING.words}
    texts = [READING.ask(problem) for problem in SOME]
    for task in (READING, ANY):
        for state in walk(task, SOME[3], 5, 20):
            texts += [task.brief(state), task.show(state)]
            for step in set(range(729)) - set(task.steps(state)):
                with pytest.raises(IllegalStep) as refused:
                    task.apply(state, step)
                texts.append(str(refused.value))
            texts += [task.write(state, step) for step in task.steps(state)]
    pieces = {piece for text in texts for piece in re.findall(r"[A-Za-z]+|[^\sA-Za-z\d]", text)}
    assert pieces <= known


def test_the_answer_of_a_solved_path_is_right_and_of_its_parts_wrong():
    for problem in SOME:
        found = search("depth_first", READING, problem, "oracle", budget=100)
        path = found.tree.path_steps()
        assert READING.check(problem, READING.answer(problem, path)).correct is True
        for cut in (0, 1, len(path) - 1):
            verdict = READING.check(problem, READING.answer(problem, path[:cut]))
            assert (verdict.correct, verdict.reason) == (False, f"{len(path) - cut} cells are empty")
        full = READING.answer(problem, path).replace(" ", "")
        assert READING.check(problem, full).correct is True
        # A full grid without a clash that is not this one, and one with a clash.
        size = size_of(problem)
        other = full.translate(str.maketrans("12", "21"))
        assert "from the start" in READING.check(problem, other).reason
        place = problem.data[0].index("0")
        wrong = full[:place] + str(int(full[place]) % size + 1) + full[place + 1 :]
        assert READING.check(problem, wrong).reason == "a row, a column or a box holds a digit twice"
        assert READING.check_give_up(problem).correct is False


HOSTILE = ["", " ", "1234", "1" * 81, "1" * 2000, "__import__('os')", "9**9**9", "\ud800", "\0", "²" * 16, "-1" * 8]


@pytest.mark.parametrize("answer", [*HOSTILE, None, 5, b"1", ["1"]], ids=lambda text: repr(text)[:20])
def test_no_answer_of_any_kind_raises_or_passes(answer):
    for problem in SOME:
        verdict = READING.check(problem, answer)
        assert verdict.correct is False
        assert len(verdict.reason) < 200


@given(st.lists(st.integers(0, 8) | st.sampled_from(["back #0", "back #1", "up", "answer"]), max_size=20))
def test_traces_come_back_from_their_text(choices):
    problem = SOME[2]
    tree, actions = Tree(READING, problem), []
    for choice in choices:
        steps = READING.steps(tree.state)
        line = choice if isinstance(choice, str) else f"row 1 column {choice + 1} is 1"
        if isinstance(choice, int) and steps:
            line = READING.write(tree.state, steps[choice % len(steps)])
        actions.append(perform(tree, line)[0])
        if line == "answer":
            break
    trace = Trace(problem, tuple(actions), {})
    assert replay(READING, trace).tree.same_as(tree)
    assert parse(READING, problem, emit(READING, trace)).actions == trace.actions
