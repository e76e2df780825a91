"""Shaped rewards in RL: what tokens are credited with, and the monitor that says when the return has left success."""

from __future__ import annotations

import json
import math
import random
import re
import warnings
from dataclasses import replace
from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest

from metacot.agents.policies import (
    LanguageModel,
    ModelConfig,
    RolloutSettings,
    TrialSettings,
    closed_tokenizer,
    new_model,
    roll_out,
    rollout,
    trial_environment,
)
from metacot.agents.tracking import HackingMonitor, HackingWarning, JsonlTracker, NullTracker, Paid, read_metrics
from metacot.agents.training import RLSettings, train_rl
from metacot.agents.training.rl import credited
from metacot.envs import ReasoningEnv, RecordExploration
from metacot.rewards import Delta, Sum
from metacot.tasks import Tree, make

TASK = make("game24")
TOKENIZER = closed_tokenizer(TASK)
TINY = ModelConfig(width=16, layers=1, heads=2, inner=32)
PLAIN = TrialSettings(budget=8, unit="attempt", episodes=2, credit="erl2:0.9:tokens")
VALUED = ("sum", "delta", "clipped", "potential:cursor", "potential:best", "min", "progress", "cut")
DENSE = {"outcome": 1.0, "format": 0.3, "length": 0.2, "length:tokens:99": 0.1} | {
    f"{kind}:noisy:0.3": 0.1 * number for number, kind in enumerate(VALUED, 1)
}


def shaped(rewards):
    return replace(PLAIN, rewards=rewards)


class RandomTalk:
    """Takes the place of a session under a model: every row says random lines, most of them legal, some nonsense."""

    max_line = 20

    def __init__(self, model, prompts, *, seed, **_):
        self.words = LanguageModel(None, TOKENIZER)
        self.rows = [SimpleNamespace(ids=list(ids), mine=[0] * len(ids), open=True) for ids in prompts]
        self.random = [random.Random(f"{seed} {number}") for number in range(len(prompts))]
        asked = self.words.decode(list(prompts))
        self.trees = [Tree(TASK, TASK.pose(tuple(map(int, re.findall(r"\d+", text)[:4])))) for text in asked]

    def sample(self):
        return [(number, self.say(number)) for number, row in enumerate(self.rows) if row.open]

    def say(self, number):
        tree, rng = self.trees[number], self.random[number]
        steps, kind = TASK.steps(tree.state), rng.random()
        if kind < 0.6 and steps:
            step = rng.choice(steps)
            line = TASK.write(tree.state, step)
            tree.grow(step)
        elif kind < 0.8:
            tree.cursor = rng.randrange(len(tree))
            line = f"back #{tree.cursor}"
        elif kind < 0.9:
            line = "+ + +"
        else:
            line, tree.cursor = "answer", 0
        self.feed(number, self.words.encode([line + "\n"])[0], 1)
        return self.rows[number].ids[-len(self.words.encode([line + "\n"])[0]) :]

    def feed(self, number, ids, mine=0):
        self.rows[number].ids += ids
        self.rows[number].mine += [mine] * len(ids)

    def close(self, number):
        self.rows[number].open = False


@pytest.fixture
def rolled(monkeypatch):
    """A function from settings of trials to (model, environment, rollouts on eight hands)."""
    monkeypatch.setattr(rollout, "LockstepSession", RandomTalk)

    def roll(settings, max_tokens=1000):
        model, environment = LanguageModel(SimpleNamespace(), TOKENIZER), trial_environment(TASK, settings)
        problems = [TASK.problem(0, number // 2) for number in range(16)]
        return (
            model,
            environment,
            roll_out(model, environment, problems, RolloutSettings(seed=1, max_tokens=max_tokens)),
        )

    return roll


# credit by the token ----------------------------------------------------------------------------------------------


def lines_of(model, row):
    """(text, tokens, place of the last token after the prompt) of every line of the model."""
    line, ends = [], model.line_ends
    for place, (token, mine) in enumerate(zip(row.ids[row.prompt :], row.mine[row.prompt :], strict=True)):
        if mine:
            line.append(token)
        if line and (not mine or token in ends or place + 1 == len(row.ids) - row.prompt):
            yield model.decode([line])[0], len(line), place if mine else place - 1
            line = []


@pytest.mark.parametrize("max_tokens", [80, 1000])
def test_tokens_are_credited_with_the_rewards_that_the_environment_pays_from_their_line_on(rolled, max_tokens):
    model, environment, rows = rolled(shaped(DENSE), max_tokens)
    paid = 0
    for row in rows:
        env = environment()
        env.reset(options={"problem": row.trace.problem})
        rewards, places, said = [], [], [0]
        env.unwrapped.set_counter(lambda line, said=said: said[0])
        for text, tokens, place in lines_of(model, row):
            said[0] = tokens
            rewards.append(float(env.step(text)[1]))
            places.append(place)
        if row.cut:
            rewards[-1] += env.cut()[0]
        ahead = np.cumsum(rewards[::-1])[::-1]
        assert [row.returns[place] for place in places] == pytest.approx(ahead.tolist())
        assert row.reward == pytest.approx(sum(rewards))
        paid += sum(map(bool, rewards))
    assert paid > 60


@pytest.mark.parametrize("max_tokens", [80, 1000])
@pytest.mark.parametrize("which", ["cursor", "best"])
def test_one_advantage_a_trajectory_does_not_feel_potentials_and_one_a_token_does(rolled, which, max_tokens):
    """Cut off or not, whatever the model does: a potential adds nothing to the whole reward of a rollout."""
    _, _, plain = rolled(PLAIN, max_tokens)
    _, _, dense = rolled(shaped({"outcome": 1.0, f"potential:{which}:noisy:0.4:1": 5.0}), max_tokens)
    assert [row.ids for row in plain] == [row.ids for row in dense]
    assert any(row.cut for row in plain) == (max_tokens == 80)
    for before, after in zip(plain, dense, strict=True):
        assert credited(after, "trajectory") == pytest.approx(credited(before, "trajectory"), abs=1e-9)
    if which == "cursor":
        felt = [credited(row, "token") != pytest.approx(credited(row, "trajectory"), abs=1e-9) for row in dense]
        assert any(felt)


def test_training_with_shaping_logs_the_monitor_and_resumes_to_the_same_rows(tmp_path):
    settings = RLSettings(
        updates=4, groups=2, generations=4, log_every=1, save_every=2, max_tokens=200, watch=1, beta=0.0
    )

    def trained(folder, *stops):
        with JsonlTracker(folder / "metrics.jsonl") as tracker:
            for updates in stops:
                model = new_model(TASK, TINY, seed=0)
                environment = trial_environment(TASK, shaped(DENSE))
                deal = lambda number: TASK.problem(0, number)  # noqa: E731
                train_rl(model, environment, deal, replace(settings, updates=updates), folder, tracker=tracker, seed=0)
        keep = lambda row: {name: value for name, value in row.items() if name.startswith("hack/") or name == "step"}  # noqa: E731
        return [keep(row) for row in read_metrics(folder / "metrics.jsonl") if row["stage"] == "hack"]

    whole = trained(tmp_path / "whole", 4)
    assert [row["step"] for row in whole] == [1, 2, 3, 4]
    assert str(trained(tmp_path / "resumed", 2, 4)) == str(whole)
    state = json.loads((tmp_path / "whole" / "checkpoint-4" / "hacking.json").read_text())
    assert state["episodes"] == 32


def test_settings_of_credit_are_checked():
    with pytest.raises(ValueError, match="credit must be one of token, trajectory"):
        RLSettings(updates=1, credit="line")
    with pytest.raises(ValueError, match="watch must be at least 1"):
        RLSettings(updates=1, watch=0)
    with pytest.raises(ValueError, match="a reward is one of"):
        trial_environment(TASK, shaped({"kindness": 1.0}))


# the monitor by itself ----------------------------------------------------------------------------------------------


class Ears(NullTracker):
    """Keeps rows and warnings."""

    def __init__(self):
        self.rows, self.warnings = [], []

    def _log(self, stage, step, metrics):
        self.rows.append((step, metrics))

    def warn(self, warning):
        self.warnings.append(str(warning))


def told(windows, **options):
    """What a monitor makes of windows of 50 episodes, each (success, shaping, steps): means of noisy episodes."""
    rng, ears = random.Random(0), Ears()
    monitor = HackingMonitor(ears, window=50, **options)
    for success, shaping, steps in windows:
        for _ in range(50):
            solved = float(rng.random() < success)
            monitor.add(Paid(solved + rng.gauss(shaping, 0.1), solved, rng.gauss(steps, 1.0)))
    return monitor, ears


def test_learning_is_no_hacking():
    _, ears = told([(0.1 * k, 0.05 * k, 10 - 0.5 * k) for k in range(10)])
    assert ears.warnings == []
    assert [metrics["hack/alarm"] for _, metrics in ears.rows] == [0.0] * 10
    assert [step for step, _ in ears.rows] == list(range(50, 501, 50))
    assert ears.rows[5][1]["hack/correlation"] > 0.9


def test_getting_shorter_at_the_same_success_is_no_hacking():
    assert told([(0.5, 0.3 * k, 12 - k) for k in range(10)])[1].warnings == []


def test_a_return_that_rises_while_success_falls_sets_it_off_once():
    monitor, ears = told([(0.6, 0.0, 8), *((0.1, 1.0 + k, 8) for k in range(5))])
    assert [metrics["hack/alarm"] for _, metrics in ears.rows] == [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    [warning] = ears.warnings
    assert "parted after 150 episodes" in warning
    assert "success has fallen" in warning
    assert monitor.alarm


def test_a_return_that_rises_with_the_steps_alone_sets_it_off_after_as_many_windows_as_told():
    windows = [(0.0, 0.2 * k, 5 + k) for k in range(8)]
    assert [metrics["hack/alarm"] for _, metrics in told(windows, patience=3)[1].rows] == [0.0] * 3 + [1.0] * 5
    assert "more steps" in told(windows)[1].warnings[0]


def test_a_return_that_rises_with_giving_up_sets_it_off():
    ears = Ears()
    monitor, rng = HackingMonitor(ears, window=50), random.Random(0)
    for episode in range(250):
        answers = float(rng.random() < 0.9 - episode / 300)
        monitor.add(Paid(-answers, 0.0, 8 * answers, answers))
    assert "fewer answers" in ears.warnings[0]


def test_an_alarm_ends_when_success_is_back():
    windows = [(0.6, 0.0, 8), (0.1, 1.0, 8), (0.1, 1.0, 8), (0.7, 1.0, 8), (0.1, 3.0, 8), (0.1, 3.0, 8)]
    monitor, ears = told(windows)
    assert [metrics["hack/alarm"] for _, metrics in ears.rows] == [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]
    assert len(ears.warnings) == 2
    twin = HackingMonitor(ears, window=50)
    twin.load(json.loads(json.dumps(monitor.state())))
    assert json.dumps(twin.state()) == json.dumps(monitor.state())


def test_trackers_warn_unless_told_otherwise_and_arguments_are_checked():
    with pytest.warns(HackingWarning, match="parted"):
        NullTracker().warn(HackingWarning("they have parted"))
    for wrong in ({"window": 1}, {"z": 0.0}, {"patience": 0}):
        with pytest.raises(ValueError, match="are needed"):
            HackingMonitor(NullTracker(), **wrong)


# a process reward model that can be hacked, and one that cannot -----------------------------------------------------


class Flattered:
    """A process reward model that likes states of three numbers, solvable or not: it can be hacked by staying there."""

    name = "flattered"

    def values(self, task, states):
        return [float(len(task.brief(state).split()) == 3) for state in states]


class Honest:
    """The exact value."""

    name = "honest"

    def values(self, task, states):
        return [task.value(state) for state in states]


def learn(term, weight, episodes=2400):
    """A few lines of policy gradient on one hand, with the return from each step on; what its monitor says.

    The policy is a table: logits for the actions at each node's state.
    """
    ears, rng = Ears(), np.random.default_rng(0)
    monitor = HackingMonitor(ears, window=200)
    env = RecordExploration(ReasoningEnv(TASK, budget=6, rewards={"outcome": 1.0}), regret=False)
    env.unwrapped.add_rewards([(term, weight)])
    env = gym.wrappers.RecordEpisodeStatistics(env)
    table, baseline = {}, 0.0
    for _ in range(episodes):
        _, info = env.reset(options={"problem": TASK.pose((1, 2, 3, 4))})
        path, over = [], False
        while not over:
            mask = info["action_mask"].astype(bool)
            mask[-1] = False  # whoever gives up learns nothing from this hand
            logits = table.setdefault(env.unwrapped.tree.state, np.zeros(len(mask)))
            odds = np.where(mask, np.exp(logits - logits[mask].max()), 0.0)
            odds /= odds.sum()
            action = int(rng.choice(len(odds), p=odds))
            _, reward, terminated, truncated, info = env.step(action)
            over = terminated or truncated
            path.append((logits, odds, action, reward))
        monitor.record(info)
        left = sum(reward for *_, reward in path)
        baseline += 0.05 * (left - baseline)
        for logits, odds, action, reward in path:
            logits -= 0.3 * (left - baseline) * odds
            logits[action] += 0.3 * (left - baseline)
            left -= reward
    return ears


def test_a_hackable_value_sets_the_alarm_off_and_an_honest_one_does_not():
    hacked = learn(Sum(Flattered()), 6.0)
    assert len(hacked.warnings) >= 1
    assert hacked.rows[-1][1]["hack/success"] < 0.5
    honest = learn(Delta(Honest()), 1.0)
    assert honest.warnings == []
    assert honest.rows[-1][1]["hack/success"] > 0.9
    assert hacked.rows[-1][1]["hack/return"] > 1.5 > 1.01 > honest.rows[-1][1]["hack/return"]


def test_vectors_and_loops_are_recorded_alike():
    ears = Ears()
    monitor = HackingMonitor(ears, window=3)
    envs = gym.make_vec("metacot.envs:MetaCoT/Game24-v0", 2, "sync", wrappers=[RecordExploration], budget=4)
    envs = gym.wrappers.vector.RecordEpisodeStatistics(envs)
    _, info = envs.reset(seed=0)
    ended = 0
    while ended < 6:
        actions = np.array([np.flatnonzero(mask)[0] for mask in info["action_mask"]])
        *_, info = envs.step(actions)
        ended += monitor.record(info, step=ended)
    assert len(ears.rows) == 2
    assert ears.rows[0][1]["hack/return"] == 0.0
    assert math.isnan(ears.rows[0][1]["hack/tokens_per_step"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert monitor.record({"event": "new"}) == 0
