"""The core alone, in an environment of its own: no torch anywhere, and yet one can play, search and check.

Packages come from uv's cache, which `make install` has filled; only where that does not have them is the package index
asked, the one use of the network in all tests.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.install

PLAY = """
import gymnasium as gym
import numpy as np

env = gym.make("metacot.envs:MetaCoT/Game24-v0")
rng = np.random.default_rng(0)
observation, info = env.reset(seed=0)
ended = False
while not ended:
    action = int(rng.choice(np.flatnonzero(info["action_mask"])))
    observation, reward, terminated, truncated, info = env.step(action)
    assert observation in env.observation_space
    ended = terminated or truncated
print("success" in info)
"""

TIME = """
from time import process_time
start = process_time()
import metacot, metacot.tasks, metacot.envs, metacot.agents.search
print(process_time() - start)
"""


@pytest.fixture(scope="module")
def core(root, wheel, tmp_path_factory) -> Path:
    """The `bin` folder of a fresh environment that holds the wheel and the core dependencies."""
    from uv import find_uv_bin

    folder = tmp_path_factory.mktemp("core")
    uv, python = find_uv_bin(), folder / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", python, "-c", root / "constraints" / "ci.txt", wheel]
    if subprocess.run([*install, "--offline"], capture_output=True, check=False).returncode != 0:
        subprocess.run(install, check=True)
    return folder / "bin"


def run(command: list, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_core_brings_no_model_library(core, tmp_path):
    code = "from importlib.util import find_spec; print([find_spec(name) for name in ('torch', 'trl', 'wandb')])"
    assert run([core / "python", "-c", code], tmp_path).strip() == "[None, None, None]"


def test_the_core_plays_an_episode_of_game_of_24(core, tmp_path):
    assert run([core / "python", "-W", "error", "-c", PLAY], tmp_path).strip() == "True"


def test_the_core_searches_game_of_24_from_the_command_line(core, tmp_path):
    assert "24" in run([core / "metacot", "solve", "game24", "--search", "best_first"], tmp_path)


def test_the_core_imports_in_under_a_second(core, tmp_path):
    # The best of three: the first also compiles the bytecode. CPU time, so that a busy machine does not count.
    assert min(float(run([core / "python", "-c", TIME], tmp_path)) for _ in range(3)) < 1.0
