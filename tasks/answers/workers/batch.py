"""Many checks at once, in several processes that stay warm between batches.

Workers take chunks of raw texts as they become free, long ones first and short ones at the end, so that none waits for
another. All reading and judging is theirs: this process only carries texts and verdicts, most of it while they work.
"""

from __future__ import annotations

import atexit
import gc
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from ...problem import Verdict
from ..conventions import DEFAULT, Conventions
from ..counting import add_counts, counts, reset_counts
from ..values.numeric import lib
from ..verify import verify
from . import pool
from .process import Channel, ChildProcess, Died

CHUNK = 200
"""Checks that a worker is given at a time, at most."""
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
    batch = _Batch(pairs, {"kind": kind, "conventions": asdict(conventions)}, workers)
    with _crew_lock:
        _hire(workers)
        threads = [threading.Thread(target=batch.work, args=(place,), daemon=True) for place in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return batch.finish()


class _Batch:
    """The checks of one call: what is still to be given out, and the verdicts that came back."""

    def __init__(self, pairs: Sequence[tuple[Any, Any]], job: dict[str, Any], workers: int) -> None:
        self._pairs, self._job = pairs, job
        self._chunks = deque(_chunks(len(pairs), workers))
        self._verdicts: list[Verdict] = [Verdict(None, "not reached")] * len(pairs)

    def work(self, place: int) -> None:
        """Have the worker at this place judge chunks until none is left; one that dies is replaced by another."""
        while self._chunks and (child := _ready(place)) is not None:
            self._judge(child)

    def finish(self) -> list[Verdict]:
        """The verdicts; what no worker took is not judged."""
        while chunk := self._take():
            self._give_up(chunk, "no batch worker could be started")
        return self._verdicts

    def _judge(self, child: ChildProcess) -> None:
        """Have a worker judge chunks until none is left or it dies."""
        if chunk := self._take():
            self._send(child, self._message(chunk))
        while chunk:
            waiting = self._take()
            message = self._message(waiting) if waiting else None  # made while the worker works
            try:
                answer = child.receive(time.monotonic() + START + 1.5 * (chunk.stop - chunk.start))
            except Died as error:  # something in this chunk may have been the reason: it is not tried again
                self._give_up(chunk, str(error))
                if waiting:
                    self._chunks.appendleft(waiting)
                return
            if message:
                self._send(child, message)
            add_counts(answer["counts"])
            self._verdicts[chunk] = [Verdict(*verdict) for verdict in answer["verdicts"]]
            chunk = waiting

    @staticmethod
    def _send(child: ChildProcess, message: dict[str, Any]) -> None:
        with suppress(Died):  # whoever waits for the answer will hear of it
            child.send(message)

    def _take(self) -> slice | None:
        try:
            return self._chunks.popleft()
        except IndexError:
            return None

    def _message(self, chunk: slice) -> dict[str, Any]:
        strings = [[text if type(text) is str else None for text in pair] for pair in self._pairs[chunk]]
        return {**self._job, "pairs": strings}

    def _give_up(self, chunk: slice, why: str) -> None:
        number = chunk.stop - chunk.start
        add_counts({"calls": number, "unjudged": number, f"unjudged: {why}": number})
        self._verdicts[chunk] = [Verdict(None, why)] * number


def _chunks(count: int, workers: int) -> Iterator[slice]:
    """Consecutive pieces of 0..count, shorter and shorter towards the end."""
    start = 0
    while start < count:
        stop = start + min(CHUNK, max(1, (count - start) // (4 * workers)))
        yield slice(start, stop)
        start = stop


_children: list[ChildProcess] = []
_crew_lock = threading.Lock()


def _hire(workers: int) -> None:
    """Start what is missing of so many workers, all at the same time."""
    _children[:] = [child for child in _children if child.alive()]
    while len(_children) < workers:
        _children.append(ChildProcess(__name__))


def _ready(place: int) -> ChildProcess | None:
    """The worker at this place, or another where it has died; None where it does not start."""
    try:
        if not _children[place].alive():
            _children[place] = ChildProcess(__name__)
        return _children[place] if _children[place].wait_ready(time.monotonic() + START) else None
    except (Died, OSError):
        return None


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
    pool.SIZE, pool.START = 1, START
    channel = Channel()
    lib()
    gc.freeze()  # what was imported stays: nobody has to look through it again and again
    channel.send("ready")
    for job in channel.messages():
        how = Conventions(**job["conventions"])
        reset_counts()
        found = [verify(prediction, gold, kind=job["kind"], conventions=how) for prediction, gold in job["pairs"]]
        verdicts = [(verdict.correct, verdict.reason, verdict.answer) for verdict in found]
        channel.send({"verdicts": verdicts, "counts": counts()})
