"""Credit between episodes, and verified outcome as a reward."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.rewards import ERL2, RL2, Anneal, Outcome, Reward, Steps, Transition, make_credit, make_reward
from metacot.tasks import Tree, Verdict
from metacot.tasks.game24 import Game24

REWARDS = st.lists(st.floats(-1, 1), min_size=1, max_size=6)


def test_rl2_pays_every_episode_and_each_is_credited_with_what_follows():
    assert RL2().paid([1.0, 0.0, 1.0]) == [1.0, 0.0, 1.0]
    assert RL2().returns([1.0, 0.0, 1.0]) == [2.0, 1.0, 1.0]


def test_erl2_pays_the_last_episode_whose_reward_flows_back_to_all():
    assert ERL2().paid([1.0, 1.0, 0.0]) == [0.0, 0.0, 0.0]
    assert ERL2().paid([0.0, 0.0, 1.0]) == [0.0, 0.0, 1.0]
    assert ERL2().returns([0.0, 1.0, 1.0]) == [1.0, 1.0, 1.0]


@given(rewards=REWARDS, alpha=st.floats(0, 1))
def test_annealing_goes_from_one_to_the_other(rewards, alpha):
    assert Anneal(0.0).paid(rewards) == ERL2().paid(rewards)
    assert Anneal(1.0).paid(rewards) == RL2().paid(rewards)
    pairs = zip(Anneal(alpha).paid(rewards), ERL2().paid(rewards), RL2().paid(rewards), strict=True)
    for between, exploring, greedy in pairs:
        assert math.isclose(between, (1 - alpha) * exploring + alpha * greedy, abs_tol=1e-12)


@given(rewards=REWARDS)
def test_a_single_episode_is_paid_the_same_by_all(rewards):
    assert RL2().paid(rewards[:1]) == ERL2().paid(rewards[:1]) == Anneal(0.3).paid(rewards[:1]) == rewards[:1]


@given(rewards=REWARDS)
def test_returns_are_what_is_paid_from_an_episode_on(rewards):
    for credit in (RL2(), ERL2(), Anneal(0.4)):
        paid = credit.paid(rewards)
        for episode, credited in enumerate(credit.returns(rewards)):
            assert math.isclose(credited, sum(paid[episode:]), abs_tol=1e-9)


def test_the_discount_counts_the_steps_of_all_episodes_so_far():
    assert ERL2(gamma=0.5).paid([1.0, 1.0], steps=[2, 1]) == [0.0, 0.5**3]
    assert RL2(gamma=0.5).paid([1.0, 1.0], steps=[2, 1]) == [0.5**2, 0.5**3]
    with pytest.raises(ValueError, match="needs the steps of every episode"):
        ERL2(gamma=0.9).paid([1.0])
    with pytest.raises(ValueError, match="zip"):
        ERL2(gamma=0.9).paid([1.0, 1.0], steps=[1])


@pytest.mark.parametrize("spec", ["rl2", "rl2:0.99", "erl2", "erl2:0.9", "anneal:0.3", "anneal:0.0:0.5"])
def test_spellings_of_credit_come_back(spec):
    credit = make_credit(spec)
    assert make_credit(credit.name) == credit
    assert make_credit(credit) is credit


@pytest.mark.parametrize(
    "spec", ["", "rl3", "erl2:x", "erl2:1:2", "erl2:0", "anneal", "anneal:1.5", "anneal:0.5:2", None]
)
def test_other_spellings_of_credit_are_refused(spec):
    with pytest.raises(ValueError, match=r"a credit is one of rl2\[:gamma\[:unit\]\]"):
        make_credit(spec)


# Rewards


def transition(verdict: Verdict | None, *, ended: bool = True, cost: int = 0, steps: int = 3) -> Transition:
    game = Game24()
    return Transition(Tree(game, game.pose((3, 3, 8, 8))), "submit", 0, cost, steps, ended, verdict)


def test_the_outcome_is_one_zero_or_not_to_be_judged():
    assert Outcome()(transition(Verdict(True, ""))) == 1.0
    assert Outcome(0.5)(transition(Verdict(True, ""))) == 0.125
    assert Outcome()(transition(Verdict(False, ""))) == 0.0
    assert Outcome()(transition(Verdict(None, ""))) is None
    assert Outcome()(transition(None)) == 0.0
    assert Outcome()(transition(Verdict(True, ""), ended=False)) == 0.0


def test_steps_count_what_costs():
    assert [Steps()(transition(None, ended=False, cost=cost)) for cost in (0, 1)] == [0.0, 1.0]


def test_spellings_of_rewards():
    assert make_reward("outcome:0.5") == Outcome(0.5)
    assert make_reward("steps") == Steps()
    assert all(isinstance(reward, Reward) for reward in (Outcome(), Steps()))
    for spec in ("", "outcome:x", "outcome:0", "outcome:1:1", "steps:2", "style"):
        with pytest.raises(ValueError, match=r"a reward is one of outcome\[:gamma"):
            make_reward(spec)
