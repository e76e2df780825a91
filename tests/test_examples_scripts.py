"""The examples run as they stand, from any folder, without a warning. Those that need an extra have tests of their own.

`custom_task.py` is more than a script: it is the task that the README shows, so it has to be a whole task.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from metacot import tasks
from metacot.agents.search import ALGORITHMS, search
from metacot.cli import main
from metacot.tasks import registry


@pytest.fixture
def script(root, tmp_path) -> Callable[..., str]:
    """A function that runs an example and returns what it prints."""

    def run(name: str, *words: str) -> str:
        command = [sys.executable, "-W", "error", str(root / "examples" / name), *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert [*tmp_path.iterdir()] == []
        return done.stdout

    return run


def test_every_example_has_a_test(root):
    files = {path.name for path in (root / "examples").glob("*.py")}
    tests = "".join(path.read_text(encoding="utf-8") for path in (root / "tests").glob("test_*.py"))
    assert {name for name in files if name not in tests} == set()


def test_the_gym_loop_compares_random_play_with_exact_values(script):
    random, oracle = script("gym_loop.py", "--episodes", "30").splitlines()
    assert random.startswith("random legal play")
    assert float(random.split()[-1].rstrip("%")) < 30
    assert oracle.split() == ["exact", "values", "100.0%"]


def test_the_gym_loop_ends_where_the_budget_is_too_small(script):
    assert script("gym_loop.py", "--episodes", "3", "--budget", "2").splitlines()[1].split()[-1] == "0.0%"


def test_a_search_is_written_and_read_back_by_every_linearizer(script):
    printed = script("search_and_trace.py")
    assert printed.startswith("best_first with noisy:0.1:3: solved")
    for heading in ("\nvisit_order: ", "\nvisit_order_values: ", "\noptimal_path: 4 actions", "\npruned: "):
        assert heading in printed
    assert "not solved" in script("search_and_trace.py", "--search", "mcts", "--hand", "1", "1", "1", "1")


def test_the_custom_task_plays_and_searches(script):
    played, question, *trace = script("custom_task.py").splitlines()
    assert played.startswith("random play: ")
    assert question == "from 8 to 62"
    assert trace[-1].startswith("answer ")


# the custom task as a task ------------------------------------------------------------------------------------------


@pytest.fixture
def reach(root, monkeypatch) -> Iterator[ModuleType]:
    """The module examples/custom_task.py, whose task is forgotten after the test."""
    tasks.names()
    monkeypatch.setattr(registry, "_factories", dict(registry._factories))
    known = set(gym.registry)
    spec = importlib.util.spec_from_file_location("custom_task", root / "examples" / "custom_task.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "custom_task", module)
    spec.loader.exec_module(module)
    yield module
    for name in set(gym.registry) - known:
        del gym.registry[name]


def test_the_custom_task_is_registered_with_both_environments(reach):
    assert isinstance(tasks.make("reach"), reach.Reach)
    for env_id in ("MetaCoT/Reach-v0", "MetaCoT/ReachText-v0"):
        check_env(gym.make(f"metacot.envs:{env_id}", disable_env_checker=True).unwrapped)


def test_the_custom_task_keeps_the_contract(reach):
    task = reach.Reach()
    keys = {split: {task.problem(0, index, split).data for index in range(60)} for split in task.splits}
    assert len(keys["train"] | keys["val"] | keys["test"]) == sum(map(len, keys.values()))
    for index in range(60):
        problem = task.problem(1, index)
        assert tasks.Problem.from_json(problem.to_json()) == problem == task.problem(1, index)
        state = task.start(problem)
        for step, child, key, _ in task.expand(state):
            assert task.read(state, task.write(state, step)) == step
            assert task.step_at(state, task.index(state, step)) == step
            assert (child, key) == (task.apply(state, step), child)
        assert task.observe(state).dtype == np.float32


def test_every_search_solves_the_custom_task_and_its_traces_read_back(reach):
    task = reach.Reach()
    for name in ALGORITHMS:
        for index in range(10):
            problem = task.problem(0, index, "test")
            result = search(name, task, problem, "noisy:0.1")
            assert result.success
            trace = result.trace()
            assert tasks.parse(task, problem, tasks.emit(task, trace), strict=True) == trace
            assert tasks.replay(task, trace).success


def test_the_distance_of_the_custom_task_is_that_of_a_breadth_first_search(reach):
    for number in range(1, 40):
        layer, depth = {number}, 0
        while layer and 61 not in layer:
            layer, depth = {n for m in layer for n in (m + 3, m * 2) if n <= 61}, depth + 1
        assert reach.shortest(number, 61) == (depth if layer else float("inf"))


@pytest.mark.parametrize(
    ("answer", "correct"),
    [("+ 3, * 2", True), ("+3", False), ("* 2, + 3", False), ("", False), ("+ 3," * 10_000, False), ("٣", False)],
)
def test_the_custom_task_judges_any_answer(reach, answer, correct):
    task = reach.Reach()
    assert task.check(task.pose(5, 16), answer).correct is correct


def test_the_custom_task_is_there_on_the_command_line(reach, capsys):
    assert main(["solve", "reach", "--problem", "5 16"]) == 0
    assert "right, ends at 16" in capsys.readouterr().out
    assert main(["solve", "reach", "--problem", "16 5"]) == 2
    assert "a number and a larger target" in capsys.readouterr().err
