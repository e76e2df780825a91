"""The Stable-Baselines3 example runs, on next to nothing; what it learns in a minute is printed by the example."""

from __future__ import annotations

import importlib.util

import pytest


@pytest.mark.filterwarnings("default")  # of libraries that are not ours
def test_maskable_ppo_trains_and_is_compared_on_held_out_hands(root, capsys):
    spec = importlib.util.spec_from_file_location("maskable_ppo", root / "examples" / "maskable_ppo.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    results = example.main(["--steps", "128", "--budget", "6", "--envs", "2", "--hands", "12"])
    assert len(results) == 2
    assert all(0 <= share <= 1 for share in results.values())
    assert capsys.readouterr().out.count("n = 12") == 2
    assert example.evaluate(example.random_player(0), 12, 6, 0) == results["random legal play"]
