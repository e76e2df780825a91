"""Traces at scale: what a second worker adds, and that memory does not grow with the number of traces.

The largest process is a worker, whose tables of exact values fill up, within bounds, as it goes.

Left out: the start of Python and of the workers, which a long run does not notice. All figures come from fresh
processes. What a second worker adds is only worth anything on a machine with two idle cores; how many two processes
that share nothing get out of the same cores is measured beside it, and processor time says what the work itself costs.
"""

from __future__ import annotations

import subprocess
import sys

ROUNDS = 3
"""One worker and two take turns so often; of each the best counts."""

SPEED = """
import sys, tempfile
from concurrent.futures import ProcessPoolExecutor, wait
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter, process_time
from metacot import tasks
from metacot.agents.synthesis import SynthesisSettings, synthesize

def children():
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

def ceiling():
    with ProcessPoolExecutor(2) as pool:
        wait([pool.submit(sum, range(1000)) for _ in range(4)])
        start = perf_counter()
        for _ in range(2):
            pool.submit(sum, range(20_000_000)).result()
        between = perf_counter()
        wait([pool.submit(sum, range(20_000_000)) for _ in range(2)])
        return (between - start) / (perf_counter() - between)

game = tasks.make("game24")
settings = SynthesisSettings(problems={problems}, value="noisy:0.2:{{n}}", budget=50, shard_rows=250)
for _ in range({rounds}):
    print(ceiling())
    for workers in (1, 2):
        done, parent, below = [], process_time(), children()
        with tempfile.TemporaryDirectory() as folder:
            synthesize(game, settings, folder, workers=workers, progress=lambda n: done.append((perf_counter(), n)))
        begin, end = done[workers], done[-workers]  # from when every worker is at work until one is not
        print(sum(n for _, n in done[1 + workers : len(done) - workers + 1]) / (end[0] - begin[0]))
        print(process_time() - parent, children() - below)
"""
PROBLEMS = 8_000
SPEED_BAR = 1.8

MEMORY = """
import resource, tempfile
from metacot import tasks
from metacot.agents.synthesis import SynthesisSettings, synthesize
settings = SynthesisSettings(problems={problems}, value="noisy:0.2:{{n}}", budget=20)
with tempfile.TemporaryDirectory() as folder:
    synthesize(tasks.make("game24"), settings, folder)
print(max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024)
"""
SIZES = (5_000, 50_000)
GROWTH_BAR = 1.1


def run() -> list[tuple[str, float, str]]:
    found = _measure(SPEED.format(problems=PROBLEMS, rounds=ROUNDS))
    rounds = [found[start : start + 7] for start in range(0, len(found), 7)]
    ceiling, one, parent, first, two, _, second = (
        (min if place in (2, 3, 5, 6) else max)(of_round) for place, of_round in enumerate(zip(*rounds, strict=True))
    )
    [[small], [large]] = [_measure(MEMORY.format(problems=problems)) for problems in SIZES]
    return [
        (
            "traces/s by one worker",
            one,
            f"Game of 24, best_first, noisy:0.2, 50 nodes, text and Parquet included; {PROBLEMS:,} problems, "
            f"best of {ROUNDS}",
        ),
        (
            "two workers over one",
            two / one,
            f"the same {PROBLEMS:,} problems; {two / one / SPEED_BAR:.2f}x the bar of {SPEED_BAR}",
        ),
        ("the same for two processes that share nothing", ceiling, "what these cores have to give"),
        (
            "processor time of two workers over that of one",
            second / first,
            f"{second:.1f} and {first:.1f} s: what sharing the work costs",
        ),
        (
            "share of the process that writes",
            parent / (parent + first),
            f"{parent:.2f} s of processor time: the part that a second worker does not make faster",
        ),
        (
            f"memory of {SIZES[1]:,} traces over that of {SIZES[0]:,}",
            large / small,
            f"largest process {large:.0f} MiB and {small:.0f} MiB; {GROWTH_BAR * small / large:.2f}x the bar: at most "
            f"{GROWTH_BAR}",
        ),
    ]


def _measure(code: str) -> list[float]:
    """The numbers that the code prints, run in a process of its own."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [float(line) for line in done.stdout.split()]
