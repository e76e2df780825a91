"""Intervals, paired differences, pass@k, success against budgets, and the restarted baseline."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.agents.evaluation import (
    Episode,
    curve,
    interval,
    paired_difference,
    pass_at_k,
    restarted,
    stats,
    success_within,
    token_budgets,
)


def episode(problem=0, sample=0, success=True, steps=3, tokens=20, **more):
    counts = {"context": 2 * tokens, "backtracks": 0, "repeated": 0, "refused": 0, "wrong_answers": 0} | more
    return Episode(problem, sample, success, success, steps, tokens, **counts)


# intervals ----------------------------------------------------------------------------------------------------------


def test_the_interval_of_a_share_agrees_with_the_normal_approximation():
    values = np.repeat([1.0, 0.0], [240, 160])
    mean, low, high = interval(values)
    width = 1.96 * np.sqrt(0.6 * 0.4 / 400)
    assert mean == 0.6
    assert (low, high) == pytest.approx((0.6 - width, 0.6 + width), abs=0.005)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(1)
    covered = 0
    for trial in range(400):
        _, low, high = interval(rng.binomial(4, 0.3, size=150) / 4, seed=trial, resamples=800)
        covered += low <= 0.3 <= high
    assert 0.91 <= covered / 400 <= 0.98


def test_an_interval_is_a_function_of_its_values_and_its_seed():
    values = np.random.default_rng(0).random(50)
    assert interval(values, seed=3) == interval(values, seed=3)
    assert interval(values, seed=3) != interval(values, seed=4)


def test_measures_side_by_side_get_the_intervals_they_get_alone():
    table = np.random.default_rng(0).random((40, 3))
    together = interval(table)
    for column in range(3):
        assert [part[column] for part in together] == pytest.approx(list(interval(table[:, column])))


def test_many_problems_are_resampled_in_blocks(monkeypatch):
    values = np.random.default_rng(0).random(200)
    whole = interval(values)
    monkeypatch.setattr(stats, "_BLOCK", 10_000)
    assert list(interval(values)) == pytest.approx(list(whole), abs=0.003)


@pytest.mark.parametrize("values", [[], np.empty((0, 2)), [float("nan"), 1.0], 3.0, [[[1.0]]]])
def test_what_is_no_list_of_problems_has_no_interval(values):
    with pytest.raises(ValueError, match="values"):
        interval(values)


def test_pairing_removes_the_luck_of_which_problems_were_drawn():
    rng = np.random.default_rng(0)
    hard = rng.random(200)
    a, b = hard + 0.05 + 0.02 * rng.random(200), hard + 0.02 * rng.random(200)
    paired = paired_difference(a, b)
    assert paired.word == "above zero"
    assert paired_difference(b, a).word == "below zero"
    assert paired.high - paired.low < 0.1 * (interval(a).high - interval(a).low)


def test_a_system_does_not_differ_from_itself():
    values = np.random.default_rng(0).random(30)
    difference = paired_difference(values, values)
    assert difference == (0.0, 0.0, 0.0)
    assert difference.word == "includes zero"


def test_a_pair_has_the_same_problems():
    with pytest.raises(ValueError, match=r"same problems, got \(3,\) and \(2,\)"):
        paired_difference([1, 0, 1], [1, 0])


# pass@k -------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_is_the_share_of_all_choices_of_k_that_hold_a_right_one(case):
    samples, right, k = case
    outcomes = [True] * right + [False] * (samples - right)
    choices = [any(chosen) for chosen in combinations(outcomes, k)]
    [share] = pass_at_k([right], samples, k)
    assert share == pytest.approx(sum(choices) / len(choices))


def test_pass_at_k_holds_for_many_samples():
    assert pass_at_k([1], 1000, 500) == pytest.approx(0.5)
    assert pass_at_k([3], 2000, 100)[0] == pytest.approx(1 - comb(1997, 100) / comb(2000, 100))


@pytest.mark.parametrize(("right", "samples", "k"), [([1], 4, 0), ([1], 4, 5), ([5], 4, 1), ([-1], 4, 1)])
def test_pass_at_k_refuses_what_cannot_be(right, samples, k):
    with pytest.raises(ValueError, match="must be in"):
        pass_at_k(right, samples, k)


# budgets ------------------------------------------------------------------------------------------------------------


def test_an_episode_counts_from_the_budget_that_it_fits_into():
    episodes = [
        episode(0, 0, steps=3, tokens=20),
        episode(0, 1, steps=9, tokens=50),
        episode(1, 0, success=False, steps=3),
        episode(1, 1, steps=32, tokens=150),
    ]
    by_steps = success_within(episodes, (2, 3, 8, 9, 32))
    assert by_steps.tolist() == [[0, 0.5, 0.5, 1, 1], [0, 0, 0, 0, 0.5]]
    assert success_within(episodes, (19, 50, 150), "tokens").tolist() == [[0, 1, 1], [0, 0, 0.5]]
    assert curve(episodes, (2, 3, 8, 9, 32)).mean.tolist() == [0, 0.25, 0.25, 0.5, 0.75]


def test_problems_weigh_the_same_and_need_the_same_samples():
    with pytest.raises(ValueError, match="same number of samples"):
        success_within([episode(0), episode(0, 1), episode(1)], (3,))
    with pytest.raises(ValueError, match="at least one"):
        success_within([], (3,))
    with pytest.raises(ValueError, match="'seconds'"):
        success_within([episode(0)], (3,), "seconds")


def test_the_order_of_problems_is_by_number_whatever_the_order_of_episodes():
    episodes = [episode(2), episode(0, success=False), episode(1)]
    assert success_within(episodes, (3,)).ravel().tolist() == [0, 1, 1]


@given(
    st.lists(
        st.builds(episode, success=st.booleans(), steps=st.integers(0, 32), tokens=st.integers(1, 200)), min_size=1
    )
)
def test_token_budgets_are_the_smallest_that_reach_the_success_of_the_steps(episodes):
    for steps, tokens in zip((3, 8, 32), token_budgets(episodes, (3, 8, 32)), strict=True):
        reached = sum(one.success and one.steps <= steps for one in episodes)
        assert sum(one.success and one.tokens <= tokens for one in episodes) >= reached
        assert tokens == 1 or sum(one.success and one.tokens < tokens for one in episodes) < reached


# restarts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cost", "budget", "fit"), [("steps", 16, 5), ("tokens", 199, 9)])
def test_restarts_succeed_as_often_as_as_many_attempts_as_fit(cost, budget, fit):
    attempts = [episode(0, sample, success=sample < 2, steps=3, tokens=20) for sample in range(12)]
    runs, ran_out = restarted(attempts, budget, cost, samples=4000)
    expected = pass_at_k([2], 12, fit)[0]
    assert sum(run.success for run in runs) / 4000 == pytest.approx(expected, abs=0.03)
    assert ran_out == 0


def test_a_run_stops_at_the_first_success_and_adds_up_what_it_took():
    attempts = [
        episode(0, 0, success=False, steps=4, tokens=30, refused=1, wrong_answers=1),
        episode(0, 1, success=True, steps=3, tokens=20),
    ]
    runs, _ = restarted(attempts, 32, samples=50)
    taken = {(run.steps, run.tokens, run.context, run.refused, run.wrong_answers) for run in runs}
    assert taken == {(3, 20, 40, 0, 0), (7, 50, 100, 1, 1)}
    assert all(run.success and run.reached for run in runs)
    assert [run.sample for run in runs] == list(range(50))


def test_an_attempt_that_does_not_fit_is_cut_and_fails():
    [run], ran_out = restarted([episode(steps=5, tokens=40, wrong_answers=1)], 4, samples=1)
    assert (run.success, run.reached, run.steps, run.tokens, run.wrong_answers) == (False, False, 4, 32, 0)
    assert ran_out == 0
    [run], _ = restarted([episode(steps=5, tokens=40)], 10, "tokens", samples=1)
    assert (run.success, run.steps, run.tokens) == (False, 1, 10)


def test_giving_up_at_once_does_not_restart_for_free():
    [run], ran_out = restarted([episode(success=False, steps=0, tokens=2)], 8, samples=1)
    assert (run.success, run.steps, run.tokens) == (False, 8, 16)
    assert ran_out == 1


def test_runs_that_use_up_their_attempts_are_counted():
    attempts = [episode(problem, success=False, steps=3) for problem in range(3)]
    assert restarted(attempts, 3, samples=2).ran_out == 0
    assert restarted(attempts, 4, samples=2).ran_out == 6


def test_restarts_are_a_function_of_the_seed():
    attempts = [episode(0, sample, success=sample == 0, steps=sample + 3) for sample in range(12)]
    assert restarted(attempts, 32, seed=5) == restarted(attempts, 32, seed=5)
    assert restarted(attempts, 32, seed=5) != restarted(attempts, 32, seed=6)


@pytest.mark.parametrize("change", [{"budget": 0}, {"samples": 0}, {"cost": "seconds"}])
def test_restarts_refuse_what_cannot_be(change):
    with pytest.raises(ValueError, match="got"):
        restarted([episode()], **{"budget": 32} | change)


# rank correlation ---------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=12))
def test_a_rank_correlation_is_that_of_the_ranks(pairs):
    a, b = np.array(pairs, float).T
    places = [[np.mean([(v < w) + 0.5 * (v == w) for v in own]) for w in own] for own in (a, b)]
    found = stats.rank_correlation(a, b, resamples=20)
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert np.isnan(found.mean)
    else:
        assert found.mean == pytest.approx(np.corrcoef(*places)[0, 1])


def test_a_rank_correlation_sees_order_alone_and_has_an_interval():
    a = np.arange(30.0)
    assert stats.rank_correlation(a, a**3, resamples=50) == pytest.approx((1.0, 1.0, 1.0))
    assert stats.rank_correlation(a, -np.exp(a), resamples=50).mean == pytest.approx(-1.0)
    noise = np.random.default_rng(0).normal(size=30)
    mean, low, high = stats.rank_correlation(a, noise, resamples=200)
    assert low < mean < high
    assert low < 0 < high
    with pytest.raises(ValueError, match="three pairs"):
        stats.rank_correlation([1, 2], [1, 2])
