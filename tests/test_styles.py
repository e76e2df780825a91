"""Every style is read back to the same trace, on every task; whatever a text says, reading it never raises."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metacot.agents.linearizers import LINEARIZERS, linearize
from metacot.agents.search import search
from metacot.tasks import Backtrack, GiveUp, NewAttempt, Refused, Step, Submit, Trace, TraceError, make, names, replay
from metacot.tasks.styles import STYLES, Prose, make_style, split

GAME = make("game24")
HAND = GAME.pose((4, 4, 9, 13))


def step_of(task, problem, *texts, **more):
    """The last of some steps, read in the state that the others lead to."""
    state = task.start(problem)
    for text in texts[:-1]:
        state = task.apply(state, task.read(state, text))
    return Step(task.read(state, texts[-1]), **more)


TOLD = Trace(
    HAND,
    (
        step_of(GAME, HAND, "13 - 9"),
        step_of(GAME, HAND, "13 - 9", "4 + 4", value=40),
        Backtrack(1),
        step_of(GAME, HAND, "13 - 9", "4 - 4"),
        Backtrack(0),
        step_of(GAME, HAND, "4 * 4"),
        GiveUp(),
    ),
)


@pytest.fixture(scope="module")
def found():
    """A few searches of every task that can list its steps, with wrong turns, dead ends and unfinished ones."""
    results = []
    for task in map(make, names()):
        if task.enumerable:
            for index in range(3):
                problem = task.problem(5, index, **task.knobs("easy"))
                results.append(search("best_first", task, problem, f"noisy:0.3:{index}", budget=40))
    results += [search("best_first", GAME, GAME.pose((1, 1, 1, 1)), budget=budget) for budget in (5, 1000)]
    return results


@pytest.mark.parametrize("name", STYLES)
def test_on_every_task_emit_parse_replay_is_the_identity(found, name):
    for number, result in enumerate(found):
        task, style = result.tree.task, make_style(name, number)
        for linearizer in LINEARIZERS:
            trace = linearize(result, linearizer, values=True, seed=number)
            text = style.emit(task, trace)
            read = style.parse(task, trace.problem, text, strict=True)
            assert read == trace
            assert replay(task, read).tree.same_as(replay(task, trace).tree)
            assert "".join(segment.text for segment in style.segments(task, trace)) == text
            z, s = split(text)
            assert text == (f"{z}</think>\n{s}" if s else z)
            assert bool(s) == (result.success or result.exhausted)
            if result.success:
                last = trace.actions[-1]
                assert s.endswith(f"{last.answer}\n")
                assert task.check(trace.problem, last.answer).correct


def test_what_each_style_looks_like():
    assert make_style("stream").emit(GAME, TOLD) == (
        "Operation 13 - 9 makes node #1: 4 4 4\n"
        "Operation 4 + 4 makes node #2: 4 8, worth 40\n"
        "Move to node #1: 4 4 4\n"
        "Operation 4 - 4 makes node #3: 0 4\n"
        "Move to node #0: 4 4 9 13\n"
        "Operation 4 * 4 makes node #4: 9 13 16\n"
        "</think>\n"
        "Exhausted: no solution\n"
    )
    assert (
        make_style("create_close")
        .emit(GAME, TOLD)
        .startswith("create #1 13 - 9 state 4 4 4 c1 h2\ncreate #2 4 + 4 state 4 8 c2 h1 v40\nclose #2 open #1\n")
    )
    prose = [Prose(seed).emit(GAME, TOLD) for seed in range(40)]
    assert len(set(prose)) > 35
    for words in ("Wait, ", "Alternatively, ", "et me go back to "):
        assert any(words in text for text in prose)
    with pytest.raises(ValueError, match="a style is one of suite, stream"):
        make_style("verse")


def test_a_plan_is_written_behind_the_search():
    problem = GAME.pose((3, 3, 8, 8))
    trace = search("best_first", GAME, problem).trace()
    _, s = split(make_style("create_close").emit(GAME, trace))
    assert s.split("\n") == ["plan 8 / 3", "plan 3 - 8/3", "plan 8 / 1/3", "answer 8 / (3 - (8 / 3))", ""]


@pytest.mark.parametrize("name", ["stream", "create_close", "prose"])
def test_a_wrong_claim_is_kept_and_a_true_one_goes_without_saying(name):
    style = make_style(name)
    lie = replace(TOLD, actions=(replace(TOLD.actions[0], claim="4 4 5", claimed_node=7), *TOLD.actions[1:]))
    text = style.emit(GAME, lie)
    assert "4 4 5" in text
    assert style.parse(GAME, HAND, text, strict=True) == lie
    assert replay(GAME, lie).events[0].wrong_state
    with pytest.raises(TraceError, match="would be read as"):
        style.emit(GAME, replace(TOLD, actions=(replace(TOLD.actions[0], claim="4 4 4"),)))


@pytest.mark.parametrize("name", ["stream", "create_close", "prose"])
def test_refused_lines_are_kept_and_what_cannot_be_written_is_named(name):
    style = make_style(name)
    for text, kind in (("what now?", "unreadable"), ("", "unreadable"), ("x" * 3000, "too_long")):
        read = style.parse(GAME, HAND, f"{text}\n")
        assert [action.kind for action in read.actions] == [kind]
        assert style.parse(GAME, HAND, style.emit(GAME, read), strict=True) == read
    *_, back = style.emit(GAME, replace(TOLD, actions=TOLD.actions[:3])).removesuffix("\n").split("\n")
    [refused] = style.parse(GAME, HAND, back).actions
    assert (refused.kind, refused.reason) == ("no_such_node", "no such node")
    for actions in ((GiveUp(), GiveUp()), (NewAttempt(),), (Backtrack(3),)):
        with pytest.raises(TraceError, match="action"):
            style.emit(GAME, Trace(HAND, actions))
    with pytest.raises(TraceError, match="not what the trace"):
        style.parse(GAME, HAND, "what  now? \n", strict=True)


LINES = sorted(
    {line for name in STYLES for seed in range(3) for line in make_style(name, seed).emit(GAME, TOLD).split("\n")}
)

hostile = st.lists(
    st.one_of(
        st.sampled_from(LINES),
        st.text(max_size=60),
        st.tuples(st.sampled_from(LINES), st.text(max_size=5), st.integers(0, 40)).map(
            lambda it: it[0][: it[2]] + it[1] + it[0][it[2] :]
        ),
    ),
    max_size=12,
).map("\n".join)


@settings(max_examples=150)
@given(hostile, st.sampled_from(sorted(STYLES)))
def test_no_text_raises_and_what_was_read_can_be_written(text, name):
    style = make_style(name)
    read = style.parse(GAME, HAND, text)
    assert style.parse(GAME, HAND, style.emit(GAME, read), strict=True) == read
    assert all(isinstance(action, Step | Backtrack | Submit | GiveUp | Refused | NewAttempt) for action in read.actions)
    z, s = split(text)
    assert len(z) + len(s) <= len(text) + 1


@pytest.mark.parametrize("name", ["stream", "create_close", "prose"])
def test_lines_made_to_be_slow_are_not(name):
    lines = {
        "stream": "Operation " + " makes node #1: " * 60,
        "create_close": "create #1 " + " state c1" * 105,
        "prose": "First, let me try " + ". That leaves (state 1)." * 40,
    }
    started = time.perf_counter()
    make_style(name).parse(GAME, HAND, f"{lines[name]}x\n" * 50)
    assert time.perf_counter() - started < 5  # 50 lines; without a bound on a line it would be minutes


@pytest.mark.parametrize("name", STYLES)
def test_ten_megabytes_are_refused_at_once(name):
    style = make_style(name)
    for text in ("a\n" * 5_000_000, "x" * 10_000_000, "\n" * 10_000_000):
        started = time.process_time()
        read = style.parse(GAME, HAND, text)
        assert time.process_time() - started < 1
        assert [action.kind for action in read.actions] == ["too_long"]
        assert style.parse(GAME, HAND, style.emit(GAME, read), strict=True) == read
        with pytest.raises(TraceError, match="at most"):
            style.parse(GAME, HAND, text, strict=True)


def test_a_task_says_how_it_speaks_of_steps():
    class Spoken(type(GAME)):
        phrases = ("carry out {step} at once",)

    task = Spoken()
    text = Prose().emit(task, TOLD)
    assert "let me carry out 13 - 9 at once." in text
    assert Prose().parse(task, HAND, text, strict=True) == TOLD

    class Mute(type(GAME)):
        phrases = ("do something",)

    with pytest.raises(ValueError, match="a phrase holds"):
        Prose().emit(Mute(), TOLD)
