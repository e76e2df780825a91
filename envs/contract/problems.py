"""Rules of problems: where they come from, how they are kept, and which of them are held out."""

from __future__ import annotations

import json
import pickle
from collections.abc import Hashable
from typing import Any

import gymnasium as gym

from ...tasks import Problem, make, names
from ...tasks.problem import as_tuples
from ...tasks.task import SPLITS
from ..registration import env_ids
from .exam import Broken, Exam, short

HELD_OUT = 50
"""So many problems of every split are compared with those of the others, or as many as `check_task` is asked for."""

OF_A_LEVEL = 3
"""So many problems of every named level are made."""


def registered(exam: Exam) -> None:
    """the task is registered under its own name, and its environments have ids"""
    task = exam.task
    if task.name not in names():
        raise Broken(f"call metacot.tasks.register({task.name!r}, {type(task).__name__}), or name an entry point")
    if type(task) is not type(make(task.name)):
        raise Broken(f"{task.name!r} is the name of {type(make(task.name))}, not of {type(task)}")
    if missing := [env_id for env_id in env_ids(task.name) if env_id not in gym.registry]:
        raise Broken(f"there is no {', '.join(missing)}")
    if not set(SPLITS) <= set(task.splits):
        raise Broken(f"splits hold at least {', '.join(SPLITS)}, got {task.splits}")


def address(exam: Exam) -> None:
    """a problem is a pure function of its address, and what is no address is refused"""
    task, knobs = exam.task, exam.knobs
    if not exam.problems:
        raise Broken("there is no training problem")
    for problem in exam.problems:
        if not isinstance(problem, Problem):
            raise Broken(f"expected a Problem, got {short(problem)}")
    twin = pickle.loads(pickle.dumps(task))
    for index in reversed(range(len(exam.problems))):
        problem, where = exam.problems[index], (exam.seed, index, "train")
        said = problem.task, problem.seed, problem.index, problem.split, dict(problem.difficulty)
        if said != (task.name, *where, knobs):
            raise Broken(f"the problem at {where}, {knobs} says that it is {said}")
        if task.problem(*where, **knobs) != problem or twin.problem(*where, **knobs) != problem:
            raise Broken(f"asked again, the problem at {where} is another one")
    if len(exam.problems) > 1:
        others = [task.problem(exam.seed + more, 0, "train", **knobs) for more in range(8)]
        if all(problem.data == exam.problems[0].data for problem in (*exam.problems, *others)):
            raise Broken("all problems are the same")
    _refuses(ValueError, task, "no such split", knobs)
    _refuses((TypeError, ValueError), task, "train", knobs | {"no_such_knob": 1})
    for split in SPLITS:
        if (count := task.count(split, **knobs)) is not None:
            _refuses(IndexError, task, split, knobs, index=count)


def _refuses(errors: Any, task: Any, split: str, knobs: dict[str, Any], index: int = 0) -> None:
    try:
        task.problem(0, index, split, **knobs)
    except errors:
        return
    raise Broken(f"problem(0, {index}, {split!r}, **{knobs}) should raise, there is no such problem")


def json_form(exam: Exam) -> None:
    """a problem survives JSON, and its data are nested tuples of JSON scalars"""
    for problem in exam.problems:
        if Problem.from_json(problem.to_json()) != problem:
            raise Broken(f"{short(problem)} is another one after to_json and from_json")
        if as_tuples(problem.data) != problem.data or not _plain(problem.data):
            raise Broken(f"data is nested tuples of str, int, float, bool and None, got {short(problem.data)}")
        if type(problem.seed) is not int or type(problem.index) is not int:
            raise Broken(f"seed and index are plain whole numbers, got {problem.seed!r}, {problem.index!r}")


def _plain(data: Any) -> bool:
    if isinstance(data, tuple):
        return all(map(_plain, data))
    return data is None or type(data) in (str, int, float, bool)


def pickling(exam: Exam) -> None:
    """task, problems, states and steps survive pickling, as equals with equal hashes"""
    twin = pickle.loads(pickle.dumps(exam.task))
    if type(twin) is not type(exam.task):
        raise Broken(f"the task comes back as {type(twin)}")
    for problem in exam.problems:
        _survives(problem)
        _survives(exam.task.start(problem))
    for node in exam.nodes:
        _survives(node.state)
        _survives(node.path)


def _survives(thing: Hashable) -> None:
    twin = pickle.loads(pickle.dumps(thing))
    if twin != thing or hash(twin) != hash(thing):
        raise Broken(f"{short(thing)} comes back as another one, {short(twin)}")


def splits(exam: Exam) -> None:
    """no problem of one split is, in disguise, one of another split"""
    task = exam.task
    owner: dict[Hashable, str] = {}
    for split in SPLITS:
        count = task.count(split, **exam.knobs)
        size = max(HELD_OUT, len(exam.problems))
        if count == 0:
            raise Broken(f"split {split!r} is empty")
        for index in range(size if count is None else min(count, size)):
            problem = task.problem(exam.seed, index, split, **exam.knobs)
            key = task.problem_key(problem)
            if key != task.problem_key(Problem.from_json(problem.to_json())):
                raise Broken(f"the key of {short(problem)} depends on more than its value")
            if owner.setdefault(key, split) != split:
                raise Broken(f"{short(problem.data)} is in {split!r} and in {owner[key]!r} as well")


def levels(exam: Exam) -> None:
    """every named level is knobs that survive JSON and that `problem` takes, and no other name is a level"""
    task = exam.task
    for level in task.levels:
        knobs = task.knobs(level)
        if json.loads(json.dumps(knobs)) != knobs:
            raise Broken(f"the knobs of {level!r} are {short(knobs)}, which are another thing in JSON")
        for index in range(OF_A_LEVEL):
            problem = task.problem(exam.seed, index, "train", **knobs)
            if dict(problem.difficulty) != knobs:
                raise Broken(f"a problem of level {level!r} says that its difficulty is {short(problem.difficulty)}")
            task.start(problem)
            if not all(isinstance(number, int | float) for number in task.attributes(problem).values()):
                raise Broken(f"attributes are numbers, got {short(task.attributes(problem))}")
    try:
        task.knobs("no such level")
    except ValueError:
        return
    raise Broken("knobs('no such level') should raise ValueError")


BEFORE_STATES = (registered, address, json_form, splits, levels)
