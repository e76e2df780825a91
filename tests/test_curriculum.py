"""Curricula: when the level moves, what is saved of it, and the budgets of its levels."""

from __future__ import annotations

import json

import gymnasium as gym
import pytest
from corridor import Corridor
from hypothesis import given, settings
from hypothesis import strategies as st

from metacot.envs import Curriculum, ReasoningEnv, TextReasoning, Trial
from metacot.tasks.game24 import Game24

GAME = Game24()


def course(**kwargs):
    """A curriculum whose episodes succeed at will: `give up` is wrong, and `-1` steps lead to the end."""
    return Curriculum(TextReasoning(Corridor()), **{"levels": [{"k": 1}, {"k": 2}, {"k": 3}], "window": 4} | kwargs)


def attend(env, success):
    """One episode; returns the level it was played at, and where the curriculum stands after it."""
    _, info = env.reset()
    level = env.unwrapped.problem.difficulty["k"]
    assert info["curriculum"]["level"] == level - 1
    lines = ["-1"] * env.unwrapped.problem.data[0] + ["answer"] if success else ["give up"]
    *_, info = env.step("\n".join(lines))
    return level, info["curriculum"]


def test_the_level_rises_when_enough_of_a_whole_window_is_solved():
    env = course(up=0.75)
    env.reset(seed=0)
    for success in (True, True, False):
        assert attend(env, success)[1]["level"] == 0
    assert attend(env, True)[1] == {"level": 1, "success": 0.0, "episodes": 0}
    assert attend(env, True) == (2, {"level": 1, "success": 1.0, "episodes": 1})


def test_the_level_falls_when_too_little_is_solved_and_stays_at_the_ends():
    env = course(start=2, up=1.0, down=0.25)
    env.reset(seed=0)
    levels = [attend(env, success)[1]["level"] for success in [False] * 4 + [True] + [False] * 7]
    assert levels == [2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0]
    env = course(start=2, up=0.5)
    env.reset(seed=0)
    assert {attend(env, True)[1]["level"] for _ in range(9)} == {2}


def test_between_the_thresholds_nothing_moves():
    env = course(start=1, up=0.8, down=0.2)
    env.reset(seed=0)
    assert {attend(env, place % 2 == 0)[1]["level"] for place in range(20)} == {1}
    env = course(start=1, down=None)
    env.reset(seed=0)
    assert {attend(env, False)[1]["level"] for _ in range(9)} == {1}


@settings(max_examples=30)
@given(st.lists(st.booleans(), max_size=40), st.integers(0, 40))
def test_a_saved_curriculum_goes_on_as_if_nothing_had_happened(successes, cut):
    whole, first, second = course(), course(), course()
    for env in (whole, first, second):
        env.reset(seed=0)
    expected = [attend(whole, success) for success in successes]
    found = [attend(first, success) for success in successes[:cut]]
    second.load(json.loads(json.dumps(first.state())))
    found += [attend(second, success) for success in successes[cut:]]
    assert found == expected


def test_given_problems_and_abandoned_episodes_do_not_count():
    env = course(window=1)
    env.reset(options={"problem": Corridor().pose(1)})
    assert env.step("-1\nanswer")[4]["curriculum"] == {"level": 0, "success": 0.0, "episodes": 0}
    env.reset()
    assert env.reset()[1]["curriculum"]["episodes"] == 0


def test_the_levels_of_the_task_are_the_default_and_addresses_go_on():
    env = Curriculum(gym.make("MetaCoT/Game24-v0"), window=1, up=1.0)
    assert env.levels == ("easy", "medium", "hard")
    env.reset(seed=0)
    assert max(env.unwrapped.problem.data[0]) <= 6
    inner = env.unwrapped
    while not inner.success:
        state = inner.tree.state
        good = (step for step in GAME.steps(state) if GAME.value(GAME.apply(state, step)))
        *_, info = env.step(GAME.index(state, next(good)))
    assert info["curriculum"]["level"] == 1
    env.reset()
    assert inner.problem == GAME.problem(0, 1)
    assert inner.difficulty == {}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"window": 0}, "window must be"),
        ({"up": 1.5}, r"up must be in \(0, 1\]"),
        ({"up": 0.3}, "down must be None or in"),
        ({"start": 3}, "one of 3 levels"),
        ({"levels": ["easy", "dire"]}, "no level 'dire'"),
        ({"levels": [{"high": 99}]}, "high=99"),
        ({"levels": []}, "needs levels"),
    ],
)
def test_a_curriculum_that_cannot_be_is_refused_at_once(wrong, said):
    with pytest.raises(ValueError, match=said):
        Curriculum(ReasoningEnv("game24"), **wrong)


@pytest.mark.parametrize("state", [{}, {"level": 3, "recent": []}, {"level": 0, "recent": [True] * 5}, {"level": 0}])
def test_a_state_of_something_else_is_refused(state):
    with pytest.raises(ValueError, match="no state of a curriculum of 3 levels, window 4"):
        course().load(state)


def test_a_trial_counts_by_its_last_attempt():
    env = Curriculum(Trial(TextReasoning("game24"), episodes=2), window=1, up=1.0)
    env.reset(seed=0)
    assert "curriculum" not in env.step("answer 0")[4]
    assert env.step("answer 0")[4]["curriculum"]["level"] == 0


def test_every_level_has_its_own_budget_where_none_was_given():
    env = Curriculum(TextReasoning("maze"), window=1)
    for level, steps in (("easy", 32), ("hard", 80), ("medium", 32)):
        env.load({"level": env.levels.index(level), "recent": []})
        env.reset(seed=0)
        assert env.unwrapped.budget == steps
    said = Curriculum(TextReasoning("maze", budget=7), start=2)
    said.reset(seed=0)
    assert said.unwrapped.budget == 7


def test_spaces_made_for_one_budget_refuse_a_level_that_takes_more_and_say_how_many():
    with pytest.raises(ValueError, match=r"'hard' takes 80 steps, .* make the environment with budget=80"):
        Curriculum(ReasoningEnv("maze"))
    env = ReasoningEnv("maze", difficulty="hard")
    env.set_difficulty("easy")
    observation, _ = env.reset(seed=0)
    assert (env.budget, observation["steps_left"]) == (32, 32)
    easy = env.snapshot()
    env.set_difficulty("hard")
    env.reset()
    assert env.budget == 80
    env.restore(easy)
    assert env.budget == 32
    assert env.step(env.action_space.n - 1)[0] in env.observation_space
