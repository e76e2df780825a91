"""A worker process: reads jobs, answers each with one message, ends when its input ends.

Run as a program of its own by `process.py`. It imports SymPy and math-verify once; each job then runs in a fork of its
own, with a limit on memory, and is killed when its time is over. So a job costs milliseconds to start, none leaves
anything behind for the next, and the warm process itself never works on hostile text.
"""

from __future__ import annotations

import marshal
import os
import resource
import signal
import time
from typing import Any

from .process import Channel, readable

MEMORY = 200 << 20
"""Bytes that one job may use beyond what the warm process has."""


def main() -> None:
    channel = Channel()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from .algebra import equal, warm

    warm()
    channel.send("ready")
    for job in channel.messages():
        channel.send(_in_fork(equal, job["prediction"], job["gold"], job["seconds"]))


def _in_fork(work: Any, prediction: str, gold: str, seconds: float) -> dict[str, Any]:
    """The result of work(prediction, gold), or why there is none."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reading)
            _limit_memory(seconds)
            os.write(writing, marshal.dumps({"equal": work(prediction, gold)}))
            status = 0
        except MemoryError:
            os.write(writing, marshal.dumps({"why": "memory"}))
        except BaseException as error:  # nothing may get past this line: it would run the parent's loop again
            os.write(writing, marshal.dumps({"why": f"error: {type(error).__name__}"}))
        finally:
            os._exit(status)
    os.close(writing)
    deadline = time.monotonic() + seconds
    found = b""
    try:
        while (left := deadline - time.monotonic()) > 0 and readable(reading, left):
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
    answer: dict[str, Any] = marshal.loads(found)
    return answer


def _limit_memory(seconds: float) -> None:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123  # in a fork, as little as possible
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
