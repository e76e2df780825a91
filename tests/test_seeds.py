"""Several seeds side by side."""

from dataclasses import replace

import pytest

from metacot import tasks
from metacot.agents.evaluation import Episode, Evaluation, SystemResult
from metacot.agents.evaluation.seeds import seeds_text

TASK = tasks.make("game24")


def evaluation(seed, successes):
    """One system on four hands; `successes` of them are solved in 5 steps."""
    problems = tuple(TASK.problem(0, index, "test") for index in range(4))
    episodes = tuple(Episode(n, 0, n < successes, n < successes, 5, 20, 40, 1, 0, 0, 0) for n in range(4))
    systems = (
        SystemResult("sft", "SFT", "sampled", 1, episodes),
        SystemResult("cot_tokens", "CoT", "sampled", 1, episodes),
    )
    return Evaluation("game24", "test", seed, (3, 8), problems, {}, systems)


def test_each_system_gets_its_mean_and_its_extremes_over_seeds():
    lines = seeds_text([evaluation(0, 1), evaluation(1, 2), evaluation(2, 3)]).splitlines()
    assert lines[0] == "game24, split 'test', seeds 0, 1, 2"
    assert lines[2].split() == ["SFT,", "sampled", "0.0", "(0.0-0.0)", "50.0", "(25.0-75.0)"]


def test_systems_at_budgets_of_their_own_are_left_out():
    assert len(seeds_text([evaluation(0, 1)]).splitlines()) == 3


@pytest.mark.parametrize("change", [{"budgets": (3, 9)}, {"split": "val"}, {"systems": ()}])
def test_runs_of_other_kinds_are_refused(change):
    with pytest.raises(ValueError, match="side by side"):
        seeds_text([evaluation(0, 1), replace(evaluation(1, 1), **change)])
