"""The report: a realistic evaluation, rendered, and opened in a real browser."""

from __future__ import annotations

import math
import os
import re
import shutil
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from metacot.agents.evaluation import (
    Episode,
    Evaluation,
    Pair,
    SystemResult,
    measure,
    restarted,
    token_budgets,
    write_report,
)
from metacot.agents.evaluation.report import chosen, duration, flattened
from metacot.tasks import Backtrack, GiveUp, Step, Submit, Trace, Tree, emit, make, segments
from metacot.tasks.grammar import perform

BUDGETS = (3, 8, 16, 32)
PAIRS = (
    Pair("rl", "sft"),
    Pair("sft", "cot_restarted"),
    Pair("rl", "cot_restarted"),
    Pair("rl", "cot_restarted_tokens", "tokens"),
)


# a realistic evaluation ---------------------------------------------------------------------------------------------


def play(task, problem, rng, *, skill, budget, backtracks, clumsy=0.0):
    """The trace of a player that takes a solving step with chance `skill` and else any; `backtracks` from dead ends."""
    tree = Tree(task, problem)
    actions = []
    while len(actions) < budget:
        if rng.random() < clumsy:
            actions.append(perform(tree, "1 + 99")[0])
            continue
        if tree.solved:
            actions.append(Submit(tree.answer()))
            break
        steps = [*task.steps(tree.state)]
        if not steps and not backtracks:
            actions.append(Submit(tree.answer()) if rng.random() < 0.5 else GiveUp())
            break
        if not steps:
            path = tree.path()[:-1]
            actions.append(Backtrack(path[-1 - min(int(rng.geometric(0.5)), len(path)) + 1]))
        else:
            good = [step for step in steps if task.value(task.apply(tree.state, step))]
            options = good if good and rng.random() < skill else steps
            actions.append(Step(options[rng.integers(len(options))]))
        tree.do(actions[-1])
    return Trace(problem, tuple(actions))


def system(task, problems, key, label, decoding, *, samples=1, tokens=True, keep=0, **player):
    """A system of such players. Tokens are words, as the model's lines hold them."""
    rng = np.random.default_rng(len(key))
    episodes = []
    for place, problem in enumerate(problems):
        for sample in range(samples):
            trace = play(task, problem, rng, **player)
            parts = [*segments(task, trace)]
            counts = [sum(len(part.text.split()) for part in parts if part.by_model or everyone) for everyone in (0, 1)]
            text = emit(task, trace) if place < keep and not sample else None
            spent = {"tokens": counts[0], "context": counts[1]} if tokens else {}
            episodes.append(measure(task, trace, problem=place, sample=sample, text=text, **spent))
    return SystemResult(key, label, decoding, samples, tuple(episodes))


def made_evaluation(count=24, samples=2):
    task = make("game24")
    problems = tuple(task.problem(0, index, "test") for index in range(count))

    def of(key, label, decoding, **player):
        return system(task, problems, key, label, decoding, **{"budget": 32, "backtracks": True} | player)

    attempts = of("cot_sampled", "CoT", "sampled", skill=0.45, samples=12, backtracks=False)
    rl = of("rl", "RL", "sampled", skill=0.66, samples=samples, clumsy=0.01, keep=20)
    by_steps = restarted(attempts.episodes, 32, samples=4).episodes
    [most] = token_budgets(rl.episodes, (32,))
    by_tokens = restarted(attempts.episodes, most, "tokens", samples=4).episodes
    return Evaluation(
        "game24",
        "test",
        0,
        BUDGETS,
        problems,
        {"cpu": "a processor with a name", "cores": 2, "memory": "8 GB"},
        (
            of("random", "Random legal play", "sampled", skill=0.0, samples=samples, tokens=False),
            of("cot", "CoT", "greedy", skill=0.5, backtracks=False),
            attempts,
            SystemResult("cot_restarted", "CoT restarted, equal steps", "sampled", 4, by_steps),
            SystemResult("cot_restarted_tokens", "CoT restarted, equal tokens", "sampled", 4, by_tokens),
            of("sft_greedy", "SFT", "greedy", skill=0.5, clumsy=0.02),
            of("sft", "SFT", "sampled", skill=0.42, samples=samples, clumsy=0.03, keep=20),
            of("rl_greedy", "RL", "greedy", skill=0.63),
            rl,
            of("oracle", "Best-first, oracle", "search", skill=1.0, tokens=False, keep=3),
        ),
    )


def made_metrics():
    """Rows as a run logs them, with noise, gaps and a number that was not finite."""
    rng = np.random.default_rng(0)
    rows = []
    for stage, floor in (("cot", 0.9), ("sft", 0.55)):
        for step in range(0, 1200, 4):
            loss = floor + 2 * math.exp(-step / 150) + 0.05 * rng.normal()
            rows.append({"stage": stage, "step": step, "time": 0.0, f"{stage}/loss": loss, "time/seconds": step / 4})
            if step % 200 == 196:
                rows.append({"stage": stage, "step": step, "time": 0.0,
                             f"{stage}/heldout_success": (1.2 - floor) * (1 - math.exp(-step / 400))})  # fmt: skip
    for step in range(200):
        grown = 1 - math.exp(-step / 90)
        row = {"rl/success": 0.6 + 0.2 * grown, "rl/steps": 17 - 5 * grown, "rl/backtracks": 7 - 3 * grown}
        row |= {"rl/repeated": 2 - grown, "rl/entropy": 0.5 - 0.2 * grown, "rl/refused": 0.1}
        row = {name: value * (1 + 0.08 * rng.normal()) for name, value in row.items()}
        row |= {"rl/kl": math.nan if step == 7 else 0.1 * grown, "time/seconds": 1.2 * step}
        if step % 20 == 19:
            row |= {"rl/heldout_success": 0.58 + 0.16 * grown, "rl/heldout_steps": 18 - 5 * grown}
        rows.append({"stage": "rl", "step": step, "time": 0.0, **row})
    return rows


CONFIG = {"seed": 0, "model": {"layers": 4, "width": 128}, "sft": {"lr": 3e-3}, "name": "<b>&demo</b>"}


@pytest.fixture(scope="module")
def evaluation():
    return made_evaluation()


@pytest.fixture(scope="module")
def report(evaluation, tmp_path_factory):
    return write_report(tmp_path_factory.mktemp("run"), evaluation, made_metrics(), CONFIG, pairs=PAIRS)


# the page -----------------------------------------------------------------------------------------------------------


def svgs(html):
    return [ET.fromstring(text) for text in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


def test_the_report_is_one_file_with_everything_in_it(report, evaluation):
    assert report.name == "report.html"
    assert [path.name for path in report.parent.iterdir()] == ["report.html"]
    html = report.read_text(encoding="utf-8")
    for system in evaluation.systems:
        assert system.label in html
    kinds = [svg.get("class") for svg in svgs(html)]
    assert kinds.count("tree") == 5
    assert kinds.count("chart") == 3 + 7  # budgets, learning
    for text in ("above zero", "CoT restarted, equal tokens (within", "a processor with a name", "4 min 59 s"):
        assert text in html
    assert "&lt;b&gt;&amp;demo&lt;/b&gt;" in html
    assert "<script" not in html
    assert not re.search(r"(src|href)=['\"](?!data:,)", html)
    assert "url(" not in html


def test_the_same_run_gives_the_same_bytes(report, evaluation, tmp_path):
    again = write_report(tmp_path, Evaluation.from_json(evaluation.to_json()), made_metrics(), CONFIG, pairs=PAIRS)
    assert again.read_bytes() == report.read_bytes()


def test_a_run_without_metrics_tokens_texts_or_pairs_has_a_report_too(evaluation, tmp_path):
    bare = replace(evaluation, systems=evaluation.systems[:1])
    html = write_report(tmp_path, bare, [], {}).read_text(encoding="utf-8")
    assert html.count("nothing was logged") == 3
    assert "How it searched" not in html
    assert len([svg for svg in svgs(html) if svg.get("class") == "chart"]) == 1


def test_what_a_model_writes_cannot_break_the_page(evaluation, tmp_path):
    evil = "</pre></svg><script>alert(1)</script>&\ud800\x00"
    hurt = Episode(0, 0, False, False, 1, 5, 5, 0, 0, 1, 0, f"1 + 99 {evil}\n")
    systems = (SystemResult("x", f"X {evil}", "sampled", 1, (hurt,)),)
    html = write_report(tmp_path, replace(evaluation, problems=evaluation.problems[:1], systems=systems), [], {})
    assert "<script" not in html.read_text(encoding="utf-8")
    assert "✕1" in html.read_text(encoding="utf-8")


def test_the_episodes_drawn_are_solved_ones_from_few_to_many_backtracks_and_one_failure(evaluation):
    drawn = chosen(evaluation, 5)
    episodes = [episode for _, episode in drawn]
    assert {system.key for system, _ in drawn} == {"rl"}
    assert [episode.success for episode in episodes] == [True] * 4 + [False]
    counts = [episode.backtracks for episode in episodes[:4]]
    assert counts == sorted(counts)
    assert counts[0] > 0
    assert len({episode.problem for episode in episodes}) == 5
    assert len(chosen(evaluation, 2)) == 2
    assert chosen(replace(evaluation, systems=evaluation.systems[:2]), 5) == []


def test_small_words():
    assert [duration(seconds) for seconds in (0.4, 59.6, 75, 3600)] == [
        "0 s",
        "1 min 00 s",
        "1 min 15 s",
        "60 min 00 s",
    ]
    assert dict(flattened({"a": 1, "b": {"c": {"d": [2]}, "e": None}})) == {"a": 1, "b.c.d": [2], "b.e": None}


# in a browser -------------------------------------------------------------------------------------------------------

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Headless Chromium. Without one the tests are skipped; with METACOT_BROWSER_REQUIRED=1 they fail."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        if os.environ.get("METACOT_BROWSER_REQUIRED") == "1":
            pytest.fail("no Chromium was found, and METACOT_BROWSER_REQUIRED=1", pytrace=False)
        pytest.skip("no Chromium was found")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET])
        yield browser
        browser.close()


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (1400, "dark"), (400, "light"), (400, "dark")])
def test_a_browser_shows_it_without_errors_requests_or_sideways_scrolling(browser, report, tmp_path, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(report.as_uri())

    assert page.locator("table").count() == 2
    for shown in ("table", "svg.chart", "svg.tree"):
        places = page.locator(shown)
        visible = [places.nth(place).is_visible() for place in range(places.count())]
        assert sum(visible) == len(visible) - (shown == "svg.chart")  # one of two axes is hidden
    sizes = page.evaluate("[...document.querySelectorAll('svg.chart text')].map(t => t.getBoundingClientRect().height)")
    assert min(size for size in sizes if size) >= 9  # pixels: still readable on a phone
    assert page.evaluate("document.documentElement.scrollWidth") == width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(246, 247, 249)") == (scheme == "light")
    shot = tmp_path / f"report-{width}-{scheme}.png"
    page.screenshot(path=shot, full_page=True)
    assert shot.stat().st_size > 50_000

    assert page.locator(".switch .one").is_visible()
    page.get_by_text("linear axis").click()
    assert page.locator(".switch .two").is_visible()
    assert not page.locator(".switch .one").is_visible()
    context.close()
    assert errors == []
    assert requests == [report.as_uri()]
