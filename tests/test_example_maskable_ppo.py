"""The Stable-Baselines3 example runs, on next to nothing; what it learns in minutes is in docs/stable_baselines3.md."""

from __future__ import annotations

import importlib.util
import sys

import pytest


@pytest.fixture
def example(root, monkeypatch):
    """The module examples/maskable_ppo.py."""
    spec = importlib.util.spec_from_file_location("maskable_ppo", root / "examples" / "maskable_ppo.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "maskable_ppo", module)  # where its dataclasses look for their names
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("default")  # of libraries that are not ours
def test_maskable_ppo_is_trained_saved_loaded_and_compared_on_held_out_problems(example, tmp_path, capsys):
    words = ["--envs", "2", "--problems", "8", "--out", str(tmp_path)]
    results = example.main(["--steps", "64", *words])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["countdown.zip", "game24.zip", "maze.zip"]
    assert results.keys() == example.SETTINGS.keys()
    assert all(0 <= share.low <= share.mean <= share.high <= 1 for pair in results.values() for share in pair)
    printed = capsys.readouterr().out
    assert printed.count("8 held-out problems") == 3
    assert example.main(["--load", *words]) == results, "what was saved is what was evaluated"
    assert capsys.readouterr().out == "".join(
        line for line in printed.splitlines(keepends=True) if "CPU time" not in line
    )


@pytest.mark.parametrize("name", ["game24", "countdown", "maze"])
def test_it_trains_on_other_problems_than_it_is_judged_on(example, name):
    setting = example.SETTINGS[name]
    for split in ("train", "test"):
        env = example.make(setting, split=split)
        env.reset(seed=0)
        assert env.unwrapped.problem.split == split
        assert env.observation_space.shape == (len(env.reset()[0]),)
