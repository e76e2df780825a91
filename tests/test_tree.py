"""The exploration tree: numbering, the cursor, claims, notes, and what happens when an action is illegal."""

import pickle
import random
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks import (
    Backtrack,
    Event,
    GiveUp,
    IllegalStep,
    NewAttempt,
    Problem,
    Refused,
    Step,
    Submit,
    Task,
    Trace,
    Tree,
    Verdict,
    emit,
    make,
    parse,
    replay,
)
from metacot.tasks.rationals import Combine

TASK = make("game24")
FIRST = Combine(13, "-", 9)
SECOND = Combine(10, "-", 4)


class Countdown(Task[int, int]):
    """Take one away until nothing is left: as long a path as one likes."""

    name = "countdown_by_one"

    def problem(self, seed, index, split="train", **difficulty):
        return self.pose(index)

    def pose(self, *data):
        return Problem(self.name, data)

    def start(self, problem):
        return problem.data[0]

    def steps(self, state):
        return [1] if state else []

    def apply(self, state, step):
        if not state:
            raise IllegalStep("nothing is left")
        return state - step

    def solved(self, state):
        return state == 0

    def ask(self, problem):
        return f"from {problem.data[0]}"

    def show(self, state):
        return str(state)

    def write(self, state, step):
        return "down"

    def read(self, state, text):
        return 1

    def answer(self, problem, steps):
        return str(sum(steps))

    def check(self, problem, answer):
        return Verdict(answer == str(problem.data[0]), "counted")


def tree_of(*hand):
    return Tree(TASK, TASK.pose(hand or (4, 9, 10, 13)))


def picture(tree):
    """All that a tree holds, to be compared with later."""
    return deepcopy((tree.states, tree.parents, tree.steps, tree.notes, tree.cursor, tree._children))


def play(tree, choices):
    """Acts at random: even choices step where a step is legal, the others go back."""
    for choice in choices:
        legal = TASK.steps(tree.state)
        if choice % 2 == 0 and legal:
            yield tree.do(Step(legal[choice // 2 % len(legal)], value=choice % 101 if choice % 3 else None))
        else:
            yield tree.do(Backtrack(choice % len(tree)))


random_play = st.lists(st.integers(0, 2000), max_size=40)


def test_a_tree_starts_with_the_start_state_as_node_0():
    tree = tree_of()
    assert (len(tree), tree.cursor, tree.parents, tree.steps) == (1, 0, [-1], [None])
    assert tree.state == TASK.start(tree.problem)
    assert tree.path() == [0]
    assert not tree.solved


@given(random_play)
def test_nodes_are_numbered_in_the_order_first_visited(choices):
    tree = tree_of()
    for event in play(tree, choices):
        assert event.node == tree.cursor
        assert (event.kind == "new") <= (tree.cursor == len(tree) - 1)
    for node in range(1, len(tree)):
        assert tree.parents[node] < node
        assert tree.states[node] == TASK.apply(tree.states[tree.parents[node]], tree.steps[node])
    edges = list(zip(tree.parents, tree.steps, strict=True))
    assert len(set(edges)) == len(edges)


def test_a_child_that_exists_is_revisited():
    tree = tree_of()
    assert tree.do(Step(FIRST)) == Event("new", 1)
    assert tree.do(Backtrack(0)) == Event("back", 0)
    assert tree.do(Step(SECOND)) == Event("new", 2)
    tree.do(Backtrack(0))
    assert tree.do(Step(FIRST)) == Event("revisit", 1)
    assert len(tree) == 3


def test_equal_states_reached_on_two_ways_are_two_nodes():
    tree = tree_of()
    for step in (FIRST, SECOND):
        tree.do(Step(step))
    tree.do(Backtrack(0))
    for step in (SECOND, FIRST):
        tree.do(Step(step))
    assert tree.parents == [-1, 0, 1, 0, 3]
    assert tree.states[2] == tree.states[4]
    assert list(tree.keys())[2] == list(tree.keys())[4]


def test_grow_takes_a_known_state_without_computing_it():
    tree = Tree(Countdown(), Countdown().pose(5))
    assert tree.grow(1, 4) is True
    assert tree.state == 4
    tree.cursor = 0
    assert tree.grow(1) is False
    assert tree.cursor == 1


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (Step(Combine(7, "+", 9)), "7 is not among the numbers"),
        (Step(Combine(9, "-", 13), "4 4 10", 1, 80), "a difference is larger - smaller"),
        (Backtrack(-1), "no such node"),
        (Backtrack(2), "no such node"),
        (Backtrack(10**9), "no such node"),
    ],
    ids=str,
)
def test_an_illegal_action_raises_and_changes_nothing(action, reason):
    tree = tree_of()
    tree.do(Step(Combine(4, "+", 10), value=7))
    tree.do(Backtrack(0))
    before = picture(tree)
    with pytest.raises(IllegalStep, match=reason):
        tree.do(action)
    assert picture(tree) == before


def test_a_step_of_the_wrong_kind_raises_and_changes_nothing():
    tree = tree_of()
    before = picture(tree)
    for step in ("13 - 9", 5, None, ["13", "-", "9"]):
        with pytest.raises((TypeError, ValueError)):
            tree.do(Step(step))
    assert picture(tree) == before


@pytest.mark.parametrize(
    ("claim", "node", "wrong"),
    [
        (None, None, False),
        ("4 4 10", None, False),
        ("4 4 10", 1, False),
        (None, 1, False),
        (None, 0, True),
        (None, 2, True),
        ("4 4 11", 1, True),
        ("4 4  10", 1, True),
        ("10 4 4", None, True),
        ("", None, True),
    ],
)
def test_a_claim_that_is_not_true_is_marked_and_the_tree_follows_the_rules(claim, node, wrong):
    tree = tree_of()
    assert tree.do(Step(FIRST, claim, node)) == Event("new", 1, wrong_state=wrong)
    assert TASK.brief(tree.state) == "4 4 10"
    tree.do(Backtrack(0))
    assert tree.do(Step(FIRST, claim, node)) == Event("revisit", 1, wrong_state=wrong)


def test_noted_values_are_kept_with_their_source_and_the_last_one_counts():
    tree = tree_of()
    tree.do(Step(FIRST, value=80))
    tree.do(Backtrack(0))
    tree.do(Step(SECOND, value=0), source="oracle")
    assert tree.notes == {1: (80, "model"), 2: (0, "oracle")}
    tree.do(Backtrack(0))
    tree.do(Step(FIRST))
    assert tree.notes[1] == (80, "model")
    tree.do(Backtrack(0))
    tree.do(Step(FIRST, value=10))
    assert tree.notes[1] == (10, "model")


def test_answers_are_judged_and_leave_the_tree_as_it_is():
    tree = tree_of()
    before = picture(tree)
    right, wrong = tree.do(Submit("(10 - 4) * (13 - 9)")), tree.do(Submit("24"))
    assert (right.kind, right.node, right.verdict.correct) == ("submit", 0, True)
    assert (wrong.kind, wrong.node, wrong.verdict.correct) == ("submit", 0, False)
    assert tree.do(GiveUp()).verdict.correct is False
    assert tree_of(1, 1, 1, 1).do(GiveUp()).verdict.correct is True
    assert tree.do(Refused("hm", "unreadable", "not an action")) == Event("refused", 0)
    assert picture(tree) == before


def test_an_empty_answer_stands_for_the_path_to_the_cursor():
    tree = tree_of()
    assert tree.do(Submit()).verdict.correct is False
    for step in (FIRST, SECOND, Combine(4, "*", 6)):
        tree.do(Step(step))
    assert tree.do(Submit()).verdict == tree.do(Submit(tree.answer())).verdict
    assert tree.do(Submit()).verdict.correct is True
    tree.do(Backtrack(2))
    assert tree.do(Submit("")).verdict.correct is False


def test_a_new_attempt_goes_on_in_the_same_tree_from_the_start():
    tree = tree_of()
    tree.do(Step(FIRST))
    assert tree.do(NewAttempt("wrong")) == Event("attempt", 0)
    assert (tree.cursor, len(tree)) == (0, 2)
    assert tree.do(Step(SECOND)) == Event("new", 2)


def test_the_path_to_a_solved_node_gives_an_answer_that_is_right():
    tree = tree_of()
    assert tree.first_solved() is None
    tree.do(Step(Combine(4, "+", 9)))
    tree.do(Backtrack(0))
    for step in (FIRST, SECOND, Combine(4, "*", 6)):
        tree.do(Step(step))
    assert tree.solved
    assert tree.first_solved() == 4
    assert tree.path() == [0, 2, 3, 4]
    assert tree.path(1) == [0, 1]
    assert tree.path_steps() == [FIRST, SECOND, Combine(4, "*", 6)]
    assert tree.path_steps(0) == []
    assert TASK.check(tree.problem, tree.answer()).correct is True
    assert TASK.check(tree.problem, tree.answer(1)).correct is False


@given(random_play)
def test_the_actions_of_a_tree_build_it_again(choices):
    tree = tree_of()
    list(play(tree, choices))
    trace = Trace(tree.problem, tuple(tree.visit_actions()))
    built = replay(TASK, trace)
    assert built.tree.same_as(tree)
    assert {event.kind for event in built.events} <= {"new", "back"}


@given(random_play)
def test_a_copy_is_equal_and_on_its_own(choices):
    tree = tree_of()
    list(play(tree, choices))
    before, twin = picture(tree), tree.copy()
    assert twin.same_as(tree)
    assert picture(twin) == before
    twin.do(Backtrack(0))
    for step in TASK.steps(twin.state):
        twin.do(Step(step, value=1))
        twin.do(Backtrack(0))
    assert picture(tree) == before


@given(random_play)
def test_a_tree_pickles(choices):
    tree = tree_of()
    list(play(tree, choices))
    twin = pickle.loads(pickle.dumps(tree))
    assert twin.same_as(tree)
    assert picture(twin) == picture(tree)


def test_trees_differ_by_problem_node_step_or_noted_value():
    def grown(*actions, hand=(4, 9, 10, 13)):
        tree = tree_of(*hand)
        for action in actions:
            tree.do(action)
        return tree

    tree = grown(Step(FIRST, value=5))
    assert tree.same_as(grown(Step(FIRST, value=5), Backtrack(0)))
    assert not tree.same_as(grown(Step(FIRST, value=6)))
    assert not tree.same_as(grown(Step(FIRST)))
    assert not tree.same_as(grown(Step(SECOND, value=5)))
    assert not tree.same_as(grown(Step(FIRST, value=5), Step(SECOND)))
    assert not tree.same_as(grown(hand=(4, 9, 11, 13)))


def test_very_deep_and_very_wide_trees_are_no_trouble():
    task = Countdown()
    problem = task.pose(20_000)
    tree = Tree(task, problem)
    for _ in range(20_000):
        tree.do(Step(1))
    assert tree.solved
    assert len(tree.path()) == 20_001
    assert task.check(problem, tree.answer()).correct
    assert pickle.loads(pickle.dumps(tree)).same_as(tree)
    draw = random.Random(0)
    back = tuple(Backtrack(draw.randrange(20_001)) for _ in range(5_000))
    trace = Trace(problem, (*tree.visit_actions(), *back, Submit(tree.answer())))
    assert parse(task, problem, emit(task, trace), strict=True) == trace
    assert replay(task, trace).success
