"""The same task in another process: what a fresh interpreter with other hashes finds must be what this one finds."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from hashlib import blake2b
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from random import Random
from types import ModuleType
from typing import Any

from ...rewards.stable import stable_text
from ...tasks import IllegalStep, NotEnumerable, Problem, Task, UnreadableStep
from .exam import Broken, Exam
from .hostile import PLAIN

ADDRESSES = 20
"""So many problems are looked at in both processes."""

STEPS = 4
"""So many steps are taken on each of them."""

CHILD = "from metacot.envs.contract.elsewhere import child; child()"

started_by_a_check = False
"""Is this the other process?"""


def process(exam: Exam) -> None:
    """another process, where hashes are salted differently, finds the same problems, states, texts and numbers"""
    task, module = exam.task, sys.modules[type(exam.task).__module__]
    if getattr(module, "__file__", None) is None:
        raise Broken(f"{type(task).__name__} is defined in no file, so that no other process can make it")
    addresses = [(exam.seed, index, "train") for index in range(min(ADDRESSES, len(exam.problems)))]
    here = fingerprints(task, addresses, exam.knobs)
    order = {"path": sys.path, "module": module.__name__, "file": module.__file__}
    given = json.dumps({**order, "addresses": addresses, "knobs": exam.knobs}).encode() + b"\n" + pickle.dumps(task)
    # A salt for hashes that this process does not have.
    salt = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=given,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": salt, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Broken(f"another process cannot make the task: {said[-1] if said else done.returncode}")
    for address, mine, other in zip(addresses, here, json.loads(done.stdout), strict=True):
        for name, found in mine.items():
            if found != other[name]:
                raise Broken(f"at {address} another process finds another {name}")


def child() -> None:
    """What the other process does: read an order and a pickled task, write the fingerprints."""
    global started_by_a_check
    started_by_a_check = True
    order = json.loads(sys.stdin.buffer.readline())
    sys.path[:] = order["path"]
    _import(order["module"], order["file"])
    task = pickle.load(sys.stdin.buffer)
    print(json.dumps(fingerprints(task, [tuple(address) for address in order["addresses"]], order["knobs"])))


def _import(name: str, file: str) -> None:
    """Import the module of a task, from its file where it has no name of its own (a script, a test)."""
    if name != "__main__":
        try:
            import_module(name)
            return
        except ModuleNotFoundError:
            pass
    spec = spec_from_file_location("__mp_main__" if name == "__main__" else name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no module of Python")
    for place, letter in enumerate(name):
        if letter == ".":  # unpickling asks for the packages around a module, which need not be there
            sys.modules.setdefault(name[:place], ModuleType(name[:place]))
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)


def fingerprints(
    task: Task[Any, Any], addresses: list[tuple[int, int, str]], knobs: dict[str, Any]
) -> list[dict[str, str]]:
    """For every address what the task says of it, by name of what it is; short, and the same everywhere."""
    found = []
    for address in addresses:
        problem = task.problem(*address, **knobs)
        said = {"problem": problem.to_json(), "problem_key": stable_text(task.problem_key(problem))}
        said |= _of_states(task, problem)
        found.append(
            {name: blake2b(text.encode(errors="replace"), digest_size=8).hexdigest() for name, text in said.items()}
        )
    return found


def _of_states(task: Task[Any, Any], problem: Problem) -> dict[str, str]:
    state, rng = task.start(problem), Random(problem.to_json())
    seen: dict[str, list[Any]] = {name: [] for name in ("ask", "show", "brief", "key", "steps", "observe", "mask")}
    for _ in range(STEPS):
        seen["ask"].append(task.ask(problem))
        seen["show"].append(task.show(state))
        seen["brief"].append(task.brief(state))
        seen["key"].append(stable_text(task.key(state)))
        steps = _steps(task, state)
        seen["steps"].append([task.write(state, step) for step in steps])
        if task.enumerable and task.n_actions:
            seen["observe"].append(task.observe(state).tolist())
            seen["mask"].append(task.mask(state).tolist())
        if not steps:
            break
        state = task.apply(state, steps[int(rng.random() * len(steps))])
    return {name: repr(values) for name, values in seen.items()}


def _steps(task: Task[Any, Any], state: Any) -> list[Any]:
    try:
        return list(task.steps(state))
    except NotEnumerable:
        pass
    steps = []
    for text in PLAIN:
        try:
            step = task.read(state, text)
            task.apply(state, step)
        except (UnreadableStep, IllegalStep):
            continue
        steps.append(step)
    return steps


ELSEWHERE = (process,)
