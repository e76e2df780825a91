"""The whole run in small: what it leaves behind, and that neither a kill nor anything else changes its outcome.

Run as a script, this file makes the runs that the tests look at: one whole, and one whose process is killed (SIGKILL)
in every stage and started again. It imports the heavy libraries once and forks a process for every session.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metacot.agents import traces
from metacot.agents.finished import FinishedRun
from metacot.agents.pipeline import run
from metacot.agents.policies.model import LanguageModel, ModelConfig
from metacot.agents.presets import PRESETS, EvalSettings, RunSettings
from metacot.agents.reading import ReadingSettings
from metacot.agents.run_folder import stage_seconds
from metacot.agents.traces import TraceSettings, make_traces, read_pieces, read_traces
from metacot.agents.tracking import Tracker, read_metrics
from metacot.agents.training.rl import RLSettings
from metacot.agents.training.sft import SFTSettings
from metacot.tasks import make, replay

TINY = replace(
    PRESETS["smoke"],
    traces=TraceSettings(problems=150),
    families=((1.0, {"low": 5, "high": 6}),),  # few enough to be learned in seconds
    model=ModelConfig(width=32, layers=1, heads=2, inner=64, context=512),
    reading=ReadingSettings(SFTSettings(updates=12, rows=8, save_every=4, log_every=4)),
    sft=SFTSettings(updates=96, rows=8, lr=0.05, adam_lr=0.01, save_every=16, log_every=4, probe_every=48),
    rl=RLSettings(updates=4, groups=2, generations=4, micro=4, save_every=2, log_every=1, probe_every=4),
    evaluation=EvalSettings(problems=5, samples=2, attempts=3, budget=8, budgets=(3, 8)),
)
SHARD = 50  # problems a file, so that there are three
STAGES = ("traces", "base", "cot", "sft", "rl", "eval")

# Where the process is killed: in each session once, so each must get further than the one before.
KILLS = (
    ("traces", "the sixth file"),
    ("base", "update 8"),
    ("cot", "update 20"),
    ("cot", "model"),
    ("sft", "update 4"),
    ("sft", "update 20"),
    ("rl", "checkpoint"),
    ("rl", "update 3"),
    ("eval", "update 0"),
)


# --- the script ------------------------------------------------------------------------------------------


def kill(*_: Any, **__: Any) -> None:
    """What the kernel does to a process that uses too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


class KillAt(Tracker):
    """Kills the process when a stage logs an update."""

    def __init__(self, stage: str, update: int):
        self.at = stage, update

    def _log(self, stage: str, step: int, metrics: dict[str, float]) -> None:
        if (stage, step) == self.at:
            kill()


def arm(stage: str, place: str) -> list[Tracker]:
    """Make this process kill itself there; returns the trackers to run with."""
    from metacot.agents.training.checkpoints import MarkComplete

    if place == "the sixth file":
        written, write = [], traces.write_whole
        traces.write_whole = lambda path, text: kill() if len(written) == 5 else written.append(write(path, text))
    elif place == "model":
        LanguageModel.save = lambda self, folder: (folder.mkdir(), kill())
    elif place == "checkpoint":
        mark = MarkComplete.on_save
        MarkComplete.on_save = lambda self, args, *rest, **more: (
            kill() if Path(args.output_dir).parent.name == stage else mark(self, args, *rest, **more)
        )
    else:
        return [KillAt(stage, int(place.removeprefix("update ")))]
    return []


def session(out: Path, *where: str) -> int:
    """A run in a process of its own; returns how it ended, as os.waitpid says."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    traces.SHARD = SHARD
    run(TINY, out, workers=1, trackers=lambda folder: arm(*where) if where else [], say=lambda text: None)
    os._exit(0)


def make_runs(out: Path) -> None:
    """`whole` and `killed`; what the sessions of the second saw is in `sessions.json`."""
    import trl
    from trl import GRPOTrainer, SFTTrainer  # noqa: F401 (loaded before the forks, once)

    del trl
    assert session(out / "whole") == 0
    told = []
    for stage, place in KILLS:
        ended = session(out / "killed", stage, place)
        done = [name for name in STAGES if (out / "killed" / name / "done.json").exists()]
        told.append({"stage": stage, "place": place, "ended": ended, "done": done})
    told.append({"ended": session(out / "killed")})
    (out / "sessions.json").write_text(json.dumps(told))


# --- the tests -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `whole` and `killed`."""
    out = tmp_path_factory.mktemp("runs")
    done = subprocess.run(
        [sys.executable, __file__, str(out)],
        env={name: value for name, value in os.environ.items() if name != "WANDB_MODE"} | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (out / "output").write_text(done.stdout + done.stderr)
    return out


def stable(path: Path) -> str:
    """A file without the times in it."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r'"(time|time/seconds|seconds)": [\d.e+-]+', r'"\1": 0', text)


def test_a_run_leaves_its_files_behind(runs):
    whole = runs / "whole"
    for name in STAGES:
        assert json.loads((whole / name / "done.json").read_text())["seconds"] >= 0
    for name in ("base", "cot", "sft", "rl"):
        assert (whole / name / "model" / "model.safetensors").stat().st_size > 0
        assert (whole / name / "model" / "tokenizer.json").exists()
    assert len(list((whole / "traces").glob("*.jsonl"))) == 3 * 2 * 2  # shards, linearizers, traces and pieces
    assert "<html" in (whole / "report.html").read_text(encoding="utf-8")
    assert {row["stage"] for row in read_metrics(whole / "metrics.jsonl")} == set(STAGES)
    assert sorted(stage_seconds(whole)) == sorted(STAGES)


def test_the_process_was_killed_where_it_should_be_and_then_went_on(runs):
    *killed, last = json.loads((runs / "sessions.json").read_text())
    assert last["ended"] == 0
    for entry in killed:
        assert entry["ended"] == -signal.SIGKILL, entry
        assert entry["done"] == list(STAGES[: STAGES.index(entry["stage"])]), entry


def test_killed_in_every_stage_the_outcome_is_the_same(runs):
    whole, killed = runs / "whole", runs / "killed"
    assert (killed / "eval.json").read_bytes() == (whole / "eval.json").read_bytes()
    assert FinishedRun.read(killed).table() == FinishedRun.read(whole).table()
    for name in ("base", "cot", "sft", "rl"):
        weights = [(folder / name / "model" / "model.safetensors").read_bytes() for folder in (killed, whole)]
        assert weights[0] == weights[1], name
    assert (whole / "rl/model/model.safetensors").read_bytes() != (whole / "sft/model/model.safetensors").read_bytes()


def test_killed_in_every_stage_the_records_are_the_same(runs):
    whole, killed = runs / "whole", runs / "killed"
    for path in sorted((whole / "traces").glob("*.jsonl")):
        assert (killed / "traces" / path.name).read_bytes() == path.read_bytes()
    for name in STAGES:
        assert stable(killed / name / "done.json") == stable(whole / name / "done.json")
    assert stable(killed / "metrics.jsonl") == stable(whole / "metrics.jsonl")


def test_nothing_but_our_own_bars_is_shown(runs):
    output = (runs / "output").read_text()
    for line in re.split("[\r\n]+", output):
        words = line.strip()
        assert not words or re.match(r"(traces|base|cot|sft|rl|eval|CoT restart)", words), words


def test_a_finished_run_is_not_done_again(runs, monkeypatch):
    from metacot.agents import pipeline

    whole = runs / "whole"
    before = {
        path: path.stat().st_mtime_ns for path in whole.rglob("*") if path.is_file() and path.name != "report.html"
    }
    for name in ("make_traces", "train_sft", "train_rl", "evaluate_systems"):
        monkeypatch.setattr(pipeline, name, None)
    said: list[str] = []
    evaluation = run(TINY, whole, say=said.append)
    assert said[0] == FinishedRun.read(whole).table()
    assert said[-1] == f"report: {whole / 'report.html'}"
    for words in ("random legal play", "after meta-RL", "best-first, exact values", "95%"):
        assert words in said[0]
    assert len(evaluation.problems) == 5
    after = {
        path: path.stat().st_mtime_ns for path in whole.rglob("*") if path.is_file() and path.name != "report.html"
    }
    assert after == before


def test_other_settings_or_another_seed_need_another_folder(runs):
    with pytest.raises(ValueError, match="other settings or another seed"):
        run(TINY, runs / "whole", 1)
    with pytest.raises(ValueError, match="other settings or another seed"):
        run(replace(TINY, trial=replace(TINY.trial, budget=9)), runs / "whole")


# --- traces ----------------------------------------------------------------------------------------------


def traced(folder: Path, workers: int = 1, seed: int = 0, settings: RunSettings = TINY) -> dict[str, bytes]:
    amounts = list(make_traces(make("game24"), settings.families, settings.traces, folder, seed=seed, workers=workers))
    assert sum(amounts) == settings.traces.problems
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_traces_depend_on_the_seed_and_not_on_the_workers(tmp_path, runs, monkeypatch):
    monkeypatch.setattr(traces, "SHARD", SHARD)
    found = traced(tmp_path / "two", workers=2)
    assert found == {path.name: path.read_bytes() for path in sorted((runs / "whole" / "traces").glob("*.jsonl"))}
    assert traced(tmp_path / "other", seed=1) != found
    assert traced(tmp_path / "two") == found, "finished files are kept"


def test_traces_are_read_back_and_are_of_training_hands_that_were_solved(runs):
    task = make("game24")
    folder = runs / "whole" / "traces"
    held_out = {task.problem_key(task.problem(0, index, "test")) for index in range(task.count("test"))}
    for linearizer in TINY.traces.linearizers:
        read = list(read_traces(task, folder, linearizer))
        assert len(read) == len(list(read_pieces(folder, linearizer))) > 100
        assert all(replay(task, trace).success for trace in read)
        assert not held_out & {task.problem_key(trace.problem) for trace in read}


def children(parent: int) -> list[int]:
    """Process ids, as Linux tells them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_workers_end_with_a_process_that_is_killed(tmp_path):
    code = (
        "from pathlib import Path; import sys; from metacot.agents import traces; from metacot.tasks import make;"
        "settings = traces.TraceSettings(problems=1_000_000);"
        "list(traces.make_traces(make('game24'), [(1.0, {})], settings, Path(sys.argv[1]), seed=0, workers=2))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    try:
        workers = wait_for(lambda: len(found := children(process.pid)) == 2 and found)
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


# --- long ------------------------------------------------------------------------------------------------


def demo(out: Path, after: float | None) -> int:
    """The command itself; killed after so many seconds, if it is not done before."""
    command = [sys.executable, "-m", "metacot.cli", "demo", "--preset", "smoke", "--out", str(out), "--workers", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def delays() -> Iterator[float]:
    """Seconds to the kill, each session a little longer, so that every stage is met and the run ends."""
    seconds = 2.0
    while True:
        yield seconds
        seconds *= 1.2


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_any_moment_the_command_comes_to_the_same_end(tmp_path):
    assert demo(tmp_path / "whole", None) == 0
    kills = 0
    for seconds in delays():
        if demo(tmp_path / "killed", seconds) == 0:
            break
        kills += 1
    assert kills > 5
    assert (tmp_path / "killed" / "eval.json").read_bytes() == (tmp_path / "whole" / "eval.json").read_bytes()
    assert stable(tmp_path / "killed" / "metrics.jsonl") == stable(tmp_path / "whole" / "metrics.jsonl")


if __name__ == "__main__":
    make_runs(Path(sys.argv[1]))
