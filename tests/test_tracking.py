"""Tracking: names are an API, the file survives kills and rewinds, and W&B holds the same numbers."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time

import numpy as np
import pytest

from metacot.agents import files
from metacot.agents.evaluation.learning import CHARTS
from metacot.agents.metrics import METRICS, known
from metacot.agents.tracking import JsonlTracker, NullTracker, Tracker, Trackers, WandbTracker, read_metrics, wandb_run


def without_time(rows):
    return [{name: value for name, value in row.items() if name != "time"} for row in rows]


# names --------------------------------------------------------------------------------------------------------------


def test_every_metric_has_a_meaning_and_a_group():
    assert [name for name, meaning in METRICS.items() if "/" not in name or len(meaning) < 15] == []


@pytest.mark.parametrize(
    "name", ["sft/loss", "cot/heldout_success", "rl/kl", "time/seconds", "eval/rl/success_within_32", "eval/x-1/steps"]
)
def test_these_are_metrics(name):
    assert known(name)


@pytest.mark.parametrize("name", ["loss", "sft/kl", "eval/*/steps", "eval/steps", "eval/a/b/steps", "rl/success\n", ""])
def test_these_are_none(name):
    assert not known(name)
    with pytest.raises(KeyError, match="unknown metrics"):
        NullTracker().log({"rl/success": 1.0, name: 1.0}, step=0)


def test_metrics_logged_together_are_of_one_stage():
    tracker = NullTracker()
    tracker.log({"rl/success": 1.0, "rl/steps": 3, "time/seconds": 0.5}, step=0)
    for metrics in ({"rl/success": 1.0, "sft/loss": 1.0}, {"time/seconds": 1.0}, {}):
        with pytest.raises(ValueError, match="one stage"):
            tracker.log(metrics, step=0)


@pytest.mark.parametrize("step", [-1, 1.0, True, None])
def test_a_step_is_a_whole_number(step):
    with pytest.raises(ValueError, match="step must be"):
        NullTracker().log({"rl/success": 1.0}, step=step)


def test_the_report_draws_metrics_that_exist():
    assert [curve.metric for chart in CHARTS for curve in chart.curves if not known(curve.metric)] == []


# the file -----------------------------------------------------------------------------------------------------------


def test_a_row_holds_stage_step_time_and_the_metrics(tmp_path):
    path = tmp_path / "new" / "metrics.jsonl"
    with JsonlTracker(path) as tracker:
        before = time.time()
        tracker.log({"rl/success": np.float32(0.5), "rl/steps": 12, "time/seconds": 1.5}, step=3)
        [row] = read_metrics(path)
    assert row.pop("time") == pytest.approx(before, abs=5)
    assert row == {"stage": "rl", "step": 3, "rl/success": 0.5, "rl/steps": 12.0, "time/seconds": 1.5}


def test_what_is_not_finite_is_null_in_the_file_and_nan_when_read(tmp_path):
    with JsonlTracker(tmp_path / "m.jsonl") as tracker:
        tracker.log({"rl/kl": math.nan, "rl/loss": math.inf, "rl/steps": 1.0}, step=0)
    row = json.loads(tracker.path.read_text(), parse_constant=pytest.fail)
    assert (row["rl/kl"], row["rl/loss"]) == (None, None)
    [row] = read_metrics(tracker.path)
    assert math.isnan(row["rl/kl"])
    assert math.isnan(row["rl/loss"])
    assert row["rl/steps"] == 1.0


def test_a_second_session_goes_on_where_the_first_stopped(tmp_path):
    for step in range(3):
        with JsonlTracker(tmp_path / "m.jsonl") as tracker:
            tracker.log({"sft/loss": step}, step=step)
    assert [row["sft/loss"] for row in read_metrics(tracker.path)] == [0, 1, 2]


def test_a_half_written_last_line_is_dropped(tmp_path):
    path = tmp_path / "m.jsonl"
    with JsonlTracker(path) as tracker:
        for step in range(2):
            tracker.log({"sft/loss": 1.0}, step=step)
    whole = path.read_bytes()
    for cut in range(1, len(whole) // 2):
        path.write_bytes(whole[:-cut])
        assert [row["step"] for row in read_metrics(path)] == [0]
        with JsonlTracker(path) as tracker:
            tracker.log({"sft/loss": 2.0}, step=1)
        assert [(row["step"], row["sft/loss"]) for row in read_metrics(path)] == [(0, 1.0), (1, 2.0)]


def test_a_killed_process_leaves_rows_that_can_be_read_and_continued(tmp_path):
    path = tmp_path / "m.jsonl"
    code = f"""
from metacot.agents.tracking import JsonlTracker
tracker = JsonlTracker({str(path)!r})
for step in range(10**9):
    tracker.log({{"sft/loss": step}}, step=step)
"""
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        deadline = time.monotonic() + 60
        while len(read_metrics(path)) < 100 and time.monotonic() < deadline:
            assert process.poll() is None, "the other process came to an end of its own"
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    with JsonlTracker(path) as tracker:
        tracker.rewind("sft", 50)
        tracker.log({"sft/loss": 50}, step=50)
    assert [row["sft/loss"] for row in read_metrics(path)] == list(range(51))


def test_rewinding_takes_back_one_stage_from_one_step_on(tmp_path):
    with JsonlTracker(tmp_path / "m.jsonl") as tracker:
        for step in range(4):
            tracker.log({"cot/loss": step}, step=step)
            tracker.log({"sft/loss": step}, step=step)
        tracker.rewind("sft", 2)
        tracker.log({"sft/loss": 20}, step=2)
        rows = read_metrics(tracker.path)
    assert [row["step"] for row in rows if row["stage"] == "cot"] == [0, 1, 2, 3]
    assert [row["sft/loss"] for row in rows if row["stage"] == "sft"] == [0, 1, 20]
    assert [path.name for path in tmp_path.iterdir()] == ["m.jsonl"]


def test_a_damaged_file_is_named_with_its_line(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text('{"stage": "rl", "step": 0}\nnonsense\n{}\n')
    with pytest.raises(ValueError, match=r"m\.jsonl, line 2"):
        read_metrics(path)
    assert read_metrics(tmp_path / "nowhere.jsonl") == []


def test_a_finished_file_takes_nothing_more(tmp_path):
    tracker = JsonlTracker(tmp_path / "m.jsonl")
    tracker.finish()
    tracker.finish()
    with pytest.raises(ValueError, match="finished"):
        tracker.log({"rl/success": 1.0}, step=0)


def test_a_file_written_whole_is_the_old_one_until_it_is_the_new_one(tmp_path, monkeypatch):
    path = files.write_whole(tmp_path / "a" / "b.txt", "old")

    def broken(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "fsync", broken)
        with pytest.raises(OSError, match="disk full"):
            files.write_whole(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == ["b.txt"]
    assert files.write_whole(path, b"new").read_text() == "new"


# several at once ----------------------------------------------------------------------------------------------------


class Noted(Tracker):
    """Keeps what it is told."""

    def __init__(self, fails=False):
        self.told, self.fails = [], fails

    def _log(self, stage, step, metrics):
        self.told.append((stage, step, metrics))

    def rewind(self, stage, step):
        self.told.append(("rewind", stage, step))

    def finish(self):
        self.told.append("finish")
        if self.fails:
            raise RuntimeError("no disk")


def test_several_trackers_are_told_the_same():
    one, two = Noted(), Noted()
    with Trackers(one, two) as tracker:
        tracker.log({"sft/loss": 1}, step=4)
        tracker.rewind("sft", 2)
    assert one.told == two.told == [("sft", 4, {"sft/loss": 1.0}), ("rewind", "sft", 2), "finish"]


def test_every_tracker_is_finished_even_where_one_fails():
    one, two = Noted(fails=True), Noted()
    with pytest.raises(RuntimeError, match="no disk"):
        Trackers(one, two).finish()
    assert two.told == ["finish"]


# Weights & Biases ---------------------------------------------------------------------------------------------------


def test_an_offline_wandb_run_holds_the_numbers_that_were_logged(tmp_path, offline_history):
    with WandbTracker("metacot-test", tmp_path, group="a run", config={"seed": 0}) as tracker:
        assert not tracker.online
        assert tmp_path in tracker.folder.parents
        for step in range(40):
            tracker.log({"sft/loss": 1 / (1 + step), "time/seconds": step / 2}, step=step)
        for step in range(3):
            tracker.log({"rl/success": step / 4, "rl/heldout_success": 0.5}, step=step)
    rows = offline_history(tracker.folder, 43)
    assert [(row["sft/step"], row["sft/loss"], row["time/seconds"]) for row in rows[:40]] == [
        (step, pytest.approx(1 / (1 + step)), step / 2) for step in range(40)
    ]
    assert [(row["rl/step"], row["rl/success"], row["rl/heldout_success"]) for row in rows[40:]] == [
        (0, 0, 0.5),
        (1, 0.25, 0.5),
        (2, 0.5, 0.5),
    ]


class FakeWandb:
    """Stands in for the wandb module; remembers how a run was started."""

    def __init__(self, logged_in):
        self.logged_in, self.dir = logged_in, "somewhere/files"

    def login(self, **_):
        return self.logged_in

    def Settings(self, **_):
        return None

    def init(self, **arguments):
        self.started = arguments
        return self

    def define_metric(self, *_, **__):
        pass


@pytest.mark.parametrize(("logged_in", "asked"), [(True, False), (False, False), (True, True), (False, True)])
def test_wandb_uploads_only_where_one_is_logged_in_and_asks_for_it(tmp_path, monkeypatch, logged_in, asked):
    fake = FakeWandb(logged_in)
    monkeypatch.setattr(wandb_run, "require", lambda *_: fake)
    if asked and not logged_in:
        with pytest.warns(UserWarning, match="kept offline"):
            tracker = WandbTracker("p", tmp_path, online=asked)
    else:
        tracker = WandbTracker("p", tmp_path, online=asked)
    assert tracker.online == (logged_in and asked)
    assert fake.started["mode"] == ("online" if tracker.online else "offline")


def test_without_wandb_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(ImportError, match=r"pip install 'metacot\[wandb\]'"):
        WandbTracker("p", tmp_path)
