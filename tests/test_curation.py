"""Curation as a whole: planted rows are all found, whatever the workers; a killed run goes on to the same bytes."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from metacot.agents.curation import RULES, Settings, curate, report_text
from metacot.agents.curation.planted import BLOCK, DROPPED, HELD_OUT, planted
from metacot.cli import main

MILLION = 1_000_000

SHARD = 250


def plant(folder: Path, count: int) -> tuple[Path, Path]:
    """A file of planted rows and one of the held-out problems."""
    rows, against = folder / "rows.jsonl", folder / "held-out.jsonl"
    with rows.open("wb") as out:
        out.writelines(planted(number).line for number in range(count))
    against.write_text("".join(json.dumps({"problem": problem}) + "\n" for problem in HELD_OUT))
    return rows, against


def lines(folder: Path) -> list[dict]:
    return [json.loads(text) for path in sorted(folder.glob("*.jsonl")) for text in path.read_text().splitlines()]


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def check(out: Path, count: int) -> None:
    """Is every planted row where it belongs, and every report and row right?"""
    dropped = {row["row"]: row["rule"] for row in lines(out / "dropped")}
    expected = [planted(number) for number in range(count)]
    assert dropped == {row.number: row.rule for row in expected if row.rule}
    kept = lines(out / "kept")
    staying = [row for row in expected if not row.rule]
    assert len(kept) == len(staying)
    for row, wanted in zip(kept, staying, strict=True):
        if wanted.opened:
            before = json.loads(wanted.line)
            assert row.pop("reformulated_from") == {"problem": before["problem"], "answer": "B"}
            assert row == before | {"problem": f"What is {wanted.number - 7} + 8?", "answer": str(wanted.number + 1)}
        else:
            assert row == json.loads(wanted.line)
    report = json.loads((out / "report.json").read_text())
    assert (report["rows"], report["kept"]) == (count, len(kept))
    assert report["reformulated"] == sum(row.opened for row in expected)
    for rule in RULES:
        entry = report["rules"][rule]
        assert entry["dropped"] == sum(entry["why"].values()) == sum(row.rule == rule for row in expected)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[Path, Path, Path]:
    """(rows, held-out problems, the folder that an undisturbed run with one worker makes of them)"""
    folder = tmp_path_factory.mktemp("small")
    rows, against = plant(folder, 2000)
    curate(rows, folder / "out", Settings(against=str(against), shard_rows=SHARD))
    return rows, against, folder / "out"


def command(rows: Path, against: Path, out: Path, *more: str) -> list[str]:
    said = ["curate", str(rows), str(out), "--rules", "strict", "--against", str(against), *more]
    return [sys.executable, "-m", "metacot.cli", *said]


def kill_half_way(words: list[str], folder: Path, files: int) -> None:
    """Start a command and kill it, children and all, when so many files are there."""
    with subprocess.Popen(words, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None and sum(1 for _ in folder.glob("work/*/*")) < files:
            time.sleep(0.02)
        assert run.poll() is None, "it was over before it could be killed"
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)


def test_every_planted_row_of_twenty_thousand_is_where_it_belongs(tmp_path):
    rows, against = plant(tmp_path, 20_000)
    said = []
    report = curate(rows, tmp_path / "out", Settings(against=str(against), shard_rows=4000), workers=2, say=said.append)
    check(tmp_path / "out", 20_000)
    assert said[0] == "cut into 5 shards"
    assert said[-1] == "done 5/5"
    assert f"{report['kept']} of 20000 rows kept, 200 of them asked openly" in report_text(report)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "curation.json",
        "dropped",
        "kept",
        "report.json",
    ]


def test_the_planted_rows_hold_every_rule():
    assert {rule for rule, _ in DROPPED} == set(RULES)
    assert {planted(number).rule for number in range(2 * BLOCK)} == {None, *RULES}


def test_the_bytes_do_not_depend_on_the_workers(tmp_path, small):
    rows, against, out = small
    check(out, 2000)
    curate(rows, tmp_path / "out", Settings(against=str(against), shard_rows=SHARD), workers=3)
    assert content(tmp_path / "out") == content(out)


def test_a_run_killed_twice_goes_on_to_the_same_bytes(tmp_path, small):
    rows, against, out = small
    words = command(rows, against, tmp_path / "out", "--shard-rows", str(SHARD), "--workers", "2")
    for files in (10, 80):
        kill_half_way(words, tmp_path / "out", files)
    assert not (tmp_path / "out" / "report.json").exists()
    subprocess.run(words, check=True, capture_output=True)
    assert content(tmp_path / "out") == content(out)


def test_a_finished_folder_is_not_touched_and_belongs_to_its_settings(tmp_path, small, capsys):
    rows, against, out = small
    before = content(out)
    assert main(command(rows, against, out, "--shard-rows", str(SHARD))[3:]) == 0
    assert "conflicting_answers" in capsys.readouterr().out
    assert main(command(rows, against, out, "--shard-rows", "151")[3:]) == 2
    assert "other rows or other settings" in capsys.readouterr().err
    assert content(out) == before
    (tmp_path / "mine.txt").touch()
    with pytest.raises(ValueError, match="not an empty folder"):
        curate(rows, tmp_path)


def test_base_rules_keep_what_only_the_strict_ones_drop(tmp_path, small):
    rows, against, _ = small
    report = curate(rows, tmp_path / "out", Settings("base", against=str(against)))
    strict = {"no_multi_part", "no_proof", "no_multiple_choice", "no_yes_no", "no_true_false", "near_duplicate"}
    expected = [planted(number) for number in range(2000)]
    assert report["kept"] == sum(row.rule is None or row.rule in strict for row in expected)
    assert report["reformulated"] == 0
    assert {rule: entry["dropped"] for rule, entry in report["rules"].items() if rule in strict} == dict.fromkeys(
        strict, 0
    )


def test_rows_of_other_formats_are_curated_too(tmp_path):
    pairs = [("What is 1 + 1?", "2"), ("what is 1+1", "2.0"), ("What is 2 + 2?", "4"), ("What is 2 + 2?", "5")]
    (tmp_path / "x.csv").write_text("question,answer\n" + "".join(f"{q},{a}\n" for q, a in pairs))
    (tmp_path / "x.json").write_text(json.dumps([{"question": q, "answer": f"#### {a}"} for q, a in pairs]))
    for name, source in (("x.csv", "rows"), ("x.json", "gsm8k")):
        out = tmp_path / f"{name}.out"
        report = curate(tmp_path / name, out, Settings(source=source))
        assert report["kept"] == 1
        assert report["rules"]["exact_duplicate"]["dropped"] == 1
        assert report["rules"]["conflicting_answers"]["dropped"] == 2
        [row] = lines(out / "kept")
        assert row["question"] == "What is 1 + 1?"


def test_real_rows_are_curated(tmp_path, data_file):
    report = curate(data_file("math/aime_1983_2023_975.json"), tmp_path / "out", Settings(source="aime"))
    assert report["rows"] == 975
    assert report["kept"] > 500
    assert report["rules"]["unreadable"]["dropped"] == 0


def test_nothing_to_curate_is_an_error(tmp_path, capsys):
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(ValueError, match="holds no rows"):
        curate(tmp_path / "empty.jsonl", tmp_path / "out")
    assert main(["curate", str(tmp_path / "nowhere.jsonl"), str(tmp_path / "other")]) == 2
    assert "nowhere.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize("options", [{"rules": "none"}, {"similarity": 0.0}, {"similarity": 1.5}, {"shard_rows": 0}])
def test_senseless_settings_are_refused(options):
    with pytest.raises(ValueError, match="got"):
        Settings(**options)


def test_embeddings_of_a_model_say_what_is_nearly_the_same(tmp_path, monkeypatch):
    import numpy as np

    from metacot.agents.curation import embeddings

    def turned(model: str, texts: list[str]) -> np.ndarray:
        """Unit vectors whose angle is the number in the text."""
        angles = np.radians([float(text.split()[2]) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    monkeypatch.setattr(embeddings, "vectors", turned)
    angles = (0, 100, 50, 180, 110, 10)  # 50 is near 0 and 100; 10 near 0; 110 near 100
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"problem": f"What is {a} ?", "answer": str(a)}) + "\n" for a in angles))
    curate(rows, tmp_path / "out", Settings(embed="model", shard_rows=2))
    assert [row["answer"] for row in lines(tmp_path / "out" / "kept")] == ["0", "100", "180"]
    near = {row["row"]: row["other"] for row in lines(tmp_path / "out" / "dropped")}
    assert near == {2: 0, 4: 1, 5: 0}


# Ray


def test_two_ray_workers_write_the_same_bytes_as_one_process(tmp_path, small, cluster):
    rows, against, out = small
    words = command(rows, against, tmp_path / "out", "--shard-rows", str(SHARD))
    words += ["--engine", "ray", "--workers", "2", "--address", cluster]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert content(tmp_path / "out") == content(out)


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
def test_a_million_rows_under_a_gigabyte_killed_and_on_ray(tmp_path, request):
    rows, against = plant(tmp_path, MILLION)
    subprocess.run(command(rows, against, tmp_path / "one"), check=True, capture_output=True)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1 << 20  # the largest process, in KiB
    check(tmp_path / "one", MILLION)
    cluster = request.getfixturevalue("cluster")  # not before: it would wait for the first half
    words = command(rows, against, tmp_path / "two", "--engine", "ray", "--workers", "2", "--address", cluster)
    kill_half_way(words, tmp_path / "two", 700)
    subprocess.run(words, check=True, capture_output=True)
    assert content(tmp_path / "two") == content(tmp_path / "one")
