"""What the environments ask of Game of 24 for speed, against its plain rules; and the controls that tasks provide."""

from __future__ import annotations

import pickle
import random

import numpy as np
import pytest

from metacot.tasks import IllegalStep, NewAttempt, Step, Task, Trace, TraceError, Tree, emit, parse
from metacot.tasks.decoy import Decoy
from metacot.tasks.game24 import Game24
from metacot.tasks.game24.hands import hands
from metacot.tasks.rationals import Ratio, combinations, combine

GAME = Game24()


def states(count: int) -> list:
    """States on random plays from all kinds of hands, those with zeros, equal numbers and fractions included."""
    rng = random.Random(0)
    dealt = list(hands(1, 13))
    found = [GAME.start(GAME.pose((n, n, n, n))) for n in range(1, 14)]
    while len(found) < count:
        state = GAME.start(GAME.pose(rng.choice(dealt)))
        while children := GAME.expand(state):
            found.append(state)
            state = rng.choice(children)[1]
        found.append(state)
    return found


def test_the_mask_names_exactly_the_steps_that_the_rules_allow():
    for state in states(2000):
        legal = {GAME.index(state, step) for step in GAME.steps(state)}
        assert set(np.flatnonzero(GAME.mask(state)).tolist()) == legal


def test_a_move_by_number_is_the_step_and_what_it_leads_to():
    for state in states(2000):
        legal = set(np.flatnonzero(GAME.mask(state)).tolist())
        for index in range(-1, GAME.n_actions + 1):
            if index in legal:
                assert GAME.move(state, index) == Task.move(GAME, state, index)
            else:
                with pytest.raises(IllegalStep, match=f"action {index} is not legal here"):
                    GAME.move(state, index)


def test_the_face_of_a_state_is_its_observation_its_mask_and_whether_it_is_solved():
    for state in states(2000):
        row, mask, solved = GAME.face(state)
        values = [*map(np.log1p, map(float, state.numbers)), *[-1.0] * (4 - len(state.numbers)), np.log1p(state.target)]
        assert np.allclose(row, values, rtol=1e-6)
        assert GAME.low <= row.min() <= row.max() <= GAME.high
        assert solved == GAME.solved(state)
        for cached in (row, mask):
            with pytest.raises(ValueError, match="read-only"):
                cached[0] = 1


def test_one_operation_is_the_same_alone_and_among_all():
    for state in states(500):
        for a, b in zip(state.numbers, state.numbers[1:], strict=False):
            for operation, step, result in combinations(a, b):
                assert combine(operation, a, b) == (step, result)
                assert isinstance(result, int | Ratio)
    with pytest.raises(ZeroDivisionError):
        combine(3, 0, 5)


# Copies and controls


def test_a_copied_tree_goes_its_own_way():
    tree = Tree(GAME, GAME.pose((3, 3, 8, 8)))
    tree.do(Step(GAME.read(tree.state, "3 + 3"), value=40))
    twin = tree.copy()
    assert twin.same_as(tree)
    assert (twin.cursor, twin.notes) == (tree.cursor, tree.notes)
    twin.do(Step(GAME.read(twin.state, "8 - 6"), value=10))
    assert (len(twin), len(tree), len(tree.notes)) == (3, 2, 1)
    tree.do(Step(GAME.read(tree.state, "8 * 6")))
    assert tree.states[2] != twin.states[2]


def test_a_decoy_is_a_function_of_the_problem_and_the_shape_of_the_tree():
    def shown(decoy: Decoy, seed: int) -> list:
        tree, rng, seen = Tree(GAME, problem), random.Random(seed), []
        for _ in range(40):
            if steps := GAME.steps(tree.state):
                tree.grow(rng.choice(steps))
            else:
                tree.cursor = rng.randrange(len(tree))
            seen.append(decoy.state(tree))
        return seen

    problem = GAME.problem(0, 5)
    decoy = Decoy.beside(GAME, problem)
    assert decoy.problem.data != problem.data
    first = shown(pickle.loads(pickle.dumps(decoy)), 1)
    assert first == shown(Decoy.beside(GAME, problem), 1)
    assert first != shown(Decoy.beside(GAME, problem), 2)
    twin = decoy.copy()
    shown(decoy, 3)
    assert first == shown(twin, 1), "what one decoy showed does not change its copy"


def test_a_trace_with_random_feedback_names_its_decoy():
    trace = Trace(GAME.pose((3, 3, 8, 8)), ())
    with pytest.raises(ValueError, match="needs the decoy"):
        emit(GAME, trace, "random")
    with pytest.raises(ValueError, match="needs the decoy"):
        parse(GAME, trace.problem, "", "random")


def test_a_mark_between_attempts_carries_a_known_outcome_or_none():
    problem = GAME.pose((3, 3, 8, 8))
    for outcome in (None, "right", "wrong", "unknown", "unfinished"):
        trace = Trace(problem, (NewAttempt(outcome),))
        assert parse(GAME, problem, emit(GAME, trace), strict=True) == trace
    with pytest.raises(TraceError, match="an outcome is one of"):
        emit(GAME, Trace(problem, (NewAttempt("splendid"),)))
