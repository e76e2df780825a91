"""A worker process: reads jobs as JSON lines, answers each with one JSON line, ends when its input ends.

Run as a program of its own by `process.py`. It imports SymPy and math-verify once; each job then runs in a fork of its
own, with a limit on memory, and is killed when its time is over. So a job costs milliseconds to start, none leaves
anything behind for the next, and the warm process itself never works on hostile text.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import time
from typing import Any

MEMORY = 200 << 20
"""Bytes that one job may use beyond what the warm process has."""


def main() -> None:
    jobs, answers = os.fdopen(os.dup(0), "r", encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # whatever a library prints goes nowhere
        os.dup2(null, standard)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from .algebra import equal, warm

    warm()
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in jobs:
        job = json.loads(line)
        answer = _in_fork(equal, job["prediction"], job["gold"], job["seconds"])
        print(json.dumps(answer), file=answers, flush=True)


def _in_fork(work: Any, prediction: str, gold: str, seconds: float) -> dict[str, Any]:
    """The result of work(prediction, gold), or why there is none."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reading)
            _limit_memory(seconds)
            os.write(writing, json.dumps({"equal": work(prediction, gold)}).encode())
            status = 0
        except MemoryError:
            os.write(writing, b'{"why": "memory"}')
        except BaseException as error:  # nothing may get past this line: it would run the parent's loop again
            os.write(writing, json.dumps({"why": f"error: {type(error).__name__}"}).encode())
        finally:
            os._exit(status)
    os.close(writing)
    deadline = time.monotonic() + seconds
    found = b""
    try:
        while (left := deadline - time.monotonic()) > 0 and select.select([reading], [], [], left)[0]:
            piece = os.read(reading, 4096)
            if not piece:
                break
            found += piece
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not found:
        return {"why": "killed"} if time.monotonic() >= deadline else {"why": "memory"}
    return json.loads(found)


def _limit_memory(seconds: float) -> None:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123  # in a fork, as little as possible
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
