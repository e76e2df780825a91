"""Whatever a search did, every linearizer writes it as a trace that reads back to the same tree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metacot.agents.linearizers import LINEARIZERS, optimal_path, pruned, visit_order, visit_order_values
from metacot.agents.search import ALGORITHMS, SearchResult, search
from metacot.tasks import Backtrack, GiveUp, Step, Submit, Trace, Tree, emit, make, parse, replay

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
