"""Rules of the environments of a task: played well, at random, and with malice."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random
from typing import Any

import gymnasium as gym
import numpy as np

from ...tasks import Problem
from ..registration import env_ids
from .exam import Broken, Exam, short
from .hostile import HOSTILE, LINES, LONG, PLAIN

BUDGET = 32
"""Steps that an episode of random or senseless play may cost."""

EPISODES = 10
"""So many episodes are played at random in every environment."""

Env = gym.Env[Any, Any]


def ids(exam: Exam) -> tuple[str, ...]:
    """The ids that can be made; a task without a numeric face has a text environment only."""
    return env_ids(exam.task.name)[0 if exam.numeric else -1 :]


def made(exam: Exam, env_id: str, **arguments: Any) -> Env:
    """An environment at the difficulty of the examination; `task=exam.task` is the very task that is examined."""
    return gym.make(env_id, disable_env_checker=True, **({"difficulty": exam.knobs} | arguments))


def is_text(env_id: str) -> bool:
    return env_id.endswith("Text-v0")


def choose(env: Env, info: dict[str, Any], rng: Random) -> Any:
    """A random legal action where there is a mask; else a line, most likely a legal step."""
    if "action_mask" in info:
        return int(rng.choice(np.flatnonzero(info["action_mask"]).tolist()))
    inside: Any = env.unwrapped
    tree, task = inside.tree, inside.task
    steps = task.steps(tree.state) if task.enumerable else ()
    lines = [task.write(tree.state, step) for step in steps[:8]] or list(PLAIN)
    other = rng.choice((f"back #{rng.randrange(len(tree) + 1)}", "what?", "answer 7 7 7", "give up"))
    return rng.choice(lines) if rng.random() < 0.7 else other


# the rules ----------------------------------------------------------------------------------------------------------


def oracle(exam: Exam) -> None:
    """who plays a shortest solution, or gives up where there is none, is paid 1.0, in numbers and in words"""
    known = [(problem, best) for problem in exam.problems if (best := _best(exam, problem)) is not None]
    if not exam.task.verifiable:
        return
    if not known:
        raise Broken("no problem has a known solution: that takes `distance`, or a reference answer `Problem.gold`")
    exam.longest = max(len(steps) for _, (steps, _) in known)
    task = exam.task
    for env_id in ids(exam):
        for arguments in ({"feedback": "state"}, {"feedback": "none"}) if is_text(env_id) else ({"memory": "cursor"},):
            env: Any = made(exam, env_id, task=task, **arguments)
            for problem, (steps, end) in known:
                env.reset(options={"problem": problem})
                state = task.start(problem)
                actions: list[Any] = []
                for step in steps:
                    actions.append(task.write(state, step) if is_text(env_id) else task.index(state, step))
                    state = task.apply(state, step)
                if is_text(env_id):
                    actions = ["\n".join([*actions, "</think>", end])]
                elif not steps:
                    actions = [env.action_space.n - (1 if end == "give up" else 2)]
                _is_paid(env, actions, problem)


def _best(exam: Exam, problem: Problem) -> tuple[list[Any], str] | None:
    """The steps of a shortest solution and the line that ends the attempt; None where none is known."""
    state = exam.task.start(problem)
    if (solution := exam.solution(state)) is not None:
        steps = [step for step, _ in solution]
        return steps, f"answer {exam.task.answer(problem, steps)}"
    if exam.distance(state) == math.inf:
        return [], "give up"
    return None if problem.gold is None else ([], f"answer {problem.gold}")


def _is_paid(env: Env, actions: list[Any], problem: Problem) -> None:
    total, terminated = 0.0, False
    info: dict[str, Any] = {}
    for action in actions:
        if terminated:
            raise Broken(f"{short(problem)} is over before the end of {short(actions)}")
        _, reward, terminated, _, info = env.step(action)
        total += float(reward)
    if (total, terminated, info["success"], info["judged"]) != (1.0, True, True, True):
        said = f"reward {total}, terminated {terminated}, success {info['success']}, judged {info['judged']}"
        raise Broken(f"{short(actions)} on {short(problem)}: {said}")


def at_random(exam: Exam) -> None:
    """random play stays in the spaces, is refused just where the mask says so, ends, and is paid 0.0 to 1.0"""
    for env_id in ids(exam):
        env: Any = made(exam, env_id, task=exam.task, budget=BUDGET)
        rng = exam.rng()
        for episode in range(EPISODES):
            observation, info = env.reset(seed=exam.seed) if not episode else env.reset()
            ended, paid = False, 0.0
            for _ in range(BUDGET + 2):
                if observation not in env.observation_space:
                    raise Broken(f"{short(observation)} is not in the observation space of {env_id}")
                legal = "action_mask" not in info or rng.random() < 0.8
                action = choose(env, info, rng) if legal else int(rng.randrange(env.action_space.n))
                allowed = "action_mask" not in info or bool(info["action_mask"][action])
                observation, reward, terminated, truncated, info = env.step(action)
                paid += float(reward)
                if "event" in info and (info["event"] == "refused") is allowed:
                    raise Broken(f"action {action} of {env_id} is legal: {allowed}, and the event {info['event']!r}")
                ended = terminated or truncated
                if ended:
                    break
            if not ended:
                raise Broken(f"an episode of {env_id} with {BUDGET} steps does not end")
            if not 0.0 <= paid <= 1.0:
                raise Broken(f"random play in {env_id} is paid {paid}")


def floor(exam: Exam) -> None:
    """empty, senseless and hostile text is paid 0.0 and ends within the budget, without an exception"""
    env = made(exam, ids(exam)[-1], task=exam.task, budget=BUDGET)
    texts: Iterator[str] = iter((*HOSTILE, *LINES, *LONG, *(f"answer {text}" for text in (*HOSTILE, *LONG))))
    for place, text in enumerate(texts):
        problem = exam.problems[place % len(exam.problems)]
        env.reset(options={"problem": problem})
        for _ in range(BUDGET + 2):
            observation, reward, terminated, truncated, _ = env.step(text)
            if reward != 0.0 and not (problem.gold and problem.gold in text):  # which may be forgiven the rest
                raise Broken(f"{short(text)} is paid {reward} on {short(problem)}")
            if observation not in env.observation_space:
                raise Broken(f"{short(text)} is answered by {short(observation)}, which is not in the space")
            if terminated or truncated:
                break
        else:
            raise Broken(f"an episode of {short(text)} alone does not end")


PLAY = (oracle, at_random, floor)
