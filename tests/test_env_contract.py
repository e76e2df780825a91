"""What every environment of the suite promises: the registry is the list of tests, so a new task is tested at once."""

from __future__ import annotations

import copy
import itertools
import json
import math
import pickle
import random

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env, data_equivalence

import metacot.envs
from metacot.tasks import Task

DATASETS = "MetaCoT/RG-"
"""These are tested in test_reasoning_gym.py."""
IDS = sorted(env_id for env_id in gym.registry if env_id.startswith("MetaCoT/") and not env_id.startswith(DATASETS))
TEXT = [env_id for env_id in IDS if env_id.endswith("Text-v0")]
NUMERIC = [env_id for env_id in IDS if env_id not in TEXT]
LISTED = [env_id for env_id in TEXT if env_id.replace("Text-", "-") in NUMERIC]  # legal steps can be listed
FREE = [env_id for env_id in TEXT if env_id not in LISTED]  # a step is any line of text
TRIALS = (
    {"episodes": 2},
    {"episodes": 3, "reveal": "verdict", "credit": "rl2", "episode_budget": 5},
    {"episodes": None, "unit": "branch"},
)
MADE = [(env_id, {}) for env_id in IDS]
MADE += [(env_id, {"trial": trial}) for env_id in IDS for trial in TRIALS]
MADE += [(env_id, {"flat": True, "trial": TRIALS[1]}) for env_id in NUMERIC]
MADE += [(env_id, {"memory": "cursor", "value": "oracle", "on_solved": "continue"}) for env_id in NUMERIC]
MADE += [
    (env_id, {"feedback": "random", "style": "full", "rewards": {"outcome": 1, "steps": -0.01}}) for env_id in LISTED
]
MADE += [(env_id, {"feedback": "none", "style": "full", "rewards": {"outcome": 1, "steps": -0.01}}) for env_id in FREE]

every = pytest.mark.parametrize(("env_id", "kwargs"), MADE, ids=lambda part: part if isinstance(part, str) else None)


def play(env: gym.Env, seed: int, steps: int = 60) -> list:
    """Observations, rewards, ends and infos of random play, masked where there is a mask."""
    rng = random.Random(seed)
    observation, info = env.reset(seed=seed)
    seen = [(observation, info)]
    for _ in range(steps):
        action = choose(env, info, rng)
        observation, reward, terminated, truncated, info = env.step(action)
        seen.append((observation, reward, terminated, truncated, info))
        if terminated or truncated:
            observation, info = env.reset()
            seen.append((observation, info))
    return seen


def choose(env: gym.Env, info: dict, rng: random.Random, *, steps_alone: bool = False) -> object:
    """Any legal action or any line; with `steps_alone` a step of the task, which does not end an attempt unsolved."""
    tree, task = env.unwrapped.tree, env.unwrapped.task
    if "action_mask" in info:
        legal = np.flatnonzero(info["action_mask"])
        return int(rng.choice(legal[legal < task.n_actions] if steps_alone else legal))
    if task.enumerable:
        lines = [task.write(tree.state, step) for step in task.steps(tree.state)[:8]] or ["nothing"]
    else:
        lines = [f"perhaps {number}" for number in range(8)]
    if steps_alone:
        return rng.choice(lines)
    return rng.choice([*lines, *lines, f"back #{rng.randrange(len(tree) + 1)}", "what?", "answer 24", "give up"])


def same(first: object, second: object) -> bool:
    return data_equivalence(first, second, exact=True)


def test_there_are_environments_to_test():
    assert {"MetaCoT/Game24-v0", "MetaCoT/Game24Text-v0"} <= set(IDS)
    assert set(metacot.envs.env_ids("game24")) <= set(IDS)


@every
def test_gymnasium_finds_nothing_to_warn_about(env_id, kwargs):
    env = gym.make(env_id, disable_env_checker=True, **kwargs)
    if "trial" in kwargs:  # a wrapper, which check_env remarks on
        with pytest.warns(UserWarning, match="different from the unwrapped version"):
            check_env(env)
    else:
        check_env(env)


@every
def test_nothing_happens_before_the_first_reset(env_id, kwargs):
    env = gym.make(env_id, render_mode="ansi", **kwargs)
    for act in (lambda: env.step(env.action_space.sample()), env.render):
        with pytest.raises(ResetNeeded):
            act()


@every
def test_observations_lie_in_their_space_and_episodes_end(env_id, kwargs):
    env = gym.make(env_id, **kwargs)
    ends = 0
    for entry in play(env, seed=3, steps=300):
        assert entry[0] in env.observation_space
        ends += len(entry) == 5 and (entry[2] or entry[3])
    assert ends > 3


@every
def test_same_seed_same_episodes_and_other_seeds_other_ones(env_id, kwargs):
    env, other = gym.make(env_id, **kwargs), gym.make(env_id, **kwargs)
    first = play(env, seed=5)
    assert same(first, play(other, seed=5))
    assert same(first, play(env, seed=5)), "an earlier episode left something behind"
    problems = set()
    for seed in range(8):
        env.reset(seed=seed)
        problems.add(env.unwrapped.problem.data)
    assert len(problems) > 1


@every
def test_made_again_from_the_json_of_its_spec(env_id, kwargs):
    env = gym.make(env_id, **kwargs)
    text = env.spec.to_json()
    json.loads(text)
    again = gym.make(EnvSpec.from_json(text))
    assert str(again) == str(env)
    assert same(play(env, seed=1), play(again, seed=1))


@every
def test_pickled_and_copied_in_the_middle_of_an_episode(env_id, kwargs):
    env = gym.make(env_id, **kwargs)
    env.reset(seed=2)
    _, _, terminated, truncated, info = env.step(choose(env, env.reset(seed=2)[1], random.Random(0), steps_alone=True))
    assert (terminated, truncated) == (False, False)
    copies = [pickle.loads(pickle.dumps(env)), copy.deepcopy(env)]
    rng = random.Random(1)
    for _ in range(3):
        action = choose(env, info, rng)
        result = env.step(action)
        assert all(same(result, twin.step(action)) for twin in copies)
        if result[2] or result[3]:
            break
        info = result[4]


@every
def test_a_snapshot_is_come_back_to_any_number_of_times(env_id, kwargs):
    env = gym.make(env_id, **kwargs).env
    while hasattr(env, "env") and not hasattr(env, "snapshot"):
        env = env.env
    _, info = env.reset(seed=4)
    rng = random.Random(4)
    for _ in range(2):
        _, _, terminated, truncated, info = env.step(choose(env, info, rng, steps_alone=True))
        assert (terminated, truncated) == (False, False)
    start, start_info = pickle.loads(pickle.dumps(env.snapshot())), info

    def onward(seed: int) -> list:
        rng, info, seen = random.Random(seed), start_info, []
        for _ in range(20):
            result = env.step(choose(env, info, rng))
            info = result[4]
            seen.append(result)
            if result[2] or result[3]:
                break
        return seen

    first = onward(1)
    env.reset(seed=99)
    for seed in (2, 1):
        env.restore(start)
        again = onward(seed)
    assert same(first, again)


def test_snapshots_are_cheap():
    env = gym.make("MetaCoT/Game24-v0").unwrapped
    env.reset(seed=0)
    tree = env.snapshot()[1]
    assert tree.states[0] is env.tree.states[0]
    assert tree is not env.tree


# Playing well and badly


def shortest(task: Task, state: object) -> list:
    """The steps of a shortest solution, found by exact distances."""
    steps = []
    while not task.solved(state):
        distance = task.distance(state)
        step, state = next(row[:2] for row in task.expand(state) if task.distance(row[1]) == distance - 1)
        steps.append(step)
    return steps


@pytest.mark.parametrize("env_id", NUMERIC)
@pytest.mark.parametrize("on_solved", ["end", "continue"])
def test_the_oracle_is_paid_one(env_id, on_solved):
    env = gym.make(env_id, on_solved=on_solved)
    task = env.unwrapped.task
    submit = env.action_space.n - 2
    for seed in range(20):
        _, info = env.reset(seed=seed)
        actions = []
        state = env.unwrapped.tree.state
        for step in shortest(task, state):
            actions.append(task.index(state, step))
            state = task.apply(state, step)
        if on_solved == "continue":
            actions.append(submit)
        total = 0.0
        for action in actions:
            assert info["action_mask"][action] == 1
            _, reward, terminated, truncated, info = env.step(action)
            total += reward
        assert (total, terminated, truncated, info["success"], info["reached"]) == (1.0, True, False, True, True)
        assert info["reward_terms"] == {"outcome": 1.0}
        assert info["judged"] is True


@pytest.mark.parametrize("env_id", LISTED)
@pytest.mark.parametrize("feedback", ["state", "none", "random"])
def test_the_oracle_in_words_is_paid_one(env_id, feedback):
    env = gym.make(env_id, feedback=feedback)
    task = env.unwrapped.task
    if not task.enumerable or task.distance(task.start(task.problem(0, 0))) in (None, math.inf):
        pytest.fail(f"{env_id} has no oracle and cannot be tested")
    for seed in range(20):
        env.reset(seed=seed)
        state, lines, steps = env.unwrapped.tree.state, [], shortest(task, env.unwrapped.tree.state)
        for step in steps:
            lines.append(task.write(state, step))
            state = task.apply(state, step)
        lines += ["</think>", f"answer {task.answer(env.unwrapped.problem, steps)}"]
        _, reward, terminated, truncated, info = env.step("\n".join(lines))
        assert (reward, terminated, truncated, info["success"]) == (1.0, True, False, True)
        assert info["steps"] == len(steps)


@pytest.mark.parametrize("env_id", FREE)
@pytest.mark.parametrize("feedback", ["state", "none"])
def test_a_reference_solution_in_words_is_paid_one(env_id, feedback):
    env = gym.make(env_id, feedback=feedback)
    for seed in range(20):
        env.reset(seed=seed)
        problem = env.unwrapped.problem
        lines = [*env.unwrapped.task.solution(problem), "</think>", f"answer {problem.gold or ''}"]
        _, reward, terminated, truncated, info = env.step("\n".join(lines))
        verified = problem.gold is not None  # what nothing can verify is not judged, and pays nothing
        assert (reward, terminated, truncated) == (float(verified), True, False)
        assert (info["success"], info["judged"]) == (verified, verified)
        assert info["reached"] is False, "free lines have no goal in sight: only an answer is judged"


@pytest.mark.parametrize("env_id", NUMERIC)
def test_the_mask_is_the_truth_about_every_action(env_id):
    env = gym.make(env_id).unwrapped
    rng = random.Random(0)
    for seed in range(3):
        _, info = env.reset(seed=seed)
        for _ in range(4):
            mask, start = info["action_mask"], env.snapshot()
            assert mask.dtype == np.int8
            assert mask.shape == (env.action_space.n,)
            assert mask[-1] == 1, "giving up is always legal"
            assert (env.action_masks() == mask.astype(bool)).all()
            for action in range(env.action_space.n):
                env.restore(start)
                before = len(env.tree), env.tree.cursor
                observation, _, _, _, after = env.step(action)
                assert (after["event"] == "refused") == (mask[action] == 0)
                assert observation in env.observation_space
                if mask[action] == 0:
                    assert (len(env.tree), env.tree.cursor, env.steps) == (*before, start[-1][0] + 1)
            env.restore(start)
            _, _, terminated, truncated, info = env.step(int(rng.choice(np.flatnonzero(mask[:-1]))))
            if terminated or truncated:
                break


@pytest.mark.parametrize("env_id", NUMERIC)
@pytest.mark.parametrize("action", [-1, 10**9, -(10**30), np.int64(10**6), np.int8(-5)])
def test_a_senseless_index_costs_a_step_and_nothing_else(env_id, action):
    env = gym.make(env_id)
    first, _ = env.reset(seed=0)
    observation, reward, terminated, truncated, info = env.step(action)
    assert (reward, terminated, truncated, info["event"]) == (0.0, False, False, "refused")
    assert observation["steps_left"] == first["steps_left"] - 1
    assert (observation["nodes"] == first["nodes"]).all()


@pytest.mark.parametrize("env_id", TEXT)
@pytest.mark.parametrize("kwargs", [{}, {"feedback": "none"}, {"trial": TRIALS[1]}, {"trial": TRIALS[2]}])
def test_hostile_text_gets_the_floor_and_no_exception(env_id, kwargs):
    env = gym.make(env_id, **kwargs)
    big = "7 " * 100_000
    hostile = ["", " ", "\n\n", "\0", "\ud800", "９ - ４", "answer " + "9**" * 500 + "9", "answer __import__('os')"]
    hostile += [big, "answer " + big, "(" * 50_000, "attempt 2\n<think>\nanswer 24", "back #-1", "back #999999999999"]
    hostile += [
        "</think>" * 3,
        "</think>\n</think>\n</think>",
        "#1 24 solved",
        "refused not an action",
        "a\rb\x0bc\u2028d",
    ]
    for text in hostile:
        env.reset(seed=1)
        for _ in range(40):
            observation, reward, terminated, truncated, _ = env.step(text)
            assert reward == 0.0
            assert observation in env.observation_space
            if terminated or truncated:
                break
        assert terminated or truncated, text[:40]


@pytest.mark.parametrize("env_id", NUMERIC)
def test_the_flat_observation_is_that_of_gymnasium(env_id):
    for memory in ("tree", "cursor"):
        env, flat = (gym.make(env_id, memory=memory, flat=flat) for flat in (False, True))
        for entry, other in itertools.islice(zip(play(env, 6), play(flat, 6), strict=True), 80):
            expected = gym.spaces.flatten(env.observation_space, entry[0])
            assert (expected.astype(np.float32) == other[0]).all()
            assert other[0] in flat.observation_space
