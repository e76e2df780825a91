"""Many checks at once, in several processes that stay warm between batches."""

from __future__ import annotations

import atexit
import os
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ...problem import Verdict
from ..conventions import DEFAULT, Conventions
from ..counting import add_counts, counts, reset_counts
from ..verify import verify
from . import pool
from .process import Channel, ChildProcess, Died

CHUNK = 200
"""Checks that a worker is given at a time."""
START = 60.0
"""Seconds that a worker may take to start."""


def verify_batch(
    predictions: Sequence[str],
    golds: Sequence[str],
    *,
    kind: str | None = None,
    conventions: Conventions = DEFAULT,
    workers: int = 1,
) -> list[Verdict]:
    """`verify` of each prediction with the reference at the same place.

    workers: processes; 1 is this one. They are started with the first batch that needs them and wait for the next.

    Raises ValueError where the two sequences differ in length, or `workers` is not positive.
    """
    if len(predictions) != len(golds):
        raise ValueError(f"as many predictions as references are needed, got {len(predictions)} and {len(golds)}")
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    pairs = list(zip(predictions, golds, strict=True))
    if workers == 1 or len(pairs) < 2:
        return [verify(prediction, gold, kind=kind, conventions=conventions) for prediction, gold in pairs]
    chunks: queue.SimpleQueue[int] = queue.SimpleQueue()
    size = max(1, min(CHUNK, -(-len(pairs) // (4 * workers))))
    for start in range(0, len(pairs), size):
        chunks.put(start)
    verdicts: list[Verdict] = [Verdict(None, "not reached")] * len(pairs)
    job = {"kind": kind, "conventions": asdict(conventions)}

    def work(child: ChildProcess) -> None:
        while True:
            try:
                start = chunks.get_nowait()
            except queue.Empty:
                return
            verdicts[start : start + size] = _ask(child, job, pairs[start : start + size])

    with _crew_lock:
        crew = _crew(workers)
        threads = [threading.Thread(target=work, args=(child,), daemon=True) for child in crew]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return verdicts


def _ask(child: ChildProcess, job: dict[str, Any], pairs: Sequence[tuple[Any, Any]]) -> list[Verdict]:
    """The verdicts of a worker. One that dies leaves the checks of its chunk unjudged."""
    strings = [[text if type(text) is str else None for text in pair] for pair in pairs]
    try:
        if not child.wait_ready(time.monotonic() + START):
            raise Died("a batch worker did not start")
        child.send({**job, "pairs": strings})
        answer = child.receive(time.monotonic() + START + 1.5 * len(pairs))
    except Died as error:
        add_counts({"calls": len(pairs), "unjudged": len(pairs), f"unjudged: {error}": len(pairs)})
        return [Verdict(None, str(error))] * len(pairs)
    add_counts(answer["counts"])
    return [Verdict(*verdict) for verdict in answer["verdicts"]]


_children: list[ChildProcess] = []
_crew_lock = threading.Lock()


def _crew(workers: int) -> list[ChildProcess]:
    """As many live children as asked for; the rest, and dead ones, are not used."""
    _children[:] = [child for child in _children if child.alive()]
    while len(_children) < workers:
        _children.append(ChildProcess(__name__))
    return _children[:workers]


def close_batch_workers() -> None:
    """End the processes that wait for the next batch."""
    with _crew_lock:
        for child in _children:
            child.kill()
        _children.clear()


atexit.register(close_batch_workers)


def _after_fork() -> None:
    """The children belong to the parent; a fork starts its own."""
    global _crew_lock
    _crew_lock = threading.Lock()
    close_batch_workers()


os.register_at_fork(after_in_child=_after_fork)


def main() -> None:
    """What a batch worker runs: one message for each chunk, until its input ends."""
    pool.SIZE = 1
    channel = Channel()
    channel.send("ready")
    for job in channel.messages():
        how = Conventions(**job["conventions"])
        reset_counts()
        found = [verify(prediction, gold, kind=job["kind"], conventions=how) for prediction, gold in job["pairs"]]
        verdicts = [(verdict.correct, verdict.reason, verdict.answer) for verdict in found]
        channel.send({"verdicts": verdicts, "counts": counts()})
