"""Policies behind a server on this machine that plays well, or fails in every way servers do; the command line too."""

from __future__ import annotations

import json
import re
import time
from http.server import BaseHTTPRequestHandler
from random import Random
from typing import Any

import pytest
from chat_server import completion, drip, hang, hang_up, send

from metacot.agents.policies import ExamSettings, PolicyProposer, examine, make_policy, trained_model
from metacot.agents.search import best_first
from metacot.cli import main
from metacot.rewards import ConstantValue
from metacot.tasks import make, parse, replay

GAME = make("game24")
HANDS = [GAME.problem(5, index, "test") for index in range(6)]
PLAYED = "4 6 1 1"


def solver(context: str) -> str:
    """Plays Game of 24 without a mistake, from nothing but the text that a model would read."""
    asked = re.findall(r"use ([\d ]+) to make 24\n", context)
    problem = GAME.pose(tuple(map(int, asked[-1].split())))
    state = replay(GAME, parse(GAME, problem, context.rpartition("<think>\n")[2])).tree.state
    if GAME.solved(state):
        return "answer"
    rows = GAME.expand(state)
    return next(GAME.write(state, row[0]) for row in rows if GAME.distance(row[1]) == GAME.distance(state) - 1)


def context_of(messages: list[dict[str, str]]) -> str:
    """The conversation as one text."""
    prompt, *others = [message["content"] for message in messages]
    return prompt + "".join(f"{text}\n" for text in others if text != "Go on.")


def good(handler: BaseHTTPRequestHandler, asked: dict) -> None:
    """As a model that plays well, and takes a moment to think."""
    time.sleep(0.01)
    logprobs = {"content": [{"token": "a", "logprob": -0.25}, {"token": "b", "logprob": -0.5}]}
    send(200, completion(solver(context_of(asked["messages"])), logprobs=logprobs))(handler, asked)


@pytest.fixture
def serve(chat_server):
    """A server that lists models if it is one that plays."""
    return lambda *answers: chat_server(*answers, models=["played", "other"] if answers[-1] is good else [])


@pytest.fixture
def metacot(capsys):
    """A function that runs the command and returns (exit status, stdout, stderr)."""

    def run(*words: object) -> tuple[int, str, str]:
        return main([str(word) for word in words]), *capsys.readouterr()

    return run


def opened(server: Any, **client: object):
    return make_policy(f"openai:{server.url}#m", **{"timeout": 20.0, "pause": 0.01, "tries": 2, **client})


FAILURES = {
    "a timeout": hang,
    "429": send(429, b"slow down", Retry_After="0.01"),
    "500": send(500, b"oops"),
    "503": send(503, b""),
    "404": send(404, b"no such model"),
    "garbage": send(200, b"<html>hello</html>"),
    "truncated JSON": send(200, completion("4 * 6")[:-9]),
    "half a body": send(200, completion("4 * 6"), length=10_000),
    "no choices": send(200, b'{"choices": []}'),
    "another shape": send(200, b'{"choices": {"0": "4 * 6"}}'),
    "content of another kind": send(200, b'{"choices": [{"message": {"content": ["4 * 6"]}}]}'),
    "a reset": hang_up,
    "a drip": drip,
    "a huge reply": send(200, completion("4 * 6 " * 2_000_000)),
}


# play ---------------------------------------------------------------------------------------------------------------


def test_a_server_that_plays_well_solves_every_problem(serve):
    server = serve(good)
    exam = examine(opened(server, concurrency=3), GAME, HANDS, ExamSettings(style="full"))
    assert exam.success[0] == 1.0
    assert [episode.tokens for episode in exam.episodes] == [28] * 6  # three steps and an answer, seven each
    assert 1 < server.most <= 3
    first = server.seen[0][2]
    assert {"model": "m", "temperature": 1.0, "stop": ["\n"], "logprobs": True}.items() <= first.items()
    assert "Search by writing one action a line" in first["messages"][0]["content"]
    assert [message["role"] for message in server.seen[-1][2]["messages"]][:3] == ["user", "assistant", "user"]


def test_the_same_rows_and_turns_are_asked_with_the_same_seeds(serve):
    def seeds():
        server = serve(good)
        examine(opened(server), GAME, HANDS[:3], ExamSettings(style="none"))
        return sorted(asked["seed"] for _, _, asked in server.seen)

    assert seeds() == seeds()
    assert len(set(seeds())) == 12


def test_a_model_that_begins_with_a_line_end_is_asked_for_more(serve):
    def late(handler, asked):
        text = "\n" + solver(context_of(asked["messages"])) + "\n#1 and so on"
        send(200, completion(text.partition("\n")[0] if "stop" in asked else text))(handler, asked)

    exam = examine(opened(serve(late)), GAME, HANDS[:2], ExamSettings(style="none"))
    assert exam.success[0] == 1.0
    assert exam.episodes[0].tokens == 2 * 28


def test_a_server_that_refuses_log_probabilities_is_asked_without(serve):
    def picky(handler, asked):
        said = completion(solver(context_of(asked["messages"])))
        (send(400, b"logprobs is not supported") if "logprobs" in asked else send(200, said))(handler, asked)

    server = serve(picky)
    proposer = PolicyProposer(opened(server), GAME, HANDS[0])
    [drawn] = proposer.propose(GAME, [GAME.start(HANDS[0])], [Random(0)], 3)
    assert [proposal.logprob for proposal in drawn] == [0.0] * 3
    before = len(server.seen)
    proposer.propose(GAME, [GAME.start(HANDS[0])], [Random(1)], 3)
    assert len(server.seen) == before + 3


def test_priors_are_what_the_server_says(serve):
    proposer = PolicyProposer(opened(serve(good)), GAME, HANDS[0])
    [drawn] = proposer.propose(GAME, [GAME.start(HANDS[0])], [Random(0)], 2)
    assert [proposal.logprob for proposal in drawn] == [-0.75, -0.75]
    assert proposer.tokens == 14


@pytest.mark.parametrize(
    "logprobs", [None, {}, {"content": None}, {"content": [{}]}, {"content": [{"logprob": "x"}]}, {"content": [7]}]
)
def test_unreadable_log_probabilities_are_none(serve, logprobs):
    session = opened(serve(send(200, completion("4 * 6", logprobs=logprobs)))).open(["?\n"])
    [line] = session.sample()
    session.close(0)
    assert (line.text, line.logprob) == ("4 * 6", None)


def test_forks_go_on_with_a_conversation_of_their_own(serve):
    server = serve(good)
    session = opened(server).open(["use 1 1 4 6 to make 24\n<think>\n"])
    [line] = session.sample()
    assert session.fork(0) == 1
    session.feed(0, "#1 fed to the first\n")
    session.close(0)
    with pytest.raises(ValueError, match="closed"):
        session.fork(0)
    assert [line.row for line in session.sample()] == [1]
    session.close(1)
    assert [message["content"] for message in server.seen[-1][2]["messages"][1:]] == [line.text, "Go on."]
    assert server.seen[0][2]["seed"] != server.seen[1][2]["seed"]


def test_a_refusal_is_a_line_that_is_counted(serve):
    no = send(200, completion(None, refusal="I cannot help with that."))
    exam = examine(opened(serve(no)), GAME, HANDS[:1], ExamSettings(budget=3))
    assert (exam.refusals, exam.illegal["unreadable"], exam.lost) == (3, 3, ())
    proposer = PolicyProposer(opened(serve(no)), GAME, HANDS[0])
    assert proposer.propose(GAME, [GAME.start(HANDS[0])], [Random(0)], 2) == [[]]
    assert proposer.counts["refusal"] == 2


def test_a_long_line_is_refused_and_not_sent_back_whole(serve):
    server = serve(send(200, completion("4 " * 100_000)))
    exam = examine(opened(server), GAME, HANDS[:1], ExamSettings(budget=2))
    assert exam.illegal["too_long"] == 2
    assert len(server.seen[-1][2]["messages"][1]["content"]) <= 1001


def test_rl_refuses_a_server(serve):
    with pytest.raises(ValueError, match="exact_ids=False"):
        trained_model(opened(serve(good)))


# failures -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", FAILURES)
def test_episodes_that_a_server_costs_are_counted_and_the_others_kept(serve, failure):
    server = serve(FAILURES[failure], good)
    exam = examine(opened(server, tries=1, timeout=0.5, concurrency=1), GAME, HANDS[:3], ExamSettings(style="none"))
    assert len(exam.lost) == 1
    assert [episode.problem for episode in exam.episodes] == [1, 2]
    assert exam.success[0] == 1.0


@pytest.mark.parametrize("failure", FAILURES)
def test_no_failure_ends_a_search(serve, failure):
    proposer = PolicyProposer(
        opened(serve(FAILURES[failure], good), tries=1, timeout=0.5, concurrency=1), GAME, HANDS[0], style="none"
    )
    found = best_first(GAME, HANDS[0], ConstantValue(), budget=20, proposer=proposer, proposals=2)
    assert found.success
    assert proposer.counts["failed"] == 1
    assert proposer.said


def test_a_dead_server_is_not_asked_for_ever(serve):
    server = serve(send(500, b"oops"))
    policy = opened(server, tries=1, concurrency=2)
    exam = examine(policy, GAME, HANDS * 5, ExamSettings(style="none"))
    assert len(exam.lost) == 30
    assert exam.success is None
    assert len(server.seen) <= 8
    assert "not asked: the server failed" in exam.lost[-1]
    assert "success" not in exam.text()


# the command line ---------------------------------------------------------------------------------------------------


def test_eval_says_how_a_server_fares(serve, metacot):
    server = serve(good)
    status, out, said = metacot("eval", "game24", "--policy", f"openai:{server.url}", "--n", 3, "--style", "none")
    assert (status, said) == (0, "")
    assert "#played on game24" in out
    assert "success        100.0%" in out
    assert server.seen[0][2]["model"] == "played"


@pytest.mark.parametrize("failure", FAILURES)
def test_eval_keeps_what_a_failing_server_left(serve, metacot, failure):
    server = serve(good, good, good, good, FAILURES[failure])
    asked = (
        "--policy",
        f"openai:{server.url}#m",
        "--tries",
        1,
        "--timeout",
        0.5,
        "--concurrency",
        1,
        "--style",
        "none",
    )
    status, out, said = metacot("eval", "game24", "--n", 2, "--json", *asked)
    found = json.loads(out)
    assert status == 1
    assert found["asked"] == 2
    assert found["finished"] + len(found["lost"]) == 2
    assert f"{len(found['lost'])} of 2 episodes were lost: {found['lost'][-1]}" in said
    assert "Traceback" not in said


def test_a_failing_request_is_made_again(serve, metacot):
    server = serve(send(429, b"", Retry_After="0.01"), hang_up, good)
    status, _, _ = metacot("eval", "game24", "--policy", f"openai:{server.url}#m", "--n", 1, "--style", "none")
    assert status == 0


def test_solve_searches_with_the_proposals_of_a_server(serve, metacot):
    server = serve(good)
    words = ("solve", "game24", "--problem", PLAYED, "--policy", f"openai:{server.url}#m", "--value", "constant:0.5")
    status, out, said = metacot(*words, "--search", "mcts", "--proposals", 2)
    assert (status, said) == (0, "")
    assert "right, " in out
    assert "lines steps" in out
    status, out, _ = metacot(*words, "--json")
    found = json.loads(out)
    assert status == 0
    assert found["verdict"]["correct"] is True
    assert found["source"]["proposer"] == f"openai:{server.url}#m"
    assert found["tokens"] > 0


def test_solve_says_that_a_server_failed(serve, metacot):
    server = serve(send(500, b"oops"))
    asked = ("--policy", f"openai:{server.url}#m", "--tries", 1)
    status, out, said = metacot("solve", "game24", "--problem", PLAYED, *asked)
    assert status == 1
    assert "nothing more was proposed" in out
    assert "4 requests failed" in said
    assert "HTTP 500" in said


def test_solve_searches_free_text(tmp_path, metacot):
    script = tmp_path / "play.txt"
    script.write_text("20 + 22 = 41\n\nanswer 42\n")
    problem = json.dumps(["What is 20 + 22?", "42"])
    status, out, _ = metacot("solve", "math", "--problem", problem, "--policy", f"script:{script}", "--search", "beam")
    assert status == 0
    assert "42: right" in out


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("gpt", "a policy is one of openai:URL"),
        ("openai:localhost", "starts with http"),
        ("openai:http://127.0.0.1:1/v1", "unreachable|Connection"),
        ("script:/no/such/file", "No such file"),
    ],
)
def test_what_cannot_be_asked_is_one_line(metacot, policy, said):
    status, out, error = metacot("eval", "game24", "--policy", policy, "--tries", 1)
    assert (status, out) == (2, "")
    assert error.startswith("metacot eval: ")
    assert re.search(said, error)
    assert error.count("\n") == 1


def test_a_server_without_models_is_said(serve, metacot):
    server = serve(hang)
    status, _, said = metacot("eval", "game24", "--policy", f"openai:{server.url}")
    assert status == 2
    assert "offers no model" in said
