"""A client for any model behind an OpenAI-compatible interface: `POST {url}/chat/completions` and `GET {url}/models`.

The standard library is enough: one request is one connection with one deadline for all of it, from connecting to the
last byte, and requests run side by side in threads. Left out: streaming, proxies, redirects (they would carry the key
to another host) and asynchronous code.
"""

from __future__ import annotations

import http.client
import json
import math
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

Messages = Sequence[Mapping[str, str]]
"""`{"role": ..., "content": ...}`, in order."""

Read = TypeVar("Read")

LARGEST = 8 << 20
"""A longer response is not read (bytes)."""

LONGEST_PAUSE = 30.0
"""Seconds between tries at most, whatever a server asks for."""


class ChatError(OSError):
    """A request that failed for good. kind: "unreachable", "timeout", "status" or "garbage"; status: that of HTTP."""

    def __init__(self, kind: str, said: str, status: int | None = None):
        super().__init__(said)
        self.kind, self.status = kind, status


@dataclass(frozen=True)
class Reply:
    """text: what the model said, perhaps nothing. finish: why it stopped ("stop", "length", "content_filter" ...).
    refusal: what it said in place of an answer, None where it did not refuse. tries: requests it took.
    tokens: written, None where the server does not say. logprob: the sum over the tokens, None unless `logprobs` was
    asked for and given."""

    text: str
    finish: str
    refusal: str | None
    tries: int
    tokens: int | None = None
    logprob: float | None = None


@dataclass(frozen=True)
class ChatClient:
    """url: up to and with `/v1`. model: its name there. key: sent as a bearer token; never shown.

    timeout: seconds for one request. tries: requests at most; those that time out, find nobody, or are answered by
    408, 429, 5xx or garbage are made again, after `pause` seconds, then twice as many and so on (at least what
    `Retry-After` says).
    concurrency: requests at a time in `complete_all`.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout: float = 60.0
    tries: int = 4
    pause: float = 0.5
    concurrency: int = 8

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"the url of a model starts with http:// or https:// and a host, got {self.url!r}")
        if not (self.timeout > 0 and self.tries >= 1 and self.pause >= 0 and self.concurrency >= 1):
            raise ValueError("timeout, tries and concurrency must be positive, and pause not negative")

    def complete(self, messages: Messages, **options: Any) -> Reply:
        """One completion; `options` (temperature, max_tokens, seed ...) are sent along. Raises ChatError."""
        body = json.dumps({"model": self.model, "messages": list(messages), **options}).encode()
        return self._ask("POST", "chat/completions", body, _reply)

    def models(self) -> list[str]:
        """The names of the models that the server offers. Raises ChatError."""
        return self._ask("GET", "models", None, _models)

    def _ask(self, method: str, path: str, body: bytes | None, read: Callable[[bytes, int], Read]) -> Read:
        """What `read` makes of the content of a response and the number of requests that it took."""
        pause = self.pause
        for tried in range(1, self.tries + 1):
            try:
                status, after, content = self._request(method, path, body)
                _expect_success(status, after, content)
                return read(content, tried)
            except _Again as again:
                if tried == self.tries:
                    raise ChatError(again.kind, f"{self.url}: {again} ({tried} tries)", again.status) from again
                time.sleep(min(max(pause, again.after), LONGEST_PAUSE))
                pause *= 2
        raise AssertionError("the last try returns or raises")

    def complete_all(self, conversations: Sequence[Messages], **options: Any) -> list[Reply | ChatError]:
        """One completion each, in their order; what failed is there as its error."""

        def one(messages: Messages) -> Reply | ChatError:
            try:
                return self.complete(messages, **options)
            except ChatError as error:
                return error

        with ThreadPoolExecutor(self.concurrency) as pool:
            return list(pool.map(one, conversations))

    def _request(self, method: str, path: str, body: bytes | None) -> tuple[int, float, bytes]:
        """(status, seconds that the server asks to wait, body). Raises _Again."""
        parts = urlsplit(self.url)
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.hostname or "", parts.port, timeout=self.timeout)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        late = threading.Event()
        sockets: list[socket.socket] = []

        def stop() -> None:
            # The timeout of a socket is for each of its reads: only closing it ends a response that drips.
            late.set()
            for opened in sockets:
                with suppress(OSError):
                    opened.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.timeout, stop)
        timer.daemon = True
        timer.start()
        try:
            connection.connect()
            sockets.append(connection.sock)  # the connection forgets it where the server closes after the response
            connection.request(method, f"{parts.path.rstrip('/')}/{path}", body, headers)
            with connection.getresponse() as response:
                content = response.read(LARGEST + 1)
                left = response.length
            if late.is_set():
                raise TimeoutError
            if len(content) > LARGEST or left:
                raise _Again("garbage", "a response that is too long" if len(content) > LARGEST else "half a response")
            return response.status, _seconds(response.getheader("Retry-After")), content
        except (OSError, http.client.HTTPException) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise _Again("timeout", f"no response within {self.timeout:g} s") from error
            broken = isinstance(error, http.client.HTTPException) and not isinstance(error, ConnectionError)
            raise _Again("garbage" if broken else "unreachable", f"{type(error).__name__}: {error}") from error
        finally:
            timer.cancel()
            connection.close()


class _Again(Exception):
    """A request that may be made again, after so many seconds."""

    def __init__(self, kind: str, said: str, status: int | None = None, after: float = 0.0):
        super().__init__(said)
        self.kind, self.status, self.after = kind, status, after


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or 0))
    except ValueError:  # a date: the usual pause will do
        return 0.0


def _expect_success(status: int, after: float, content: bytes) -> None:
    """Raises _Again or ChatError."""
    if status != 200:
        said = f"HTTP {status}: {content[:200].decode(errors='replace')}"
        if status in (408, 429) or status >= 500:
            raise _Again("status", said, status, after)
        raise ChatError("status", said, status)


SHAPE_ERRORS = (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError)
"""What reading JSON of any kind as JSON of a known shape may raise."""


def _reply(content: bytes, tries: int) -> Reply:
    """Raises _Again."""
    try:
        found = json.loads(content)
        choice = found["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content") or "", message.get("refusal")
        finish = choice.get("finish_reason") or "stop"
        if not all(isinstance(part, str) for part in (text, finish, refusal or "")):
            raise TypeError("content, refusal and finish_reason are texts")
    except SHAPE_ERRORS as error:
        raise _Again("garbage", f"no completion: {type(error).__name__} in {content[:100]!r}") from error
    return Reply(text, finish, refusal or None, tries, _tokens(found), _logprob(choice))


def _tokens(found: Any) -> int | None:
    with suppress(*SHAPE_ERRORS):
        tokens = found["usage"]["completion_tokens"]
        if isinstance(tokens, int) and tokens >= 0:
            return tokens
    return None


def _logprob(choice: Any) -> float | None:
    with suppress(*SHAPE_ERRORS):
        logprobs = [min(0.0, float(token["logprob"])) for token in choice["logprobs"]["content"]]
        if logprobs and all(map(math.isfinite, logprobs)):
            return sum(logprobs)
    return None


def _models(content: bytes, tries: int) -> list[str]:
    """Raises _Again."""
    try:
        return [str(model["id"]) for model in json.loads(content)["data"]]
    except SHAPE_ERRORS as error:
        raise _Again("garbage", f"no list of models: {type(error).__name__} in {content[:100]!r}") from error
