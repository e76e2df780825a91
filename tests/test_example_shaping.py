"""The example on shaping under RL: a tiny run prints every setting with its interval and saves the plot."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest


@pytest.fixture(scope="module")
def example(root):
    spec = importlib.util.spec_from_file_location("shaping_under_rl", root / "examples" / "shaping_under_rl.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a NamedTuple looks its module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_a_tiny_run_prints_a_line_a_setting_and_saves_the_plot(example, tmp_path, monkeypatch, capsys):
    out = tmp_path / "plot.html"
    words = "--tasks countdown --seeds 1 --problems 2 --updates 3 --out"
    monkeypatch.setattr(sys, "argv", ["shaping_under_rl.py", *words.split(), str(out)])
    example.main()
    title, head, *rows, end = capsys.readouterr().out.splitlines()
    assert title == "countdown: weight 1.0, seeds 0 to 0, 2 problems each"
    assert head.split() == ["term", "value", "success", "shaped", "parted"]
    assert [row.split()[0] for row in rows] == ["none", *(term for term in example.TERMS for _ in example.VALUES)]
    assert all("% (" in row and row.endswith("never") for row in rows)
    assert str(out) in end
    assert out.read_text().count("<svg class='chart'") == 3


def test_it_learns_and_a_seed_decides_everything(example):
    first, again = (example.learn("countdown", {"outcome": 1.0}, 3, 80, seed=0) for _ in range(2))
    assert np.array_equal(first.success, again.success)
    assert first.success[-10:].mean() > first.success[:10].mean() + 0.2
    assert np.array_equal(first.success, first.shaped)
    potential = example.learn("countdown", {"outcome": 1.0, "potential:cursor:noisy:0.4": 1.0}, 3, 20, seed=0)
    assert potential.shaped == pytest.approx(potential.success)  # it adds nothing to a whole episode
