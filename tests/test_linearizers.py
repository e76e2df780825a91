"""Whatever a search did, every linearizer writes it as a trace that reads back to the same tree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metacot.agents.linearizers import (
    LINEARIZERS,
    ancestor_hops,
    inserted_errors,
    linearize,
    optimal_path,
    pruned,
    revision,
    shorten,
    visit_order,
    visit_order_slips,
    visit_order_values,
)
from metacot.agents.search import ALGORITHMS, SearchResult, search
from metacot.agents.training.examples import pieces
from metacot.tasks import (
    Backtrack,
    GiveUp,
    Refused,
    Step,
    Submit,
    Trace,
    Tree,
    emit,
    make,
    names,
    parse,
    replay,
)

GAME = make("game24")
SOLVED = search("depth_first", GAME, GAME.pose((2, 2, 6, 6)), "noisy:0.2:6")
HOPELESS = search("best_first", GAME, GAME.pose((1, 1, 1, 1)), "noisy:0.2")
UNFINISHED = search("best_first", GAME, GAME.pose((1, 1, 1, 1)), "noisy:0.2", budget=5)

searches = st.builds(
    lambda hand, name, rate, seed, budget, dedupe: search(
        name, GAME, GAME.pose(hand), f"noisy:{rate}:{seed}", seed=seed, budget=budget, dedupe=dedupe
    ),
    st.tuples(*[st.integers(1, 13)] * 4),
    st.sampled_from(sorted(ALGORITHMS)),
    st.sampled_from([0.0, 0.1, 0.3, 1.0]),
    st.integers(0, 3),
    st.sampled_from([0, 3, 20, 1000]),
    st.booleans(),
)


@settings(max_examples=150)
@given(searches, st.sampled_from(sorted(LINEARIZERS)), st.sampled_from(["state", "none"]))
def test_emit_parse_replay_is_the_identity(found: SearchResult, name: str, feedback: str) -> None:
    trace = LINEARIZERS[name](found)
    text = emit(GAME, trace, feedback)
    read = parse(GAME, found.tree.problem, text, feedback, strict=True)
    assert read == trace
    redone = replay(GAME, read)
    assert all(event.kind != "refused" for event in redone.events)
    assert redone.success == (found.success or found.exhausted)
    if name == "visit_order_values":
        assert redone.tree.same_as(found.tree)
    elif name == "visit_order":
        bare = found.tree
        assert (redone.tree.parents, redone.tree.steps) == (bare.parents, bare.steps)
        assert redone.tree.states == bare.states
        assert not redone.tree.notes
    elif name == "inserted_errors":
        assert set(optimal_path(found).actions) <= set(trace.actions)
    else:
        assert len(redone.tree) <= len(found.tree)
        assert set(redone.tree.states) <= set(found.tree.states)


@settings(max_examples=50)
@given(searches)
def test_each_node_appears_once_and_in_order(found: SearchResult) -> None:
    steps = [action for action in visit_order(found).actions if isinstance(action, Step)]
    assert len(steps) == len(found.tree) - 1
    backs = [action for action in visit_order(found).actions if isinstance(action, Backtrack)]
    assert len(backs) == found.backtracks


def test_each_linearizer_ends_as_the_search_ended() -> None:
    for linearizer in LINEARIZERS.values():
        assert linearizer(SOLVED).actions[-1] == Submit("(2 + 6) / (2 / 6)")
        assert linearizer(HOPELESS).actions[-1] == GiveUp()
        assert not {Submit, GiveUp} & set(map(type, linearizer(UNFINISHED).actions))


def test_values_are_written_only_when_asked_for() -> None:
    assert all(action.value is None for action in visit_order(SOLVED).actions if isinstance(action, Step))
    assert all(action.value is not None for action in visit_order_values(SOLVED).actions if isinstance(action, Step))
    assert visit_order_values(SOLVED) == visit_order(SOLVED, values=True) == SOLVED.trace(values=True)


def test_optimal_path_is_the_path_to_the_solution_and_nothing_else() -> None:
    assert [type(action) for action in optimal_path(SOLVED).actions] == [Step, Step, Step, Submit]
    assert optimal_path(HOPELESS).actions == (GiveUp(),)
    assert optimal_path(UNFINISHED).actions == ()


def test_pruning_removes_whole_branches_and_is_nested() -> None:
    def kept(rate: float, seed: int = 0) -> set:
        tree = replay(GAME, pruned(SOLVED, rate, seed)).tree
        return {tuple(tree.path_steps(node)) for node in range(len(tree))}

    path = SOLVED.tree.path_steps(SOLVED.solved)
    off_path = {steps[: place + 1] for steps in kept(0.0) for place, step in enumerate(steps) if step != path[place]}
    off_path = {steps for steps in off_path if list(steps[:-1]) == path[: len(steps) - 1]}
    assert off_path
    for seed in range(5):
        for less, more in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
            assert kept(more, seed) <= kept(less, seed)
        for branch in off_path:
            before = {steps for steps in kept(0.0) if steps[: len(branch)] == branch}
            assert before & kept(0.5, seed) in (before, set())
    assert pruned(SOLVED, 0.0) == visit_order(SOLVED)
    assert pruned(SOLVED, 1.0) == optimal_path(SOLVED)
    assert len({frozenset(kept(0.5, seed)) for seed in range(20)}) > 1
    with pytest.raises(ValueError, match="rate"):
        pruned(SOLVED, 1.5)


def test_a_tree_without_a_search_can_be_linearized() -> None:
    bare = SOLVED.tree
    assert visit_order(bare) == visit_order(SOLVED)
    assert pruned(bare, 0.5) == pruned(SOLVED, 0.5)
    assert optimal_path(Tree(GAME, bare.problem)) == Trace(bare.problem, ())


def test_a_trace_says_where_it_comes_from() -> None:
    source = pruned(SOLVED, 0.25, 3).source
    assert source["search"] == "depth_first"
    assert source["value"] == "noisy:0.2:6"
    assert source["linearizer"] == "pruned"
    assert (source["prune_rate"], source["prune_seed"]) == (0.25, 3)


# branches chosen, errors put in ---------------------------------------------------------------------------------------


def walks(trace: Trace) -> list[list[tuple]]:
    """What is stepped between two backtracks, each as the steps from the start to its end."""
    tree, found = Tree(GAME, trace.problem), []
    for action in trace.actions:
        if isinstance(action, Step | Backtrack):
            if isinstance(action, Backtrack) or not found:
                found.append([])
            tree.do(action)
        if isinstance(action, Step):
            found[-1].append(tuple(tree.path_steps()))
    return found


@settings(max_examples=80)
@given(searches, st.integers(0, 6), st.integers(0, 3))
def test_hops_go_by_the_lowest_common_ancestor_and_write_no_step_twice(found: SearchResult, k: int, seed: int) -> None:
    trace = ancestor_hops(found, k, seed)
    redone = replay(GAME, trace)
    kinds = [event.kind for event in redone.events]
    assert "revisit" not in kinds
    wrong = len({tuple(redone.tree.path_steps(node)) for node in _leaves(redone.tree)}) - bool(found.success)
    assert wrong <= k
    assert kinds.count("back") <= k
    before: tuple = ()
    for walk in walks(trace):
        shared = len(walk[0]) - 1
        assert before[:shared] == walk[0][:shared]  # the node gone back to is an ancestor of both ends ...
        assert before[: shared + 1] != walk[0]  # ... and its child is none
        before = walk[-1]
    assert set(_paths(replay(GAME, ancestor_hops(found, max(0, k - 1), seed)).tree)) <= set(_paths(redone.tree))


def _leaves(tree: Tree) -> list[int]:
    return [node for node in range(1, len(tree)) if node not in tree.parents]


def _paths(tree: Tree) -> list[tuple]:
    return [tuple(tree.path_steps(node)) for node in range(len(tree))]


def test_hops_take_as_many_branches_as_are_asked_for_and_there_are() -> None:
    leaves = len(_leaves(SOLVED.tree)) - 1
    assert leaves > 4
    for k in (0, 1, 4, leaves, leaves + 5):
        backs = [action for action in ancestor_hops(SOLVED, k).actions if isinstance(action, Backtrack)]
        assert len(backs) == min(k, leaves)
    assert ancestor_hops(SOLVED, 0) == optimal_path(SOLVED)
    assert len(replay(GAME, ancestor_hops(SOLVED, leaves)).tree) == len(SOLVED.tree)
    with pytest.raises(ValueError, match="branches must not be negative"):
        ancestor_hops(SOLVED, -1)


def test_a_revision_starts_each_attempt_over_and_the_last_is_right() -> None:
    for j in (0, 1, 3):
        trace = revision(SOLVED, j, seed=2)
        attempts = walks(trace)
        assert len(attempts) == j + 1
        assert [action.node for action in trace.actions if isinstance(action, Backtrack)] == [0] * j
        assert all(len(walk[0]) == 1 for walk in attempts)
        assert attempts[-1][-1] == tuple(SOLVED.tree.path_steps(SOLVED.solved))
        assert len({walk[-1] for walk in attempts}) == j + 1
    assert replay(GAME, revision(HOPELESS, 2)).success
    with pytest.raises(ValueError, match="attempts must not be negative"):
        revision(SOLVED, -1)


@settings(max_examples=60)
@given(searches.filter(lambda found: found.success), st.sampled_from([0.01, 0.1, 0.3, 0.5]), st.integers(0, 3))
def test_errors_are_wrong_are_left_at_once_and_nested(found: SearchResult, rate: float, seed: int) -> None:
    trace = inserted_errors(found, rate, seed)
    tree = Tree(GAME, trace.problem)
    for place, action in enumerate(trace.actions):
        before = tree.cursor
        tree.do(action)
        if place + 1 < len(trace.actions) and isinstance(trace.actions[place + 1], Backtrack):
            assert trace.actions[place + 1].node == before
            assert GAME.value(tree.state) == 0.0
    assert set(_paths(tree)) <= set(_paths(replay(GAME, inserted_errors(found, 0.5, seed)).tree))
    assert inserted_errors(found, 0.0, seed).actions == optimal_path(found).actions


def test_the_rate_of_errors_is_the_one_asked_for() -> None:
    problems = [GAME.problem(0, index) for index in range(300)]
    found = [search("best_first", GAME, problem) for problem in problems]
    for rate in (0.05, 0.2):
        steps = wrong = 0
        for number, result in enumerate(found):
            actions = inserted_errors(result, rate, number).actions
            wrong += sum(isinstance(action, Backtrack) for action in actions)
            steps += sum(isinstance(action, Step) for action in actions)
        # Hands without any wrong step at the start make it a little less; three standard errors either side.
        assert abs(wrong / steps - rate) < 3 * (rate * (1 - rate) / steps) ** 0.5 + 0.1 * rate


def test_exactly_so_many_errors_where_they_are_asked_for() -> None:
    for errors in (0, 1, 5, 12):
        trace = inserted_errors(SOLVED, errors=errors)
        assert sum(isinstance(action, Backtrack) for action in trace.actions) == errors
    assert inserted_errors(SOLVED, errors=5).source["errors"] == 5
    for bad in ({"rate": 0.6}, {"rate": -0.1}, {"errors": -1}):
        with pytest.raises(ValueError, match="must"):
            inserted_errors(SOLVED, **bad)


# every task, and a limit ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def anywhere() -> list[SearchResult]:
    """Searches of every task that can list its steps, each with a wrong turn or two."""
    found = []
    for task in map(make, names()):
        if task.enumerable:
            for index in range(3):
                problem = task.problem(5, index, **task.knobs("easy"))
                found.append(search("best_first", task, problem, f"noisy:0.3:{index}", budget=60))
    return found


def test_on_every_task_the_trace_reads_back_and_ends_in_the_verified_solution(anywhere: list[SearchResult]) -> None:
    assert sum(result.success for result in anywhere) > len(anywhere) / 2
    for result in anywhere:
        task = result.tree.task
        for name in LINEARIZERS:
            trace = linearize(result, name, seed=3, values=True)
            assert parse(task, trace.problem, emit(task, trace), strict=True) == trace
            if result.success:
                last = trace.actions[-1]
                assert isinstance(last, Submit)
                assert task.check(trace.problem, last.answer).correct
            assert replay(task, trace).success == (result.success or result.exhausted)


@settings(max_examples=80)
@given(searches, st.sampled_from(sorted(LINEARIZERS)), st.integers(0, 40))
def test_a_limit_drops_whole_branches_and_never_the_ending(found: SearchResult, name: str, most: int) -> None:
    trace = linearize(found, name, values=True)
    short = shorten(trace, GAME, lambda trace: len(trace.actions) <= most)
    if short is None:
        assert len(shorten(trace, GAME, lambda trace: True).actions) > most
        return
    assert len(short.actions) <= most
    dropped = short.source["dropped_branches"]
    assert (dropped == 0) == (short == trace) == (len(trace.actions) <= most)
    assert [action for action in short.actions if isinstance(action, Submit | GiveUp)] == list(found.ending())
    read = parse(GAME, found.tree.problem, emit(GAME, short), strict=True)
    assert read == short
    whole, cut = (replay(GAME, one).tree for one in (trace, short))
    assert set(_paths(cut)) <= set(_paths(whole))
    # A branch is there as a whole or not at all.
    way = set(_paths(cut)) & {tuple(cut.path_steps(node)[:length]) for node in cut.path() for length in range(99)}
    gone = set(_paths(whole)) - set(_paths(cut))
    for steps in set(_paths(cut)) - way:
        assert not any(other[: len(steps)] == steps for other in gone)


def test_a_limit_on_backtracks_leaves_so_many_at_most() -> None:
    def backs(trace: Trace) -> int:
        return sum(isinstance(action, Backtrack) for action in trace.actions)

    trace = ancestor_hops(SOLVED, 6)
    for most in range(7):
        assert backs(shorten(trace, GAME, lambda trace, most=most: backs(trace) <= most)) <= most
    assert shorten(trace, GAME, lambda trace: backs(trace) <= 0).actions == optimal_path(SOLVED).actions
    assert shorten(revision(SOLVED, 3), GAME, lambda trace: backs(trace) <= 0).actions == optimal_path(SOLVED).actions
    with pytest.raises(ValueError, match="cannot be shortened"):
        shorten(Trace(trace.problem, (Refused("x", "unreadable", "not an action"),)), GAME, lambda trace: False)


def test_linearizers_are_spelled_with_their_knobs() -> None:
    assert linearize(SOLVED, "pruned:rate=0.25,seed=3") == pruned(SOLVED, 0.25, 3)
    assert linearize(SOLVED, "ancestor_hops:branches=2", seed=4, nothing=1) == ancestor_hops(SOLVED, 2, 4)
    assert linearize(SOLVED, "visit_order:values=true") == visit_order_values(SOLVED)
    for spec in ("backwards", "pruned:speed=3", "pruned:rate", "pruned:rate=x", 'pruned:rate="x"'):
        with pytest.raises(ValueError, match=r"linearizer is one of|knob"):
            linearize(SOLVED, spec)


# slips ------------------------------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(searches, st.sampled_from([0.05, 0.2, 0.5]), st.integers(0, 3))
def test_slips_lead_nowhere_and_more_of_them_hold_fewer(found: SearchResult, rate: float, seed: int) -> None:
    trace, bare = visit_order_slips(found, rate, seed), visit_order(found).actions
    slipped = trace.actions
    assert parse(GAME, found.tree.problem, emit(GAME, trace), strict=True) == trace
    assert visit_order_slips(found, 0.0, seed).actions == bare
    assert _is_subsequence(bare, slipped)
    assert _is_subsequence(visit_order_slips(found, rate / 2, seed).actions, slipped)
    tree = Tree(GAME, found.tree.problem)
    right = set(replay(GAME, visit_order(found)).tree.path())
    for action in slipped:
        if tree.do(action).kind == "revisit":
            assert tree.cursor not in right


def test_every_kind_of_slip_occurs_and_none_is_imitated() -> None:
    kinds, steps = set(), 0
    for seed in range(20):
        trace = visit_order_slips(SOLVED, 0.5, seed)
        events = replay(GAME, trace).events
        kinds |= {action.kind for action in trace.actions if isinstance(action, Refused)}
        kinds |= {event.kind for event in events}
        imitated = [text for text, loss in pieces(GAME, trace) if loss]
        steps += sum(event.kind == "revisit" for event in events)
        backs = sum(isinstance(action, Backtrack) for action in trace.actions)
        assert len(imitated) == backs + len(optimal_path(SOLVED).actions) + 1  # and the mark before the answer
    assert kinds >= {"illegal", "unreadable", "no_such_node", "revisit"}
    assert steps > 20
    assert visit_order_slips(SOLVED, 0.3, 7).source["slip_rate"] == 0.3
    for rate in (-0.1, 0.6):
        with pytest.raises(ValueError, match="rate"):
            visit_order_slips(SOLVED, rate)


def _is_subsequence(short: tuple, long: tuple) -> bool:
    rest = iter(long)
    return all(action in rest for action in short)
