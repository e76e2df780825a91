"""Exploration logged from any loop: one's own, that of Stable-Baselines3, that of transformers and TRL."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest

from metacot.agents import tracking
from metacot.agents.metrics import known
from metacot.agents.tracking import Episodes, JsonlTracker, NullTracker, Trackers, read_metrics
from metacot.envs import RecordExploration, TextReasoning
from metacot.rewards import MEASURES

NAMES = {f"explore/{name}" for name in ("success", "episodes", *MEASURES)}


@pytest.fixture
def infos():
    """The last infos of two episodes: one gives up at once, one solves the hand after a detour."""
    env = RecordExploration(TextReasoning("game24"))
    found = []
    for lines in ("give up", "8 + 8\nback #0\n8 / 3\n3 - 8/3\n8 / 1/3\nanswer"):
        env.reset(options={"problem": env.unwrapped.task.pose((3, 3, 8, 8))})
        found.append(env.step(lines)[4])
    return found


def explored(path):
    """The rows of the file without stage and time."""
    return [
        {name: value for name, value in row.items() if name not in ("stage", "time")}
        for row in read_metrics(path)
        if row["stage"] == "explore"
    ]


# one's own loop -----------------------------------------------------------------------------------------------------


def test_every_measure_is_a_metric():
    assert all(known(name) for name in NAMES)


def test_an_episode_is_a_row_and_nothing_else_is_logged(tmp_path, infos):
    with JsonlTracker(tmp_path / "m.jsonl") as tracker:
        assert tracker.log_episode({"success": False}) == 0
        assert [tracker.log_episode(info) for info in infos] == [1, 1]
        assert tracker.log_episode(infos[1], step=70) == 1
    first, second, third = explored(tracker.path)
    assert first.keys() - {"step"} == NAMES
    assert math.isnan(first["explore/branching"])
    assert (second["step"], second["explore/success"], second["explore/backtracks"]) == (1, 1.0, 1.0)
    assert second | {"step": 70} == third
    assert second["explore/episodes"] == 1


def test_the_rows_of_a_vector_and_of_a_list_are_those_of_its_episodes(tmp_path, infos):
    envs = gym.make_vec("MetaCoT/Game24Text-v0", 3, "sync", wrappers=[RecordExploration])
    envs.reset(seed=[1, 2, 3])
    *_, vector = envs.step(("give up", "hm", "hm\ngive up"))
    with JsonlTracker(tmp_path / "m.jsonl") as tracker:
        assert tracker.log_episode(vector) == 2
        assert tracker.log_episode([infos[0], {}, infos[1]]) == 2
    rows = explored(tracker.path)
    assert [row["step"] for row in rows] == [0, 1, 2, 3]
    assert [row["explore/illegal"] for row in rows] == [0, 1, 0, 0]
    assert [row["explore/success"] for row in rows] == [0, 0, 0, 1]


def test_several_trackers_and_none_take_episodes_too(tmp_path, infos):
    file = JsonlTracker(tmp_path / "m.jsonl")
    with Trackers(NullTracker(), file) as tracker:
        assert tracker.log_episode(infos) == 2
    assert [row["step"] for row in explored(file.path)] == [0, 1]


def test_means_are_over_the_episodes_where_a_measure_is_defined(infos):
    episodes = Episodes()
    assert episodes.means() == {}
    assert [episodes.add(info) for info in (infos[0], {}, infos)] == [1, 0, 2]
    assert len(episodes) == 3
    means = episodes.means()
    assert means["explore/episodes"] == 3
    assert means["explore/success"] == pytest.approx(1 / 3)
    assert means["explore/first_solution"] == 5, "of the one that has one"
    episodes.add(infos[0])
    assert math.isnan(episodes.means()["explore/first_solution"])
    assert episodes.means() == {}


def test_the_face_of_tracking_is_whole_and_light():
    code = """
import sys
from metacot.agents import tracking
assert not {"stable_baselines3", "transformers", "torch", "wandb"} & set(sys.modules)
assert not hasattr(tracking, "nothing")
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    assert all(hasattr(tracking, name) for name in tracking.__all__)


@pytest.mark.parametrize(
    ("module", "extra", "name"),
    [("stable_baselines3", "sb3", "SB3Exploration"), ("transformers", "lm", "TrainerExploration")],
)
def test_without_the_library_the_extra_is_named(monkeypatch, module, extra, name):
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    for part in ("sb3", "trainer"):
        monkeypatch.delitem(sys.modules, f"metacot.agents.tracking.{part}", raising=False)
    with pytest.raises(ImportError, match=rf"pip install 'metacot\[{extra}\]'"):
        getattr(tracking, name)


# callbacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("default")  # of libraries that are not ours
def test_the_callback_of_sb3_logs_the_mean_of_each_rollout(tmp_path):
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    kwargs = {"budget": 4, "memory": "cursor", "flat": True}
    envs = make_vec_env("MetaCoT/Game24-v0", 2, seed=0, wrapper_class=RecordExploration, env_kwargs=kwargs)
    model = PPO("MlpPolicy", envs, n_steps=16, batch_size=16, seed=0, device="cpu")
    with JsonlTracker(tmp_path / "m.jsonl") as tracker:
        model.learn(96, callback=tracking.SB3Exploration(tracker))
    rows = explored(tracker.path)
    assert [row["step"] for row in rows] == [32, 64, 96]
    assert all(row.keys() - {"step"} == NAMES for row in rows)
    # Of 96 steps most belong to episodes that have ended; giving up is free but takes a step of the loop.
    assert sum(row["explore/episodes"] * row["explore/steps"] for row in rows) <= 96
    assert sum(row["explore/episodes"] for row in rows) >= 96 / 5 - 2


def test_the_callback_of_trainers_logs_when_the_trainer_does(tmp_path, infos):
    from transformers import TrainerControl, TrainerState

    with JsonlTracker(tmp_path / "m.jsonl") as tracker:
        callback = tracking.TrainerExploration(tracker)
        state = TrainerState(global_step=3, is_world_process_zero=True)
        callback.on_log(None, state, TrainerControl(), logs={})
        assert callback.record(infos) == 2
        callback.on_log(None, state, TrainerControl(), logs={})
        callback.record(infos[0])
        callback.on_log(None, TrainerState(global_step=4, is_world_process_zero=True), TrainerControl(), logs={})
        assert [row["step"] for row in explored(tracker.path)] == [3, 4]
        # Resumed from update 3: what came after it is done again.
        callback.on_train_begin(None, state, TrainerControl())
        assert [row["explore/success"] for row in explored(tracker.path)] == [0.5]
        callback.record(infos)
        callback.on_log(None, TrainerState(global_step=4, is_world_process_zero=False), TrainerControl())
        assert len(explored(tracker.path)) == 1, "only the first process logs"
        assert len(callback.episodes) == 0


# the examples, and what W&B holds of them ---------------------------------------------------------------------------


@pytest.fixture
def example(root, monkeypatch, tmp_path, capsys, offline_history):
    """A function that runs an example in this process; returns the rows of its file and of its offline W&B run."""

    def run(name, *words):
        spec = importlib.util.spec_from_file_location("example", root / "examples" / name)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        folder = tmp_path / "run"
        monkeypatch.setattr(sys, "argv", [name, str(folder), *words])
        module.main()
        count, _, synced = capsys.readouterr().out.splitlines()[-2:][0].partition(" rows in ")
        assert synced == str(folder / "metrics.jsonl")
        newest = max((folder / "wandb").glob("offline-run-*"), key=lambda path: path.stat().st_mtime_ns)
        rows = explored(folder / "metrics.jsonl")
        assert len(rows) == int(count)
        return rows, offline_history(newest, len(rows))

    return run


def agree(rows, held):
    """Does the W&B run hold the rows of the file?"""
    assert [row["step"] for row in rows] == [row["explore/step"] for row in held]
    for row, kept in zip(rows, held, strict=True):
        assert kept.keys() >= NAMES
        for name in NAMES:
            number = float(kept[name])  # NaN is kept as text
            assert number == pytest.approx(row[name], nan_ok=True)


def test_a_loop_of_ones_own_is_logged_to_wandb_and_runs_twice_in_one_folder(example):
    for _ in range(2):
        rows, held = example("track_loop.py", "--episodes", "12")
        assert 12 <= len(rows) <= 15
        agree(rows, held)
        assert np.mean([row["explore/regret"] for row in rows if not math.isnan(row["explore/regret"])]) > 0.2


@pytest.mark.filterwarnings("default")  # of libraries that are not ours
def test_training_by_sb3_is_logged_to_wandb(example):
    rows, held = example("track_sb3.py", "--steps", "512")
    assert [row["step"] for row in rows] == [256, 512]
    agree(rows, held)


@pytest.mark.filterwarnings("default")  # of libraries that are not ours
def test_training_by_trl_is_logged_to_wandb(example):
    rows, held = example("track_trl.py", "--updates", "2")
    assert [(row["step"], row["explore/episodes"]) for row in rows] == [(1, 8), (2, 8)]
    agree(rows, held)
