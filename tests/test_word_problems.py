"""The task `math`: stories with exact answers, problems from files, free lines as steps, and verified answers."""

from __future__ import annotations

import json
import re
import sys
from fractions import Fraction
from types import SimpleNamespace

import gymnasium as gym
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metacot.envs import TextReasoning, instructions
from metacot.tasks import (
    Backtrack,
    IllegalStep,
    NotEnumerable,
    Problem,
    Step,
    Submit,
    Trace,
    UnreadableStep,
    claimed,
    emit,
    make,
    parse,
    replay,
)
from metacot.tasks.word_problems import MathProblems

MATH = MathProblems()


def bank(folder, rows, name="rows.jsonl"):
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def numbered(count, **more):
    return [{"problem": f"What is {n} + 1?", "answer": str(n + 1), **more} for n in range(count)]


def hub(name, config, split):
    """A hub with one data set."""
    if name != "HuggingFaceH4/MATH-500":
        raise ConnectionError("there is no such thing")
    return numbered(50)


# Stories


def retold(question: str) -> Fraction:
    """The answer to a story, worked out from its words alone."""
    count = Fraction(re.search(r"has (\d+)", question)[1])
    for sentence in question.split(". ")[1:-1]:
        numbers = [Fraction(number) for number in re.findall(r"\d+", sentence)]
        match sentence.split():
            case [_, "finds", *_]:
                count += numbers[0]
            case [_, "gives", *_]:
                count -= numbers[0]
            case [_, "buys", *_]:
                count += numbers[0] * numbers[1]
            case [_, "sells", *_]:
                count -= numbers[0] * numbers[1]
            case ["By", *_]:
                count *= numbers[0]
            case [_, "puts", *_]:
                count /= numbers[0]
            case ["One", *_]:
                count -= count / numbers[0]
            case _:
                raise AssertionError(sentence)
    return count


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(MATH.splits), st.integers(1, 12))
def test_a_story_has_the_answer_that_its_words_say(seed, index, split, steps):
    problem = MATH.problem(seed, index, split, steps=steps)
    assert retold(problem.data[0]) == Fraction(problem.gold)
    assert problem == MATH.problem(seed, index, split, steps=steps)
    assert Problem.from_json(problem.to_json()) == problem
    assert len(problem.data[0].split(". ")) == steps + 2


@given(st.integers(0, 1000), st.integers(1, 12))
def test_the_solution_of_a_story_is_true_line_by_line_and_ends_with_the_answer(index, steps):
    problem = MATH.problem(0, index, steps=steps)
    for line in problem.data[1]:
        left, sign, right, _, result = line.split()
        a, b = int(left), int(right)
        assert {"+": a + b, "-": a - b, "*": a * b, "/": Fraction(a, b)}[sign] == int(result)
    assert problem.data[1][-1].endswith(f"= {problem.gold}")
    assert MATH.check(problem, MATH.answer(problem, MATH.solution(problem))).correct


def test_splits_of_stories_are_disjoint_and_words_are_all_listed():
    known = set(MATH.words)
    seen = {}
    for split in MATH.splits:
        for index in range(150):
            problem = MATH.problem(0, index, split, steps=1 + index % 4)
            assert seen.setdefault(MATH.problem_key(problem), split) == split
            texts = " ".join((MATH.ask(problem), *problem.data[1]))
            assert set(re.findall(r"[A-Za-z]+|[^A-Za-z\d\s]", texts)) <= known


@pytest.mark.parametrize(
    ("arguments", "knobs"), [((0, 0, "dev"), {}), ((0, 0), {"steps": 0}), ((0, 0), {"steps": True}), ((0, 0), {"n": 3})]
)
def test_unknown_splits_and_knobs_are_refused(arguments, knobs):
    with pytest.raises(ValueError, match=r"split|steps|difficulty"):
        MATH.problem(*arguments, **knobs)


# Files


def test_the_problems_of_a_file_are_each_in_one_split(tmp_path):
    task = MathProblems(bank(tmp_path, [*numbered(300), *numbered(20), {"problem": "no answer"}]))
    counts = {split: task.count(split) for split in task.splits}
    assert sum(counts.values()) == 300
    assert 40 < counts["test"] < 90
    assert 0 < counts["val"] < 25
    drawn = {split: {task.problem(5, n, split).data for n in range(counts[split])} for split in counts}
    assert {split: len(data) for split, data in drawn.items()} == counts
    assert len(set().union(*drawn.values())) == 300
    with pytest.raises(IndexError, match="there is no index"):
        task.problem(0, counts["val"], "val")
    assert [task.problem(1, n).data for n in range(9)] != [task.problem(2, n).data for n in range(9)]


def test_a_second_file_may_be_the_test_split_and_nothing_of_it_is_trained_on(tmp_path):
    test = bank(tmp_path, [*numbered(30), {"problem": "what IS 1+1?", "answer": "2"}], "test.jsonl")
    task = MathProblems(bank(tmp_path, numbered(100)), held_out=test)
    assert task.count("test") == 30
    trained = {task.problem(0, n, split).data[0] for split in ("train", "val") for n in range(task.count(split))}
    assert trained == {f"What is {n} + 1?" for n in range(30, 100)}


def test_difficulty_cuts_a_file_by_its_order_from_easy_to_hard(tmp_path):
    rows = [{**row, "solve_rate": n / 300} for n, row in enumerate(numbered(300))]
    task = MathProblems(bank(tmp_path, rows))
    assert list(task.levels) == ["easy", "medium", "hard"]
    rates = {level: [task.problem(0, n, **task.knobs(level)).solve_rate for n in range(50)] for level in task.levels}
    assert min(rates["easy"]) > max(rates["medium"]) > max(rates["hard"])
    assert sum(task.count(**task.knobs(level)) for level in task.levels) == task.count()
    for knobs in ({"low": 0.5, "high": 0.2}, {"low": -1}, {"high": "much"}):
        with pytest.raises(ValueError, match="low < high"):
            task.problem(0, 0, **knobs)
    ungraded = MathProblems(bank(tmp_path, numbered(9), "ungraded.jsonl"))
    assert ungraded.levels == {}
    with pytest.raises(ValueError, match="low and high mean nothing"):
        ungraded.problem(0, 0, high=0.5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"held_out": "x.jsonl"}, "give both"),
        ({"data": "nowhere.jsonl"}, "nowhere.jsonl"),
        ({"data": "owner/name"}, "owner/name .* cannot be had from the hub"),
    ],
)
def test_data_that_is_not_there_is_named(monkeypatch, options, said):
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=hub))
    with pytest.raises((ValueError, OSError), match=said):
        MathProblems(**options)


def test_a_name_on_the_hub_may_stand_for_a_file(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=hub))
    task = MathProblems("math500")
    assert sum(task.count(split) for split in task.splits) == 50


def test_a_file_without_answers_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no problem with an answer"):
        MathProblems(bank(tmp_path, [{"problem": "?"}]))


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("gsm8k/train.jsonl", "gsm8k"),
        ("omni_math/omni_math_rule.jsonl", "omni_math"),
        ("math/aime_1983_2023_975.json", "aime"),
        ("math/college_math.jsonl", "rows"),
    ],
)
def test_real_problems_can_be_played_with_every_feedback_and_style(data_file, file, source):
    path = str(data_file(file))
    env = gym.make("MetaCoT/MathText-v0", task_options={"data": path, "source": source}, style="full")
    for seed in range(5):
        observation, _ = env.reset(seed=seed)
        assert observation in env.observation_space
        problem = env.unwrapped.problem
        observation, reward, *_ = env.step(f"let me think\nanswer {problem.gold}")
        assert (observation in env.observation_space, reward) == (True, 1.0)
    task = env.unwrapped.task
    for index in range(100):
        problem = task.problem(0, index)
        if steps := task.solution(problem):
            trace = Trace(problem, (*map(Step, steps), Backtrack(0), Submit("1")))
            for feedback, shown in (("state", trace), ("none", claimed(task, trace))):
                assert parse(task, problem, emit(task, shown, feedback), feedback, strict=True) == shown


# Free lines


def test_an_episode_is_lines_moves_by_number_and_a_judged_answer():
    env = TextReasoning("math")
    problem = MATH.pose("What is 2 + 3 * 4?", "14")
    observation, _ = env.reset(options={"problem": problem})
    assert observation == "What is 2 + 3 * 4?\n<think>\n"
    said = [env.step(line)[0] for line in ("2 + 3 = 5", "5 * 4 = 20", "back #0", "first 3 * 4 = 12", "back #7", "")]
    assert said == [
        "#1 2 + 3 = 5\n",
        "#2 5 * 4 = 20\n",
        "#0 start\n",
        "#3 first 3 * 4 = 12\n",
        "refused no such node\n",
        "refused not an action\n",
    ]
    assert env.tree.path_steps(2) == ["2 + 3 = 5", "5 * 4 = 20"]
    _, reward, terminated, _, info = env.step("answer 14")
    assert (reward, terminated, info["success"], info["reached"]) == (1.0, True, True, False)
    assert replay(MATH, env.trace()).success


def test_a_right_line_is_not_told_from_a_wrong_one_before_the_answer():
    env = TextReasoning("math")
    env.reset(options={"problem": MATH.pose("What is 2 + 2?", "4")})
    for line in ("the answer is 4", r"\boxed{4}", "the answer is 5"):
        said, reward, terminated, truncated, info = env.step(line)
        assert "solved" not in said
        assert (reward, terminated, truncated, info["reached"]) == (0.0, False, False, False)


def test_an_empty_answer_is_the_one_in_the_last_line():
    for lines, paid in (
        ("the answer is 4\nanswer", 1.0),
        ("2 + 2 = 5\nanswer", 0.0),
        ("answer", 0.0),
    ):
        env = TextReasoning("math")
        env.reset(options={"problem": MATH.pose("What is 2 + 2?", "4")})
        _, reward, terminated, _, info = env.step(lines)
        assert (reward, terminated, info["judged"]) == (paid, True, True)


def test_without_a_gold_answer_nothing_is_judged():
    env = TextReasoning("math")
    env.reset(options={"problem": MATH.pose("What is 2 + 2?")})
    _, reward, _, _, info = env.step("answer 4")
    assert (reward, info["judged"], info["success"]) == (0.0, False, False)


LINE = st.text(max_size=60) | st.from_regex(r"(x = ){0,10}(value|back|answer|#\d|solved| ){0,4}\d{0,3}", fullmatch=True)


@given(LINE)
@example("the value 80")
@example("x = #3 y")
@example("back 3")
@example("attempt 2 wrong")
@example("\ud800 is it solved")
def test_a_line_that_is_read_is_written_and_read_again(text):
    problem = MATH.pose("What is 2 + 2?", "4")
    state = MATH.start(problem)
    try:
        step = MATH.read(state, text)
        after = MATH.apply(state, step)
    except (UnreadableStep, IllegalStep):
        return
    assert MATH.read(state, MATH.write(state, step)) == step
    brief = MATH.brief(after)
    assert len(brief) <= 120
    assert brief.isascii()
    assert not brief.endswith("solved")
    trace = Trace(problem, (Step(step, value=70), Backtrack(0), Submit("4")))
    for feedback, shown in (("state", trace), ("none", claimed(MATH, trace))):
        assert parse(MATH, problem, emit(MATH, shown, feedback), feedback, strict=True) == shown


def test_steps_cannot_be_listed_and_equal_lines_are_equal_states():
    state = MATH.start(MATH.pose("?", "1"))
    with pytest.raises(NotEnumerable):
        MATH.steps(state)
    first, second = (MATH.apply(state, line) for line in ("Let  X = 1", "let x = 1"))
    assert MATH.key(first) == MATH.key(second) != MATH.key(state)
    assert MATH.show(first) == "?\nLet  X = 1"


@pytest.mark.parametrize("data", [(), ("",), (3,), ("?", []), ("?", "1", 2), ("?", "1", "a", "b")])
def test_what_is_no_problem_is_refused(data):
    with pytest.raises(ValueError, match=r"problem"):
        MATH.pose(*data)


@pytest.mark.parametrize("answer", [None, 4, 4.0, b"4", ["4"], {"4": 4}, float("nan")])
def test_an_answer_that_is_no_text_is_wrong(answer):
    assert MATH.check(MATH.pose("What is 2 + 2?", "4"), answer).correct is False


def test_full_instructions_show_a_training_problem_with_its_solution():
    text = instructions(MATH, "full")
    assert "then answer with the result alone" in text
    first = MATH.problem(0, 0)
    assert MATH.ask(first) in text
    assert f"answer {first.gold}" in text
    assert MATH.ask(first) not in instructions(MATH, "full", avoid=first)


def test_a_reference_solution_that_cannot_be_written_is_left_out():
    for solution in ("answer it is", "x = #1 y", "a" * 2000, "", None):
        assert MATH.solution(MATH.pose("?", "1", solution)) is None
    assert MATH.solution(MATH.pose("?", "1", "a\n\n b  c ")) == ["a", "b c"]
    assert make("math").attributes(MATH.pose("?", "1", "a\nb")) == {"lines": 2.0}
