"""Where shards of work are done: in processes of this machine, or on a Ray cluster. The same code either way.

What is mapped is a function at the top of a module, a pure function of its item and of files that all workers see.
Resuming is the caller's: it asks only for the items whose files are not there yet (`missing`).
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager
from itertools import islice
from multiprocessing import parent_process
from types import TracebackType
from typing import Protocol, TypeVar

from ..tasks.extras import require

Item = TypeVar("Item")
Result = TypeVar("Result")

ENGINES = ("local", "ray")


class Engine(Protocol):
    """A pool of workers, to be used in a `with` statement."""

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The results in the order of the items, whatever order they come in. What a worker raises is raised here."""
        ...


def make_engine(name: str, workers: int, address: str | None = None) -> AbstractContextManager[Engine]:
    """An engine by name. address: of a running Ray cluster; None starts one of this machine.

    Raises ValueError for another name, for fewer than one worker, and for an address without Ray.
    """
    if name not in ENGINES:
        raise ValueError(f"an engine is one of {', '.join(ENGINES)}, got {name!r}")
    if workers < 1:
        raise ValueError(f"at least one worker is needed, got {workers}")
    if name == "ray":
        return RayEngine(workers, address)
    if address is not None:
        raise ValueError("an address is for the engine ray")
    return LocalEngine(workers)


def missing(items: Iterable[Item], done: Callable[[Item], bool]) -> list[Item]:
    """The items that are still to be worked on."""
    return [item for item in items if not done(item)]


class LocalEngine:
    """Processes of this machine."""

    def __init__(self, workers: int):
        self.workers = workers

    def __enter__(self) -> LocalEngine:
        self._pool = ProcessPoolExecutor(self.workers, initializer=_begin_worker)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        left = iter(items)
        # Two a worker: enough to keep all of them busy, few enough that waiting results take no memory.
        waiting: deque[Future[Result]] = deque(
            self._pool.submit(function, item) for item in islice(left, 2 * self.workers)
        )
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(self._pool.submit(function, item) for item in islice(left, 1))
            yield result


class RayEngine:
    """Tasks on a Ray cluster, at most `workers` at a time. Every node has to see the files under the same paths."""

    def __init__(self, workers: int, address: str | None):
        self.workers = workers
        self.address = address
        self._ray = require("ray", "ray")

    def __enter__(self) -> RayEngine:
        own = {} if self.address else {"num_cpus": self.workers, "include_dashboard": False}
        self._joined = not self._ray.is_initialized()
        if self._joined:
            self._ray.init(address=self.address, log_to_driver=False, logging_level="error", **own)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._joined:
            self._ray.shutdown()

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        call = self._ray.remote(num_cpus=1)(_call)
        left = enumerate(items)
        running = {call.remote(function, item): place for place, item in islice(left, self.workers)}
        done: dict[int, Result] = {}
        turn = 0
        while running:
            [ready], _ = self._ray.wait(list(running), num_returns=1)
            done[running.pop(ready)] = self._ray.get(ready)
            running |= {call.remote(function, item): place for place, item in islice(left, 1)}
            while turn in done:
                yield done.pop(turn)
                turn += 1


def _call(function: Callable[[Item], Result], item: Item) -> Result:
    return function(item)  # Ray takes functions, but not partial ones


def _begin_worker() -> None:
    """Ctrl-C reaches every process: the workers leave it to their parent, which then waits for no shard that has not
    begun. Where the parent is killed outright, they end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        parent = parent_process()
        assert parent is not None, "a worker has one"
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
