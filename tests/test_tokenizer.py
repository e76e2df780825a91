"""The closed tokenizer: every text of the grammar comes back unchanged, and whatever it does not know raises."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from metacot.agents.policies.tokenizer import WHOLE, closed_tokenizer
from metacot.envs import TextReasoning, Trial
from metacot.tasks import Backtrack, GiveUp, NewAttempt, Step, Submit, Trace, Tree, claimed, emit, make, segments
from metacot.tasks.actions import OUTCOMES
from metacot.tasks.grammar import DIGITS, perform, prompt

TASK = make("game24")
TOKENIZER = closed_tokenizer(TASK)


def encode(text, tokenizer=TOKENIZER):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def tokens(text):
    return TOKENIZER.convert_ids_to_tokens(encode(text))


# Lines that say nothing legal, in words the tokenizer knows: a small model writes such lines.
garbage = st.sampled_from(
    ["9 - 9 -", "1 - 13", "back #77", "solved", "13 / 0", "4 + give up", "refused 9", "attempt 3", "#1 4 4 10", "= ="]
)
acts = st.one_of(
    st.tuples(st.just("step"), st.integers(0, 99)),
    st.tuples(st.just("step"), st.integers(0, 99)),
    st.tuples(st.just("back"), st.integers(0, 99)),
    st.tuples(st.just("line"), garbage),
    st.tuples(st.just("end"), st.sampled_from([Submit(), Submit("(4 + 4) * 9 / 13 = 24"), GiveUp()])),
    st.tuples(st.just("attempt"), st.sampled_from([None, *OUTCOMES])),
)
hands = st.lists(st.integers(1, 25), min_size=4, max_size=4).map(tuple)


def trace_of(hand, script):
    """A trace that does what the script says, where that is possible."""
    tree, actions, ended = Tree(TASK, TASK.pose(hand)), [], False
    for kind, what in script:
        steps = TASK.steps(tree.state)
        if kind == "attempt":
            action = NewAttempt(what)
        elif ended or (kind == "step" and not steps):
            continue
        elif kind == "line":
            actions.append(perform(tree, what)[0])
            continue
        elif kind == "step":
            action = Step(steps[what % len(steps)])
        else:
            action = Backtrack(what % len(tree)) if kind == "back" else what
        tree.do(action)
        actions.append(action)
        ended = isinstance(action, Submit | GiveUp)
    return Trace(tree.problem, tuple(actions))


@given(hands, st.lists(acts, max_size=25), st.sampled_from(["state", "none"]))
@settings(max_examples=150)
def test_every_trace_comes_back_unchanged(hand, script, feedback):
    trace = trace_of(hand, script)
    text = prompt(TASK, trace.problem) + emit(TASK, trace, feedback)
    assert TOKENIZER.decode(encode(text)) == text


@given(hands, st.lists(acts, max_size=25))
@settings(max_examples=60)
def test_pieces_have_the_tokens_of_the_whole(hand, script):
    """Training tokenises segment by segment, rollouts line by line: all see the same ids."""
    trace = trace_of(hand, script)
    parts = [prompt(TASK, trace.problem), *(segment.text for segment in segments(TASK, trace))]
    assert [token for part in parts for token in encode(part)] == encode("".join(parts))


def test_claims_and_noted_values_come_back_unchanged():
    trace = trace_of((4, 9, 10, 13), [("step", 3), ("step", 7), ("back", 0), ("step", 11)])
    text = emit(TASK, claimed(TASK, trace), "none")
    assert "= #1 " in text
    assert TOKENIZER.decode(encode(text + "13 - 9 = #4 4 4 10 value 100\n")) == text + "13 - 9 = #4 4 4 10 value 100\n"


@given(st.integers(0, 10**DIGITS - 1), st.integers(1, 10**DIGITS - 1))
def test_long_numbers_and_fractions_come_back_unchanged(number, other):
    for text in (f"{number} + {other}\n", f"#3 {number}/{other} {number}\n", f"({number} - 1)\n"):
        assert TOKENIZER.decode(encode(text)) == text


def test_short_numbers_and_node_marks_are_single_tokens():
    assert tokens(f"{WHOLE - 1} #128 7\n") == [str(WHOLE - 1), "#128", "7", "⏎"]
    assert len(tokens(f"{WHOLE} {WHOLE}")) == 6
    # Each digit of a longer number knows whether it is the first.
    assert len(set(tokens("111"))) == 2


@pytest.mark.parametrize(
    "text", ["hello", "13 × 9", "1.5", "#129", "00", "1" * (DIGITS + 1), "1" * 40, "back #1000", "<s>"]
)
def test_unknown_words_raise(text):
    with pytest.raises(Exception, match="Missing \\[UNK\\]"):
        encode(text)


def test_saved_and_loaded_it_is_the_same(tmp_path):
    TOKENIZER.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    trace = trace_of((3, 3, 8, 8), [("step", 20), ("step", 3), ("line", "back #77"), ("attempt", "wrong"), ("step", 1)])
    text = prompt(TASK, trace.problem) + emit(TASK, trace) + "123456 - 3/100\n"
    ids = encode(text, again)
    assert ids == encode(text)
    assert again.decode(ids) == text
    assert (again.pad_token_id, again.eos_token_id) == (TOKENIZER.pad_token_id, TOKENIZER.eos_token_id)


@given(
    hands, st.lists(st.lists(st.integers(0, len(TOKENIZER) - 1), max_size=12), min_size=1, max_size=12), st.booleans()
)
@settings(max_examples=80)
def test_whatever_a_model_writes_the_environment_answers_in_words_the_tokenizer_knows(hand, lines, trial):
    env = TextReasoning(TASK, budget=40, feedback="state")
    made = Trial(env, episodes=3, reveal="verdict", episode_budget=10) if trial else env
    observation, _ = made.reset(options={"problem": TASK.pose(hand)})
    encode(observation)
    for ids in [*lines, encode("answer"), encode("give up")]:
        observation, _, terminated, truncated, _ = made.step(TOKENIZER.decode(ids))
        assert TOKENIZER.decode(encode(observation)) == observation
        if terminated or truncated:
            break
