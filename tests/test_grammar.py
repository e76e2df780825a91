"""Actions to text and back: emit -> parse -> replay is the identity, and no text of any kind raises."""

import random
import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
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
    TraceError,
    Tree,
    UnreadableStep,
    Verdict,
    claimed,
    emit,
    grammar,
    make,
    parse,
    replay,
    segments,
)
from metacot.tasks.actions import KINDS, OUTCOMES
from metacot.tasks.rationals import Combine
from metacot.tasks.trace import new_attempt_text

TASK = make("game24")
PROBLEM = TASK.pose((4, 9, 10, 13))
DECOY = TASK.pose((1, 5, 7, 11))
FIRST = Combine(13, "-", 9)


class Letters(Task[tuple, tuple]):
    """Give a, b and c a digit each. A step's own text, and the state's, hold the " = " of the grammar."""

    name = "letters"

    def problem(self, seed, index, split="train", **difficulty):
        return self.pose(index % 10, 1, 2)

    def pose(self, *data):
        return Problem(self.name, data)

    def start(self, problem):
        return (problem.data, ())

    def steps(self, state):
        free = [letter for letter in "abc" if letter not in dict(state[1])]
        return [(letter, digit) for letter in free for digit in range(3)]

    def apply(self, state, step):
        if step not in self.steps(state):
            raise IllegalStep(f"{step[0]} = {step[1]} cannot be")
        return (state[0], tuple(sorted((*state[1], step))))

    def solved(self, state):
        return state[1] == tuple(zip("abc", state[0], strict=True))

    def ask(self, problem):
        return "which digits?"

    def show(self, state):
        return " , ".join(f"{letter} = {digit}" for letter, digit in state[1])

    def write(self, state, step):
        return f"{step[0]} = {step[1]}"

    def read(self, state, text):
        if not re.fullmatch(r"[a-z] = [0-9]", text, re.ASCII):
            raise UnreadableStep("a step is: letter = digit")
        return (text[0], int(text[4]))

    def answer(self, problem, steps):
        return " ".join(f"{letter}{digit}" for letter, digit in sorted(steps))

    def check(self, problem, answer):
        return Verdict(answer == "a{} b{} c{}".format(*problem.data), "compared")


POSED = {"game24": (TASK, PROBLEM), "letters": (Letters(), Letters().pose(0, 1, 2))}

# --- random traces and hostile lines ---------------------------------------------------------------------

anything = st.text(st.characters(codec=None, exclude_characters="\n", categories=None), max_size=30)
pieces = st.sampled_from(
    [
        *("<think>", "</think>", "</think> ", "attempt 2", "attempt 2\r", "attempt 2 wrong", "attempt 3", "give up"),
        *("back #0", "back 1", "back #7", "back #99999999999999999999", "(blank)", "refused not an action"),
        *("answer", "answer 24", "answer (10 - 4) * (13 - 9) = 24", "#0 4 9 10 13", "#1 4 4 10", "#4 24 solved"),
        *("13 - 9", "13 - 9\x0b", "9 - 13", "9 + 4", "4 + 9 = #1 10 13 13", "a = 1", "a = 1 = #1 a = 1"),
        *("value", "value 80", "value 800", " = ", "=", "#", "#1", "7", "8/3", "/", "1/0", "…", "x" * 998),
        *("\r", "\x85", "\u2028", "\0", "\ud800", "\x1c", "\u00a0", "\t", " ", "  "),
    ]
)
numbers = st.sampled_from(["4", "9", "10", "13", "8/3", "1", "0"])
plausible = st.builds("{} {} {}".format, numbers, st.sampled_from("+-*/"), numbers)
hostile = st.one_of(
    plausible,
    pieces,
    pieces,
    st.lists(pieces | plausible, max_size=4).map("".join),
    st.lists(pieces | plausible, max_size=4).map(" ".join),
    st.lists(pieces | plausible, max_size=4).map(" = ".join),
    anything,
)
texts = st.text(st.characters(codec=None, categories=None)) | st.lists(hostile, max_size=60).map("\n".join)

values = st.none() | st.integers(0, 100)
step_act = st.tuples(st.just("step"), st.integers(0, 99), values, st.sampled_from(["", "", "true", "wrong"]))
back_act = st.tuples(st.just("back"), st.integers(0, 99))
acts = st.one_of(
    *[step_act, back_act] * 3,
    st.tuples(st.just("line"), hostile),
    st.tuples(st.just("line"), hostile),
    st.tuples(st.just("end"), st.sampled_from(["path", "give up"]) | anything),
    st.tuples(st.just("attempt"), st.sampled_from([None, *OUTCOMES])),
)
many_acts = st.lists(acts, max_size=60)


def act(tree, kind, *how):
    """One random action at the cursor, carried out; None where there is nothing to do."""
    task = tree.task
    if kind == "line":
        return grammar.perform(tree, how[0])[0]
    if kind == "step":
        if not (legal := task.steps(tree.state)):
            return None
        choice, value, claim = how
        step = legal[choice % len(legal)]
        brief = task.brief(task.apply(tree.state, step))
        said = {"": (None, None), "true": (brief, None), "wrong": ("4 4 = 4", 77)}[claim]
        action = Step(step, *said, value)
    elif kind == "back":
        action = Backtrack(how[0] % len(tree))
    elif kind == "end":
        action = {"path": Submit(tree.answer()), "give up": GiveUp()}.get(how[0], Submit(how[0].strip()))
    else:
        action = NewAttempt(how[0])
    tree.do(action)
    return action


def trace_of(name, choices):
    """A trace of random legal play with revisits, backtracks, refused lines, notes, claims and several attempts."""
    task, problem = POSED[name]
    tree, actions, ended = Tree(task, problem), [], False
    for choice in choices:
        if ended and choice[0] != "attempt":
            actions.append(act(tree, "attempt", None))
        action = act(tree, *choice)
        ended = isinstance(action, Submit | GiveUp)
        actions += [] if action is None else [action]
    return task, Trace(problem, tuple(actions))


traces = st.builds(trace_of, st.sampled_from(sorted(POSED)), many_acts)


def shown(trace, feedback):
    """The trace with a decoy where the feedback asks for one."""
    return Trace(trace.problem, trace.actions, {"decoy": DECOY.to_json()} if feedback == "random" else {})


@settings(max_examples=400)
@given(traces, st.sampled_from(["state", "none"]))
def test_emit_parse_replay_is_the_identity(made, feedback):
    task, trace = made
    text = emit(task, trace, feedback)
    read = parse(task, trace.problem, text, feedback, strict=True)
    assert read == trace
    one, other = replay(task, read), replay(task, trace)
    assert one.tree.same_as(other.tree)
    assert one.tree.cursor == other.tree.cursor
    assert one.events == other.events
    assert one.success == other.success


@pytest.mark.parametrize("seed", range(30))
def test_emit_parse_replay_is_the_identity_on_long_random_play(seed):
    draw = random.Random(seed)
    chances = {"step": 6, "back": 4, "line": 2, "end": 0.3, "attempt": 0.2}
    lines = ["hm", "7 + 7", "back #999", "attempt 2", "", "1" * 2000, "13 - 9 = ", "</think>", "#1 4 4 10", "9 - 13"]
    how = {
        "step": lambda: (draw.randrange(99), draw.choice([None, 0, 57, 100]), draw.choice(["", "true", "wrong"])),
        "back": lambda: (draw.randrange(10**6),),
        "line": lambda: (draw.choice(lines),),
        "end": lambda: (draw.choice(["path", "give up", "24", "(10 - 4) * (13 - 9)"]),),
        "attempt": lambda: (draw.choice([None, *OUTCOMES]),),
    }
    kinds = draw.choices(list(chances), list(chances.values()), k=300)
    task, trace = trace_of(draw.choice(sorted(POSED)), [(kind, *how[kind]()) for kind in kinds])
    for feedback in ("state", "none"):
        assert parse(task, trace.problem, emit(task, trace, feedback), feedback, strict=True) == trace
    told = claimed(task, trace)
    assert parse(task, trace.problem, emit(task, told, "none"), "none", strict=True) == told
    assert replay(task, told).tree.same_as(replay(task, trace).tree)


@given(many_acts)
def test_emit_parse_is_the_identity_under_random_feedback(choices):
    _, trace = trace_of("game24", choices)
    trace = shown(trace, "random")
    text = emit(TASK, trace, "random")
    read = parse(TASK, PROBLEM, text, "random", strict=True, decoy=DECOY)
    assert read == trace
    assert read.source == trace.source


@given(traces)
def test_a_trace_with_true_claims_says_each_node_and_state_and_nothing_else_changes(made):
    task, trace = made
    told = claimed(task, trace)
    assert parse(task, trace.problem, emit(task, told, "none"), "none", strict=True) == told
    one, other = replay(task, told), replay(task, trace)
    assert one.tree.same_as(other.tree)
    assert not any(event.wrong_state for event in one.events)
    for action, event in zip(told.actions, one.events, strict=True):
        if isinstance(action, Step):
            assert (action.claimed_node, action.claim) == (event.node, task.brief(one.tree.states[event.node]))


@given(traces, st.sampled_from(["state", "none"]))
def test_segments_name_the_author_of_every_line(made, feedback):
    task, trace = made
    parts = list(segments(task, trace, feedback))
    assert "".join(part.text for part in parts) == emit(task, trace, feedback)
    assert all(part.text.endswith("\n") for part in parts)
    assert {part.action for part in parts} - {None} == set(range(len(trace.actions)))
    for part in parts:
        if part.action is None:
            assert part.text == "</think>\n"
            assert part.by_model
        elif isinstance(trace.actions[part.action], NewAttempt):
            assert not part.by_model
    own = [part.action for part in parts if part.by_model and part.action is not None]
    assert own == [place for place, action in enumerate(trace.actions) if not isinstance(action, NewAttempt)]
    if feedback == "none":
        assert all(part.by_model or part.text.startswith("attempt") for part in parts)


# --- any text --------------------------------------------------------------------------------------------


@settings(max_examples=400)
@given(st.sampled_from(sorted(POSED)), texts, st.sampled_from(["state", "none"]))
@example("game24", "x" * 1000 + "   y", "state")
@example(
    "game24", "13 - 9 = \n13 - 9 =  = 4\n13 - 9 = value 5\n13 - 9 value 101\n13 - 9 = #1 value 100 value 7", "none"
)
@example("game24", "answer \r\n", "none")
@example("game24", "\n" * 50 + "</think>\n</think>\n</think>answer 1", "state")
def test_any_text_parses_and_what_it_stands_for_is_a_fixed_point(name, text, feedback):
    task, problem = POSED[name]
    trace = parse(task, problem, text, feedback)
    replay(task, trace)
    canonical = emit(task, trace, feedback)
    assert parse(task, problem, canonical, feedback, strict=True) == trace


@given(texts)
def test_any_text_parses_under_random_feedback(text):
    trace = parse(TASK, PROBLEM, text, "random", decoy=DECOY)
    assert parse(TASK, PROBLEM, emit(TASK, trace, "random"), "random", strict=True, decoy=DECOY) == trace


@given(texts, st.sampled_from(["state", "none"]))
def test_strict_parsing_refuses_exactly_the_texts_that_would_be_written_otherwise(text, feedback):
    trace = parse(TASK, PROBLEM, text, feedback)
    if emit(TASK, trace, feedback) == text:
        assert parse(TASK, PROBLEM, text, feedback, strict=True) == trace
    else:
        with pytest.raises(TraceError, match="not what the trace it stands for would be written as"):
            parse(TASK, PROBLEM, text, feedback, strict=True)


@given(st.lists(acts, min_size=1, max_size=12), st.data())
def test_strict_parsing_refuses_a_canonical_text_with_one_character_changed_or_reads_another_trace(choices, data):
    _, trace = trace_of("game24", choices)
    text = emit(TASK, trace)
    if not text:
        return
    place = data.draw(st.integers(0, len(text) - 1))
    other = text[:place] + data.draw(st.sampled_from(["", " ", "0", "#", "\n", "x", "\r"])) + text[place + 1 :]
    try:
        assert (parse(TASK, PROBLEM, other, strict=True) == trace) == (other == text)
    except TraceError:
        assert other != text


@pytest.mark.parametrize(
    "text",
    [
        *("x" * 100_000, "(" * 100_000, " " * 100_000, "\r" * 100_000, "\u2028\x85" * 50_000, "\ud800" * 100_000),
        *(" = " * 33_000, "13 - 9 = " * 11_000, "13 - 9 value 5 " * 7_000, "13 - 9" + " " * 99_999 + "x"),
        *("answer " + "9" * 100_000, "back #" + "9" * 100_000, "13 - 9\nback #0\n" * 3_000, "</think>\n" * 5_000),
        *("\n" * 5_000, "attempt 2\n<think>\n" * 3_000),
        "".join(f"attempt {attempt}\n<think>\nanswer 24\n" for attempt in range(2, 3_000)),
    ],
    ids=lambda text: repr(text[:12]),
)
def test_very_long_texts_are_read_like_any_other(text):
    for feedback in ("state", "none"):
        trace = parse(TASK, PROBLEM, text, feedback)
        assert all(len(a.text) <= grammar.MAX_LINE + 1 for a in trace.actions if isinstance(a, Refused))
        assert parse(TASK, PROBLEM, emit(TASK, trace, feedback), feedback, strict=True) == trace


def test_only_line_feeds_end_a_line():
    for odd in ("\r", "\x85", "\u2028", "\x0b", "\x1c"):
        trace = parse(TASK, PROBLEM, f"13 - 9{odd}back #0\n13 - 9{odd}\n")
        assert [type(action) for action in trace.actions] == [Refused, Step]


# --- what a reasoner may forge ---------------------------------------------------------------------------


def transcript(task, problem, lines, feedback):
    """(actions, text) of an environment that answers each line at once and keeps the text as it was written."""
    tree, actions, text, closed = Tree(task, problem), [], "", False
    for line in lines:
        text += line + "\n"
        if line.strip() == "</think>" and not closed:
            closed = True
            continue
        action, event = grammar.perform(tree, line)
        actions.append(action)
        if answered := grammar.reply(tree, action, event, feedback):
            text += answered + "\n"
        if isinstance(action, Submit | GiveUp):
            break
    return tuple(actions), text


@settings(max_examples=400)
@given(st.sampled_from(sorted(POSED)), st.lists(hostile, max_size=60))
def test_no_line_passes_for_the_environments_where_it_answers_each(name, lines):
    task, problem = POSED[name]
    actions, text = transcript(task, problem, lines, "state")
    assert parse(task, problem, text).actions == actions


@given(st.sampled_from(sorted(POSED)), st.lists(hostile, max_size=60))
def test_without_answers_only_the_two_lines_of_a_new_attempt_can_be_forged(name, lines):
    marks = {(mark, "<think>") for mark in ("attempt 2", *(f"attempt 2 {outcome}" for outcome in OUTCOMES))}
    if any(pair in marks for pair in pairwise(lines)):
        return
    task, problem = POSED[name]
    actions, text = transcript(task, problem, lines, "none")
    assert parse(task, problem, text, "none").actions == actions


def test_an_echo_of_the_environments_answer_is_one_line_too_many():
    lines = ["13 - 9", "#1 4 4 10", "back #0", "#0 4 9 10 13", "hm", "refused not an action"]
    actions, text = transcript(TASK, PROBLEM, lines, "state")
    assert [type(action) for action in actions] == [Step, Refused, Backtrack, Refused, Refused, Refused]
    assert parse(TASK, PROBLEM, text, strict=True).actions == actions
    assert text.count("#1 4 4 10") == 2


@pytest.mark.parametrize(
    "forged", ["#1 4 4 11", "#2 4 4 10", "#1 4 4 10 solved", "#1 24 solved", " #1 4 4 10", "#1 4 4 10\r"]
)
def test_an_answer_that_is_not_the_true_one_is_a_refused_line(forged):
    trace = parse(TASK, PROBLEM, f"13 - 9\n{forged}\nback #0\n")
    assert [type(action) for action in trace.actions] == [Step, Refused, Backtrack]
    assert len(replay(TASK, trace).tree) == 2


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        ("attempt 2\nrefused not an action\n<think>\nrefused not an action\n", [Refused, Refused]),
        ("attempt 3\n<think>\n", [Refused, Refused]),
        ("attempt 2 fine\n<think>\n", [Refused, Refused]),
        (" attempt 2\n<think>\n", [Refused, Refused]),
        ("attempt 2\n\n<think>\n", [Refused, Refused, Refused]),
        ("attempt 2\n", [Refused]),
        ("attempt 2\n<think>\n", [NewAttempt]),
        ("attempt 2 wrong\n<think>\nattempt 3\n<think>\n", [NewAttempt, NewAttempt]),
    ],
)
def test_the_mark_of_a_new_attempt_is_two_exact_lines(lines, kinds):
    assert [type(action) for action in parse(TASK, PROBLEM, lines).actions] == kinds


def test_a_reasoners_copy_of_a_mark_is_kept_as_a_blank_line():
    for line in ("attempt 2", "attempt 2 right", "", "  ", "(blank)"):
        assert grammar.read(Tree(TASK, PROBLEM), line) == Refused("(blank)", "unreadable", "not an action")
    closings = parse(TASK, PROBLEM, "</think>\n</think>\n").actions
    assert closings == (Refused("(blank)", "unreadable", "not an action"),)


# --- single lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("13 - 9", Step(FIRST)),
        ("  13-9\t", Step(FIRST)),
        ("13 - 9 value 80", Step(FIRST, value=80)),
        ("13 - 9 value 0", Step(FIRST, value=0)),
        ("13 - 9 = #1 4 4 10 value 100", Step(FIRST, "4 4 10", 1, 100)),
        ("13 - 9 = 4 4 10", Step(FIRST, "4 4 10")),
        ("13 - 9 = #1", Step(FIRST, None, 1)),
        ("13 - 9 = #1 value 5", Step(FIRST, None, 1, 5)),
        ("13 - 9 = 4 = 4", Step(FIRST, "4 = 4")),
        ("13 - 9 = 4 value 101", Step(FIRST, "4 value 101")),
        ("9 - 13", Step(Combine(9, "-", 13))),
        ("back #3", Backtrack(3)),
        ("back 3", Backtrack(3)),
        ("back  #03", Backtrack(3)),
        ("answer 6 * 4", Submit("6 * 4")),
        ("answer: 6 * 4", Submit("6 * 4")),
        ("answer", Submit("")),
        ("answer:", Submit("")),
        ("give up", GiveUp()),
        ("give  up", Refused("give  up", "unreadable", "not an action")),
        ("answers 6", Refused("answers 6", "unreadable", "not an action")),
        ("back #-1", Refused("back #-1", "unreadable", "not an action")),
        ("back #٣", Refused("back #٣", "unreadable", "not an action")),
        ("13 - 9 value 101", Refused("13 - 9 value 101", "unreadable", "not an action")),
        ("13 - 9 value", Refused("13 - 9 value", "unreadable", "not an action")),
        ("13 - 9 =", Refused("13 - 9 =", "unreadable", "not an action")),
        ("<think>", Refused("<think>", "unreadable", "not an action")),
        ("y" * 1001, Refused("y" * 1000 + "…", "too_long", "too long")),
    ],
)
def test_a_line_is_read_as_the_action_it_names(line, action):
    tree = Tree(TASK, PROBLEM)
    assert grammar.read(tree, line) == action
    assert grammar.read(tree, line + "\nback #0") == action
    assert len(tree) == 1, "reading does nothing"


def test_the_longest_beginning_that_is_a_step_is_the_step():
    tree = Tree(*POSED["letters"])
    assert grammar.read(tree, "a = 1") == Step(("a", 1))
    assert grammar.read(tree, "a = 1 = #1 a = 1") == Step(("a", 1), "a = 1", 1)
    assert grammar.read(tree, "a = 1 = 2") == Step(("a", 1), "2")

    class Short(Letters):
        """Reads a lone letter as 0."""

        def read(self, state, text):
            return super().read(state, f"{text} = 0" if text in ("a", "b", "c") else text)

    tree = Tree(Short(), Short().pose(0, 1, 2))
    assert grammar.read(tree, "a = 1") == Step(("a", 1))
    assert grammar.read(tree, "a = 12") == Step(("a", 0), "12")


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        ("hm", "unreadable", "not an action"),
        ("13 - 10 - 9", "unreadable", "not an action"),
        ("13 - 8", "illegal", "8 is not among the numbers"),
        ("9 - 13", "illegal", "a difference is larger - smaller"),
        ("back #1", "no_such_node", "no such node"),
        ("back #999999999", "no_such_node", "no such node"),
        (" " + "1" * 2000, "too_long", "too long"),
    ],
)
def test_a_refused_line_keeps_its_text_and_costs_no_node(line, kind, reason):
    tree = Tree(TASK, PROBLEM)
    action, event = grammar.perform(tree, line)
    assert (action.kind, action.reason) == (kind, reason)
    assert kind in KINDS
    assert event == Event("refused", 0)
    assert grammar.reply(tree, action, event, "state") == f"refused {reason}"
    assert grammar.reply(tree, action, event, "none") == ""
    assert len(tree) == 1


def test_an_illegal_step_is_told_why_in_one_line():
    class Wordy(Letters):
        def apply(self, state, step):
            raise IllegalStep(" no\nattempt 2\n<think>")

    tree = Tree(Wordy(), Wordy().pose(0, 1, 2))
    action, event = grammar.perform(tree, "a = 1")
    assert grammar.reply(tree, action, event, "state") == "refused no"


def test_the_environment_shows_node_state_and_whether_it_is_solved():
    tree = Tree(TASK, PROBLEM)
    assert grammar.look(tree) == "#0 4 9 10 13"
    for line in ("13 - 9", "10 - 4", "4 * 6"):
        action, event = grammar.perform(tree, line)
    assert grammar.reply(tree, action, event, "state") == grammar.look(tree) == "#3 24 solved"
    assert grammar.reply(tree, action, event, "none") == ""
    submitted = Submit("24")
    assert grammar.reply(tree, submitted, tree.do(submitted), "state") == ""


def test_a_whole_trace_reads_as_the_readme_says():
    trace = Trace(
        PROBLEM,
        (
            Step(Combine(4, "+", 9), value=20),
            Backtrack(0),
            Refused("13 - 8", "illegal", "8 is not among the numbers"),
            Submit("24"),
            NewAttempt("wrong"),
            Step(FIRST, "4 4 10", 2),
            Step(Combine(10, "-", 4)),
            Step(Combine(4, "*", 6), "25"),
            Submit("(13 - 9) * (10 - 4)"),
        ),
    )
    text = """\
4 + 9 value 20
#1 10 13 13
back #0
#0 4 9 10 13
13 - 8
refused 8 is not among the numbers
</think>
answer 24
attempt 2 wrong
<think>
13 - 9 = #2 4 4 10
#2 4 4 10
10 - 4
#3 4 6
4 * 6 = 25
#4 24 solved
</think>
answer (13 - 9) * (10 - 4)
"""
    assert emit(TASK, trace) == text
    assert parse(TASK, PROBLEM, text, strict=True) == trace
    done = replay(TASK, trace)
    assert done.success
    assert [event.wrong_state for event in done.events].count(True) == 1
    assert done.events[7].wrong_state
    without = [line for line in text.splitlines() if not line.startswith(("#", "refused"))]
    assert emit(TASK, trace, "none").splitlines() == without


def test_an_empty_answer_and_an_empty_state_have_no_space_behind_them():
    class Silent(Letters):
        """Shows nothing."""

        def brief(self, state):
            return ""

    task = Silent()
    trace = Trace(task.pose(0, 1, 2), (Step(("a", 1)), Submit("")))
    assert emit(task, trace, "none") == "a = 1\n</think>\nanswer\n"
    assert emit(task, claimed(task, trace), "none") == "a = 1 = #1\n</think>\nanswer\n"
    assert parse(task, trace.problem, emit(task, trace), strict=True) == trace


def test_what_follows_the_end_of_an_attempt_is_not_read():
    trace = parse(TASK, PROBLEM, "13 - 9\n#1 4 4 10\n</think>\ngive up\nback #0\nattempt 2\n<think>\n")
    assert trace.actions == (Step(FIRST), GiveUp())
    trace = parse(TASK, PROBLEM, "give up\nattempt 2\n<think>\n13 - 9\n")
    assert trace.actions == (GiveUp(), NewAttempt(), Step(FIRST))


def test_success_is_that_of_the_last_attempt():
    right, wrong = Submit("(13 - 9) * (10 - 4)"), Submit("24")
    hm = Refused("hm", "unreadable", "not an action")

    def success(*actions):
        return replay(TASK, Trace(PROBLEM, actions)).success

    assert success(right)
    assert success(wrong, NewAttempt(), hm, right)
    assert not success(right, NewAttempt(), wrong)
    assert not success(right, NewAttempt())
    assert not success(right, NewAttempt(), hm)
    assert not success(GiveUp())
    assert not success()
    assert replay(TASK, Trace(TASK.pose((1, 1, 1, 1)), (GiveUp(),))).success


# --- traces that no text stands for ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    [
        Step(Combine(9, "-", 13)),
        Step(Combine(9, "+", 4)),
        Step(FIRST, "4\nback #0"),
        Step(FIRST, "#2 4 4 10"),
        Step(FIRST, "4 value 80"),
        Step(FIRST, ""),
        Step(FIRST, "4 "),
        Step(FIRST, " 4", 1),
        Step(FIRST, value=101),
        Step(FIRST, value=-1),
        Step(FIRST, claimed_node=-1),
        Backtrack(5),
        Submit("24\nattempt 2\n<think>"),
        Submit(" 24"),
        Submit("9" * 1000),
        Refused("13 - 9", "illegal", "not now"),
        Refused("13 - 8", "illegal", "not now"),
        Refused("13 - 8", "unreadable", "8 is not among the numbers"),
        Refused("give up", "unreadable", "not an action"),
        Refused("", "unreadable", "not an action"),
        Refused("hm\nhm", "unreadable", "not an action"),
        Refused("attempt 2", "unreadable", "not an action"),
        NewAttempt("splendid"),
    ],
    ids=str,
)
def test_an_action_that_its_line_would_not_be_read_as_cannot_be_emitted(action):
    for feedback in ("state", "none"):
        with pytest.raises(TraceError, match="action 0 cannot be written"):
            emit(TASK, Trace(PROBLEM, (action,)), feedback)


@pytest.mark.parametrize(
    "after", [Step(FIRST), Submit("24"), GiveUp(), Refused("hm", "unreadable", "not an action")], ids=str
)
def test_nothing_but_a_new_attempt_can_be_emitted_after_an_end(after):
    with pytest.raises(TraceError, match="action 1 comes after the end of its attempt"):
        emit(TASK, Trace(PROBLEM, (Submit("24"), after)))
    assert emit(TASK, Trace(PROBLEM, (Submit("24"), NewAttempt(), after)))


def test_replay_raises_at_an_illegal_action():
    with pytest.raises(IllegalStep, match="no such node"):
        replay(TASK, Trace(PROBLEM, (Backtrack(1),)))


def test_an_unknown_feedback_is_refused_by_name():
    trace = Trace(PROBLEM, (GiveUp(),))
    for call in (lambda: emit(TASK, trace, "sate"), lambda: parse(TASK, PROBLEM, "", "sate")):
        with pytest.raises(ValueError, match="one of state, none, random, got 'sate'"):
            call()


def test_random_feedback_needs_to_know_whose_states_are_shown():
    trace = Trace(PROBLEM, (Step(FIRST),))
    for call in (lambda: emit(TASK, trace, "random"), lambda: parse(TASK, PROBLEM, "", "random")):
        with pytest.raises(ValueError, match="needs the decoy"):
            call()


def test_random_feedback_shows_states_that_legal_play_on_the_decoy_could_reach():
    play = (Step(FIRST), Step(Combine(10, "-", 4)), Backtrack(1), Step(Combine(4, "*", 4)), Backtrack(0))
    trace = shown(Trace(PROBLEM, play), "random")
    answers = [part.text for part in segments(TASK, trace, "random") if not part.by_model]
    assert answers[0][3:-1] in {TASK.brief(child) for _, child, _, _ in TASK.expand(TASK.start(DECOY))}
    assert [answer[:3] for answer in answers] == ["#1 ", "#2 ", "#1 ", "#3 ", "#0 "]
    assert answers[2] == answers[0], "a node keeps its state"
    assert answers[4] == "#0 1 5 7 11\n"
    assert all(len(answer.split()) == 3 for answer in (answers[1], answers[3]))
    assert "".join(part.text for part in segments(TASK, trace, "random")) == emit(TASK, trace, "random")


# --- the words of all texts ------------------------------------------------------------------------------

TOKEN = re.compile(r"\d+|[A-Za-z]+|</?think>|[^\sA-Za-z\d]")


def foreign(*texts):
    """The tokens of `texts` that are neither whole numbers nor words of the grammar or the task."""
    known = {*TASK.words, *grammar.WORDS}
    return {token for text in texts for token in TOKEN.findall(text) if not token.isdecimal() and token not in known}


@given(many_acts, st.sampled_from(["state", "none", "random"]))
def test_every_text_of_a_trace_consists_of_known_words(choices, feedback):
    _, trace = trace_of("game24", [choice for choice in choices if choice[0] != "line" and choice[1] != "wrong"])
    trace = Trace(PROBLEM, tuple(a for a in trace.actions if not (isinstance(a, Submit) and foreign(a.answer))))
    trace = shown(trace, feedback)
    assert not foreign(emit(TASK, trace, feedback), emit(TASK, claimed(TASK, trace), feedback))


@given(st.tuples(*[st.integers(1, 25)] * 4), st.integers(1, 1000), st.lists(st.integers(0, 99), max_size=3))
def test_every_text_of_game24_consists_of_known_words(hand, target, choices):
    problem = TASK.pose(hand, target)
    tree = Tree(TASK, problem)
    for choice in choices:
        legal = TASK.steps(tree.state)
        tree.do(Step(legal[choice % len(legal)]))
    texts = [TASK.ask(problem), TASK.show(tree.state), TASK.brief(tree.state), tree.answer(), grammar.look(tree)]
    texts += [TASK.write(tree.state, step) for step in TASK.steps(tree.state)]
    assert not foreign(*texts)


def test_every_reason_of_a_refusal_consists_of_known_words():
    tree = Tree(TASK, TASK.pose((1, 1, 4, 9)))
    tree.do(Step(Combine(1, "-", 1)))
    some = ("0", "4", "9", "7", "8/3")
    lines = ["", "hm", "</think>", "back #1", "back #2", "x" * 2000]
    lines += [f"{left} {sign} {right}" for left in some for sign in "+-*/" for right in some]
    replies = set()
    for line in lines:
        tree.cursor = 1
        action, event = grammar.perform(tree, line)
        replies.add(re.sub(r"\d+(/\d)?", "7", grammar.reply(tree, action, event, "state")))
    assert {text for text in replies if text.startswith("refused")} == {
        "refused not an action",
        "refused no such node",
        "refused too long",
        "refused 7 is not among the numbers",
        "refused division by zero",
        "refused a difference is larger - smaller",
    }
    assert not foreign(*replies)


def test_marks_and_kept_blanks_consist_of_known_words():
    assert not foreign(*(new_attempt_text(2, outcome) for outcome in (None, *OUTCOMES)))
    assert not foreign(grammar.BLANK, grammar.OPEN, grammar.CLOSE, "give up", "answer", "back #0", "value 80")
    assert foreign("refused because") == {"because"}
