"""A package of somebody else's with a task in it: installed, found by its entry point, checked, and trained on.

Everything runs on a copy of examples/custom_task/, in processes of their own. The package is installed beside the
libraries of this environment (with `--target`), so that nothing is downloaded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.install


@pytest.fixture(scope="module")
def run(root, tmp_path_factory) -> Callable[..., str]:
    """A function that runs Python with the package installed and returns what it prints."""
    from uv import find_uv_bin

    folder = tmp_path_factory.mktemp("package")
    source, site = folder / "source", folder / "site"
    shutil.copytree(root / "examples" / "custom_task", source, ignore=shutil.ignore_patterns("__pycache__"))
    install = [find_uv_bin(), "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--python", sys.executable, "--target", site, source], check=True)
    assert sorted(path.name for path in site.glob("*.py")) == ["reach.py"]
    (source / "reach.py").unlink()  # so that it is the installed one that is found
    env = {**os.environ, "PYTHONPATH": str(site)}

    def run(*command: str, cwd: Path = source) -> str:
        done = subprocess.run([sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


FOUND = """
import gymnasium as gym
from metacot import tasks
env = gym.make("metacot.envs:MetaCoT/Reach-v0")
assert "reach" in tasks.names()
print(tasks.make("reach").ask(env.unwrapped.task.pose(8, 62)), env.reset(seed=0)[1]["success"])
"""


def test_it_is_found_without_an_import(run):
    assert run("-W", "error", "-c", FOUND).split() == ["from", "8", "to", "62", "False"]


def test_it_is_there_on_the_command_line(run):
    listed = run("-m", "metacot.cli", "list").splitlines()
    assert "    ids: MetaCoT/Reach-v0 MetaCoT/ReachText-v0" in listed[listed.index("reach") :]
    assert "right, ends at 62" in run("-m", "metacot.cli", "solve", "reach", "--problem", "8 62")
    checked = run("-m", "metacot.cli", "check-task", "reach", "--problems", "20")
    assert "rules kept on 20 problems" in checked
    assert "distances known for 100.0% of the states" in checked


def test_its_own_tests_pass_the_contract_check_among_them(run):
    printed = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_reach.py")
    assert "passed" in printed
    assert "failed" not in printed


def test_it_is_trained_on_for_a_few_steps(run):
    random, trained = run("train.py", "--steps", "256").splitlines()
    assert random.startswith("random legal play")
    assert trained.startswith("MaskablePPO, 256 steps")
    assert random.endswith("% of held-out problems solved")
    assert trained.endswith("% of held-out problems solved")
