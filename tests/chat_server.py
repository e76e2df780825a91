"""A server on this machine in the place of a model's, and the replies that several tests have it give."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler, dict], None]
"""What a server does with a request: writes to the handler, given the JSON that was asked."""


class ChatServer:
    """Answers the n-th request by the n-th of its functions, and any further one by the last.

    models: what it lists. seen: (path, headers, JSON) of every request. most: requests that were at work at a time. One
    is at work until its reply begins, so never after the client has read it.
    """

    def __init__(self, answers: list[Answer], models: list[str]):
        outer = self
        self.seen: list[tuple[str, dict, dict]] = []
        self.most = 0
        at_work: set[BaseHTTPRequestHandler] = set()
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"data": [{"id": model} for model in models]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    outer.seen.append((self.path, dict(self.headers), asked))
                    answer = answers[min(len(outer.seen), len(answers)) - 1]
                    at_work.add(self)
                    outer.most = max(outer.most, len(at_work))
                try:
                    answer(self, asked)
                except OSError:  # the client has hung up
                    pass
                finally:
                    self.done()

            def end_headers(self) -> None:
                self.done()
                super().end_headers()

            def done(self) -> None:
                with lock:
                    at_work.discard(self)

            def log_message(self, *arguments: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


# Its replies


def completion(text: str | None, finish: str = "stop", *, logprobs: object = None, **message: object) -> bytes:
    """The body of a chat completion; `message` adds to the message."""
    said = {"role": "assistant", "content": text, **message}
    choice = {"message": said, "finish_reason": finish, "logprobs": logprobs}
    return json.dumps({"choices": [choice], "usage": {"completion_tokens": 7}}).encode()


def send(status: int, body: bytes, length: int | None = None, **headers: str) -> Answer:
    """A reply; `length` is what it says of its body's length, if not the truth."""

    def answer(handler: BaseHTTPRequestHandler, asked: dict) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang(handler: BaseHTTPRequestHandler, asked: dict) -> None:
    """Nothing, for longer than a client waits."""
    time.sleep(1.5)


def drip(handler: BaseHTTPRequestHandler, asked: dict) -> None:
    """Always something, never everything."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def hang_up(handler: BaseHTTPRequestHandler, asked: dict) -> None:
    handler.connection.close()
