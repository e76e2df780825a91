"""The client of OpenAI-compatible models against a server on this machine that fails in every way servers do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from metacot.agents.curation import chat_policy, solve_rate
from metacot.rewards import ChatClient, ChatError, RubricReward
from metacot.tasks.word_problems import Point

MESSAGES = [{"role": "user", "content": "hello"}]
RUBRIC = (Point("All", 2.0, "Everything."),)


def completion(text: str | None, finish: str = "stop", **message: object) -> bytes:
    choice = {"message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    return json.dumps({"choices": [choice]}).encode()


@pytest.fixture
def serve(chat_server):
    return chat_server


def answer(status: int, body: bytes, length: int | None = None, **headers: str) -> Callable:
    def send(handler: BaseHTTPRequestHandler, asked: dict) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


def hang(handler: BaseHTTPRequestHandler, asked: dict) -> None:
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


def no_http(handler: BaseHTTPRequestHandler, asked: dict) -> None:
    handler.wfile.write(b"what?\r\n\r\n")


GOOD = answer(200, completion("fine"))


def client(server: Any, **options: object) -> ChatClient:
    return ChatClient(server.url, "judge", **{"timeout": 0.4, "pause": 0.01, "tries": 3, **options})


def test_a_completion_is_asked_for_and_read(serve):
    server = serve(GOOD)
    reply = client(server, key="secret", timeout=5.0).complete(MESSAGES, temperature=0.0)
    assert (reply.text, reply.finish, reply.refusal, reply.tries) == ("fine", "stop", None, 1)
    [(path, headers, body)] = server.seen
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert body == {"model": "judge", "messages": MESSAGES, "temperature": 0.0}
    assert "secret" not in repr(client(server, key="secret"))


TRANSIENT = [
    ("500", answer(500, b"oops")),
    ("503", answer(503, b"")),
    ("429", answer(429, b"slow down", Retry_After="0.01")),
    ("408", answer(408, b"")),
    ("an unreadable Retry-After", answer(429, b"", Retry_After="Wed, 21 Oct 2026 07:28:00 GMT")),
    ("garbage", answer(200, b"<html>hello</html>")),
    ("truncated JSON", answer(200, completion("fine")[:-7])),
    ("a body shorter than promised", answer(200, completion("fine"), length=10_000)),
    ("no choices", answer(200, b'{"choices": []}')),
    ("choices of another kind", answer(200, b'{"choices": {"0": 1}}')),
    ("content of another kind", answer(200, completion(None, refusal=7))),
    ("deep nesting", answer(200, b"[" * 100_000)),
    ("a hung-up connection", hang_up),
    ("no HTTP", no_http),
    ("silence", hang),
    ("a drip", drip),
]


@pytest.mark.parametrize("failing", [pytest.param(send, id=name) for name, send in TRANSIENT])
def test_what_may_pass_is_tried_again(serve, failing):
    server = serve(failing, GOOD)
    reply = client(server).complete(MESSAGES)
    assert (reply.text, reply.tries) == ("fine", 2)


@pytest.mark.parametrize(
    ("failing", "kind", "status"),
    [
        (answer(500, b"oops"), "status", 500),
        (answer(200, b"{"), "garbage", None),
        (no_http, "garbage", None),
        (hang_up, "unreachable", None),
        (hang, "timeout", None),
        (drip, "timeout", None),
    ],
)
def test_what_never_passes_is_one_error_in_bounded_time(serve, failing, kind, status):
    server = serve(failing)
    begun = time.monotonic()
    with pytest.raises(ChatError) as caught:
        client(server, tries=2, timeout=0.3).complete(MESSAGES)
    assert (caught.value.kind, caught.value.status) == (kind, status)
    assert "(2 tries)" in str(caught.value)
    assert len(server.seen) == 2
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_what_is_the_askers_mistake_is_not_tried_again(serve, status):
    server = serve(answer(status, b"no such model", Location="http://127.0.0.1:1/"))
    with pytest.raises(ChatError, match=f"HTTP {status}: no such model"):
        client(server).complete(MESSAGES)
    assert len(server.seen) == 1


def test_nobody_there_is_unreachable(serve):
    server = serve(GOOD)
    server.close()
    with pytest.raises(ChatError) as caught:
        client(server, tries=2).complete(MESSAGES)
    assert caught.value.kind == "unreachable"


def test_many_are_asked_at_once_but_not_more_than_allowed_and_one_failure_is_its_own(serve):
    def slow(handler: BaseHTTPRequestHandler, asked: dict) -> None:
        time.sleep(0.05)
        GOOD(handler, asked)

    server = serve(answer(404, b"gone"), slow)
    replies = client(server, concurrency=3, timeout=20.0).complete_all([MESSAGES] * 9)
    assert sum(isinstance(reply, ChatError) for reply in replies) == 1
    assert sum(getattr(reply, "text", "") == "fine" for reply in replies) == 8
    assert 1 < server.most <= 3


def test_a_model_on_a_server_is_a_policy_whose_failures_are_no_wrong_answers(serve):
    server = serve(answer(200, completion(r"\boxed{4}")), answer(200, completion("5")))
    found = solve_rate("What is 2 + 2?", "4", chat_policy(client(server, timeout=20.0), temperature=1.0), 4)
    assert (found.solved, found.tries) == (1, 4)
    assert {body["temperature"] for _, _, body in server.seen} == {1.0}
    with pytest.raises(ChatError, match="HTTP 404"):
        solve_rate("What is 2 + 2?", "4", chat_policy(client(serve(answer(404, b"gone")))), 2)


def test_a_refusal_is_a_reply(serve):
    reply = client(serve(answer(200, completion(None, refusal="I will not.")))).complete(MESSAGES)
    assert (reply.text, reply.refusal) == ("", "I will not.")


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://host/v1", "file:///etc/passwd", "http://"])
def test_a_url_is_http(url):
    with pytest.raises(ValueError, match="starts with http"):
        ChatClient(url, "judge")


@pytest.mark.parametrize("options", [{"timeout": 0}, {"tries": 0}, {"pause": -1}, {"concurrency": 0}])
def test_senseless_settings_are_refused(options):
    with pytest.raises(ValueError, match="must be positive"):
        ChatClient("http://localhost/v1", "judge", **options)


POINTS = completion('Correct.\n{"points": [{"number": 1, "awarded": 1}]}')


@pytest.mark.parametrize(
    ("answers", "share", "reason"),
    [
        ([answer(200, POINTS)], 0.5, ""),
        ([answer(500, b""), hang_up, answer(200, POINTS)], 0.5, ""),
        ([answer(500, b"")], None, "status"),
        ([answer(200, POINTS[:-9])], None, "garbage"),
        ([hang], None, "timeout"),
        ([answer(200, completion("", refusal="I cannot."))], None, "refused"),
        ([answer(200, completion("Full marks!"))], None, "unreadable"),
        ([answer(200, completion('{"points": [{"number": 1, "awar', "length"))], None, "cut off"),
    ],
)
def test_a_judge_on_a_failing_server_judges_or_says_why_not(serve, answers, share, reason):
    found = RubricReward(client(serve(*answers))).judge("Prove it.", (), RUBRIC, "It is so.")
    assert found.share == share
    assert found.reason.startswith(reason)
