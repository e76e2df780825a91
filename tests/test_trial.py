"""Trials: one tree and one context over several episodes, and who is paid for what."""

from __future__ import annotations

import random

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from hypothesis import given, settings
from hypothesis import strategies as st

from metacot.envs import ReasoningEnv, TextReasoning, Trial
from metacot.rewards import make_credit
from metacot.tasks import GiveUp, NewAttempt, Problem, Submit, Tree, emit, parse
from metacot.tasks.actions import OUTCOMES
from metacot.tasks.game24 import Game24
from metacot.tasks.grammar import CLOSE, write

GAME = Game24()
PROBLEM = {"problem": GAME.pose((3, 3, 8, 8))}
SOLUTION = "8 / 3\n3 - 8/3\n8 / 1/3"
ANSWER = "answer 8 / (3 - 8 / 3)"


def text(trial: dict, **kwargs) -> Trial:
    env = Trial(TextReasoning(GAME, **kwargs), **trial)
    env.reset(options=PROBLEM)
    return env


def numeric(trial: dict, **kwargs) -> Trial:
    env = Trial(ReasoningEnv(GAME, **kwargs), **trial)
    env.reset(options=PROBLEM)
    return env


def index(env: Trial, step: str) -> int:
    state = env.unwrapped.tree.state
    return GAME.index(state, GAME.read(state, step))


# Attempts


def test_the_tree_and_the_context_go_on():
    env = text({"episodes": 3})
    env.step("3 + 3")
    observation, reward, terminated, truncated, info = env.step("answer 7")
    assert observation == "attempt 2\n<think>\n"
    assert (reward, terminated, truncated, info["success"]) == (0.0, False, False, False)
    assert info["trial"] == {"episode": 0, "boundary": True}
    assert "trace" not in info
    assert env.step("8 + 8")[0] == "#2 3 3 16\n", "node numbers go on, and the cursor was at the start"
    observation, *_, info = env.step("give up")
    assert observation == "attempt 3\n<think>\n"
    assert info["trial"] == {"episode": 1, "boundary": True}
    assert env.step("back #1")[0] == "#1 6 8 8\n", "what was found stays"
    env.step(f"back #0\n{SOLUTION}\n{CLOSE}")
    _, reward, terminated, truncated, info = env.step(ANSWER)
    assert (reward, terminated, truncated, info["success"]) == (1.0, True, False, True)
    books = {"rewards": [0.0, 0.0, 1.0], "paid": [0.0, 0.0, 1.0], "steps": [1, 1, 5]}
    assert info["trial"] == {"episode": 2, "boundary": True, **books}
    assert sum(isinstance(action, NewAttempt) for action in info["trace"].actions) == 2
    with pytest.raises(ResetNeeded, match="the trial is over"):
        env.step("give up")


@pytest.mark.parametrize(
    ("line", "outcome"), [(ANSWER, "right"), ("answer 7", "wrong"), ("8 + 8\n8 + 8\n8 + 8", "unfinished")]
)
def test_a_verdict_is_revealed_where_asked_for(line, outcome):
    env = text({"reveal": "verdict", "episode_budget": 3})
    assert env.step(line)[0].endswith(f"attempt 2 {outcome}\n<think>\n")
    env = text({"episode_budget": 3})
    assert env.step(line)[0].endswith("attempt 2\n<think>\n")


def test_what_cannot_be_judged_is_revealed_as_unknown(monkeypatch):
    monkeypatch.setattr(Game24, "distance", lambda self, state: None)
    env = text({"reveal": "verdict"})
    observation, _, _, _, info = env.step("give up")
    assert observation == "attempt 2 unknown\n<think>\n"
    assert info["judged"] is False


@pytest.mark.parametrize("credit", ["rl2", "erl2", "anneal:0.25", "rl2:0.9", "erl2:0.9"])
@pytest.mark.parametrize("plan", [("right", "wrong"), ("wrong", "right"), ("right", "right"), ("wrong", "wrong")])
def test_episodes_are_paid_as_the_credit_says(credit, plan):
    env = text({"credit": credit})
    paid = [env.step(f"{SOLUTION}\n{ANSWER if outcome == 'right' else 'answer 7'}")[1] for outcome in plan]
    rewards = [float(outcome == "right") for outcome in plan]
    assert paid == make_credit(credit).paid(rewards, [3, 3])
    play = numeric({"credit": credit}, on_solved="continue")
    paid = []
    for outcome in plan:
        for step in SOLUTION.split("\n") if outcome == "right" else ["3 + 3", "6 + 8", "8 + 14"]:
            play.step(index(play, step))
        *_, info = result = play.step(play.action_space.n - 2)
        paid.append(result[1])
    assert paid == make_credit(credit).paid(rewards, [3, 3])
    assert info["trial"]["paid"] == paid


def test_the_budget_of_an_attempt_and_that_of_the_trial():
    env = text({"episodes": 3, "episode_budget": 2}, budget=5)
    results = [env.step(line) for line in ("3 + 3", "8 + 8", "3 * 3", "8 + 8", "9 + 16")]
    assert [result[0].count("attempt") for result in results] == [0, 1, 0, 1, 0]
    _, reward, terminated, truncated, info = results[-1]
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert info["trial"]["steps"] == [2, 2, 1]
    assert info["steps"] == 5


def test_a_trial_whose_budget_is_spent_has_no_further_attempt():
    env = text({"credit": "erl2"}, budget=3)
    env.step(SOLUTION)
    _, reward, terminated, truncated, info = env.step(ANSWER)
    assert (reward, terminated, truncated, info["success"]) == (1.0, False, True, True), "it was the last after all"
    env = text({"episodes": 4}, tokens=5)
    assert env.step("give up\n8 + 8\n8 * 8")[4]["unread"] == 2
    assert env.step("8 + 8")[3] is False
    *_, truncated, info = env.step("8 * 8")
    assert (truncated, info["unread"], info["trial"]["steps"]) == (True, 1, [0, 1])


def test_a_numeric_trial_shows_which_episode_it_is_and_how_the_last_went():
    env = numeric({"reveal": "verdict"}, on_solved="end")
    assert env.observation_space["episode"].n == 2
    assert env.observation_space["outcome"].n == 1 + len(OUTCOMES)
    env.step(index(env, "3 + 3"))
    give_up = env.action_space.n - 1
    observation, _, _, _, info = env.step(give_up)
    assert (observation["episode"], observation["outcome"]) == (1, 1 + OUTCOMES.index("wrong"))
    assert (observation["cursor_index"], observation["visited"].sum()) == (0, 2)
    assert info["action_mask"][[30, 31]].tolist() == [0, 1], "the cursor is back at the start, and node 1 is there"
    assert (info["action_mask"] == env.action_masks()).all()
    env = numeric({"reveal": "verdict"}, flat=True)
    assert env.step(give_up)[0][-7:].tolist() == [0, 1, *(float(place == 2) for place in range(5))]


def test_one_attempt_is_the_environment_itself():
    rng = random.Random(0)
    env, alone = numeric({"episodes": 1}), ReasoningEnv(GAME)
    for seed in range(20):
        _, info = env.reset(seed=seed)
        alone.reset(seed=seed)
        over = False
        while not over:
            action = int(rng.choice(np.flatnonzero(info["action_mask"])))
            _, *ours, info = env.step(action)
            _, *theirs, _ = alone.step(action)
            assert ours == theirs
            over = ours[1] or ours[2]


# Branches


def test_a_branch_ends_where_one_goes_back():
    env = text({"episodes": None, "unit": "branch", "credit": "rl2"})
    observation, *_, info = env.step("3 + 3\nback #0\n8 + 8")
    assert observation == "#1 6 8 8\n#0 3 3 8 8\n#2 3 3 16\n", "nothing is written between branches"
    assert info["trial"] == {"episode": 1, "boundary": True}
    assert [event.kind for event in info["events"]] == ["new", "back", "new"]
    *_, info = env.step(f"back #0\n{SOLUTION}\n{ANSWER}")
    assert info["trial"]["rewards"] == [0.0, 0.0, 1.0]
    assert info["trial"]["steps"] == [2, 2, 3]


@pytest.mark.parametrize("make", [text, numeric])
def test_the_last_branch_is_not_left(make):
    env = make({"episodes": 2, "unit": "branch"})
    back, steps = ("back #0", ["3 + 3", "8 + 8"]) if make is text else (30, [0, 1])
    env.step(steps[0])
    assert env.step(back)[2:4] == (False, False)
    env.step(steps[1])
    assert env.step(back)[2:4] == (False, True)


LINES = ["3 + 3", "8 / 3", "3 - 8/3", "8 / 1/3", "back #0", "back #1", "back #2", "hm", SOLUTION, CLOSE]


@settings(max_examples=200)
@given(lines=st.lists(st.sampled_from(LINES), max_size=20), last=st.sampled_from([ANSWER, "answer 7", "give up"]))
def test_on_branches_erl2_is_the_outcome_reward_on_the_whole_trace(lines, last):
    """With unit "branch" the last episode is the one that commits the answer, so paying it alone changes nothing."""
    whole = TextReasoning(GAME, budget=16)
    whole.reset(options=PROBLEM)
    branches = text({"episodes": None, "unit": "branch", "credit": "erl2"}, budget=16)
    for line in [*lines, last]:
        *ours, info = branches.step(line)
        *theirs, expected = whole.step(line)
        assert ours == theirs, "observation, reward, terminated and truncated, step for step"
        assert (info["success"], info["reached"]) == (expected["success"], expected["reached"])
        if ours[2] or ours[3]:
            break
    outcome = expected["reward_terms"]["outcome"]
    assert make_credit("erl2").returns(info["trial"]["rewards"]) == [outcome] * len(info["trial"]["rewards"])


def test_on_numeric_branches_erl2_is_the_outcome_reward_too():
    rng = random.Random(1)
    whole, env = ReasoningEnv(GAME), numeric({"episodes": None, "unit": "branch"})
    solved = 0
    for seed in range(150):
        _, info = whole.reset(seed=seed)
        env.reset(seed=seed)
        over = False
        while not over:
            action = int(rng.choice(np.flatnonzero(info["action_mask"][:-1])))
            _, *theirs, info = whole.step(action)
            assert env.step(action)[1:4] == tuple(theirs)
            over = theirs[1] or theirs[2]
        solved += info["success"]
    assert solved > 3


# Traces


PIECES = [*LINES, ANSWER, "answer 7", "give up", "attempt 2", "attempt 2 wrong", "<think>", "#1 6 8 8", ""]


@pytest.mark.parametrize("feedback", ["state", "none", "random"])
@pytest.mark.parametrize("reveal", ["none", "verdict"])
@settings(max_examples=150)
@given(lines=st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=9)), max_size=30))
def test_the_emitted_trace_of_a_trial_is_the_text_exchanged(feedback, reveal, lines):
    env = text({"episodes": 3, "reveal": reveal, "episode_budget": 6}, feedback=feedback, budget=14)
    tree, written = Tree(GAME, env.unwrapped.problem), ""
    for line in lines:
        observation, _, terminated, truncated, info = env.step(line)
        answers = observation.splitlines(keepends=True)
        for action in info["actions"]:
            written += f"{CLOSE}\n" if isinstance(action, Submit | GiveUp) else ""
            written += write(tree, action) + "\n"
            tree.do(action)
            written += answers.pop(0) if feedback != "none" and not isinstance(action, Submit | GiveUp) else ""
        if answers:
            tree.do(NewAttempt())
        written += "".join(answers)
        if terminated or truncated:
            break
    trace = env.unwrapped.trace()
    assert emit(GAME, trace, feedback) == written
    decoy = Problem.from_json(trace.source["decoy"]) if feedback == "random" else None
    assert parse(GAME, trace.problem, written, feedback, decoy=decoy, strict=True) == trace


# Making them


def test_made_by_gymnasium():
    trial = {"episodes": 2, "unit": "attempt", "credit": "anneal:0.5"}
    env = gym.make("MetaCoT/Game24Text-v0", trial=trial, style="short")
    prompt, info = env.reset(seed=0)
    assert "You have 2 attempts" in prompt
    assert info["trial"] == {"episode": 0, "boundary": False}
    wrapped = Trial(gym.make("MetaCoT/Game24-v0"), **trial)
    assert wrapped.reset(seed=0)[0]["episode"] == 0


@pytest.mark.parametrize(
    ("trial", "message"),
    [
        ({"episodes": 0}, "episodes must be a whole number"),
        ({"episodes": None}, "episodes must be a whole number"),
        ({"unit": "day"}, "unit must be one of attempt, branch"),
        ({"reveal": "all"}, "reveal must be one of none, verdict"),
        ({"unit": "branch", "reveal": "verdict"}, "branches have neither"),
        ({"episode_budget": 0}, "episode_budget must be None or"),
        ({"credit": "gold"}, "a credit is one of"),
    ],
)
def test_wrong_arguments_are_named_with_the_rule(trial, message):
    with pytest.raises(ValueError, match=message):
        Trial(ReasoningEnv("game24"), **trial)


def test_only_our_environments_are_tried_again():
    with pytest.raises(TypeError, match="needs an environment of this suite"):
        Trial(gym.make("FrozenLake-v1"))
