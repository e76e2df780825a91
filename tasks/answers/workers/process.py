"""One child process that answers messages with messages, under a deadline. Used for algebra and for batches.

A message is plain data (marshal, which holds no code) behind its length in eight bytes.

It is a program of its own, started by exec and never by fork alone, so it may be started from any thread, under any
start method and inside the workers of other libraries; it ends when its input is closed, which also happens when this
process dies in whatever way.
"""

from __future__ import annotations

import marshal
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

_START = "import sys,ast; sys.path[:] = ast.literal_eval(sys.argv[1]); from {module} import main; main()"


HEADER = 8
"""Bytes before a message that hold its length."""


def framed(message: Any) -> bytes:
    """A message with its length before it."""
    data = marshal.dumps(message)
    return len(data).to_bytes(HEADER, "big") + data


def readable(descriptor: int, seconds: float) -> bool:
    """Is there something to read within this time? Any descriptor will do: select() stops at 1,024."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(1, int(seconds * 1000))))


def _length(data: bytes) -> int:
    return int.from_bytes(data[:HEADER], "big")


class Channel:
    """The child's side: messages from its standard input and to its standard output, which nobody else then has."""

    def __init__(self) -> None:
        self._input, self._output = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):  # whatever a library prints goes nowhere
            os.dup2(null, standard)
        os.close(null)

    def send(self, message: Any) -> None:
        self._output.write(framed(message))
        self._output.flush()

    def messages(self) -> Iterator[Any]:
        """The messages until the input ends."""
        while len(header := self._input.read(HEADER)) == HEADER:
            yield marshal.loads(self._input.read(_length(header)))


class Died(Exception):
    """The child is gone, or had to be killed because it did not answer in time."""


class ChildProcess:
    """A child running `main` of a module of this package. Used by one thread at a time."""

    def __init__(self, module: str) -> None:
        self.owner = os.getpid()
        self.ready = False
        self._buffer = b""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START.format(module=module), repr(sys.path)],
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
            self.ready = self._message(deadline) is not None
        return self.ready

    def send(self, job: Any) -> None:
        """Raises Died."""
        try:
            stream = self._process.stdin
            assert stream is not None
            data = memoryview(framed(job))
            while data:
                data = data[stream.write(data) :]
        except OSError:
            raise Died("the worker process has ended") from None

    def receive(self, deadline: float) -> Any:
        """The next answer. Raises Died where it does not come before `deadline`; the child is then killed."""
        message = self._message(deadline)
        if message is None:
            self.kill()
            raise Died("the worker process did not answer in time")
        return marshal.loads(message)

    def _message(self, deadline: float) -> bytes | None:
        """The next message, or None where it is not whole before `deadline`. Raises Died."""
        stream = self._process.stdout
        assert stream is not None
        while len(self._buffer) < HEADER or len(self._buffer) < HEADER + _length(self._buffer):
            left = deadline - time.monotonic()
            if left <= 0 or not readable(stream.fileno(), left):
                return None
            piece = os.read(stream.fileno(), 1 << 18)
            if not piece:
                self.kill()
                raise Died("the worker process has ended")
            self._buffer += piece
        end = HEADER + _length(self._buffer)
        message, self._buffer = self._buffer[HEADER:end], self._buffer[end:]
        return message

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
