"""Rules of environments that are made again, taken back, copied, or put side by side: the same is always the same."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Sequence
from random import Random
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.spaces.utils import flatten
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import iterate

from .exam import Broken, Exam, short
from .play import Env, choose, ids, is_text, made

STEPS = 40
"""So many steps are played to compare two environments, over as many episodes as they last."""

COPIES = 3
"""Environments side by side in a vector."""


def _same(first: object, second: object) -> bool:
    return bool(data_equivalence(first, second, exact=True))


def _play(env: Env, seed: int) -> list[Any]:
    """All that random play returns."""
    rng = Random(seed)
    returned: list[Any] = [env.reset(seed=seed)]
    for _ in range(STEPS):
        returned.append(env.step(choose(env, returned[-1][-1], rng)))
        if returned[-1][2] or returned[-1][3]:
            returned.append(env.reset())
    return returned


# the rules ----------------------------------------------------------------------------------------------------------


def seeds(exam: Exam) -> None:
    """the same seed gives the same episodes, whatever was played before"""
    for env_id in ids(exam):
        env = made(exam, env_id, task=exam.task)
        other = made(exam, env_id, task=pickle.loads(pickle.dumps(exam.task)))
        first = _play(env, exam.seed)
        if not _same(first, _play(other, exam.seed)):
            raise Broken(f"two of {env_id} play seed {exam.seed} differently")
        if not _same(first, _play(env, exam.seed)):
            raise Broken(f"{env_id} plays seed {exam.seed} differently when asked again")


def undo(exam: Exam) -> None:
    """going back shows the state that was left, and the same step from there leads to the same node"""
    if not exam.numeric:
        env = made(exam, ids(exam)[-1], task=exam.task)
        env.reset(seed=exam.seed)
        first, again = env.step("back #0")[0], env.step("back #0")[0]
        if first != again:
            raise Broken(f"node 0 is first {short(first)}, then {short(again)}")
        return
    env = made(exam, ids(exam)[0], task=exam.task, on_solved="continue")
    inside: Any = env.unwrapped
    rng = exam.rng()
    for _ in range(COPIES):
        seen, info = env.reset(seed=exam.seed)
        while (legal := np.flatnonzero(info["action_mask"][: exam.task.n_actions]).tolist()) and len(inside.tree) < 9:
            action, here = rng.choice(legal), inside.tree.cursor
            there, *_ = env.step(action)
            back, *_, info = env.step(exam.task.n_actions + here)
            if not _same(back["cursor"], seen["cursor"]) or info["event"] != "back":
                raise Broken(f"node {here} is {short(seen['cursor'])}, and after going back {short(back['cursor'])}")
            seen, *_, info = env.step(action)
            if info["event"] != "revisit" or not _same(seen["cursor"], there["cursor"]):
                raise Broken(f"action {action} taken again is {info['event']!r}, {short(seen['cursor'])}")


def snapshot(exam: Exam) -> None:
    """a snapshot is come back to any number of times, from any other episode, and survives pickling"""
    for env_id in ids(exam):
        env = made(exam, env_id, task=exam.task)
        inside: Any = env.unwrapped
        rng = exam.rng()
        _, info = inside.reset(seed=exam.seed)
        for _ in range(2):
            kept, start = pickle.loads(pickle.dumps(inside.snapshot())), info
            first = _onward(inside, start, 1)
            inside.reset(seed=exam.seed + 1)
            for seed in (2, 1):
                inside.restore(kept)
                again = _onward(inside, start, seed)
            if not _same(first, again):
                raise Broken(f"{env_id} goes on differently from a snapshot")
            inside.restore(kept)
            _, _, terminated, truncated, info = inside.step(choose(inside, start, rng))
            if terminated or truncated:
                break


def _onward(env: Env, info: dict[str, Any], seed: int) -> list[Any]:
    """What random play returns to the end of the episode."""
    rng = Random(seed)
    returned: list[Any] = []
    while not returned or not (returned[-1][2] or returned[-1][3]):
        returned.append(env.step(choose(env, info, rng)))
        info = returned[-1][4]
    return returned


def spec(exam: Exam) -> None:
    """an environment is made again from the JSON of its spec, and survives pickling in the middle of an episode"""
    for env_id in ids(exam):
        env = made(exam, env_id)
        assert env.spec is not None, "gym.make sets it"
        again = gym.make(EnvSpec.from_json(env.spec.to_json()), disable_env_checker=True)
        if not _same(_play(env, exam.seed), _play(again, exam.seed)):
            raise Broken(f"made from the JSON of its spec, {env_id} plays differently")
        _, info = env.reset(seed=exam.seed)
        *_, terminated, truncated, info = env.step(choose(env, info, exam.rng()))
        if not (terminated or truncated):
            twin = pickle.loads(pickle.dumps(env))
            if not _same(_onward(env, info, 1), _onward(twin, info, 1)):
                raise Broken(f"a pickled copy of {env_id} goes on differently")


def vector(exam: Exam) -> None:
    """every environment of a vector is the single one with its seed, step for step, also in a native vector"""
    for env_id in ids(exam):
        native = gym.spec(env_id).vector_entry_point is not None
        for mode in ("sync", "vector_entry_point")[: 1 + native]:
            arguments: dict[str, Any] = {"difficulty": exam.knobs}
            many = gym.make_vec(env_id, COPIES, vectorization_mode=mode, **arguments)
            _side_by_side(exam, many, [made(exam, env_id) for _ in range(COPIES)], f"{env_id} ({mode})")
            many.close()


def _side_by_side(exam: Exam, many: VectorEnv[Any, Any, Any], singles: Sequence[Env], name: str) -> None:
    text = is_text(name.partition(" ")[0])
    at_once = many.metadata.get("autoreset_mode") == AutoresetMode.SAME_STEP
    rng, space = exam.rng(), singles[0].observation_space

    def rows(batch: Any) -> list[Any]:
        if text:
            return list(batch)
        return [flatten(space, row) for row in iterate(many.observation_space, batch)]

    def compare(batch: Any, observations: list[Any], infos: Any, infos_of: list[dict[str, Any]]) -> None:
        for place, (row, observation) in enumerate(zip(rows(batch), observations, strict=True)):
            alone: Any = observation if text else flatten(space, observation)
            if not np.array_equal(row, alone):
                raise Broken(f"environment {place} of {name} observes {short(row)}, alone {short(alone)}")
            if not text and not np.array_equal(infos["action_mask"][place], infos_of[place]["action_mask"]):
                raise Broken(f"environment {place} of {name} has another mask than alone")

    batch, infos = many.reset(seed=exam.seed)
    begun = [env.reset(seed=exam.seed + place) for place, env in enumerate(singles)]
    observations, infos_of = [first for first, _ in begun], [info for _, info in begun]
    over = [False] * COPIES
    compare(batch, observations, infos, infos_of)
    for _ in range(STEPS):
        actions = [choose(env, info, rng) for env, info in zip(singles, infos_of, strict=True)]
        batch, rewards, ended, cut, infos = many.step(tuple(actions) if text else np.array(actions))
        for place, env in enumerate(singles):
            reward: Any = 0.0
            terminated = truncated = False
            if over[place]:
                observations[place], infos_of[place] = env.reset()
            else:
                observations[place], reward, terminated, truncated, infos_of[place] = env.step(actions[place])
            if (reward, terminated, truncated) != (rewards[place], ended[place], cut[place]):
                said = f"{rewards[place]} {ended[place]} {cut[place]}, alone {reward} {terminated} {truncated}"
                raise Broken(f"environment {place} of {name} (reward, terminated, truncated): {said}")
            over[place] = (terminated or truncated) and not at_once
            if (terminated or truncated) and at_once:
                observations[place], infos_of[place] = env.reset()
        compare(batch, observations, infos, infos_of)


def gymnasium(exam: Exam) -> None:
    """Gymnasium's own checker finds nothing to remark on"""
    for env_id in ids(exam):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_env(made(exam, env_id))


COPIED = (seeds, undo, snapshot, spec, vector, gymnasium)
