"""What each of the field's searches promises beyond visiting and counting: optimality, limits, proposals, votes."""

import math
from collections import deque
from random import Random

import pytest

from metacot.agents.search import (
    BestValueCritic,
    Limits,
    SearchAttempts,
    astar,
    beam,
    best_first,
    best_of_n,
    branch_and_bound,
    breadth_first,
    greedy,
    iterative_deepening,
    majority_vote,
    mcts,
    search,
    search_squared,
    weighted_astar,
)
from metacot.rewards import ConstantValue, HeuristicValue, NoisyOracle, OracleValue, Proposal, RolloutValue
from metacot.tasks import Task, make, replay

GAME, MAZE, SOKOBAN, SUDOKU = make("game24"), make("maze"), make("sokoban"), make("sudoku")
ORACLE, HEURISTIC, BLIND = OracleValue(), HeuristicValue(), ConstantValue()
GENERATORS = ("walls", "depth_first", "prim", "wilson")
MAZES = [MAZE.problem(7, index, size=4 + index % 9, generator=GENERATORS[index % 4]) for index in range(500)]
LEVELS = [SOKOBAN.problem(7, index, **SOKOBAN.levels["easy"]) for index in range(20)]

UNSOLVABLE = GAME.pose((7, 9, 12, 13))  # with 936 states to be seen


def fewest_steps(task, problem, most=20_000):
    """By plain breadth-first search with a set: shares nothing with the package's searches."""
    start = task.start(problem)
    queue, seen = deque([(start, 0)]), {start}
    while queue and len(seen) < most:
        state, depth = queue.popleft()
        if task.solved(state):
            return depth
        for step in task.steps(state):
            if (child := task.apply(state, step)) not in seen:
                seen.add(child)
                queue.append((child, depth + 1))
    return None


def length(found):
    return len(found.tree.path(found.solved)) - 1


# --- cheapest paths --------------------------------------------------------------------------------------


def test_astar_finds_a_shortest_way_through_500_mazes():
    for problem in MAZES:
        shortest = fewest_steps(MAZE, problem)
        found = astar(MAZE, problem, HEURISTIC, budget=2000)
        assert length(found) == shortest
        assert found.success
        assert shortest <= length(weighted_astar(MAZE, problem, HEURISTIC, budget=2000, weight=3.0)) <= 3 * shortest
        assert len(found.tree) <= len(astar(MAZE, problem, HEURISTIC, budget=2000, weight=0.0).tree)


@pytest.mark.parametrize("find", [astar, breadth_first, branch_and_bound, iterative_deepening])
def test_the_optimal_searches_agree_with_brute_force(find):
    for problem in MAZES[:40]:
        value = HEURISTIC if find is astar else BLIND
        found = find(MAZE, problem, value, budget=20_000)
        assert length(found) == fewest_steps(MAZE, problem)
        assert replay(MAZE, found.trace()).success


def test_astar_is_optimal_on_sokoban_levels():
    known = [(problem, fewest_steps(SOKOBAN, problem)) for problem in LEVELS]
    known = [(problem, shortest) for problem, shortest in known if shortest is not None]
    assert len(known) >= 10
    for problem, shortest in known:
        found = astar(SOKOBAN, problem, HEURISTIC, budget=20_000)
        assert length(found) == shortest
        assert replay(SOKOBAN, found.trace()).success


def test_an_exact_value_leads_astar_straight():
    for problem in MAZES[:20]:
        found = astar(MAZE, problem, ORACLE)
        assert len(found.tree) - 1 == length(found) == MAZE.distance(MAZE.start(problem))


def test_a_value_that_may_be_wrong_proves_nothing():
    problem = GAME.pose((1, 1, 1, 1))
    assert astar(GAME, problem, ORACLE).exhausted
    assert astar(GAME, problem, HEURISTIC, budget=10_000).exhausted
    assert not astar(GAME, GAME.pose((4, 6, 1, 1)), NoisyOracle(1.0), budget=10_000).exhausted


def test_a_state_is_opened_again_where_a_cheaper_path_leads_to_it():
    class Lying(type(MAZE)):
        """Its heuristic is admissible but not consistent, so that states are reached by a dear path first."""

        def heuristic(self, state):
            return super().heuristic(state) if state.cell % 3 else 0.0

        relax = Task.relax  # a maze's own knows its heuristic beforehand

    maze = Lying()
    reopened = 0
    for index in range(200):
        problem = maze.problem(3, index, size=9)
        found = astar(maze, problem, HEURISTIC, budget=5000)
        assert length(found) == maze.distance(maze.start(problem))
        keys = [*found.tree.keys()]
        reopened += len(keys) - len(set(keys))
    assert reopened > 0


def test_branch_and_bound_gets_better_the_longer_it_runs_and_then_proves_it():
    better = 0
    for problem in MAZES[:200:4]:  # with walls, where more than one way leads to the goal
        short, long = (branch_and_bound(MAZE, problem, BLIND, budget=n) for n in (30, 20_000))
        assert long.exhausted
        assert length(long) == MAZE.distance(MAZE.start(problem))
        if short.success:
            assert length(short) >= length(long)
            better += length(short) > length(long)
    assert better > 0


def test_iterative_deepening_counts_rounds_and_names_nodes_once():
    problem = MAZES[4]
    with_h, without = (iterative_deepening(MAZE, problem, BLIND, budget=5000, heuristic=h) for h in (True, False))
    assert length(with_h) == length(without) == MAZE.distance(MAZE.start(problem))
    assert 1 <= with_h.iterations <= without.iterations
    assert without.expanded > len(without.tree) >= len(with_h.tree)


# --- beams -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 3])
def test_a_beam_keeps_so_many_states_a_level(width):
    for index in range(20):
        tree = beam(GAME, GAME.problem(0, index), NoisyOracle(0.3), width=width).tree
        depths = [len(tree.path(node)) - 1 for node in range(len(tree))]
        assert max(depths.count(depth) for depth in set(depths)) <= width
        assert depths == sorted(depths)


def test_a_beam_proves_only_what_it_has_seen_whole():
    problem = GAME.pose((1, 1, 1, 1))
    assert not beam(GAME, problem, BLIND, width=2).exhausted
    assert beam(GAME, problem, BLIND, width=1000).exhausted
    assert not beam(GAME, problem, BLIND, width=1000, levels=1).exhausted
    with pytest.raises(ValueError, match="width must be at least 1"):
        beam(GAME, problem, BLIND, width=0)


def test_greedy_asks_the_heuristic_and_nobody_else():
    found = greedy(MAZE, MAZES[0], NoisyOracle(0.5))
    assert found.source["search"] == "greedy"
    assert found.source["value"] == "heuristic"
    assert found.tree.same_as(best_first(MAZE, MAZES[0], HEURISTIC).tree)


# --- limits ----------------------------------------------------------------------------------------------


def test_limits_other_than_nodes_end_a_search():
    problem = UNSOLVABLE
    played = best_first(GAME, problem, RolloutValue(4), Limits(rollouts=100))
    assert 100 <= played.rollouts < 100 + 4 * 30
    assert played.rollouts == 4 * played.value_calls
    assert not played.exhausted
    slow = best_first(GAME, problem, BLIND, Limits(seconds=0.0))
    assert len(slow.tree) == 1
    written = best_first(GAME, problem, BLIND, Limits(tokens=50), proposer=Writer())
    assert 50 <= written.tokens <= 60
    with pytest.raises(ValueError, match="tokens=-1"):
        Limits(tokens=-1)


def test_a_stopped_search_says_what_it_would_bet_on():
    stopped = best_first(GAME, GAME.pose((2, 2, 6, 6)), NoisyOracle(0.2, seed=3), budget=6)
    assert not stopped.success
    assert stopped.tree.notes[stopped.best][0] == max(value for value, _ in stopped.tree.notes.values())
    assert stopped.depth == 3
    whole = best_first(GAME, GAME.pose((2, 2, 6, 6)), NoisyOracle(0.2, seed=3))
    assert whole.best == whole.solved == whole.first


# --- proposals -------------------------------------------------------------------------------------------


class Writer:
    """Draws legal steps, the first twice as often as the others, now and then an illegal one; ten tokens a draw."""

    name = "writer"
    tokens = 0

    def propose(self, task, states, rngs, count=1):
        found = []
        for state, rng in zip(states, rngs, strict=True):
            steps = task.steps(state)
            draws = []
            for _ in range(count if steps else 0):
                self.tokens += 1
                place = max(0, int(rng.random() * (len(steps) + 1)) - 1)
                draws.append(Proposal(steps[place], math.log((1 + (place == 0)) / (len(steps) + 1))))
            if steps:
                draws.append(Proposal(steps[0]._replace(left=999), -5.0))
            found.append(draws)
        return found


@pytest.mark.parametrize("name", ["depth_first", "breadth_first", "beam", "best_first", "astar", "mcts", "best_of_n"])
def test_searches_look_at_what_is_proposed(name):
    problem = GAME.pose((4, 6, 1, 1))
    first, again = (search(name, GAME, problem, "oracle", proposer=Writer(), proposals=3) for _ in range(2))
    assert first == again
    assert first.source["proposer"] == "writer"
    assert first.illegal > 0 or name == "best_of_n"
    assert first.tokens > 0 or name == "best_of_n"
    children = [first.tree.parents.count(node) for node in range(len(first.tree))]
    assert max(children) <= 3 or name == "best_of_n"


def test_the_prior_of_puct_is_that_of_the_proposer():
    class Sure(Writer):
        def propose(self, task, states, rngs, count=1):
            odds = (math.log(0.9), math.log(0.1))
            return [[*map(Proposal, task.steps(state)[:2], odds)] for state in states]

    problem = GAME.pose((1, 1, 1, 1))
    found = mcts(GAME, problem, BLIND, iterations=40, stop=False, bonus="puct", exploration=5.0, proposer=Sure())
    first, second = (node for node, parent in enumerate(found.tree.parents) if parent == 0)
    liked = GAME.steps(GAME.start(problem))[0]
    visits = dict(zip((found.tree.steps[first], found.tree.steps[second]), (first, second), strict=True))
    other = next(node for step, node in visits.items() if step != liked)
    assert found.visits[visits[liked]] > 3 * found.visits[other]


# --- MCTS ------------------------------------------------------------------------------------------------


def test_the_printed_bonus_repeats_itself_more():
    """The Meta-CoT paper prints the two counts of the bonus exchanged; on 200 problems, paired, with a 95% interval."""
    differences = []
    for index in range(200):
        problem, value = GAME.problem(5, index), NoisyOracle(0.3, seed=index)
        printed, standard = (
            mcts(GAME, problem, value, budget=400, iterations=400, bonus=bonus, stop=False)
            for bonus in ("printed", "uct")
        )
        again = [found.iterations - (len(found.tree) - 1) for found in (printed, standard)]
        differences.append(again[0] - again[1])
    mean = sum(differences) / len(differences)
    spread = math.sqrt(sum((d - mean) ** 2 for d in differences) / (len(differences) - 1) / len(differences))
    assert mean - 1.96 * spread > 0


def test_widening_looks_at_few_children_first():
    problem = UNSOLVABLE
    narrow, wide = (
        mcts(GAME, problem, BLIND, iterations=50, stop=False, widening=widening) for widening in ((1.0, 0.5), None)
    )
    assert narrow.tree.parents.count(0) <= math.ceil(math.sqrt(51)) < wide.tree.parents.count(0)
    for bad in ({"bonus": "ucb"}, {"widening": (0.0, 0.5)}, {"widening": (1.0, 2.0)}):
        with pytest.raises(ValueError, match=r"bonus|widening"):
            mcts(GAME, problem, BLIND, **bad)


# --- votes -----------------------------------------------------------------------------------------------


def test_best_of_n_commits_to_the_attempt_of_highest_value():
    wins = {1: 0, 64: 0}
    for index in range(60):
        for n in wins:
            found = best_of_n(SUDOKU, SUDOKU.problem(0, index, **SUDOKU.levels["easy"]), ORACLE, n=n)
            wins[n] += found.success
            assert found.chosen is not None
            assert replay(SUDOKU, found.trace()).success == found.success
    assert wins[1] < wins[64]


def test_a_majority_may_be_wrong_and_says_what_it_answered():
    found = majority_vote(GAME, GAME.problem(0, 3), n=8)
    assert found.chosen is not None
    assert replay(GAME, found.trace()).events[-1].kind == "submit"
    assert found.value_calls == 0
    for bad in ({"n": 0},):
        with pytest.raises(ValueError, match="at least 1"):
            majority_vote(GAME, GAME.problem(0, 3), **bad)
    with pytest.raises(ValueError, match="aggregate is one of last, min, mean, product"):
        best_of_n(GAME, GAME.problem(0, 3), ORACLE, aggregate="median")


# --- Search² ---------------------------------------------------------------------------------------------


def test_search_squared_goes_on_with_attempts_until_one_is_verified():
    attempter, critic = SearchAttempts("depth_first", "noisy:0.4:{n}", 8), BestValueCritic(HEURISTIC)
    one = many = 0
    for index in range(40):
        problem = GAME.problem(2, index)
        first, again = (search_squared(GAME, problem, attempter, critic, budget=12, seed=1) for _ in range(2))
        assert first.histories == again.histories
        assert first.parents == again.parents
        assert first.attempts <= 12
        one += replay(GAME, first.histories[1][-1]).success
        many += first.success
        if first.success:
            assert replay(GAME, first.histories[first.solved][-1]).success
        for history, parent in zip(first.histories[1:], first.parents[1:], strict=True):
            assert history[:-1] == first.histories[parent]
    assert one < many


def test_an_attempter_is_told_what_was_tried():
    class Counting:
        name = "counting"

        def attempt(self, task, problem, history, rng: Random):
            return best_first(task, problem, BLIND, budget=len(history)).trace()

    found = search_squared(GAME, GAME.pose((1, 1, 1, 1)), Counting(), BestValueCritic(HEURISTIC), budget=6, branch=1)
    assert [len(replay(GAME, history[-1]).tree) - 1 for history in found.histories[1:]] == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="branch"):
        search_squared(GAME, GAME.pose((1, 1, 1, 1)), Counting(), BestValueCritic(HEURISTIC), branch=0)
