"""Traces at scale: the same rows whatever makes them and however often it is killed, and what the rows hold."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pandas as pd  # noqa: F401 (pyarrow loads it: once here, and not in every worker)
import pytest

from metacot import tasks
from metacot.agents.search import search
from metacot.agents.synthesis import (
    COUNTS,
    SynthesisSettings,
    count_tokens,
    read_manifest,
    read_rows,
    synthesize,
    trace_of,
)
from metacot.cli import main
from metacot.tasks import GiveUp, Submit, replay
from metacot.tasks.styles import STYLES, make_style

GAME = tasks.make("game24")
FEW = SynthesisSettings(problems=60, value="noisy:0.2:{n}", budget=30, values=True, shard_rows=16)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    folder = tmp_path_factory.mktemp("few") / "traces"
    synthesize(GAME, FEW, folder)
    return folder


def test_a_row_holds_the_problem_the_trace_and_its_text(few):
    rows = list(read_rows(few))
    assert [row["number"] for row in rows] == list(range(60))
    assert 0.5 < sum(row["success"] for row in rows) / 60 < 1
    for row in rows:
        problem = GAME.problem(row["seed"], row["index"], row["split"], **json.loads(row["difficulty"]))
        assert json.loads(row["problem"]) == json.loads(problem.to_json())
        assert row["question"] == GAME.ask(problem)
        trace = trace_of(GAME, row)
        assert trace.problem == problem
        text = make_style("suite").emit(GAME, trace)
        assert text == (f"{row['z']}</think>\n{row['s']}" if row["s"] else row["z"])
        done = replay(GAME, trace)
        assert row["success"] == done.success
        assert row["nodes"] == len(done.tree) - 1 == row["search_nodes"]
        assert row["backtracks"] == sum(event.kind == "back" for event in done.events)
        assert row["tokens"] == count_tokens(text)
        assert (row["duplicates"], row["dropped_branches"]) == (0, 0)
        found = search("best_first", GAME, problem, f"noisy:0.2:{row['number']}", budget=30, seed=row["number"])
        assert found.trace(values=True) == trace
        assert found.duplicates == row["search_duplicates"]
        if row["success"]:
            assert isinstance(trace.actions[-1], Submit | GiveUp)


def test_any_number_of_workers_writes_the_same_bytes(few, tmp_path):
    told = []
    synthesize(GAME, FEW, tmp_path / "two", workers=2, progress=told.append)
    assert content(tmp_path / "two") == content(few)
    assert sum(told) == 60
    told.clear()
    assert synthesize(GAME, FEW, tmp_path / "two", progress=told.append) == read_manifest(few)
    assert told == [60]


def test_files_that_are_there_are_not_made_again(few, tmp_path):
    names = [file["name"] for file in read_manifest(few)["files"]]
    assert names == [f"train-{place:05d}-of-00004.parquet" for place in range(4)]
    again = tmp_path / "again"
    synthesize(GAME, FEW, again)
    manifest = json.loads((again / "manifest.json").read_text())
    begun = {name: manifest[name] for name in ("task", "settings", "metacot", "columns")}
    (again / "manifest.json").write_text(json.dumps({**begun, "finished": False}))
    (again / names[1]).unlink()
    before = (again / names[0]).stat().st_mtime_ns
    told = []
    synthesize(GAME, FEW, again, progress=told.append)
    assert (again / names[0]).stat().st_mtime_ns == before
    assert told == [44, 16]
    assert content(again) == content(few)
    # Nor is a finished folder taken for whole that is not; what a killed process was writing is cleared away.
    (again / names[2]).unlink()
    (again / f".{names[2]}.7.half").touch()
    synthesize(GAME, FEW, again)
    assert content(again) == content(few)


def test_datasets_reads_it(few, tmp_path):
    datasets = pytest.importorskip("datasets")
    rows = datasets.load_dataset(
        "parquet", data_files=str(few / "*.parquet"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert len(rows) == 60
    assert rows[:] == {name: [row[name] for row in read_rows(few)] for name in rows.column_names}
    # The header of the card tells it what the files are.
    folder = datasets.load_dataset(str(few), cache_dir=str(tmp_path / "cache"))
    assert list(folder) == ["train"]
    assert len(folder["train"]) == 60


def test_the_card_and_the_manifest_say_what_is_there(few):
    manifest, rows = read_manifest(few), list(read_rows(few))
    success = sum(row["success"] for row in rows)
    assert (manifest["rows"], manifest["problems"], manifest["too_long"]) == (60, 60, 0)
    assert manifest["success_rate"] == success / 60
    for name in COUNTS:
        numbers = sorted(row[name] for row in rows)
        found = manifest["counts"][name]
        assert (found["sum"], found["max"]) == (sum(numbers), numbers[-1])
        assert found["median"] == numbers[29]
    card = (few / "README.md").read_text()
    assert f"| verified success | {success} ({success / 60:.2%} of the problems) |" in card
    assert '| value | `"noisy:0.2:{n}"` |' in card
    bars = card.partition("```text\n")[2].partition("```")[0].strip().split("\n")
    assert sum(int(bar.split()[1]) for bar in bars) == 60
    assert max(map(len, bars)) == max(len(bar) for bar in bars if bar.endswith("#" * 40))


@pytest.mark.parametrize(
    ("style", "linearizer"),
    [
        *zip(
            STYLES, ["pruned:rate=0.3", "ancestor_hops:branches=2", "inserted_errors:rate=0.3", "revision"], strict=True
        )
    ],
)
def test_rows_in_every_style_read_back(style, linearizer, tmp_path):
    settings = replace(FEW, problems=8, style=style, linearizer=linearizer)
    synthesize(GAME, settings, tmp_path / "out")
    for row in read_rows(tmp_path / "out"):
        trace = trace_of(GAME, row)
        text = f"{row['z']}</think>\n{row['s']}" if row["s"] else row["z"]
        written = make_style(style, trace.source["style_seed"])
        assert written.parse(GAME, trace.problem, text, strict=True) == trace
        assert trace.source["linearizer"] == linearizer.partition(":")[0]


def test_limits_drop_branches_and_leave_out_what_is_too_long(tmp_path):
    synthesize(GAME, replace(FEW, max_tokens=150, max_backtracks=3), tmp_path / "out")
    rows = list(read_rows(tmp_path / "out"))
    assert all(row["tokens"] <= 150 and row["backtracks"] <= 3 for row in rows)
    assert any(row["dropped_branches"] for row in rows)
    manifest = synthesize(GAME, replace(FEW, max_tokens=50), tmp_path / "short")
    assert manifest["rows"] + manifest["too_long"] == 60
    assert manifest["too_long"] > 0


def test_rows_in_order_of_difficulty_over_all_files(few, tmp_path):
    settings = replace(FEW, order="difficulty")
    synthesize(GAME, settings, tmp_path / "one")
    synthesize(GAME, settings, tmp_path / "two", workers=2)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert not (tmp_path / "one" / "parts").exists()
    rows = list(read_rows(tmp_path / "one"))
    assert rows == sorted(read_rows(few), key=lambda row: (row["search_nodes"], row["number"]))
    assert [file["rows"] for file in read_manifest(tmp_path / "one")["files"]] == [16, 16, 16, 12]


def test_another_split_and_level_of_any_task(tmp_path):
    maze = tasks.make("maze")
    settings = SynthesisSettings(problems=5, split="test", difficulty=maze.knobs("easy"), search="astar")
    manifest = synthesize(maze, settings, tmp_path / "out")
    assert manifest["success_rate"] == 1
    assert [file["name"] for file in manifest["files"]] == ["test-00000-of-00001.parquet"]
    rows = list(read_rows(tmp_path / "out", ["task", "split"]))
    assert Counter(map(tuple, map(dict.values, rows))) == {("maze", "test"): 5}


def test_wrong_settings_and_other_folders_are_refused_by_name(few, tmp_path):
    for wrong, said in (
        ({"problems": 0}, "problems must be at least 1"),
        ({"search": "wide"}, "search must be one of"),
        ({"style": "verse"}, "style must be one of"),
        ({"order": "none"}, "order must be one of"),
        ({"max_tokens": -1}, "must not be negative"),
    ):
        with pytest.raises(ValueError, match=said):
            replace(FEW, **wrong)
    for wrong, said in (
        ({"value": "noisy"}, "a value is one of"),
        ({"linearizer": "pruned:speed=1"}, "knobs of pruned"),
        ({"split": "week"}, "week"),
        ({"difficulty": {"hihg": 3}}, "hihg"),
    ):
        with pytest.raises(ValueError, match=said):
            synthesize(GAME, replace(FEW, **wrong), tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(ValueError, match="holds other traces"):
        synthesize(GAME, replace(FEW, seed=1), few)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").touch()
    with pytest.raises(ValueError, match="not an empty folder"):
        synthesize(GAME, FEW, tmp_path / "full")


# the command line -----------------------------------------------------------------------------------------------------

MANY = ("--n", "600", "--shard-rows", "50", "--value", "noisy:0.2:{n}", "--budget", "30")


def command(out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "metacot.cli", "traces", "game24", "--out", str(out), *MANY, *more]


def wait_for_files(process: subprocess.Popen, out: Path, count: int) -> None:
    while len(list(out.glob("*.parquet"))) < count:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A run of the command that nobody disturbed."""
    out = tmp_path_factory.mktemp("many") / "traces"
    done = subprocess.run(command(out), capture_output=True, text=True, check=True)
    assert "600 traces of 600 problems in 12 files" in done.stdout
    assert "100%" in done.stderr
    return out


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(many, tmp_path):
    out = tmp_path / "killed"
    with subprocess.Popen(command(out, "--workers", "2"), stderr=subprocess.DEVNULL) as process:
        wait_for_files(process, out, 4)
        process.send_signal(signal.SIGKILL)
    with pytest.raises(ValueError, match="not finished"):
        next(read_rows(out))
    subprocess.run(command(out, "--workers", "2"), capture_output=True, check=True)
    assert content(out) == content(many)


def test_the_command_says_what_to_change(tmp_path, capsys):
    words = ["traces", "game24", "--n", "3", "--out", str(tmp_path / "out")]
    assert main([*words, "--linearizer", "backwards"]) == 2
    assert "a linearizer is one of" in capsys.readouterr().err
    assert main([*words, "--address", "127.0.0.1:1"]) == 2
    assert "an address is for the engine ray" in capsys.readouterr().err
    assert main([*words, "--difficulty", "easy", "--style", "prose"]) == 0
    assert "3 traces of 3 problems in 1 files" in capsys.readouterr().out


@pytest.mark.slow
def test_on_ray_with_a_worker_killed_half_way_the_rows_are_the_same(many, tmp_path, cluster):
    out = tmp_path / "ray"
    words = command(out, "--engine", "ray", "--workers", "2", "--address", cluster)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        wait_for_files(process, out, 3)
        while not (working := _working()):
            assert process.poll() is None, "it ended before a worker could be killed"
        os.kill(working[0], signal.SIGKILL)
        _, said = process.communicate()
    assert process.returncode == 0, said
    assert content(out) == content(many)


def _working() -> list[int]:
    """The processes in which Ray works for us."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if path.read_bytes().startswith(b"ray::_call"):
                found.append(int(path.parent.name))
    return found
