"""Traces at scale: what a second worker adds, and that memory does not grow with the number of traces.

The largest process is a worker, whose tables of exact values fill up, within bounds, as it goes.

Left out: the start of Python and of the workers, which a long run does not notice. Both figures come from fresh
processes; the first is only worth anything on a machine with two idle cores.
"""

from __future__ import annotations

import subprocess
import sys

SPEED = """
import sys, tempfile
from time import perf_counter
from metacot import tasks
from metacot.agents.synthesis import SynthesisSettings, synthesize
game = tasks.make("game24")
settings = SynthesisSettings(problems={problems}, value="noisy:0.2:{{n}}", budget=50, shard_rows=250)
for workers in (1, 2):
    done = []
    with tempfile.TemporaryDirectory() as folder:
        synthesize(game, settings, folder, workers=workers, progress=lambda n: done.append((perf_counter(), n)))
    begin, end = done[workers], done[-workers]  # from when every worker is at work until one is not
    print(sum(n for _, n in done[1 + workers : len(done) - workers + 1]) / (end[0] - begin[0]))
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
    one, two = _measure(SPEED.format(problems=PROBLEMS))
    [[small], [large]] = [_measure(MEMORY.format(problems=problems)) for problems in SIZES]
    return [
        (
            "traces/s by one worker",
            one,
            f"Game of 24, best_first, noisy:0.2, 50 nodes, text and Parquet included; {PROBLEMS:,} problems",
        ),
        (
            "two workers over one",
            two / one,
            f"the same {PROBLEMS:,} problems; {two / one / SPEED_BAR:.2f}x the bar of {SPEED_BAR}",
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
