"""Wrappers: what is recorded of an exploration, on every face and in every vector; budgets."""

from __future__ import annotations

import math
import pickle

import gymnasium as gym
import numpy as np
import pytest
from corridor import Corridor
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from hypothesis import given
from hypothesis import strategies as st

from metacot.envs import (
    Curriculum,
    ReasoningEnv,
    RecordExploration,
    StepBudget,
    TextReasoning,
    TokenBudget,
    Trial,
    explorations,
)
from metacot.rewards import GAMMA, MEASURES, explore
from metacot.tasks import Backtrack, GiveUp, Refused, Step, Submit, Trace
from metacot.tasks.game24 import Game24

GAME = Game24()
HAND = GAME.pose((3, 3, 8, 8))
NAMES = {"success", *MEASURES}


def same(one, other):
    return one.keys() == other.keys() and all(
        one[name] == other[name] or (math.isnan(one[name]) and math.isnan(other[name])) for name in one
    )


# what is measured ---------------------------------------------------------------------------------------------------


def test_the_measures_of_an_episode_that_can_be_counted_by_hand():
    env = RecordExploration(TextReasoning("game24"))
    env.reset(options={"problem": HAND})
    lines = [
        "8 + 8",
        "3 + 3",
        "back #0",
        "3 + 3",
        "8 + 8",
        "back #9",
        "back #0",
        "8 / 3",
        "3 - 8/3",
        "8 / 1/3",
        "answer",
    ]
    *_, info = env.step("\n".join(lines))
    # Nodes: #1 3 3 16, #2 6 16, back at the start #3 6 8 8, #4 6 16 again; then three steps to 24.
    assert info["exploration"] == {
        "success": 1.0,
        "steps": 10.0,
        "distinct": 7.0,
        "repeated": 1.0,
        "backtracks": 2.0,
        "depth": 3.0,
        "first_solution": 10.0,
        "branching": 7 / 5,
        "illegal": 1.0,
        # Judged from #0 three times (two lost it), #5 and #6; #1 and #3 are lost already.
        "regret": 2 / 5,
    }


def test_regret_where_nothing_is_ever_lost_is_in_graded_values():
    task = Corridor()
    toward, away = Step(-1), Step(1)
    found = explore(task, Trace(task.pose(2), (toward, Backtrack(0), away, toward, toward, toward, toward)))
    # From 2 to 3: the best child is 1 away. From 0 the last step is not judged.
    assert found["regret"] == pytest.approx((GAMMA - GAMMA**3) / 5)
    assert found["first_solution"] == 6
    assert explore(task, Trace(task.pose(2), (toward, toward)))["regret"] == 0


def test_what_is_undefined_is_nan_and_everything_is_float():
    nothing = explore(GAME, Trace(HAND, (GiveUp(),)))
    assert {name for name, value in nothing.items() if math.isnan(value)} == {"first_solution", "branching", "regret"}
    assert nothing["distinct"] == 1
    assert {type(value) for value in nothing.values()} == {float}
    solved = explore(Corridor(), Trace(Corridor().pose(0), ()))
    assert solved["first_solution"] == 0


def test_the_exact_values_can_be_left_alone(monkeypatch):
    monkeypatch.setattr(Game24, "value", lambda *_: pytest.fail("asked"))
    env = RecordExploration(ReasoningEnv("game24", budget=3), regret=False)
    assert math.isnan(played(env, 0)["exploration"]["regret"])


def test_states_of_unknown_value_are_not_judged():
    class Foggy(Corridor):
        def distance(self, state):
            return None if state > 2 else state

    found = explore(Foggy(), Trace(Foggy().pose(3), (Step(-1), Step(-1), Step(1), Step(1))))
    # 3 -> 2 starts and 2 -> 3 ends in the fog; 2 -> 1 is best, 1 -> 2 loses 1 - gamma ** 2.
    assert found["regret"] == pytest.approx((1 - GAMMA**2) / 2)


def test_submitting_by_hand_is_no_exploration():
    assert explore(GAME, Trace(HAND, (Submit("8 / (3 - 8 / 3)"),)))["steps"] == 0


def counted(tree, actions):
    """The same measures by other means: from the finished tree and the list of nodes that the cursor was at."""
    keys = [GAME.key(state) for state in tree.states]
    depth = [len(tree.path(node)) - 1 for node in range(len(tree))]
    children = [tree.parents.count(node) for node in range(len(tree))]
    return {
        "distinct": len(set(keys)),
        "depth": max(depth),
        "branching": np.mean([count for count in children if count]) if len(tree) > 1 else math.nan,
        "backtracks": sum(isinstance(action, Backtrack) for action in actions),
        "illegal": sum(isinstance(action, Refused) for action in actions),
        "steps": sum(isinstance(action, Step | Backtrack | Refused) for action in actions),
    }


LINES = st.sampled_from(
    ["8 + 8", "3 + 3", "3 * 8", "8 / 3", "3 - 8/3", "8 / 1/3", "back #0", "back #1", "hm", "answer"]
)


@given(st.lists(LINES, max_size=12))
def test_text_episodes_measure_as_their_trees_say(lines):
    env = RecordExploration(TextReasoning("game24", budget=10))
    env.reset(options={"problem": HAND})
    over, info = False, {}
    for line in [*lines, "give up"]:
        if not over:
            *_, terminated, truncated, info = env.step(line)
            over = terminated or truncated
            assert ("exploration" in info) == over
    found, actions = info["exploration"], env.unwrapped.trace().actions
    expected = counted(env.unwrapped.tree, actions)
    assert same({name: found[name] for name in expected}, expected)
    assert found["steps"] == info["steps"]
    assert found["repeated"] == sum(isinstance(a, Step) for a in actions) - (found["distinct"] - 1)
    assert found["success"] == info["success"]
    assert math.isnan(found["first_solution"]) == (not info["reached"])
    assert math.isnan(found["regret"]) or 0 <= found["regret"] <= 1


def played(env, seed, **reset):
    """The last info of an episode of random play, illegal actions included."""
    rng = np.random.default_rng(seed)
    _, info = env.reset(seed=seed, **reset)
    over = False
    while not over:
        assert "exploration" not in info
        *_, terminated, truncated, info = env.step(rng.integers(env.action_space.n - 2))
        over = terminated or truncated
    return info


@pytest.mark.parametrize("seed", range(8))
def test_numeric_episodes_measure_as_their_trees_say(seed):
    env = RecordExploration(ReasoningEnv("game24", budget=30))
    info = played(env, seed)
    found = info["exploration"]
    assert found.keys() == NAMES
    expected = counted(env.unwrapped.tree, env.unwrapped.trace().actions)
    assert same({name: found[name] for name in expected}, expected)
    assert found["illegal"] > 0
    assert found["steps"] == 30 or info["success"]


def test_both_faces_measure_the_same_episode_alike():
    lines = ["8 + 8", "back #0", "8 / 3", "3 - 8/3", "8 / 1/3"]
    text, numeric = RecordExploration(TextReasoning("game24")), RecordExploration(ReasoningEnv("game24"))
    for env in (text, numeric):
        env.reset(options={"problem": HAND})
    inner = numeric.unwrapped
    for line in lines:
        action = (
            GAME.n_actions if line == "back #0" else GAME.index(inner.tree.state, GAME.read(inner.tree.state, line))
        )
        *_, info = numeric.step(action)
    *_, told = text.step("\n".join([*lines, "answer"]))
    assert info["exploration"] == told["exploration"]


@pytest.mark.parametrize("face", [ReasoningEnv, TextReasoning])
def test_what_a_restored_snapshot_undoes_was_not_done(face):
    env = RecordExploration(face("game24"))
    env.reset(options={"problem": HAND})
    inner = env.unwrapped
    before = inner.snapshot()
    first, give_up = (0, env.action_space.n - 1) if face is ReasoningEnv else ("8 + 8", "give up")
    env.step(first)
    inner.restore(before)
    assert env.step(give_up)[4]["exploration"]["distinct"] == 1


@pytest.mark.parametrize("unit", ["attempt", "branch"])
def test_a_trial_is_measured_as_a_whole_at_its_end(unit):
    env = RecordExploration(Trial(TextReasoning("game24"), episodes=2, unit=unit))
    env.reset(options={"problem": HAND})
    *_, info = env.step("8 + 8")
    assert "exploration" not in info
    *_, info = env.step("answer" if unit == "attempt" else "back #0")
    assert "exploration" not in info
    *_, terminated, _, info = env.step("8 / 3\n3 - 8/3\n8 / 1/3\nanswer")
    assert terminated
    found = info["exploration"]
    assert (found["success"], found["distinct"], found["backtracks"]) == (1, 5, unit == "branch")


def test_a_numeric_trial_is_measured_too():
    env = RecordExploration(gym.make("MetaCoT/Game24-v0", budget=6, trial={"episodes": 2}))
    assert explorations(played(env, 1))[0].keys() == NAMES


@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version")
def test_wrapped_environments_pass_the_checks_of_gymnasium_and_keep_their_spec():
    env = Curriculum(RecordExploration(gym.make("MetaCoT/Game24-v0", disable_env_checker=True)), window=5)
    check_env(env, skip_render_check=True)
    spec = gym.envs.registration.EnvSpec.from_json(env.spec.to_json())
    again = gym.make(spec)
    assert isinstance(again, Curriculum)
    assert isinstance(again.env, RecordExploration)
    assert same(played(again, 3)["exploration"], played(env, 3)["exploration"])
    pickle.loads(pickle.dumps(RecordExploration(ReasoningEnv("game24")))).reset(seed=0)


@pytest.mark.parametrize("wrapper", [RecordExploration, Curriculum, lambda env: StepBudget(env, 3)])
def test_an_environment_of_somebody_else_is_refused(wrapper):
    with pytest.raises(TypeError, match="of this suite"):
        wrapper(gym.make("FrozenLake-v1"))


# vectors ------------------------------------------------------------------------------------------------------------


def vector_episodes(envs, steps, seed=0):
    """The explorations of random legal play in a vector of numeric environments."""
    rng = np.random.default_rng(seed)
    found = []
    _, infos = envs.reset(seed=seed)
    for _ in range(steps):
        legal = [np.flatnonzero(mask[:-2]) for mask in infos["action_mask"]]
        actions = [rng.choice(options) if len(options) else envs.single_action_space.n - 1 for options in legal]
        *_, infos = envs.step(np.array(actions))
        found += explorations(infos)
    return found


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("autoreset", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_vector_infos_hold_what_scalar_infos_hold(mode, autoreset):
    envs = gym.make_vec(
        "MetaCoT/Game24-v0",
        num_envs=3,
        vectorization_mode=mode,
        vector_kwargs={"autoreset_mode": autoreset},
        wrappers=[RecordExploration],
        budget=5,
    )
    try:
        found = vector_episodes(envs, 24)
    finally:
        envs.close()
    assert len(found) >= 9
    assert all(one.keys() == NAMES for one in found)
    assert all(one["steps"] <= 5 for one in found)
    assert {type(value) for one in found for value in one.values()} == {float}


def test_a_vector_measures_the_same_play_as_a_single_environment():
    envs = gym.make_vec("MetaCoT/Game24-v0", 2, "sync", wrappers=[RecordExploration], budget=4)
    env = RecordExploration(gym.make("MetaCoT/Game24-v0", budget=4))
    _, infos = envs.reset(seed=[5, 6])
    _, info = env.reset(seed=6)
    for _ in range(4):
        actions = np.array([np.flatnonzero(mask)[-3 if mask[:-2].any() else -1] for mask in infos["action_mask"]])
        *_, infos = envs.step(actions)
        *_, info = env.step(actions[1])
        if "exploration" in info:
            break
    assert same(explorations(infos)[-1], explorations(info)[0])


def test_text_vectors_are_read_too():
    envs = gym.make_vec("MetaCoT/Game24Text-v0", 3, "sync", wrappers=[RecordExploration])
    envs.reset(seed=0)
    *_, infos = envs.step(("give up", "what?", "give up"))
    found = explorations(infos)
    assert [one["distinct"] for one in found] == [1, 1]
    assert explorations({}) == explorations([{}, {}]) == []


def test_a_list_of_infos_is_read_in_order():
    env = RecordExploration(TextReasoning("game24"))
    infos = []
    for lines in ("give up", "hm\ngive up"):
        env.reset(seed=0)
        infos.append(env.step(lines)[4])
    assert [one["illegal"] for one in explorations([infos[1], {}, infos[0]])] == [1, 0]


@pytest.mark.parametrize("shared", [True, None])
def test_text_ids_in_shared_memory_are_refused_by_name_even_when_wrapped(shared):
    kwargs = {} if shared is None else {"shared_memory": shared}
    with pytest.raises(ValueError, match="shared_memory=False") as caught:
        gym.make_vec("MetaCoT/Game24Text-v0", 2, "async", kwargs, wrappers=[RecordExploration])
    assert "MetaCoT/Game24Text-v0" in str(caught.value.__cause__)


def test_text_ids_run_in_processes_without_shared_memory():
    envs = gym.make_vec(
        "MetaCoT/Game24Text-v0", 2, "async", {"shared_memory": False}, wrappers=[RecordExploration, Curriculum]
    )
    try:
        envs.reset(seed=[3, 4])
        *_, infos = envs.step(("give up", "3 + 99"))
        assert [one["success"] for one in explorations(infos)] == [0]
        assert infos["curriculum"]["episodes"].tolist() == [1, 0]
    finally:
        envs.close()


# budgets ------------------------------------------------------------------------------------------------------------


@given(st.lists(LINES, max_size=12), st.integers(1, 10))
def test_a_step_budget_is_that_of_an_environment_made_with_it(lines, steps):
    wrapped, made = StepBudget(TextReasoning("game24", budget=10), steps), TextReasoning("game24", budget=steps)
    for env in (wrapped, made):
        env.reset(options={"problem": HAND})
    for line in lines:
        one, other = wrapped.step(line), made.step(line)
        assert one[:4] == other[:4]
        if one[2] or one[3]:
            break


def test_a_step_budget_truncates_numbers_and_leaves_the_spaces():
    env = StepBudget(ReasoningEnv("game24", budget=8), 2)
    observation, _ = env.reset(seed=0)
    assert observation["steps_left"] == 2
    results = [env.step(0), env.step(0)]
    assert [(done, cut) for _, _, done, cut, _ in results] == [(False, False), (False, True)]
    assert results[-1][0] in env.observation_space
    assert env.observation_space == ReasoningEnv("game24", budget=8).observation_space


def test_a_step_budget_is_for_the_whole_trial():
    env = StepBudget(Trial(TextReasoning("game24"), episodes=3), 2)
    env.reset(options={"problem": HAND})
    assert env.step("8 + 8\nanswer")[2:4] == (False, False)
    assert env.step("8 + 8")[2:4] == (False, True)


@pytest.mark.parametrize("steps", [0, 9, 1.0])
def test_a_step_budget_that_the_spaces_cannot_hold_is_refused(steps):
    with pytest.raises(ValueError, match=r"in 1\.\.8, the budget made for"):
        StepBudget(ReasoningEnv("game24", budget=8), steps)


def test_a_budget_set_later_is_not_forgotten_with_the_difficulty():
    env = StepBudget(TextReasoning("maze"), 9)
    env.unwrapped.set_difficulty("hard")
    env.reset(seed=0)
    assert env.unwrapped.budget == 9


def test_a_token_budget_truncates_the_line_that_goes_past_it():
    env = TokenBudget(TextReasoning("game24"), 5)
    env.reset(options={"problem": HAND})
    assert env.step("8 + 8")[2:4] == (False, False)
    assert env.step("3 + 3")[2:4] == (False, True)
    assert len(env.unwrapped.tree) == 2, "that line was not carried out"
    env = TokenBudget(TextReasoning("game24"), 5, count_tokens=len)
    env.reset(options={"problem": HAND})
    assert env.step("8 + 8")[4]["tokens"] == 5


def test_token_budgets_are_for_text():
    with pytest.raises(TypeError, match="a text environment"):
        TokenBudget(ReasoningEnv("game24"), 5)
    with pytest.raises(ValueError, match="tokens must be None or a whole number"):
        TokenBudget(TextReasoning("game24"), 0)
