"""The examples run as they stand, from any folder, without a warning. Those that need an extra have tests of their own.

The package in examples/custom_task/ is installed and used as a stranger would in test_custom_package.py; here its task,
which the README shows, is only imported.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType

import gymnasium as gym
import pytest

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
    files = {path.name for path in (root / "examples").rglob("*.py")}
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


@pytest.fixture
def reach(root, monkeypatch) -> Iterator[ModuleType]:
    """The module of the custom task, which is forgotten after the test."""
    tasks.names()
    monkeypatch.setattr(registry, "_factories", dict(registry._factories))
    monkeypatch.syspath_prepend(root / "examples" / "custom_task")
    known = set(gym.registry)
    monkeypatch.delitem(sys.modules, "reach", raising=False)
    yield import_module("reach")
    del sys.modules["reach"]
    for name in set(gym.registry) - known:
        del gym.registry[name]


def test_every_search_solves_the_custom_task_and_its_traces_read_back(reach):
    task = reach.Reach()
    for name in ALGORITHMS:
        value = None if "astar" in name else "noisy:0.1"  # A* never visits what a value calls unsolvable
        if name in ("best_of_n", "majority_vote"):
            continue  # they may answer wrongly
        for index in range(10):
            problem = task.problem(0, index, "test")
            result = search(name, task, problem, value)
            assert result.success
            trace = result.trace()
            assert tasks.parse(task, problem, tasks.emit(task, trace), strict=True) == trace
            assert tasks.replay(task, trace).success


def test_the_custom_task_is_there_on_the_command_line(reach, capsys):
    assert main(["solve", "reach", "--problem", "5 16"]) == 0
    assert "right, ends at 16" in capsys.readouterr().out
    assert main(["solve", "reach", "--problem", "16 5"]) == 2
    assert "a number and a larger target" in capsys.readouterr().err
