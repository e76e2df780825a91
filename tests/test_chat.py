"""The client of OpenAI-compatible models against a server on this machine that fails in every way servers do."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from chat_server import completion, drip, hang, hang_up, send

from metacot.agents.curation import chat_policy, solve_rate
from metacot.rewards import ChatClient, ChatError, RubricReward
from metacot.tasks.word_problems import Point

MESSAGES = [{"role": "user", "content": "hello"}]
RUBRIC = (Point("All", 2.0, "Everything."),)


@pytest.fixture
def serve(chat_server):
    return chat_server


def no_http(handler: BaseHTTPRequestHandler, asked: dict) -> None:
    handler.wfile.write(b"what?\r\n\r\n")


GOOD = send(200, completion("fine"))


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
    ("500", send(500, b"oops")),
    ("503", send(503, b"")),
    ("429", send(429, b"slow down", Retry_After="0.01")),
    ("408", send(408, b"")),
    ("an unreadable Retry-After", send(429, b"", Retry_After="Wed, 21 Oct 2026 07:28:00 GMT")),
    ("garbage", send(200, b"<html>hello</html>")),
    ("truncated JSON", send(200, completion("fine")[:-7])),
    ("a body shorter than promised", send(200, completion("fine"), length=10_000)),
    ("no choices", send(200, b'{"choices": []}')),
    ("choices of another kind", send(200, b'{"choices": {"0": 1}}')),
    ("content of another kind", send(200, completion(None, refusal=7))),
    ("deep nesting", send(200, b"[" * 100_000)),
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
        (send(500, b"oops"), "status", 500),
        (send(200, b"{"), "garbage", None),
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
    server = serve(send(status, b"no such model", Location="http://127.0.0.1:1/"))
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

    server = serve(send(404, b"gone"), slow)
    replies = client(server, concurrency=3, timeout=20.0).complete_all([MESSAGES] * 9)
    assert sum(isinstance(reply, ChatError) for reply in replies) == 1
    assert sum(getattr(reply, "text", "") == "fine" for reply in replies) == 8
    assert 1 < server.most <= 3


def test_a_model_on_a_server_is_a_policy_whose_failures_are_no_wrong_answers(serve):
    server = serve(send(200, completion(r"\boxed{4}")), send(200, completion("5")))
    found = solve_rate("What is 2 + 2?", "4", chat_policy(client(server, timeout=20.0), temperature=1.0), 4)
    assert (found.solved, found.tries) == (1, 4)
    assert {body["temperature"] for _, _, body in server.seen} == {1.0}
    with pytest.raises(ChatError, match="HTTP 404"):
        solve_rate("What is 2 + 2?", "4", chat_policy(client(serve(send(404, b"gone")))), 2)


def test_a_refusal_is_a_reply(serve):
    reply = client(serve(send(200, completion(None, refusal="I will not.")))).complete(MESSAGES)
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
        ([send(200, POINTS)], 0.5, ""),
        ([send(500, b""), hang_up, send(200, POINTS)], 0.5, ""),
        ([send(500, b"")], None, "status"),
        ([send(200, POINTS[:-9])], None, "garbage"),
        ([hang], None, "timeout"),
        ([send(200, completion("", refusal="I cannot."))], None, "refused"),
        ([send(200, completion("Full marks!"))], None, "unreadable"),
        ([send(200, completion('{"points": [{"number": 1, "awar', "length"))], None, "cut off"),
    ],
)
def test_a_judge_on_a_failing_server_judges_or_says_why_not(serve, answers, share, reason):
    found = RubricReward(client(serve(*answers))).judge("Prove it.", (), RUBRIC, "It is so.")
    assert found.share == share
    assert found.reason.startswith(reason)
