"""`ReasoningEnv`: addresses of problems, budgets, submitting, rewards that cannot judge, values, traces."""

from __future__ import annotations

import random

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded

from metacot import tasks
from metacot.envs import ReasoningEnv, TextReasoning
from metacot.rewards import OracleValue
from metacot.tasks import Backtrack, GiveUp, Problem, Refused, Step, Submit, emit, parse, replay
from metacot.tasks.game24 import Game24

STEPS, NODES = 30, 33
GO, SUBMIT, GIVE_UP = STEPS, STEPS + NODES, STEPS + NODES + 1


@pytest.fixture
def env() -> ReasoningEnv:
    return ReasoningEnv("game24")


def posed(*hand: int) -> dict:
    return {"problem": Game24().pose(hand)}


def take(env: ReasoningEnv, *steps: str) -> tuple:
    """Take steps given in words; the last result."""
    for text in steps:
        state = env.tree.state
        result = env.step(env.task.index(state, env.task.read(state, text)))
    return result


# Which problem


def test_a_seed_is_an_address_and_later_resets_go_on_from_it(env):
    dealt = []
    for seed in (7, None, None):
        env.reset(seed=seed)
        dealt.append(env.problem)
    assert dealt == [Game24().problem(7, index) for index in range(3)]
    env.reset(seed=7)
    assert env.problem == dealt[0]


def test_a_finite_family_comes_round_again():
    env = ReasoningEnv("game24", difficulty={"high": 4})
    count = Game24().count("train", high=4)
    first = [env.reset(seed=3 if index == 0 else None) and env.problem.data for index in range(count)]
    assert len(set(first)) == count
    again = [env.reset() and env.problem for _ in range(count)]
    assert [problem.data for problem in again] == first
    assert [problem.index for problem in again] == list(range(count))


def test_reset_options_name_the_problem(env):
    env.reset(seed=1, options={"index": 5})
    assert env.problem == Game24().problem(1, 5)
    env.reset()
    assert env.problem == Game24().problem(1, 6)
    env.reset(options={"split": "test"})
    assert env.problem == Game24().problem(1, 7, "test")
    given = Game24().pose((3, 3, 8, 8))
    for problem in (given, given.to_json()):
        env.reset(options={"problem": problem})
        assert env.problem == given
    env.reset()
    assert env.problem == Game24().problem(1, 8), "a given problem is not counted"


def test_without_any_seed_the_first_problem_is_drawn(env):
    assert len({env.reset() and ReasoningEnv("game24").reset() and env.problem.seed}) == 1
    assert len({(made := ReasoningEnv("game24")).reset() and made.problem.seed for _ in range(5)}) > 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"idx": 3}, "reset options are problem, index, split; got 'idx'"),
        ({"problem": (3, 3, 8, 8)}, "expected a problem of 'game24'"),
        ({"problem": Problem("maze", ())}, "expected a problem of 'game24'"),
        ({"split": "exam"}, "unknown split 'exam'"),
    ],
)
def test_wrong_reset_options_are_named(env, options, message):
    with pytest.raises(ValueError, match=message):
        env.reset(seed=0, options=options)


def test_an_index_past_the_end_raises(env):
    with pytest.raises(IndexError, match="there is no index 100000"):
        env.reset(seed=0, options={"index": 100_000})


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"budget": 0}, "budget must be a whole number"),
        ({"budget": 2.5}, "budget must be a whole number"),
        ({"memory": "none"}, "memory must be one of tree, cursor"),
        ({"on_solved": "stop"}, "on_solved must be one of end, continue"),
        ({"split": "exam"}, "unknown split"),
        ({"difficulty": {"low": 9, "high": 3}}, "1 <= low <= high"),
        ({"rewards": {"beauty": 1.0}}, "a reward is one of"),
        ({"value": "wisdom"}, "a value is one of"),
        ({"render_mode": "human"}, "render_mode must be None, 'ansi' or 'rgb_array'"),
    ],
)
def test_wrong_arguments_are_named_with_the_rule(kwargs, message):
    with pytest.raises(ValueError, match=message):
        ReasoningEnv("game24", **kwargs)


# An episode


def test_the_tree_grows_and_any_node_is_one_action_away(env):
    observation, _ = env.reset(options=posed(3, 3, 8, 8))
    take(env, "3 + 3")
    observation, *_, info = env.step(GO + 0)
    assert info["event"] == "back"
    observation, *_, info = take(env, "3 * 8")
    assert (info["event"], observation["cursor_index"]) == ("new", 2)
    assert observation["parent"][:4].tolist() == [-1, 0, 0, -1]
    assert observation["visited"].tolist() == [1] * 3 + [0] * 30
    assert (observation["nodes"][2] == observation["cursor"]).all()
    assert (observation["nodes"][3:] == 0).all()
    env.step(GO + 0)
    observation, *_, info = take(env, "3 + 3")
    assert (info["event"], observation["cursor_index"], len(env.tree)) == ("revisit", 1, 3)
    assert observation["steps_left"] == 32 - 5
    assert info["action_mask"][GO : GO + 4].tolist() == [1, 0, 1, 0], "not the cursor, not what does not exist"


@pytest.mark.parametrize(
    ("name", "difficulty", "steps"),
    [
        ("game24", "hard", 32),
        ("countdown", "hard", 32),
        ("maze", None, 32),
        ("maze", "hard", 80),
        ("maze", {"generator": "wilson"}, 64),
        ("sokoban", None, 32),
        ("sokoban", "hard", 125),
        ("sudoku", "easy", 32),
        ("sudoku", None, 36),
        ("sudoku", "hard", 108),
        ("sudoku", {"size": 9, "blanks": 10}, 32),
    ],
)
def test_the_budget_is_that_of_the_task_unless_it_is_given(name, difficulty, steps):
    task = tasks.make(name)
    assert task.budget(**task.knobs(difficulty)) == steps
    for kind in (ReasoningEnv, TextReasoning):
        env = kind(name, difficulty=difficulty)
        env.reset(seed=0)
        assert env.budget == steps
        assert kind(name, difficulty=difficulty, budget=5).budget == 5


def test_the_budget_counts_steps_moves_and_refusals():
    env = ReasoningEnv("game24", budget=3)
    env.reset(options=posed(3, 3, 8, 8))
    take(env, "3 + 3")
    env.step(STEPS)
    observation, reward, terminated, truncated, info = env.step(10**6)
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert observation["steps_left"] == 0
    assert (info["success"], info["judged"]) == (False, True)
    with pytest.raises(ResetNeeded):
        env.step(GIVE_UP)


def test_the_last_step_may_solve():
    for on_solved in ("end", "continue"):
        env = ReasoningEnv("game24", budget=3, on_solved=on_solved)
        env.reset(options=posed(3, 3, 8, 8))
        _, reward, terminated, truncated, info = take(env, "8 / 3", "3 - 8/3", "8 / 1/3")
        assert truncated is False
        assert info["reached"] is True
        assert (terminated, reward, info["success"]) == (
            (True, 1.0, True) if on_solved == "end" else (False, 0.0, False)
        )
    submit = env.action_space.n - 2
    assert np.flatnonzero(info["action_mask"]).tolist() == [submit, submit + 1], "only what is free is left"
    start = env.snapshot()
    _, reward, terminated, truncated, info = env.step(submit)
    assert (reward, terminated, truncated, info["success"], env.steps) == (1.0, True, False, True, 3)
    for costing in (0, STEPS, -1, 10**6):
        env.restore(start)
        _, reward, terminated, truncated, info = env.step(costing)
        assert (reward, terminated, truncated, info["success"], env.steps) == (0.0, False, True, False, 3)
        assert len(env.trace().actions) == 3, "what cannot be paid for does not happen"


def test_submitting_a_wrong_path_ends_the_episode_without_reward():
    env = ReasoningEnv("game24", on_solved="continue")
    env.reset(options=posed(3, 3, 8, 8))
    take(env, "3 + 3")
    _, reward, terminated, truncated, info = env.step(SUBMIT)
    assert (reward, terminated, truncated, info["event"], info["success"]) == (0.0, True, False, "submit", False)


def test_submit_is_masked_where_a_solution_would_have_ended_the_episode(env):
    _, info = env.reset(seed=0)
    assert info["action_mask"][SUBMIT] == 0
    assert env.step(SUBMIT)[4]["event"] == "refused"


def test_giving_up_is_right_only_on_what_has_no_solution():
    env = ReasoningEnv("game24", difficulty={"solvable": "mixed"})
    for hand, reward in (((1, 1, 1, 1), 1.0), ((3, 3, 8, 8), 0.0)):
        env.reset(options=posed(*hand))
        _, paid, terminated, _, info = env.step(GIVE_UP)
        assert (paid, terminated, info["success"], info["event"]) == (reward, True, reward == 1.0, "give_up")


def test_a_start_that_is_solved_may_be_submitted_at_once(monkeypatch):
    monkeypatch.setattr(Game24, "solved", lambda self, state: True)
    monkeypatch.setattr(Game24, "face", lambda self, state: (self.observe(state), self.mask(state), True))
    env = ReasoningEnv("game24")
    _, info = env.reset(seed=0)
    assert info["reached"] is True
    assert info["action_mask"][SUBMIT] == 1
    assert env.step(SUBMIT)[2] is True


# Rewards and values


class Shy:
    """Cannot judge steps that go back."""

    name, final = "shy", False

    def __call__(self, transition):
        return None if transition.kind == "back" else 2.0


def test_a_term_that_cannot_judge_counts_nothing_and_says_so():
    env = ReasoningEnv("game24", rewards=[(Shy(), 0.5)])
    env.reset(options=posed(3, 3, 8, 8))
    _, reward, *_, info = take(env, "3 + 3")
    assert (reward, info["reward_terms"], info["judged"]) == (1.0, {"shy": 2.0}, True)
    _, reward, *_, info = env.step(GO)
    assert (reward, info["reward_terms"], info["judged"]) == (0.0, {"shy": 0.0}, False)


def test_reward_terms_are_named_and_weighed():
    env = ReasoningEnv("game24", rewards={"outcome:0.5": 2.0, "steps": -0.25})
    env.reset(options=posed(3, 3, 8, 8))
    assert take(env, "8 / 3")[1] == -0.25
    _, reward, *_, info = take(env, "3 - 8/3", "8 / 1/3")
    assert info["reward_terms"] == {"outcome": 0.125, "steps": 1.0}
    assert reward == 2 * 0.125 - 0.25
    with pytest.raises(ValueError, match="a name of its own"):
        ReasoningEnv("game24", rewards={"outcome": 1.0, "outcome:0.5": 1.0})


def test_the_value_is_that_of_the_cursor(env):
    env = ReasoningEnv("game24", value="oracle")
    _, info = env.reset(options=posed(3, 3, 8, 8))
    assert info["value"] == 1.0
    info = take(env, "3 + 3")[4]
    assert info["value"] == 0.0 == OracleValue().values(env.task, [env.tree.state])[0]
    assert env.step(GO)[4]["value"] == 1.0


# What is kept


def test_a_played_episode_is_a_trace_that_replays_and_is_written():
    rng = random.Random(0)
    for on_solved in ("end", "continue"):
        env = ReasoningEnv("game24", on_solved=on_solved)
        for seed in range(60):
            _, info = env.reset(seed=seed)
            over = False
            while not over:
                legal = np.flatnonzero(info["action_mask"])
                action = int(rng.choice(legal)) if rng.random() < 0.9 else rng.randrange(env.action_space.n)
                *_, terminated, truncated, info = env.step(action)
                over = terminated or truncated
            trace = env.trace()
            done = replay(env.task, trace)
            assert done.tree.same_as(env.tree)
            assert done.success == info["success"]
            costing = sum(isinstance(action, Step | Backtrack | Refused) for action in trace.actions)
            assert costing == env.steps
            assert parse(env.task, env.problem, emit(env.task, trace), strict=True) == trace


def test_reaching_a_solution_is_kept_as_an_answer(env):
    env.reset(options=posed(3, 3, 8, 8))
    take(env, "8 / 3", "3 - 8/3", "8 / 1/3")
    assert isinstance(env.trace().actions[-1], Submit)
    env.reset(seed=0)
    env.step(GIVE_UP)
    assert env.trace().actions == (GiveUp(),)


def test_ansi_shows_the_cursor():
    env = gym.make("MetaCoT/Game24-v0", render_mode="ansi")
    env.reset(options=posed(3, 3, 8, 8))
    assert env.render() == "node #0 of 1, 32 of 32 steps left\n3 3 8 8 to make 24\n"
    assert ReasoningEnv("game24").render() is None
