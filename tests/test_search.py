"""Every search visits what it says, finds what there is to find, and does the same again."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from fractions import Fraction
from functools import cache
from itertools import permutations
from typing import Any

import pytest

from metacot.agents.search import ALGORITHMS, SearchResult, best_first, depth_first, mcts, search, visit_text
from metacot.rewards import ConstantValue, NoisyOracle, OracleValue
from metacot.tasks import IllegalStep, Problem, Task, Trace, Tree, UnreadableStep, Verdict, emit, make, replay

GAME = make("game24")
VOTING = ("best_of_n", "majority_vote")
SEARCHES = [name for name in ALGORITHMS if name not in VOTING]
BY_COST = ("branch_and_bound", "iterative_deepening", "astar", "weighted_astar")  # de-duplicate by the cheapest path
ORACLE = OracleValue()
SOLVABLE = [GAME.problem(3, index) for index in range(100)]
EVERY = range(GAME.count("train", solvable="mixed"))


def unsolvable(count: int) -> list[Problem]:
    mixed = (GAME.problem(3, index, solvable="mixed") for index in EVERY)
    found = [problem for problem in mixed if not brute_force(tuple(map(Fraction, problem.data[0])))]
    assert len(found) >= count
    return found[:count]


@cache
def brute_force(numbers: tuple[Fraction, ...]) -> bool:
    """Plain recursion with signed fractions over ordered pairs: shares nothing with the package."""
    if len(numbers) == 1:
        return numbers[0] == 24
    for a, b, *rest in permutations(numbers):
        if len(rest) == 2 and rest[0] > rest[1]:
            continue  # the order of the others does not matter
        results = [a + b, a - b, a * b] + ([a / b] if b else [])
        if any(brute_force(tuple(sorted([result, *rest]))) for result in results):
            return True
    return False


# The same trees for ever --------------------------------------------------------------------------------------------

GOLDEN = {
    "depth_first": (
        "noisy:0.2:6",
        "2 / 6 value 100; 2 / 6 value 100; 1/3 + 1/3 value 100; back #2; 1/3 / 1/3 value 100; back #2; "
        "1/3 * 1/3 value 0; back #2; 1/3 - 1/3 value 0; back #1; 2 / 1/3 value 100; 6 * 6 value 0; back #7; "
        "6 + 6 value 0; back #1; 2 + 6 value 100; 8 / 1/3 value 100",
        {"expanded": 11, "generated": 41, "duplicates": 3, "value_calls": 38, "backtracks": 6, "iterations": 0},
    ),
    "best_first": (
        "noisy:0.2:3",
        "6 * 6 value 100; 36 / 2 value 100; 2 / 18 value 100; back #2; 18 - 2 value 100; back #0; 6 / 6 value 100; "
        "back #0; 2 / 6 value 100; 2 * 6 value 100; 1/3 * 12 value 100; back #6; 1/3 / 2 value 100; "
        "1/6 * 6 value 100; back #0; 6 / 2 value 100; 2 + 6 value 100; 3 * 8 value 100",
        {"expanded": 13, "generated": 81, "duplicates": 17, "value_calls": 64, "backtracks": 5, "iterations": 0},
    ),
    "mcts": (
        "noisy:0.2:2",
        "2 / 6 value 100; back #0; 2 * 6 value 100; back #0; 2 + 2 value 100; back #1; 2 + 6 value 100; back #2; "
        "2 * 6 value 100; back #3; 6 - 6 value 100; back #4; 8 / 1/3 value 100",
        {"expanded": 7, "generated": 65, "duplicates": 15, "value_calls": 50, "backtracks": 6, "iterations": 7},
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_tree(name: str) -> None:
    value, visits, counts = GOLDEN[name]
    found = search(name, GAME, GAME.pose((2, 2, 6, 6)), value)
    text = "; ".join(emit(GAME, found.trace(values=True), "none").splitlines())
    assert text.split("; </think>; answer ")[0] == visits
    assert {count: getattr(found, count) for count in counts} == counts
    assert found.success
    assert not found.exhausted
    assert replay(GAME, found.trace()).success


@pytest.mark.parametrize("name", ALGORITHMS)
def test_same_inputs_and_seed_same_tree(name: str) -> None:
    runs = [search(name, GAME, problem, NoisyOracle(0.3), seed=5) for problem in SOLVABLE[:20] for _ in range(2)]
    assert runs[::2] == runs[1::2]
    if "astar" in name:
        return  # its order is that of the task
    others = [search(name, GAME, problem, NoisyOracle(0.3), seed=6) for problem in SOLVABLE[:20]]
    assert runs[::2] != others
    if name in VOTING:
        return  # a proposer draws the first step
    unshuffled = [search(name, GAME, problem, ConstantValue(), seed=None) for problem in SOLVABLE[:5]]
    assert unshuffled[0].tree.steps[1] == GAME.steps(GAME.start(SOLVABLE[0]))[0]


def test_seconds_do_not_count_for_equality() -> None:
    first, second = (search("best_first", GAME, SOLVABLE[0]) for _ in range(2))
    assert first.seconds > 0
    assert first == second
    assert first != search("depth_first", GAME, SOLVABLE[0])
    assert first != "something else"


# Found where it is, proved absent where it is not -------------------------------------------------------------------


def test_the_oracle_leads_straight_to_the_solution() -> None:
    for index in range(0, GAME.count(), 4):
        found = best_first(GAME, GAME.problem(1, index), ORACLE)
        assert found.success
        assert found.tree.parents == [-1, 0, 1, 2]
        assert found.backtracks == 0


@pytest.mark.parametrize("dedupe", [True, False])
@pytest.mark.parametrize("name", [name for name in SEARCHES if name not in ("beam", "mcts")])
def test_exhaustive_search_agrees_with_brute_force(name: str, dedupe: bool) -> None:
    blind = ConstantValue()
    for problem in SOLVABLE[::4]:
        assert brute_force(tuple(map(Fraction, problem.data[0])))
        found = search(name, GAME, problem, blind, budget=10_000, dedupe=dedupe)
        assert replay(GAME, found.trace()).success
    for problem in unsolvable(100)[::5]:
        assert GAME.value(GAME.start(problem)) == 0.0
        gave_up(search(name, GAME, problem, blind, budget=10_000, dedupe=dedupe))


@pytest.mark.parametrize("dedupe", [True, False])
def test_mcts_visits_everything_where_there_is_nothing_to_find(dedupe: bool) -> None:
    for problem in unsolvable(100)[::10]:
        whole = search("depth_first", GAME, problem, ConstantValue(), budget=10_000, dedupe=dedupe)
        found = mcts(GAME, problem, ConstantValue(), budget=10_000, dedupe=dedupe)
        gave_up(found)
        assert len(found.tree) == len(whole.tree)


def gave_up(found: SearchResult) -> None:
    assert not found.success
    assert found.exhausted
    redone = replay(GAME, found.trace())
    assert redone.events[-1].kind == "give_up"
    assert redone.success


@pytest.mark.parametrize("name", SEARCHES)
def test_counts_are_what_they_say(name: str) -> None:
    for problem in (*SOLVABLE[:10], *unsolvable(100)[:3]):
        found = search(name, GAME, problem, "noisy:0.2", budget=10_000)
        tree = found.tree
        assert found.duplicates + found.value_calls == found.generated or name in ("depth_first", *BY_COST)
        assert len(tree) - 1 <= found.value_calls <= found.generated
        assert found.expanded == len(tree) - found.success or name in ("beam", "iterative_deepening")
        assert found.first == (found.solved if found.success else None)
        keys = list(tree.keys())
        assert len(set(keys)) == len(keys)
        assert set(tree.notes) == set(range(1, len(tree)))
        assert {source for _, source in tree.notes.values()} <= {"heuristic" if name == "greedy" else "noisy:0.2"}
        assert found.solved == (tree.first_solved() if found.success else None)
        assert found.source["search"] == name


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("budget", [0, 1, 5, 20])
def test_the_budget_counts_visited_nodes(name: str, budget: int) -> None:
    wide: dict[str, Any] = {"width": 30} if name == "beam" else {}
    for problem in unsolvable(100)[:5]:
        found = search(name, GAME, problem, "constant:0.5", budget=budget, **wide)
        assert len(found.tree) == budget + 1
        assert not found.exhausted
        assert found.trace() == Trace(problem, found.trace().actions)
        assert not replay(GAME, found.trace()).success
    with pytest.raises(ValueError, match="budget"):
        search(name, GAME, SOLVABLE[0], budget=-1)


def test_depth_first_goes_back_to_the_deepest_node_with_children_untried() -> None:
    tree = depth_first(GAME, SOLVABLE[3], ConstantValue(), budget=200, seed=1).tree
    for node in range(1, len(tree)):
        # Whatever was visited after the parent lies below it: nothing is left half-done.
        assert all(tree.parents[node] in tree.path(between) for between in range(tree.parents[node] + 1, node))


def test_pruned_children_are_not_visited() -> None:
    for problem in SOLVABLE[:20]:
        found = depth_first(GAME, problem, NoisyOracle(0.3), prune=0.0)
        assert all(value > 0 for value, _ in found.tree.notes.values())
    for problem in unsolvable(100)[:5]:
        found = depth_first(GAME, problem, ORACLE, prune=0.0)
        assert len(found.tree) == 1
        gave_up(found)


def test_search_by_name_refuses_unknown_names() -> None:
    with pytest.raises(KeyError, match="depth_first, breadth_first, beam"):
        search("a_star", GAME, SOLVABLE[0])
    with pytest.raises(ValueError, match="a value is one of"):
        search("mcts", GAME, SOLVABLE[0], "magic")
    with pytest.raises(ValueError, match="exploration"):
        mcts(GAME, SOLVABLE[0], ORACLE, exploration=-1.0)


# MCTS ---------------------------------------------------------------------------------------------------------------


def test_mcts_visits_gather_on_solvable_steps() -> None:
    def share(problem: Problem, iterations: int) -> float:
        found = mcts(GAME, problem, ORACLE, iterations=iterations, stop=False)
        assert found.iterations == iterations
        assert found.visits[0] == iterations
        assert len(found.visits) == len(found.tree)
        below = {node: found.visits[node] for node, parent in enumerate(found.tree.parents) if parent == 0}
        assert sum(below.values()) == iterations
        best = max(below, key=lambda node: below[node])
        assert GAME.value(found.tree.states[best]) == 1.0
        good = sum(n for node, n in below.items() if GAME.value(found.tree.states[node]) == 1.0)
        return good / iterations

    few, many = (sum(share(p, n) for p in SOLVABLE[:20]) / 20 for n in (100, 1000))
    assert 0.5 < few < many
    assert many > 0.75


def test_mcts_goes_on_or_stops_at_the_first_solution() -> None:
    stopped = mcts(GAME, SOLVABLE[0], ORACLE)
    assert stopped.solved == len(stopped.tree) - 1
    going_on = mcts(GAME, SOLVABLE[0], ORACLE, iterations=300, stop=False)
    assert going_on.iterations == 300
    assert len(going_on.tree) > len(stopped.tree)
    assert replay(GAME, going_on.trace()).success


# A world with cycles, in which every state is solvable -------------------------------------------------------------


class Walk(Task[int, int]):
    """Go left (-1) or right (+1) on a ring of places until place 0 is reached."""

    name = "walk"
    dead_ends = False
    size = 30

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        return self.pose(index % self.size)

    def pose(self, *data: Any) -> Problem:
        return Problem(self.name, data)

    def start(self, problem: Problem) -> int:
        return problem.data[0]

    def steps(self, state: int) -> Sequence[int]:
        return (-1, 1)

    def apply(self, state: int, step: int) -> int:
        if step not in (-1, 1):
            raise IllegalStep("one place at a time")
        return (state + step) % self.size

    def solved(self, state: int) -> bool:
        return state == 0

    def ask(self, problem: Problem) -> str:
        return f"from {problem.data[0]}"

    def show(self, state: int) -> str:
        return str(state)

    def write(self, state: int, step: int) -> str:
        return "left" if step < 0 else "right"

    def read(self, state: int, text: str) -> int:
        if text not in ("left", "right"):
            raise UnreadableStep("left or right")
        return -1 if text == "left" else 1

    def key(self, state: int) -> Hashable:
        return state

    def distance(self, state: int) -> int | float:
        return min(state, self.size - state)

    def answer(self, problem: Problem, steps: Sequence[int]) -> str:
        return " ".join(map(str, steps))

    def check(self, problem: Problem, answer: str) -> Verdict:
        try:
            place = problem.data[0] + sum(map(int, answer.split()))
        except ValueError:
            return Verdict(False, "not a walk")
        return Verdict(place % self.size == 0, "counted")


@pytest.mark.parametrize("name", SEARCHES)
def test_cycles_and_graded_values(name: str) -> None:
    walk = Walk()
    for place in range(walk.size):
        found = search(name, walk, walk.pose(place), budget=100)
        assert found.success
        if name in ("depth_first", "best_first", "astar", "branch_and_bound"):
            assert len(found.tree.path(found.solved)) - 1 == walk.distance(place)
        blind = search(name, walk, walk.pose(place), "constant:0.5", budget=walk.size)
        assert blind.success
        assert replay(walk, blind.trace()).success
    endless = depth_first(walk, walk.pose(15), ConstantValue(), budget=7, seed=None, dedupe=False)
    assert len(endless.tree) == 8


def test_a_start_that_is_solved_needs_no_search() -> None:
    walk = Walk()
    for name in ALGORITHMS:
        found = search(name, walk, walk.pose(0))
        assert found.solved == 0
        assert len(found.tree) == 1
        assert found.expanded == 0
        assert replay(walk, found.trace()).success
    assert math.isclose(ORACLE.values(walk, [0])[0], 1.0)


@pytest.mark.parametrize("task", ["game24", "countdown", "maze", "sokoban", "sudoku", "blocksworld", "equations"])
@pytest.mark.parametrize("name", ["depth_first", "astar", "mcts", "majority_vote"])
def test_the_quick_text_is_that_of_the_trace(name: str, task: str) -> None:
    made = make(task)
    for index in range(3):
        found = search(name, made, made.problem(1, index), "constant:0.5", budget=40)
        for values in (False, True):
            assert visit_text(found, values) == emit(made, found.trace(values))
    given_up = search(name, GAME, GAME.pose((1, 1, 1, 1)), "constant:0.5")
    assert visit_text(given_up) == emit(GAME, given_up.trace())


def test_a_planted_child_is_found_again_by_its_step() -> None:
    tree = Tree(GAME, SOLVABLE[0])
    for place, (step, child, *_) in enumerate(GAME.expand(tree.states[0]), 1):
        assert tree.plant(0, step, child) == place
    for node in range(1, len(tree)):
        tree.cursor = 0
        assert not tree.grow(tree.steps[node])
        assert tree.cursor == node
