"""A bounded pool of algebra workers: warm, killable, shared by all threads of a process."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import OrderedDict
from typing import Any

from ..counting import count
from ..errors import Undecided
from ..values.numeric import lib
from .process import ChildProcess, Died

SECONDS = 0.6
"""Time of one job in a worker."""
PATIENCE = 0.9
"""Time until a check is given up, waiting for a worker included."""
SIZE = 2
"""Workers of a process; a batch worker has one."""
START = 0.0
"""Time that a check waits besides for a worker to start; a batch worker has it: nobody waits for that one check."""
CACHED = 4_096
"""Results that are remembered, those that came to nothing included: what was killed once is not tried again."""
_WHY = {"killed": "took too long", "memory": "took too much memory"}


class Pool:
    """At most `size` workers, started when first needed and again when one has been killed."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._idle: list[ChildProcess] = []
        self._alive = 0
        self._free = threading.Condition()
        self._results: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()

    def equal(self, prediction: str, gold: str) -> bool | None:
        """What a worker says of two LaTeX texts. Raises Undecided where it could not be asked or did not finish."""
        key = (prediction, gold)
        with self._free:
            answer = self._results.get(key)
            if answer is not None:
                self._results.move_to_end(key)
        if answer is not None:
            count("remembered")
        else:
            answer = self._ask(prediction, gold)
            if "why" in answer:
                count("worker kills" if answer["why"] in ("killed", "memory") else "worker errors")
            with self._free:
                self._results[key] = answer
                if len(self._results) > CACHED:
                    self._results.popitem(last=False)
        if "why" in answer:
            raise Undecided(_WHY.get(answer["why"], "an algebra error"))
        equal: bool | None = answer["equal"]
        return equal

    def _ask(self, prediction: str, gold: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        worker = self._take(deadline)
        try:
            if START and not worker.ready and worker.wait_ready(time.monotonic() + START):
                deadline = time.monotonic() + PATIENCE
            if not worker.wait_ready(deadline - SECONDS / 2):
                self._give(worker)
                raise Undecided("no worker was ready in time")
            count("worker calls")
            seconds = min(SECONDS, max(0.05, deadline - time.monotonic() - 0.05))
            worker.send({"prediction": prediction, "gold": gold, "seconds": seconds})
            answer: dict[str, Any] = worker.receive(time.monotonic() + seconds + 0.2)
        except Died as error:
            self._drop()
            count("worker kills")
            raise Undecided(str(error)) from None
        self._give(worker)
        return answer

    def warm(self, seconds: float = 30.0) -> bool:
        """Start all workers and wait until they are ready; did they in this time?"""
        deadline = time.monotonic() + seconds
        workers: list[ChildProcess] = []
        try:
            while len(workers) < self.size:
                workers.append(self._take(deadline))
            return all(worker.wait_ready(deadline) for worker in workers)
        except (Undecided, Died):
            return False
        finally:
            for worker in workers:
                if worker.alive():
                    self._give(worker)
                else:
                    self._drop()

    def close(self) -> None:
        """End the idle workers; the pool starts new ones when it is asked again."""
        with self._free:
            for worker in self._idle:
                worker.kill()
            self._alive -= len(self._idle)
            self._idle.clear()

    def forget(self) -> None:
        """Forget all remembered results."""
        with self._free:
            self._results.clear()

    def _take(self, deadline: float) -> ChildProcess:
        with self._free:
            while not self._idle and self._alive >= self.size:
                if not self._free.wait(deadline - time.monotonic()):
                    raise Undecided("all workers are busy")
            if self._idle:
                return self._idle.pop()
            self._alive += 1
        try:
            return ChildProcess(f"{__package__}.child")
        except OSError:
            self._drop()
            raise Undecided("no worker process could be started") from None

    def _give(self, worker: ChildProcess) -> None:
        with self._free:
            self._idle.append(worker)
            self._free.notify()

    def _drop(self) -> None:
        with self._free:
            self._alive -= 1
            self._free.notify()


_pool: Pool | None = None
_lock = threading.Lock()


def pool() -> Pool:
    """The pool of this process."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = Pool(SIZE)
            atexit.register(_pool.close)
        return _pool


def warm_up(seconds: float = 30.0) -> bool:
    """Start the algebra workers of this process and wait until they are ready; are they, within `seconds`?

    Nobody has to call it: the first check that needs a worker starts one, and is not judged if that takes too long; the
    first one that needs numbers to many digits waits for a library.
    """
    lib()
    return pool().warm(seconds)


def _after_fork() -> None:
    """A fork starts with a pool of its own; the pipes of the parent's workers are closed in it."""
    global _pool, _lock
    inherited, _pool, _lock = _pool, None, threading.Lock()
    if inherited is not None:
        inherited._free = threading.Condition()
        inherited.close()


os.register_at_fork(after_in_child=_after_fork)
