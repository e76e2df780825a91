"""Rollouts in lockstep: the same tokens as one row at a time with its whole context encoded anew."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM

from metacot.agents.policies.lockstep import LockstepSession

WORDS = 20
END = 0
PROMPTS = [[1, 2, 3], [4], [5, 6], [7, 8, 9, 10, 11], [2], [3, 3], [9, 1, 1, 1], [6]]


@pytest.fixture(scope="module")
def model():
    """Random, with logits spread far enough that no two are nearly equal."""
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=WORDS,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=512,
            initializer_range=0.6,
            bos_token_id=None,
            eos_token_id=END,
        )
    ).eval()


@torch.inference_mode()
def next_logits(model, ids):
    """(len(ids), WORDS): what comes after each token, with the whole context encoded in one pass."""
    return model(input_ids=torch.tensor([ids])).logits[0].double()


def play(session, turns, feed=lambda row, turn: [row + 1, turn + 2]):
    """Every row writes so many lines, each answered by forced tokens; then it is closed. Returns the lines by row."""
    lines = {row: [] for row in range(len(session.rows))}
    while done := session.sample():
        for row, ids in done:
            lines[row].append(ids)
            if len(lines[row]) == turns[row]:
                session.close(row)
            else:
                session.feed(row, feed(row, len(lines[row])))
    return lines


def check_sampled(model, row, prompt, temperature, random):
    """Each of the model's own tokens is the one that its random number stands for, given the whole context before it,
    and its log-probability is that of the whole context."""
    logprobs = (next_logits(model, row.ids) / temperature).log_softmax(-1)
    assert row.ids[: len(prompt)] == list(prompt[: len(row.ids)])
    assert not any(row.mine[: len(prompt)])
    assert len(row.ids) == len(row.mine) == len(row.logprobs)
    for place, (token, mine, logprob) in enumerate(zip(row.ids, row.mine, row.logprobs, strict=True)):
        if not mine:
            assert logprob == 0.0
            continue
        below = logprobs[place - 1].exp().cumsum(-1).tolist()
        number = random.random(dtype=np.float32)
        assert (below[token - 1] if token else 0.0) - 1e-5 <= number <= below[token] + 1e-5
        assert logprob == pytest.approx(logprobs[place - 1, token].item(), abs=1e-4)


def address(seed, row):
    return np.random.default_rng((seed, row))


# --- greedy ----------------------------------------------------------------------------------------------


def test_greedy_is_the_likeliest_token_after_the_whole_context(model):
    session = LockstepSession(model, PROMPTS, ends={END, 7}, temperature=0.0, max_line=9)
    play(session, turns=[3, 1, 4, 2, 5, 1, 1, 2])
    for row, prompt in zip(session.rows, PROMPTS, strict=True):
        best = next_logits(model, row.ids).argmax(-1).tolist()
        assert row.ids[: len(prompt)] == prompt
        own = [place for place, mine in enumerate(row.mine) if mine]
        assert own
        assert [row.ids[place] for place in own] == [best[place - 1] for place in own]
        assert row.logprobs == [0.0] * len(row.ids)


def test_greedy_without_answers_is_what_generate_writes(model):
    prompts = [prompt for prompt in PROMPTS if len(prompt) <= 3]
    session = LockstepSession(model, prompts, ends={END}, temperature=0.0, max_line=12)
    lines = play(session, turns=[1] * len(prompts))
    for prompt, [line] in zip(prompts, lines.values(), strict=True):
        written = model.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), max_new_tokens=12, do_sample=False,
            pad_token_id=END,
        )  # fmt: skip
        assert line == written[0, len(prompt) :].tolist()


# --- sampled ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_each_row_samples_from_the_whole_context_by_its_own_numbers(model, temperature):
    session = LockstepSession(model, PROMPTS, ends={END, 7}, temperature=temperature, seed=5, max_line=9)
    play(session, turns=[3, 1, 4, 2, 5, 1, 1, 2])
    for row, prompt in zip(session.rows, PROMPTS, strict=True):
        check_sampled(model, row, prompt, temperature, address(5, row.number))


def test_a_row_writes_the_same_whatever_the_other_rows_do(model):
    turns = [3, 1, 4, 2, 5, 1, 1, 2]
    together = LockstepSession(model, PROMPTS, ends={END, 7}, seed=3, max_line=9)
    play(together, turns)
    for row, prompt in enumerate(PROMPTS):
        alone = LockstepSession(model, [prompt], ends={END, 7}, seed=3, first=row, max_line=9)
        play(alone, [turns[row]], feed=lambda _, turn, row=row: [row + 1, turn + 2])
        assert alone.rows[0].ids == together.rows[row].ids
    halves = [
        LockstepSession(model, PROMPTS[part], ends={END, 7}, seed=3, first=part.start, max_line=9)
        for part in (slice(0, 3), slice(3, 8))
    ]
    play(halves[0], [3, 1, 4])
    play(halves[1], [2, 5, 1, 1, 2], feed=lambda row, turn: [row + 4, turn + 2])
    assert [row.ids for half in halves for row in half.rows] == [row.ids for row in together.rows]


def test_another_seed_writes_something_else(model):
    written = []
    for seed in (0, 0, 1):
        session = LockstepSession(model, PROMPTS, ends={END}, seed=seed)
        play(session, [1] * len(PROMPTS))
        written.append([row.ids for row in session.rows])
    assert written[0] == written[1] != written[2]


def test_frequencies_are_those_of_the_model(model):
    session = LockstepSession(model, [[4, 2]] * 2000, ends=range(WORDS), seed=1)
    [first] = [session.sample()]
    counts = np.bincount([ids[0] for _, ids in first], minlength=WORDS)
    expected = next_logits(model, [4, 2])[-1].softmax(-1).numpy() * 2000
    assert (np.abs(counts - expected) < 4.5 * np.sqrt(expected + 1)).all()


# --- feed, close, fork, pack -----------------------------------------------------------------------------


def test_a_line_ends_at_an_end_or_at_its_limit(model):
    session = LockstepSession(model, PROMPTS, ends={END, 7}, seed=2, max_line=5)
    lines = [line for found in play(session, [4] * len(PROMPTS)).values() for line in found]
    assert len(lines) == 4 * len(PROMPTS)
    assert {line[-1] in (END, 7) for line in lines} == {True, False}
    for line in lines:
        assert len(line) <= 5
        assert not {END, 7} & set(line[:-1])
        assert len(line) == 5 or line[-1] in (END, 7)


def test_a_row_that_is_not_fed_goes_on_with_another_line(model):
    session = LockstepSession(model, [[1, 2]], ends=(), max_line=3)
    [(_, first)], [(_, second)] = session.sample(), session.sample()
    assert session.rows[0].ids == [1, 2, *first, *second]
    assert session.rows[0].mine == [False] * 2 + [True] * 6


def test_a_closed_row_never_changes(model):
    session = LockstepSession(model, PROMPTS, ends={END, 7}, seed=4, max_line=9)
    kept = {}
    for turn in range(8):
        for row, _ in session.sample():
            if row == turn:
                session.close(row)
                kept[row] = list(session.rows[row].ids)
    assert kept
    for row, ids in kept.items():
        assert session.rows[row].ids == ids
        assert len(session.rows[row].mine) == len(session.rows[row].logprobs) == len(ids)
    for row in range(len(PROMPTS)):
        session.close(row)
    assert session.sample() == []


def test_ended_rows_leave_the_cache(model):
    session = LockstepSession(model, PROMPTS, ends=(), max_line=2)
    session.sample()
    widths = []
    for row in range(len(PROMPTS) - 1):
        session.close(row)
        session.sample()
        widths.append(session._cache.layers[0].keys.shape[0])
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 1
    assert len(set(widths)) < len(widths), "packing at every end would copy the cache too often"


def test_a_fork_shares_the_past_and_draws_numbers_of_its_own(model):
    prompt = [1, 2, 3]
    plain = LockstepSession(model, [prompt], ends=(), seed=6, max_line=4)
    session = LockstepSession(model, [prompt], ends=(), seed=6, max_line=4)
    for one in (plain, session):
        one.sample()
        one.feed(0, [5, 5])
    copies = [session.fork(0), session.fork(0)]
    assert copies == [1, 2]
    shared = list(session.rows[0].ids)
    for _ in range(5):
        plain.sample()
        session.sample()
    ids = [row.ids for row in session.rows]
    assert ids[0] == plain.rows[0].ids, "forking must not change what the origin writes"
    assert all(one[: len(shared) + 2] == [*shared, 5, 5] for one in ids)
    assert len({tuple(one) for one in ids}) == 3
    for row, random in zip(session.rows[1:], address(6, 0).spawn(2), strict=True):
        # What they share was written with the numbers of the origin.
        row.mine[: len(shared)], row.logprobs[: len(shared)] = [False] * len(shared), [0.0] * len(shared)
        check_sampled(model, row, prompt, 1.0, random)


def test_a_closed_row_cannot_be_forked(model):
    session = LockstepSession(model, [[1], [2]], ends=(), max_line=1)
    session.close(0)
    with pytest.raises(ValueError, match="row 0 is closed"):
        session.fork(0)


@pytest.mark.parametrize("prompts", [[], [[1], []]])
def test_an_empty_prompt_is_refused(model, prompts):
    with pytest.raises(ValueError, match="prompt"):
        LockstepSession(model, prompts, ends=())


script = st.lists(
    st.tuples(st.sampled_from(["feed", "feed", "close", "leave"]), st.lists(st.integers(1, WORDS - 1), max_size=4)),
    min_size=1,
    max_size=30,
)


@given(prompts=st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=5), min_size=1, max_size=6), script=script)
@settings(max_examples=40)
def test_ids_are_the_prompt_and_everything_fed_and_sampled_in_order(model, prompts, script):
    session = LockstepSession(model, prompts, ends={END, 7}, seed=8, max_line=6)
    expected = [list(prompt) for prompt in prompts]
    for kind, ids in script:
        done = session.sample()
        for row, line in done:
            expected[row] += line
            if kind == "close":
                session.close(row)
            elif kind == "feed":
                session.feed(row, ids)
                expected[row] += ids
    for row, ids in zip(session.rows, expected, strict=True):
        # What was fed last may still wait, and a line may still be unfinished.
        known = [*row.ids, *row.queue]
        assert known[: len(ids)] == ids
        check_sampled(model, row, prompts[row.number], 1.0, address(8, row.number))
