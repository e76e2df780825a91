"""One child process that answers JSON lines with JSON lines, under a deadline. Used for algebra and for batches.

It is a program of its own, started by exec and never by fork alone, so it may be started from any thread, under any
start method and inside the workers of other libraries; it ends when its input is closed, which also happens when this
process dies in whatever way.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from typing import Any

_START = "import sys,json; sys.path[:] = json.loads(sys.argv[1]); from {module} import main; main()"


class Died(Exception):
    """The child is gone, or had to be killed because it did not answer in time."""


class ChildProcess:
    """A child running `main` of a module of this package. Used by one thread at a time."""

    def __init__(self, module: str) -> None:
        self.owner = os.getpid()
        self.ready = False
        self._buffer = b""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START.format(module=module), json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )

    def alive(self) -> bool:
        """Is the child of this process, and running?"""
        return self.owner == os.getpid() and self._process.poll() is None

    def wait_ready(self, deadline: float) -> bool:
        """Has the child finished importing before `deadline` (of time.monotonic)? Raises Died."""
        if not self.ready:
            self.ready = self._line(deadline) is not None
        return self.ready

    def send(self, job: Any) -> None:
        """Raises Died."""
        try:
            stream = self._process.stdin
            assert stream is not None
            data = memoryview(json.dumps(job).encode() + b"\n")
            while data:
                data = data[stream.write(data) :]
        except OSError:
            raise Died("the worker process has ended") from None

    def receive(self, deadline: float) -> Any:
        """The next answer. Raises Died where it does not come before `deadline`; the child is then killed."""
        line = self._line(deadline)
        if line is None:
            self.kill()
            raise Died("the worker process did not answer in time")
        return json.loads(line)

    def _line(self, deadline: float) -> bytes | None:
        stream = self._process.stdout
        assert stream is not None
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                return None
            piece = os.read(stream.fileno(), 1 << 16)
            if not piece:
                self.kill()
                raise Died("the worker process has ended")
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def kill(self) -> None:
        """End the child and close what leads to it. In a fork of the owner only the latter."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        if os.getpid() == self.owner:
            self._process.kill()
            self._process.wait()
        else:
            self._process.returncode = 0  # not ours to wait for
