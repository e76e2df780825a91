"""Training examples: what carries loss, and in which order examples are trained on."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metacot.agents.linearizers import optimal_path, visit_order
from metacot.agents.policies.tokenizer import closed_tokenizer
from metacot.agents.search import best_first
from metacot.agents.training.examples import CHUNK, NO_LOSS, encode, pieces
from metacot.agents.training.sft import arrange
from metacot.rewards.values import make_value
from metacot.tasks import Backtrack, GiveUp, Step, Submit, Trace, emit, make
from metacot.tasks.grammar import perform, prompt
from metacot.tasks.tree import Tree

TASK = make("game24")
TOKENIZER = closed_tokenizer(TASK)


def searched(hand, noise="noisy:0.3:1"):
    return best_first(TASK, TASK.pose(hand), make_value(noise, TASK), budget=30)


def by_hand(*lines, hand=(4, 9, 10, 13)):
    """The trace of these lines."""
    tree = Tree(TASK, TASK.pose(hand))
    return Trace(tree.problem, tuple(perform(tree, line)[0] for line in lines))


DETOUR = by_hand("9 + 4", "13 + 10", "back #9", "back #0", "13 - 9", "10 + 4", "back #3", "10 - 4", "6 * 4", "answer")


def with_loss(trace, objective):
    return [text for text, loss in pieces(TASK, trace, objective) if loss]


# --- which tokens carry loss -----------------------------------------------------------------------------


def test_the_whole_search_is_imitated_under_all():
    lines = ["9 + 4", "13 + 10", "back #9", "back #0", "13 - 9", "10 + 4", "back #3", "10 - 4", "6 * 4"]
    expected = [line + "\n" for line in [*lines, "</think>", "answer"]]
    # The trace writes steps in the one canonical way.
    assert [sorted(text.split()) for text in with_loss(DETOUR, "all")] == [sorted(text.split()) for text in expected]


def test_wrong_steps_are_shown_but_not_imitated_under_path():
    assert with_loss(DETOUR, "path") == [
        "back #0\n", "13 - 9\n", "back #3\n", "10 - 4\n", "4 * 6\n", "</think>\n", "answer\n",
    ]  # fmt: skip
    shown = "".join(text for text, _ in pieces(TASK, DETOUR, "path"))
    assert shown == "".join(text for text, _ in pieces(TASK, DETOUR, "all"))
    assert "10 + 13\n" in shown


@pytest.mark.parametrize("objective", ["path", "all"])
@pytest.mark.parametrize("hand", [(4, 9, 10, 13), (3, 3, 8, 8), (1, 1, 1, 1), (1, 5, 5, 5), (2, 7, 8, 9)])
@pytest.mark.parametrize("linearizer", [visit_order, optimal_path])
def test_neither_prompt_nor_environment_ever_has_loss(objective, hand, linearizer):
    trace = linearizer(searched(hand))
    (question, asked), *rest = pieces(TASK, trace, objective)
    assert (question, asked) == (prompt(TASK, trace.problem), False)
    for text, loss in rest:
        if text.startswith(("#", "refused", "attempt", "<think>")):
            assert not loss, text
    written = emit(TASK, Trace(trace.problem, tuple(Submit() if isinstance(a, Submit) else a for a in trace.actions)))
    assert "".join(text for text, _ in rest) == written


@pytest.mark.parametrize("hand", [(4, 9, 10, 13), (3, 3, 8, 8), (1, 5, 5, 5), (2, 7, 8, 9), (1, 1, 1, 1)])
def test_under_path_a_step_is_imitated_just_where_it_leads_to_the_answer(hand):
    trace = visit_order(searched(hand))
    tree = Tree(TASK, trace.problem)
    nodes = [tree.do(action).node for action in trace.actions]
    path = set(tree.path())
    steps = [node in path for action, node in zip(trace.actions, nodes, strict=True) if isinstance(action, Step)]
    own = [loss for text, loss in pieces(TASK, trace, "path")[1:] if text[0].isdigit()]
    assert own == steps
    backs = [loss for text, loss in pieces(TASK, trace, "path") if text.startswith(("back", "give up", "answer"))]
    assert backs == [True] * sum(isinstance(action, Backtrack | GiveUp | Submit) for action in trace.actions)


def test_answers_are_spelled_on_request():
    trace = by_hand("13 - 9", "10 - 4", "6 * 4", "answer (13 - 9) * (10 - 4)")
    assert pieces(TASK, trace)[-1] == ("answer\n", True)
    assert pieces(TASK, trace, spell_answers=True)[-1] == ("answer (13 - 9) * (10 - 4)\n", True)


def test_an_unknown_objective_is_refused():
    with pytest.raises(ValueError, match="objective must be one of all, path, got 'some'"):
        pieces(TASK, DETOUR, "some")


# --- ids and labels --------------------------------------------------------------------------------------


def test_labels_are_the_ids_where_there_is_loss():
    [found] = encode(TOKENIZER, [pieces(TASK, DETOUR)])
    assert found.ids.dtype == found.labels.dtype == np.int32
    assert TOKENIZER.decode(found.ids) == "".join(text for text, _ in pieces(TASK, DETOUR))
    kept = found.labels != NO_LOSS
    assert (found.labels[kept] == found.ids[kept]).all()
    assert TOKENIZER.decode(found.ids[kept]) == "".join(with_loss(DETOUR, "path"))


def test_any_number_of_traces_is_encoded_in_order():
    cut = [[("use 1 2 3 4\n", False), (f"{number % 100} + 1\n", True)] for number in range(2 * CHUNK + 1)]
    found = encode(TOKENIZER, iter(cut))
    assert [TOKENIZER.decode(example.ids) for example in found] == ["".join(text for text, _ in one) for one in cut]
    assert encode(TOKENIZER, []) == []


# --- order -----------------------------------------------------------------------------------------------

lengths = st.lists(st.integers(1, 300), min_size=1, max_size=60)


@given(lengths, st.integers(1, 9), st.integers(1, 30), st.integers(0, 3))
@example([5, 6, 7], 8, 3, 0)
def test_every_pass_is_a_permutation(lengths, rows, updates, seed):
    order = arrange(lengths, rows, updates, seed)
    assert order.shape == (rows * updates,)
    size = len(lengths) // rows * rows or len(lengths)  # what is over is left out of a pass
    for start in range(0, len(order), size):
        one_pass = order[start : start + size].tolist()
        assert len(set(one_pass)) == len(one_pass)
        assert set(one_pass) <= set(range(len(lengths)))


def test_order_is_decided_by_the_seed():
    lengths = np.random.default_rng(0).integers(20, 300, 500)
    first, again, other = (arrange(lengths, 8, 200, seed).tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_over_many_passes_every_example_is_trained_on():
    order = arrange(range(1, 31), 8, 40, 0)  # 24 of 30 a pass
    counts = np.bincount(order, minlength=30)
    assert (counts > 0).all()


def test_batches_hold_examples_of_similar_length():
    lengths = np.random.default_rng(0).integers(20, 300, 5000)
    batches = lengths[arrange(lengths, 32, 300, 0)].reshape(300, 32)
    padding = 1 - batches.sum() / (batches.max(1) * 32).sum()
    assert padding < 0.03
    # And the order of batches is random: neighbours are not alike.
    means = batches.mean(1)
    assert abs(np.corrcoef(means[:-1], means[1:])[0, 1]) < 0.2
