"""The examples on process rewards: a tiny run of each prints every setting with its interval and saves the plot."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from metacot.rewards import OracleValue, RolloutValue, make_value
from metacot.tasks import make


@pytest.fixture
def example(root, monkeypatch) -> Callable[[str], ModuleType]:
    """A function that loads an example as a module."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, root / "examples" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)  # a NamedTuple looks its module up
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def printed(example, tmp_path, monkeypatch, capsys) -> Callable[..., tuple[list[str], str]]:
    """A function that runs an example with these words; the lines it prints, and its page."""

    def run(name: str, words: str) -> tuple[list[str], str]:
        out = tmp_path / "plot.html"
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *words.split(), "--out", str(out)])
        example(name).main()
        *lines, end = capsys.readouterr().out.splitlines()
        assert str(out) in end
        return lines, out.read_text()

    return run


# shaping_under_rl.py ------------------------------------------------------------------------------------------------


def test_shaping_prints_a_line_a_setting_and_saves_the_plot(example, printed):
    (title, head, *rows), page = printed("shaping_under_rl", "--tasks countdown --seeds 1 --problems 2 --updates 3")
    assert title == "countdown: weight 1.0, seeds 0 to 0, 2 problems each"
    assert head.split() == ["term", "value", "success", "shaped", "parted"]
    module = example("shaping_under_rl")
    assert [row.split()[0] for row in rows] == ["none", *(term for term in module.TERMS for _ in module.VALUES)]
    assert all("% (" in row and row.endswith("never") for row in rows)
    assert page.count("<svg class='chart'") == 3


def test_shaping_can_be_tried_with_some_terms_alone(printed):
    (_, _, *rows), _ = printed("shaping_under_rl", "--tasks game24 --terms min --seeds 1 --problems 1 --updates 2")
    assert [row.split()[0] for row in rows] == ["none", "min", "min", "min"]


def test_the_learner_learns_and_a_seed_decides_everything(example):
    learn = example("shaping_under_rl").learn
    first, again = (learn("countdown", {"outcome": 1.0}, 3, 80, seed=0) for _ in range(2))
    assert np.array_equal(first.success, again.success)
    assert first.success[-10:].mean() > first.success[:10].mean() + 0.2
    assert np.array_equal(first.success, first.shaped)
    potential = learn("countdown", {"outcome": 1.0, "potential:cursor:noisy:0.4": 1.0}, 3, 20, seed=0)
    assert potential.shaped == pytest.approx(potential.success)  # it adds nothing to a whole episode


# rollout_labels.py --------------------------------------------------------------------------------------------------


def test_rollout_labels_prints_bias_and_deviation_of_every_policy_and_count(example, printed):
    (title, head, *rows), page = printed("rollout_labels", "--tasks countdown --problems 3")
    module = example("rollout_labels")
    assert title == "countdown: 3 states, 256 rollouts each, seed 0"
    assert head.split()[:2] == ["policy", "K"]
    assert [tuple(row.split()[:2]) for row in rows] == [(p, str(k)) for p in module.POLICIES for k in module.COUNTS]
    assert page.count("<svg class='chart'") == 2


def test_labels_by_rollouts_err_downwards_and_more_rollouts_spread_less(example):
    module, task = example("rollout_labels"), make("game24")
    states = module.solvable_states(task, {}, 6)
    assert all(task.value(state) and not task.solved(state) for state in states)
    wins = module.wins_of(task, states, "uniform", 256, seed=0)
    assert wins[:, :16].mean(axis=1) == pytest.approx([np.mean(row[:16]) for row in wins])
    few, many = (module.labels_of(wins, k) for k in (2, 64))
    assert few[0].bias == many[0].bias  # of the mean of rollouts, whatever their number
    assert few[0].deviation > many[0].deviation
    assert few[1].bias.mean < many[1].bias.mean <= 0


def test_rollouts_that_an_exact_value_guides_reach_the_solution(example):
    module, task = example("rollout_labels"), make("game24")
    guided = module.GuidedProposer(make_value("oracle"))
    starts = [task.start(task.pose(hand)) for hand in ((4, 9, 10, 13), (1, 1, 1, 1))]
    able, unable = RolloutValue(64, proposer=guided).values(task, starts)
    assert able > 2 * RolloutValue(64).values(task, starts[:1])[0]
    assert unable == 0.0


def test_rollout_labels_refuses_numbers_that_do_not_divide(printed, capsys):
    with pytest.raises(SystemExit):
        printed("rollout_labels", "--rollouts 100")
    assert "a multiple of 256" in capsys.readouterr().err


# prm_quality.py -----------------------------------------------------------------------------------------------------


def test_prm_quality_prints_error_and_nodes_of_every_size_and_noise(printed):
    words = "--tasks maze --seeds 2 --sizes 20 40 --noises 0.4 --updates 5 --searched 2"
    lines, page = printed("prm_quality", words)
    title, head, *rows = [line for line in lines if not line.startswith("[INFO]")]  # of a library that trains
    assert title == "maze: seeds 0 to 1, 2 problems searched"
    assert head.split()[:6] == ["problems", "noise", "squared", "error", "absolute", "error"]
    assert [row.split()[0] for row in rows[:3]] == ["oracle", "heuristic", "random"]
    assert rows[0].split()[1] == "0.0000"
    assert [row.split()[:2] for row in rows[3:6]] == [["20", "0.0"], ["40", "0.0"], ["40", "0.4"]]
    squared, first, absolute, second, *others = rows[6:]
    assert squared.startswith("squared error, from each size to the next: ")
    assert absolute.startswith("absolute error, from each size to the next: ")
    assert all(row.split()[0] == "fell" for row in (first, second))
    found = [row for row in others if "rank correlation" in row]
    assert len(found) == 6
    assert all("squared" in row and "absolute" in row for row in found)
    assert page.count("<svg class='chart'") == 2


def test_the_squared_error_is_least_for_the_share_that_can_be_solved_and_the_absolute_for_none(example, monkeypatch):
    class Constant:
        def __init__(self, value: float):
            self.value = value

        def values(self, task, states):
            return [self.value] * len(states)

    module = example("prm_quality")
    monkeypatch.setattr(module, "JUDGED", 20)
    field = module.Field("countdown", 0)
    states = [one.state for met in field.held for one in met.values()]
    share = float(np.mean(OracleValue().values(field.task, states)))
    honest, none = (field.judge(Constant(value)).errors.mean(0) for value in (share, 0.0))
    assert 0 < share < 0.5
    assert honest[0] < none[0]
    assert none[1] < honest[1]
    assert none == pytest.approx([share, share])  # every problem has as many states here


def test_a_search_that_fails_counts_its_whole_budget(example, monkeypatch):
    module = example("prm_quality")
    monkeypatch.setattr(module, "BUDGET", 2)
    monkeypatch.setattr(module, "JUDGED", 3)
    field = module.Field("game24", 1)
    assert field.judge(make_value("oracle")).nodes.tolist() == [[2, 2, 2]]
