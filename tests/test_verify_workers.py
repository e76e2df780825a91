"""Algebra in worker processes: from threads, coroutines and forks, killed in time, leaving nothing behind."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from metacot.agents.engines import make_engine
from metacot.rewards import adversarial, clear_caches, counts, reset_counts, verify, verify_batch, warm_up
from metacot.tasks.answers.workers.batch import close_batch_workers

INTEGRAL = (r"\int_0^1 x^2\,dx", r"\frac13")
SUM = (r"\sum_{k=1}^{10} k", "55")
BOMB = (r"\int_0^1 \frac{x^{9999}}{1+x^{77}}dx", "3")


@pytest.fixture(scope="module", autouse=True)
def warm():
    assert warm_up(60)


def test_a_worker_decides_what_the_parser_does_not_read():
    assert verify(*INTEGRAL).correct is True
    assert verify(*SUM).correct is True
    assert verify(r"\sum_{k=1}^{10} k", "54").correct is False
    assert verify(r"\lim_{x\to 0}\frac{\sin x}{x}", "1").correct is True


def test_a_job_that_takes_too_long_is_killed_and_the_next_one_is_done():
    clear_caches()
    reset_counts()
    start = time.perf_counter()
    verdict = verify(*BOMB)
    assert time.perf_counter() - start < 1.5
    assert (verdict.correct, verdict.reason) == (None, "not decided: took too long")
    assert counts()["worker kills"] == 1
    assert verify(*BOMB).correct is None
    assert counts()["worker kills"] == 1  # remembered
    assert verify(*SUM).correct is True


def test_it_works_in_threads_and_coroutines():
    clear_caches()
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: verify(*SUM).correct, range(8))) == [True] * 8

    async def main() -> list[bool | None]:
        here, there = verify("1/2", "0.5"), await asyncio.to_thread(verify, *INTEGRAL)
        batch = await asyncio.to_thread(verify_batch, ["1", "2"], ["1", "1"], workers=2)
        return [verdict.correct for verdict in (here, there, *batch)]

    assert asyncio.run(main()) == [True, True, True, False]


def _child(queue) -> None:
    warm_up(60)
    queue.put((verify(*SUM).correct, verify("0.5", "1/2").correct, verify_batch(["1", "2"], ["1", "1"])[1].correct))


def test_it_works_in_a_fork_of_a_process_with_workers():
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    process = context.Process(target=_child, args=(queue,))
    process.start()
    assert queue.get() == (True, True, False)
    process.join(30)
    assert process.exitcode == 0
    clear_caches()
    assert verify(*SUM).correct is True  # the parent's workers are still its own


def test_it_works_in_a_process_that_inherits_nothing(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing\n"
        "from metacot.rewards import verify, verify_batch, warm_up\n"
        "def work(text):\n"
        "    assert warm_up(60)\n"
        "    batch = verify_batch(['1', '2'], ['1', '1'], workers=2)\n"
        "    return [verdict.correct for verdict in (verify(text, '55'), *batch)]\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as processes:\n"
        f"        print(processes.apply(work, [{SUM[0]!r}]))\n"
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[True, True, False]\n", "")


def test_it_works_in_the_tasks_of_a_ray_cluster(cluster):
    def task(_: int) -> tuple[int, list[bool | None]]:
        assert warm_up(60)
        batch = verify_batch(["0.5", "2"], ["1/2", "1"], workers=2)
        return os.getpid(), [verdict.correct for verdict in (verify(*SUM), *batch)]

    with make_engine("ray", 2, cluster) as engine:
        found = list(engine.map(task, range(2)))
    assert [verdicts for _, verdicts in found] == [[True, True, False]] * 2
    assert os.getpid() not in {process for process, _ in found}


def test_it_works_in_a_program_without_a_main_guard(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "from metacot.rewards import verify, verify_batch, warm_up\n"
        "assert warm_up(60)\n"
        f"print(verify(*{SUM!r}).correct, [v.correct for v in verify_batch(['1', '2'], ['1', '1'], workers=2)])\n"
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True [True, False]\n", "")


def test_a_batch_says_what_single_checks_say_and_counts_the_same():
    pairs = [pair for pair in adversarial.pairs() if pair.category != "algebra_bomb"]
    predictions, golds = [pair.prediction for pair in pairs], [pair.gold for pair in pairs]
    reset_counts()
    alone = verify_batch(predictions, golds)
    expected = counts()
    reset_counts()
    assert verify_batch(predictions, golds, workers=2) == alone
    assert counts() == expected


def test_a_batch_waits_for_the_algebra_of_its_workers():
    close_batch_workers()
    sums = [(rf"\sum_{{k=1}}^{{{count}}} k", str(count * (count + 1) // 2)) for count in (10, 11, 12, 13)]
    verdicts = verify_batch(*zip(*sums, strict=True), workers=2)
    assert [verdict.correct for verdict in verdicts] == [True] * 4


def test_a_batch_worker_that_dies_takes_only_what_it_was_doing_with_it():
    clear_caches()
    slow = [BOMB[0].replace("77", str(number)) for number in (77, 79)]
    predictions = [slow[0], *"1234", slow[1], *"1234", *("1" for _ in range(30))]  # both workers begin with a slow one
    verify_batch(predictions[1:5], ["1"] * 4, workers=2)
    with ThreadPoolExecutor(1) as thread:
        batch = thread.submit(verify_batch, predictions, ["1"] * 40, workers=2)
        time.sleep(0.3)
        os.kill(batch_workers()[0], signal.SIGKILL)
        verdicts = batch.result(120)
    lost = [verdict.correct is None and "process has ended" in verdict.reason for verdict in verdicts]
    assert lost in ([True] * 5 + [False] * 35, [False] * 5 + [True] * 5 + [False] * 30)
    assert all(verdict.correct for verdict in verdicts[10:])
    assert verify_batch(predictions[1:5], ["1"] * 4, workers=2)[0].correct is True


def batch_workers() -> list[int]:
    """The processes below this one that judge batches."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if parent == str(os.getpid()) and b"workers.batch" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def test_a_batch_refuses_what_does_not_fit_together():
    assert verify_batch([], []) == []
    with pytest.raises(ValueError, match="as many predictions as references"):
        verify_batch(["1"], [])
    with pytest.raises(ValueError, match="workers must be at least 1"):
        verify_batch(["1"], ["1"], workers=0)


def footprint() -> dict[str, int]:
    """Processes of this one and below, threads, open files, and resident memory in MiB."""
    me = str(os.getpid())
    below = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        below += fields[1] == me and fields[0] != "Z"
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    return {
        "processes": below,
        "threads": threading.active_count(),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "memory": memory,
    }


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("calls", [10_000, 100_000])
def test_the_hostile_corpus_leaves_nothing_behind(calls):
    pairs = adversarial.pairs(hostile=True)
    clear_caches()
    reset_counts()
    start = time.perf_counter()
    for number in range(calls):
        if number == 100:
            before = footprint()
        pair = pairs[number % len(pairs)]
        assert verify(pair.prediction, pair.gold).correct is not True
    after = footprint()
    assert time.perf_counter() - start < 600 * calls / 10_000
    assert counts().get("worker kills", 0) <= calls / 100
    for name, value in before.items():
        assert abs(after[name] - value) <= 0.05 * value, (name, before, after)
