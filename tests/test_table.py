"""The table of an evaluation and its comparisons, in all their renderings."""

from __future__ import annotations

import pytest

from metacot.agents.evaluation import (
    Episode,
    Evaluation,
    Pair,
    SystemResult,
    comparisons,
    comparisons_html,
    comparisons_markdown,
    comparisons_text,
    rows,
    table_html,
    table_markdown,
    table_text,
)
from metacot.tasks import make

PROBLEMS = 40


def system(key, label, solved_at, *, decoding="sampled", tokens=10):
    """A system that solves every problem whose number is below `solved_at[steps]` in that many steps."""
    episodes = []
    for problem in range(PROBLEMS):
        steps = min((steps for steps, limit in solved_at.items() if problem < limit), default=None)
        taken = 32 if steps is None else steps
        episodes.append(Episode(problem, 0, steps is not None, False, taken, tokens * taken, 0, 2, 1, 0, 0))
    return SystemResult(key, label, decoding, 1, tuple(episodes))


@pytest.fixture
def evaluation():
    task = make("game24")
    return Evaluation(
        "game24",
        "test",
        0,
        (3, 8, 16, 32),
        tuple(task.problem(0, index, "test") for index in range(PROBLEMS)),
        {},
        (
            system("cot", "CoT | greedy", {3: 10}, decoding="greedy"),
            system("restarted", "CoT restarted", {3: 10, 8: 16, 16: 20, 32: 22}, tokens=20),
            system("sft", "SFT", {3: 8, 8: 18, 16: 24, 32: 28}),
            system("rl", "RL", {3: 10, 8: 24, 16: 32, 32: 36}),
        ),
    )


PAIRS = (Pair("rl", "sft"), Pair("rl", "restarted", "tokens"))


def test_the_table_holds_success_at_every_budget_and_the_mean_counts(evaluation):
    table = rows(evaluation)
    assert [row.system for row in table] == ["CoT | greedy", "CoT restarted", "SFT", "RL"]
    assert [part.mean for part in table[3].success] == [10 / 40, 24 / 40, 32 / 40, 36 / 40]
    assert all(part.low <= part.mean <= part.high for row in table for part in row.success)
    steps = (10 * 3 + 14 * 8 + 8 * 16 + 8 * 32) / 40
    assert table[3].counts == pytest.approx((steps, 10 * steps, 2, 1, 0))


def test_a_system_compared_at_equal_tokens_is_shown_at_token_budgets(evaluation):
    cot = rows(evaluation, PAIRS)[1]
    assert (cot.cost, cot.budgets) == ("tokens", (30, 80, 160, 320))
    assert [part.mean for part in cot.success] == [0, 10 / 40, 16 / 40, 20 / 40]


def test_comparisons_are_paired_and_say_where_zero_is(evaluation):
    found = comparisons(evaluation, PAIRS)
    assert [(one.steps, one.budget) for one in found[4:]] == [(3, 30), (8, 80), (16, 160), (32, 320)]
    at_32 = found[3]
    assert (at_32.title, at_32.first, at_32.second) == ("RL − SFT", 36 / 40, 28 / 40)
    assert at_32.difference.mean == pytest.approx(8 / 40)
    assert [one.difference.word for one in found[:4]] == ["includes zero", "above zero", "above zero", "above zero"]
    [first, *_] = comparisons(evaluation, [Pair("restarted", "rl")])[1:]
    assert first.difference.word == "below zero"


def test_two_decodings_of_one_system_are_told_apart(evaluation):
    greedy = system("rl_greedy", "RL", {3: 20}, decoding="greedy")
    both = Evaluation(**{name: getattr(evaluation, name) for name in evaluation.__slots__ if name != "systems"},
                      systems=(*evaluation.systems, greedy))  # fmt: skip
    assert comparisons(both, [Pair("rl", "rl_greedy")])[0].title == "RL (sampled) − RL (greedy)"


def test_the_text_fits_a_terminal_and_is_aligned(evaluation):
    lines = table_text(rows(evaluation, PAIRS)).splitlines()
    assert max(map(len, lines)) <= 120
    assert lines[0].split()[:4] == ["system", "decoding", "≤", "3"]
    assert lines[5].split()[:6] == ["RL", "sampled", "25.0", "12–40", "60.0", "45–75"]
    assert lines[0].index("decoding") == lines[2].index("greedy", 15) == lines[4].index("sampled")
    assert "CoT restarted: the columns hold its success within 30, 80, 160, 320 tokens" in lines[-1]


def test_the_comparisons_as_text(evaluation):
    lines = comparisons_text(comparisons(evaluation, PAIRS)).splitlines()
    assert len(lines) == 2 + 2 * 4
    assert lines[5].split() == "32 steps 90.0 70.0 +20.0 +7.5 to +32.5 above zero".split()
    assert lines[6].startswith("RL − CoT restarted  30 tokens")


def test_the_markdown_is_a_table_whatever_the_names(evaluation):
    lines = table_markdown(rows(evaluation)).splitlines()
    assert lines[1].startswith("| --- | --- | ---: |")
    assert lines[2].startswith("| CoT \\| greedy | greedy | 25.0 (12.5–40.0) |")
    assert {line.replace("\\|", "").count("|") for line in lines[:6]} == {12}
    compared = comparisons_markdown(comparisons(evaluation, PAIRS)).splitlines()
    assert compared[2].endswith("| +20.0 (+7.5 to +32.5), above zero |")
    assert compared[3].startswith("| RL − CoT restarted (within 30, 80, 160, 320 tokens) |")


def test_the_html_escapes_names(evaluation):
    named = Evaluation(**{name: getattr(evaluation, name) for name in evaluation.__slots__ if name != "systems"},
                       systems=(system("x", "<script>&", {3: 9}), system("y", "Y", {3: 8})))  # fmt: skip
    html = table_html(rows(named)) + comparisons_html(comparisons(named, [Pair("x", "y")]))
    assert "<script" not in html
    assert html.count("&lt;script&gt;&amp;") == 2
    assert html.count("<small class='includes'>includes zero</small>") == 4


def test_mistakes_are_named(evaluation):
    with pytest.raises(KeyError, match="nobody"):
        comparisons(evaluation, [Pair("rl", "nobody")])
    with pytest.raises(ValueError, match="'restarted' is compared at the tokens of two systems"):
        rows(evaluation, [Pair("rl", "restarted", "tokens"), Pair("sft", "restarted", "tokens")])
    fields = {name: getattr(evaluation, name) for name in evaluation.__slots__ if name != "systems"}
    with pytest.raises(ValueError, match="unique"):
        rows(Evaluation(**fields, systems=evaluation.systems[:1] * 2))
    short = SystemResult("short", "Short", "greedy", 1, evaluation.systems[0].episodes[:-1])
    with pytest.raises(ValueError, match="'short' was not run on exactly the 40 problems"):
        rows(Evaluation(**fields, systems=(short,)))
