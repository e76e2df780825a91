"""Mazes: exact distances against networkx, the generators, splits up to symmetry, and the faces against each other."""

import itertools
import math
import pickle
import random
import re
import tracemalloc
import xml.etree.ElementTree as ET
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks import IllegalStep, Problem, Trace, Tree, UnreadableStep, emit, make, parse, replay
from metacot.tasks.grammar import WORDS, perform
from metacot.tasks.maze import Board, Knobs, Maze, Place
from metacot.tasks.maze.boards import STEPS, symmetric
from metacot.tasks.maze.carvers import depth_first, prim, wilson
from metacot.tasks.maze.families import split_keys
from metacot.tasks.maze.task import _block
from metacot.tasks.task import Task

TASK = Maze()
GENERATORS = ("walls", "depth_first", "prim", "wilson")
SPLITS = ("train", "val", "test")
SOME = [
    TASK.problem(seed, index, split, generator=generator, size=size)
    for generator in GENERATORS
    for size, (seed, index, split) in zip(
        (4, 5, 8, 13), ((0, 0, "train"), (1, 7, "test"), (2, 300, "train"), (3, 1, "val")), strict=True
    )
]
LITTLE = """\
@ _ #
# _ #
# # G"""
THIN = """\
+ - + - +
| @ _ _ |
+ - + _ +
| G _ _ |
+ - + - +"""


def graph(problem):
    """The maze as a graph, from its digits alone."""
    size, passages, _, _ = problem.data
    found = nx.Graph()
    found.add_nodes_from(range(size * size))
    for cell, digit in enumerate(passages):
        for bit, other in ((1, cell - size), (2, cell + 1), (4, cell + size), (8, cell - 1)):
            if int(digit, 16) & bit:
                found.add_edge(cell, other)
    return found


def places(problem):
    board = TASK.start(problem).board
    return [Place(board, cell) for cell in range(board.size**2)]


problems = st.builds(
    lambda seed, index, split, size, generator: TASK.problem(seed, index, split, size=size, generator=generator),
    st.integers(0, 3),
    st.integers(0, 20),
    st.sampled_from(SPLITS),
    st.integers(4, 9),
    st.sampled_from(GENERATORS),
)


# --- exact values ----------------------------------------------------------------------------------------------


def test_distances_agree_with_networkx_on_500_mazes():
    draw = random.Random(3)
    for number in range(500):
        generator = GENERATORS[number % 4]
        problem = TASK.problem(number % 5, number, generator=generator, size=draw.choice((4, 6, 9, 12)))
        lengths = nx.single_source_shortest_path_length(graph(problem), problem.data[3])
        assert [TASK.distance(place) for place in places(problem)] == [
            lengths.get(cell, math.inf) for cell in range(problem.data[0] ** 2)
        ]


def test_distances_are_bellman_consistent_and_the_heuristic_is_admissible():
    for problem in SOME:
        for place in places(problem):
            distance = TASK.distance(place)
            assert TASK.heuristic(place) <= distance
            if TASK.solved(place):
                assert distance == TASK.heuristic(place) == 0
                assert TASK.expand(place) == []
            else:
                children = [TASK.distance(row[1]) for row in TASK.expand(place)]
                assert distance == 1 + min(children, default=math.inf)


def test_a_maze_without_a_way_is_known_to_have_none():
    problem = TASK.pose(LITTLE)
    assert TASK.distance(TASK.start(problem)) == math.inf
    assert TASK.value(TASK.start(problem)) == 0.0
    assert TASK.check_give_up(problem).correct is True
    assert TASK.attributes(problem)["plan"] == math.inf
    assert TASK.check_give_up(SOME[0]).correct is False
    assert TASK.check_give_up(TASK.pose(THIN)).correct is False


# --- generators and addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("generator", GENERATORS[1:])
@pytest.mark.parametrize("size", [4, 11, 40])
def test_carved_mazes_are_spanning_trees(generator, size):
    for index in range(3):
        assert nx.is_tree(graph(TASK.problem(0, index, generator=generator, size=size)))


def test_wilson_draws_every_spanning_tree_alike_and_the_others_do_not():
    def unevenness(carve):
        """Chi-squared of 9,600 mazes over the 192 spanning trees of the 3 x 3 grid."""
        chance = random.Random(7).random
        drawn = Counter(tuple(carve(3, chance)) for _ in range(9600))
        assert len(drawn) <= 192
        return sum((count - 50) ** 2 / 50 for count in drawn.values()) + 50 * (192 - len(drawn))

    assert unevenness(wilson) < 191 + 4 * math.sqrt(2 * 191)  # 191 degrees of freedom, four deviations
    assert unevenness(depth_first) > 1000
    assert unevenness(prim) > 1000


def test_depth_first_makes_corridors_and_prim_crossings():
    def crossings(generator):
        dealt = (TASK.problem(0, index, generator=generator, size=10) for index in range(60))
        return sum(TASK.attributes(problem)["crossings"] for problem in dealt) / 60

    assert crossings("depth_first") < crossings("wilson") < crossings("prim")


@pytest.mark.parametrize("knobs", [{}, {"size": 5}, {"size": 30}, {"low": 0.5}, {"low": 0.1, "high": 0.1}], ids=str)
def test_random_walls_have_the_density_asked_for_and_a_long_enough_way(knobs):
    asked = Knobs(**knobs)
    shares = []
    for index in range(60):
        problem = TASK.problem(4, index, **knobs)
        board = TASK.start(problem).board
        assert asked.size <= TASK.distance(TASK.start(problem)) < math.inf
        assert board.blocks
        shares.append(board.passages.count("0") / asked.size**2)
    # Cells that are free but closed in on all sides count as walls here.
    assert asked.low - 0.08 < np.mean(shares) < asked.high + 0.08


def test_carved_mazes_have_a_long_enough_way_too():
    for generator in GENERATORS[1:]:
        dealt = [TASK.problem(1, index, generator=generator, size=7) for index in range(50)]
        assert min(TASK.distance(TASK.start(problem)) for problem in dealt) >= 7


@given(problems)
def test_a_problem_is_a_function_of_its_address_and_survives_json(problem):
    again = make("maze").problem(problem.seed, problem.index, problem.split, **problem.difficulty)
    assert again == problem == Problem.from_json(problem.to_json())
    assert TASK.pose(*problem.data).data == problem.data


def test_the_order_of_asking_does_not_matter():
    addresses = [(seed, index, split) for seed in (0, 1) for index in (0, 5, 255, 256, 1000) for split in SPLITS]
    first = {address: TASK.problem(*address).data for address in addresses}
    _block.cache_clear()
    assert {address: TASK.problem(*address).data for address in reversed(addresses)} == first
    assert len(set(first.values())) == len(addresses)


@given(problems)
def test_the_eight_forms_of_a_maze_are_one_problem_in_one_split(problem):
    size = problem.data[0]
    forms = symmetric(*problem.data)
    keys, splits = set(), set()
    for form in forms:
        posed = TASK.pose(size, *form)
        keys.add(TASK.problem_key(posed))
        exits = np.array([[int(digit, 16) for digit in form[0]]], np.uint8)
        splits.update(split_keys(size, exits, np.array([form[1]]), np.array([form[2]])))
        assert TASK.distance(TASK.start(posed)) == TASK.distance(TASK.start(problem))
    assert len(keys) == len(splits) == 1
    assert len(set(forms)) in (1, 2, 4, 8)


def test_the_forms_are_those_of_turning_and_mirroring_the_picture():
    picture = np.array([line.split() for line in TASK.show(TASK.start(SOME[2])).splitlines()])
    turned = [np.rot90(view, turns) for view in (picture, picture[::-1]) for turns in range(4)]
    posed = {TASK.pose("\n".join(" ".join(row) for row in view)).data[1:] for view in turned}
    assert posed == set(symmetric(*SOME[2].data))


@pytest.mark.parametrize("knobs", [{"size": 4}, {"size": 5, "generator": "prim"}], ids=str)
def test_splits_share_no_maze(knobs):
    keys = {split: {TASK.problem_key(TASK.problem(0, i, split, **knobs)) for i in range(300)} for split in SPLITS}
    for one, other in itertools.combinations(SPLITS, 2):
        assert keys[one].isdisjoint(keys[other])


def test_addresses_and_knobs_that_are_none_are_refused():
    with pytest.raises(ValueError, match="unknown split"):
        TASK.problem(0, 0, "exam")
    with pytest.raises(IndexError, match="an index is 0 or more"):
        TASK.problem(0, -1)
    bad = [{"size": 3}, {"size": 41}, {"size": 8.0}, {"size": True}, {"generator": "kruskal"}, {"low": 0.05}]
    bad += [{"high": 0.6}, {"low": 0.5, "high": 0.4}, {"low": "0.3"}, {"low": 0.2, "generator": "prim"}]
    for knobs in bad:
        with pytest.raises(ValueError, match=r"must|are for"):
            TASK.problem(0, 0, **knobs)
    for asked in (lambda: TASK.problem(0, 0, depth=3), lambda: TASK.count("exam"), lambda: TASK.count(size=3)):
        with pytest.raises(ValueError, match=r"depth|exam|size"):
            asked()
    assert TASK.count("test", size=5) is None


def test_levels_are_families_of_growing_plans():
    plans = []
    for level in TASK.levels:
        dealt = [TASK.problem(0, index, **TASK.knobs(level)) for index in range(40)]
        plans.append(np.mean([TASK.attributes(problem)["plan"] for problem in dealt]))
    assert list(TASK.levels) == ["easy", "medium", "hard"]
    assert plans == sorted(plans)


def test_a_thousand_mazes_of_30_by_30_fit_into_memory_with_their_distances():
    tracemalloc.start()
    states = [TASK.start(TASK.problem(0, index, size=30)) for index in range(1024)]
    known = [TASK.distance(state) for state in states]
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(known) == 1024
    assert used < 20e6, "a tenth of 200 MB"


# --- rules and faces ---------------------------------------------------------------------------------------------


def test_all_faces_agree_with_the_pure_methods_in_every_cell():
    shown = {size: Maze(board=size) for size in (4, 5, 8, 13)}
    for problem in SOME:
        for place in places(problem):
            assert TASK.expand(place) == Task.expand(TASK, place)
            legal = TASK.steps(place)
            assert TASK.mask(place).tolist() == [int(step in legal) for step in STEPS]
            row, mask, solved = TASK.face(place)
            assert row.tolist() == TASK.observe(place).tolist()
            assert mask.tolist() == TASK.mask(place).tolist()
            assert solved == TASK.solved(place)
            assert row.shape == TASK.shape
            assert row.dtype == TASK.dtype
            assert TASK.low <= row.min() <= row.max() <= TASK.high
            for index, step in enumerate(STEPS):
                if step in legal:
                    assert TASK.index(place, step) == index
                    assert TASK.step_at(place, index) == step
                    assert TASK.move(place, index) == (step, TASK.apply(place, step))
                else:
                    for refused in (TASK.apply, TASK.index):
                        with pytest.raises(IllegalStep):
                            refused(place, step)
                    for refused in (TASK.move, TASK.step_at):
                        with pytest.raises(IllegalStep, match="not legal here"):
                            refused(place, index)
            for index in (-1, 4):
                with pytest.raises(IllegalStep):
                    TASK.move(place, index)
            whole = shown[problem.data[0]].observe(place)
            assert whole.shape == shown[problem.data[0]].shape
            assert whole[:8].tolist() == row.tolist()


def test_observations_of_the_whole_board_tell_mazes_apart():
    task = Maze(board=5)
    seen = {task.observe(task.start(task.problem(0, index, size=5))).tobytes() for index in range(200)}
    assert len(seen) == len({task.problem(0, index, size=5).data for index in range(200)})
    with pytest.raises(ValueError, match="show boards of side 5, this one has 8"):
        task.observe(task.start(task.problem(0, 0)))
    for board in (1, 41, -1, 5.0, True):
        with pytest.raises(ValueError, match="board must be"):
            Maze(board=board)


def test_an_illegal_step_says_why():
    place = TASK.start(TASK.pose(LITTLE))
    for step, why in (("up", "the edge"), ("left", "the edge"), ("down", "a wall"), ("jump", "a step is up")):
        with pytest.raises(IllegalStep, match=why):
            TASK.apply(place, step)
    goal = Place(place.board, place.board.goal)
    with pytest.raises(IllegalStep, match="the goal is reached"):
        TASK.apply(goal, "up")


def test_states_are_values():
    for problem in SOME:
        place = TASK.start(problem)
        twin = pickle.loads(pickle.dumps(place))
        assert twin == place
        assert hash(twin) == hash(place)
        assert TASK.key(twin) == TASK.key(place)
        assert place != Place(place.board, place.cell + 1)
    assert Board(*SOME[0].data) == Board(*SOME[0].data) != Board(*SOME[1].data)
    assert Board(*SOME[0].data) != "board"
    assert len({TASK.key(place) for problem in SOME for place in places(problem)}) == sum(p.data[0] ** 2 for p in SOME)


# --- text ---------------------------------------------------------------------------------------------------------


@given(problems)
def test_a_maze_is_read_back_from_its_text(problem):
    state = TASK.start(problem)
    shown = TASK.show(state)
    assert TASK.pose(shown).data == problem.data
    assert TASK.pose(shown.replace(" ", "")).data == problem.data
    assert ET.fromstring(TASK.draw(state)).tag.endswith("svg")


def test_the_text_of_small_mazes():
    for shown in (LITTLE, THIN):
        assert TASK.show(TASK.start(TASK.pose(shown))) == shown
    start = TASK.start(TASK.pose(THIN))
    assert TASK.ask(TASK.pose(THIN)) == f"find a way from row 1 column 1 to row 2 column 1\n{THIN}"
    end = start
    for step in ("right", "down", "left"):
        end = TASK.apply(end, step)
    assert TASK.brief(end) == "row 2 column 1"
    assert TASK.show(end).splitlines()[3] == "| * _ _ |"
    assert TASK.brief(start) == "row 1 column 1"


def test_a_closed_cell_beside_free_ones_is_shown_with_thin_walls():
    walled_in = "+-+-+\n|@|_|\n+-+_+\n|G__|\n+-+-+"
    problem = TASK.pose(walled_in)
    assert not TASK.start(problem).board.blocks
    assert TASK.pose(TASK.show(TASK.start(problem))) == problem
    assert TASK.steps(TASK.start(problem)) == []


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "@",
        "@G",
        "@ G\n_",
        "@ _\n_ _",
        "@ G\n@ _",
        "@ G\n_ x",
        "@G_\n___\n__|",
        "+-+\n|@|\n+-+",
        "* _\n_ _",
        "#" * 5000,
    ],
)
def test_texts_that_are_no_mazes_are_refused(shown):
    with pytest.raises(ValueError, match="maze"):
        TASK.pose(shown)


@given(st.text("#_@G*+-| \n", max_size=80))
def test_no_text_breaks_the_reader(shown):
    try:
        problem = TASK.pose(shown)
    except ValueError:
        return
    assert TASK.pose(TASK.show(TASK.start(problem))).data == problem.data


@pytest.mark.parametrize(
    "data",
    [
        (),
        (5,),
        (2, "6c3", 0, 3),
        (2, "6C39", 0, 3),
        (2, "6c39", 0, 0),
        (2, "6c39", 0, 4),
        (2, "6c38", 0, 3),
        (2, "7c39", 0, 3),
        (1, "0", 0, 0),
        (True, "0", 0, 0),
        (2, "6c39", True, 3),
        (2, "6c39", 0, 3, 4),
    ],
    ids=str,
)
def test_data_that_is_no_maze_is_refused(data):
    with pytest.raises(ValueError, match=r"maze|cells"):
        TASK.pose(*data)


def test_steps_are_words():
    place = TASK.start(SOME[0])
    for step in STEPS:
        assert TASK.read(place, TASK.write(place, step)) == TASK.read(place, f" {step} ") == step
    for text in ("", "Up", "up up", "north", "u", "up,", "ｕｐ"):
        with pytest.raises(UnreadableStep):
            TASK.read(place, text)


def test_every_word_is_listed():
    known = {*WORDS, *TASK.words}
    texts = [TASK.ask(problem) for problem in SOME]
    for problem in SOME:
        for place in places(problem):
            texts += [TASK.brief(place), TASK.show(place)]
            for step in set(STEPS) - set(TASK.steps(place)):
                with pytest.raises(IllegalStep) as refused:
                    TASK.apply(place, step)
                texts.append(str(refused.value))
            assert len(TASK.brief(place)) <= 120
    pieces = {piece for text in texts for piece in re.findall(r"[A-Za-z]+|[^\sA-Za-z\d]", text)}
    assert pieces <= known


# --- answers ------------------------------------------------------------------------------------------------------


def shortest(problem):
    """A shortest way, by the pure methods."""
    state, steps = TASK.start(problem), []
    while not TASK.solved(state):
        step = min(TASK.steps(state), key=lambda step: TASK.distance(TASK.apply(state, step)))
        steps.append(step)
        state = TASK.apply(state, step)
    return steps


def test_the_answer_of_every_way_is_right_and_of_its_parts_wrong():
    for problem in SOME:
        way = shortest(problem)
        assert len(way) == TASK.distance(TASK.start(problem))
        assert TASK.check(problem, TASK.answer(problem, way)).correct is True
        for cut in range(len(way)):
            assert TASK.check(problem, TASK.answer(problem, way[:cut])).correct is False
        first = TASK.start(problem)
        back = {"up": "down", "down": "up", "left": "right", "right": "left"}
        detour = [step for step in TASK.steps(first)[:1] for step in (step, back[step])]
        assert TASK.check(problem, " ".join([*detour, *way])).correct is True, "a longer way is a way"
        assert TASK.check(problem, " ".join([*way, back[way[-1]]])).correct is False, "the goal ends it"


HOSTILE = [
    "",
    " ",
    "up" * 9999,
    "UP",
    "right; down",
    "right,down",
    "__import__('os')",
    "up\0",
    "9**9**9",
    "ü",
    "\ud800",
    "right " * 9999,
]


@pytest.mark.parametrize("answer", [*HOSTILE, None, 5, b"up", ["up"]], ids=lambda text: repr(text)[:20])
def test_no_answer_of_any_kind_raises_or_passes(answer):
    for problem in (*SOME, TASK.pose(LITTLE)):
        verdict = TASK.check(problem, answer)
        assert verdict.correct is False
        assert len(verdict.reason) < 200


@given(st.lists(st.sampled_from([*STEPS, "back #0", "back #2", "north", "answer"]), max_size=30), problems)
def test_traces_come_back_from_their_text(lines, problem):
    tree, actions = Tree(TASK, problem), []
    for line in lines:
        actions.append(perform(tree, line)[0])
        if line == "answer":
            break
    trace = Trace(problem, tuple(actions), {})
    assert replay(TASK, trace).tree.same_as(tree)
    assert parse(TASK, problem, emit(TASK, trace)).actions == trace.actions
