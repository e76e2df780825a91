"""`TextReasoning`: what is said and answered, what is free, budgets, instructions, and that traces are the text."""

from __future__ import annotations

import gymnasium as gym
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metacot.envs import TextReasoning, instructions
from metacot.tasks import Backtrack, GiveUp, NewAttempt, Problem, Refused, Submit, Tree, emit, parse
from metacot.tasks.game24 import Game24
from metacot.tasks.grammar import CLOSE, write

GAME = Game24()
SOLUTION = ("8 / 3", "3 - 8/3", "8 / 1/3")
ANSWER = "answer 8 / (3 - 8 / 3)"


def made(hand: tuple[int, ...] = (3, 3, 8, 8), **kwargs) -> TextReasoning:
    env = TextReasoning(GAME, **kwargs)
    env.reset(options={"problem": GAME.pose(hand)})
    return env


# What is said


def test_an_episode_reads_like_a_conversation():
    env = TextReasoning("game24")
    observation, info = env.reset(options={"problem": GAME.pose((3, 3, 8, 8))})
    assert observation == "use 3 3 8 8 to make 24\n<think>\n"
    assert info == {"success": False, "reached": False, "steps": 0, "tokens": 0}
    said = [env.step(line)[0] for line in ("3 + 3", "back #0", *SOLUTION[:2], "3 + 4", SOLUTION[2], CLOSE)]
    assert said == [
        "#1 6 8 8\n",
        "#0 3 3 8 8\n",
        "#2 8/3 3 8\n",
        "#3 1/3 8\n",
        "refused 3 is not among the numbers\n",
        "#4 24 solved\n",
        "",
    ]
    observation, reward, terminated, truncated, info = env.step(ANSWER)
    assert (observation, reward, terminated, truncated) == ("", 1.0, True, False)
    assert (info["success"], info["reached"], info["steps"]) == (True, True, 6)
    assert info["trace"] == env.trace()


def test_without_feedback_nothing_is_ever_answered():
    env = made(feedback="none")
    assert [env.step(line)[0] for line in ("3 + 3", "nonsense", "back #0", *SOLUTION)] == [""] * 6
    assert env.step(ANSWER)[1] == 1.0


def test_random_feedback_shows_another_problem_but_true_node_numbers():
    env = made(feedback="random")
    shown = [env.step(line)[0] for line in (*SOLUTION, "back #0", "back #2", "back #9")]
    assert [line.split()[0] for line in shown] == ["#1", "#2", "#3", "#0", "#2", "refused"]
    assert "3 3 8 8" not in shown[3]
    assert shown[1] == shown[4], "the same node always looks the same"
    assert env.step(ANSWER)[1] == 1.0, "what is judged is the true problem"


def test_an_action_may_hold_several_lines():
    env = made()
    observation, reward, terminated, _, info = env.step(
        "\n 3 + 3 \n\n\nback #0\n" + "\n".join(SOLUTION) + f"\n{ANSWER}\nx"
    )
    assert observation.splitlines() == ["#1 6 8 8", "#0 3 3 8 8", "#2 8/3 3 8", "#3 1/3 8", "#4 24 solved"]
    assert (reward, terminated, info["steps"]) == (1.0, True, 5)
    assert [event.kind for event in info["events"]] == ["new", "back", "new", "new", "new", "submit"]
    assert isinstance(info["actions"][-1], Submit), "what follows the end is not read"
    assert info["unread"] == 1
    assert info["events"][-1].verdict.correct is True


@pytest.mark.parametrize("blank", ["", "\n", "  \n \n\t"])
def test_a_blank_action_is_one_refused_line(blank):
    env = made()
    observation, *_, info = env.step(blank)
    assert observation == "refused not an action\n"
    assert info["steps"] == 1


def test_closing_the_search_is_free_once():
    env = made()
    assert env.step(CLOSE)[0] == ""
    assert env.steps == 0
    assert env.step(f" {CLOSE} ")[0] == "refused not an action\n"
    assert env.steps == 1


def test_claims_are_kept_apart_from_the_truth():
    env = made()
    assert env.step("3 + 3 = #1 6 8 8 value 30")[4]["events"][0].wrong_state is False
    env.step("back #0")
    observation, *_, info = env.step("8 - 3 = #2 6 8")
    assert info["events"][0].wrong_state is True
    assert observation == "#2 3 5 8\n"


def test_only_text_is_an_action():
    with pytest.raises(TypeError, match="an action is text, got bytes"):
        made().step(b"3 + 3")


# Budgets


def test_the_budget_of_steps():
    env = made(budget=2)
    assert env.step("3 + 3")[3] is False
    observation, reward, terminated, truncated, info = env.step("nonsense\n8 + 8")
    assert (observation, reward, terminated, truncated) == ("refused not an action\n", 0.0, False, True)
    assert (info["steps"], info["success"], len(info["trace"].actions)) == (2, False, 2)


@pytest.mark.parametrize("rest", [ANSWER, f"{CLOSE}\n{ANSWER}", "give up", "back #0", "8 + 8", ""])
def test_who_solves_with_the_last_step_may_still_answer(rest):
    env = made(budget=3)
    *_, terminated, truncated, info = env.step("\n".join(SOLUTION))
    assert (terminated, truncated, info["reached"], info["success"]) == (False, False, True, False)
    observation, reward, terminated, truncated, info = env.step(rest)
    answered, gave_up = ANSWER in rest, rest == "give up"
    assert (observation, reward, terminated) == ("", float(answered), answered or gave_up)
    assert truncated is not terminated
    assert (info["steps"], len(info["trace"].actions)) == (3, 3 + terminated)


def test_the_budget_of_tokens():
    env = made(tokens=6)
    assert env.step("3 + 3")[4]["tokens"] == 3
    observation, reward, terminated, truncated, info = env.step("back #0\n8 + 8")
    assert (observation, reward, terminated, truncated) == ("#0 3 3 8 8\n", 0.0, False, True)
    assert info["tokens"] == 5
    assert info["actions"] == [Backtrack(0)], "a line past the budget is not carried out"
    env = made(tokens=6, count_tokens=len)
    assert env.step("3 + 3")[4]["tokens"] == 5
    assert env.step("8 + 8")[3] is True


def test_giving_up_is_right_only_on_what_has_no_solution():
    assert made((1, 1, 1, 1)).step("give up")[1] == 1.0
    assert made((3, 3, 8, 8)).step("give up")[1] == 0.0


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"feedback": "loud"}, "feedback must be one of state, none, random"),
        ({"style": "haiku"}, "style must be one of none, short, full"),
        ({"tokens": 0}, "tokens must be None or a whole number"),
        ({"budget": "many"}, "budget must be"),
    ],
)
def test_wrong_arguments_are_named_with_the_rule(kwargs, message):
    with pytest.raises(ValueError, match=message):
        TextReasoning("game24", **kwargs)


# Instructions


@pytest.mark.parametrize("feedback", ["state", "none", "random"])
def test_full_instructions_hold_a_worked_example_that_works(feedback):
    env = TextReasoning("game24", style="full", feedback=feedback, difficulty={"low": 2})
    held_out = {GAME.problem(0, index, "test", low=2).data for index in range(GAME.count("test", low=2))}
    prompt, _ = env.reset(seed=0)
    assert prompt.endswith(f"{GAME.ask(env.problem)}\n<think>\n")
    assert GAME.rules() in prompt
    example = prompt.partition("An example:\n")[2].partition("\n\nNow it is your turn.")[0] + "\n"
    question, _, play = example.partition("\n<think>\n")
    hand = tuple(map(int, question.removeprefix("use ").partition(" to ")[0].split()))
    problem = GAME.pose(hand)
    assert problem.data not in held_out
    shown = "none" if feedback == "none" else "state"
    trace = parse(GAME, problem, play, shown, strict=True)
    assert any(isinstance(action, Backtrack) for action in trace.actions)
    other = TextReasoning(GAME, feedback=shown)
    other.reset(options={"problem": problem})
    assert sum(other.step(write(other.tree, action))[1] for action in trace.actions) == 1.0
    again, _ = env.reset(options={"problem": problem})
    assert again.count(GAME.ask(problem)) == 1, "the example is never the problem itself"


def test_styles_grow_from_nothing():
    env = TextReasoning("game24")
    env.reset(seed=0)
    lengths = [len(env.instructions(style)) for style in ("none", "short", "full")]
    assert lengths[0] == 0 < lengths[1] < lengths[2]
    with pytest.raises(ValueError, match="style must be one of"):
        env.instructions("epic")


# Traces are the text


PIECES = ["3 + 3", "8 / 3", "3 - 8/3", "8 / 1/3", "3 * 8", "8 - 3", "8 / 0", "back #0", "back 1", "back #7", CLOSE]
PIECES += ["<think>", "attempt 2", "attempt 2 wrong", "answer", "answer 24", ANSWER, "give up", "refused not an action"]
PIECES += [
    "#0 3 3 8 8",
    "#1 6 8 8",
    "3 + 3 = #1 6 8 8",
    "3 + 3 = 9 = 9 value 101",
    "8 - 3 value 55",
    "(blank)",
    "",
    "x" * 2000,
]
LINES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=25)


@pytest.mark.parametrize("feedback", ["state", "none", "random"])
@settings(max_examples=400)
@given(lines=LINES)
def test_the_emitted_trace_is_the_text_exchanged(feedback, lines):
    env = made(feedback=feedback, budget=12)
    tree, text = Tree(GAME, env.problem), ""
    for line in lines:
        observation, _, terminated, truncated, info = env.step(line)
        for number, action in enumerate(info["actions"]):
            text += f"{CLOSE}\n" if isinstance(action, Submit | GiveUp) else ""
            text += write(tree, action) + "\n"
            tree.do(action)
            text += "".join(observation.splitlines(keepends=True)[number : number + 1])
        if terminated or truncated:
            break
    trace = env.trace()
    assert emit(GAME, trace, feedback) == text
    decoy = Problem.from_json(trace.source["decoy"]) if feedback == "random" else None
    assert parse(GAME, env.problem, text, feedback, decoy=decoy, strict=True) == trace
    costing = [action for action in trace.actions if not isinstance(action, Submit | GiveUp | NewAttempt)]
    assert len(costing) == env.steps <= 12


@pytest.mark.parametrize("feedback", ["state", "none", "random"])
@given(choices=st.lists(st.integers(0, 10**6), max_size=30), end=st.sampled_from(["answer 24", "give up", ""]))
def test_text_in_proper_form_is_exchanged_to_the_letter(feedback, choices, end):
    env = made(feedback=feedback, budget=20)
    context, over = "", False
    lines = []
    for choice in choices:
        steps = GAME.steps(env.tree.state)
        if steps and choice % 3:
            line = GAME.write(env.tree.state, steps[choice % len(steps)])
        else:
            line = f"back #{choice % (len(env.tree) + 1)}"
        lines.append(line)
        observation, _, terminated, truncated, _ = env.step(line)
        context += f"{line}\n{observation}"
        over = terminated or truncated
        if over:
            break
    if end and not over:
        context += f"{CLOSE}\n{env.step(CLOSE)[0]}{end}\n{env.step(end)[0]}"
    assert context == emit(GAME, env.trace(), feedback)


@pytest.mark.parametrize("attempts", [1, 3])
def test_instructions_hold_no_two_blank_lines_in_a_row(attempts):
    for style in ("short", "full"):
        text = instructions(GAME, style, attempts=attempts)
        assert "\n\n\n" not in text
        assert ("You have 3 attempts" in text) == (attempts == 3)


def test_text_observations_are_refused_by_shared_memory_and_work_without():
    with pytest.raises(ValueError, match="shared_memory=False") as caught:
        gym.make_vec("MetaCoT/Game24Text-v0", num_envs=2, vectorization_mode="async")
    assert "MetaCoT/Game24Text-v0" in str(caught.value.__cause__)
    envs = gym.make_vec(
        "MetaCoT/Game24Text-v0", num_envs=2, vectorization_mode="async", vector_kwargs={"shared_memory": False}
    )
    try:
        prompts, _ = envs.reset(seed=[7, 7])
        assert prompts[0] == prompts[1] == GAME.ask(GAME.problem(7, 0)) + "\n<think>\n"
        answers, *_ = envs.step(("back #0", "what?"))
        assert answers[0].startswith("#0 ")
        assert answers[1] == "refused not an action\n"
    finally:
        envs.close()


def test_refusals_say_what_was_wrong():
    env = made()
    kinds = [env.step(line)[4]["actions"][0].kind for line in ("hm", "3 + 4", "back #5", "y" * 1001)]
    assert kinds == ["unreadable", "illegal", "no_such_node", "too_long"]
    assert all(isinstance(action, Refused) for action in env.trace().actions)
