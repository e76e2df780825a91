"""Policies of every backend: the protocol, proposals to searches, attempts, the exam, and what RL refuses."""

from __future__ import annotations

import math
import re
import sys
from random import Random
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.agents.evaluation.stats import share_interval
from metacot.agents.policies import (
    ExamSettings,
    Line,
    ModelConfig,
    Policy,
    PolicyAttempts,
    PolicyProposer,
    ScriptedPolicy,
    TransformersPolicy,
    examine,
    make_policy,
    new_model,
    trained_model,
)
from metacot.agents.search import ALGORITHMS, BestValueCritic, Limits, mcts, search, search_squared
from metacot.rewards import ConstantValue, OracleValue, Proposer, RolloutValue
from metacot.tasks import Backtrack, Tree, emit, make, parse, replay

GAME, MAZE, MATH = make("game24"), make("maze"), make("math")
SUM = MATH.pose("What is 20 + 22?", "42")


def solver(context: str, row: int = 0, turn: int = 0) -> str:
    """Plays Game of 24 without a mistake, from nothing but the text that a model would read."""
    asked = re.findall(r"use ([\d ]+) to make 24\n", context)
    problem = GAME.pose(tuple(map(int, asked[-1].split())))
    state = replay(GAME, parse(GAME, problem, context.rpartition("<think>\n")[2])).tree.state
    if GAME.solved(state):
        return "answer"
    good = [step for step, child, *_ in GAME.expand(state) if GAME.distance(child) == GAME.distance(state) - 1]
    return GAME.write(state, good[row % len(good)]) if good else "give up"


def says(*lines: str) -> ScriptedPolicy:
    """Row i always says line i, round and round."""
    return ScriptedPolicy(lambda context, row, turn: lines[row % len(lines)])


HANDS = [GAME.problem(5, index, "test") for index in range(6)]


@pytest.fixture(scope="module")
def tiny():
    """A small model that knows nothing."""
    return new_model(GAME, ModelConfig(width=16, layers=1, heads=2, inner=16, context=192), 0)


class FakeVLLM(ModuleType):
    """vLLM's face as `VLLMPolicy` uses it; the "model" writes what the solver does."""

    def __init__(self, tokenizer):
        super().__init__("vllm")
        fake = self
        fake.asked = []

        class SamplingParams:
            def __init__(self, *, temperature=1.0, max_tokens=16, stop_token_ids=None, seed=None, logprobs=None):
                self.__dict__.update(locals())

        class LLM:
            def __init__(self, model, *, logprobs_mode="raw_logprobs", max_model_len=1000):
                fake.made = model, logprobs_mode
                self.llm_engine = SimpleNamespace(model_config=SimpleNamespace(max_model_len=max_model_len))

            def get_tokenizer(self):
                return tokenizer

            def generate(self, prompts, sampling_params=None, *, use_tqdm=True):
                assert len(prompts) == len(sampling_params)
                fake.asked.append((prompts, sampling_params))
                assert not use_tqdm
                return [self._one(*pair) for pair in zip(prompts, sampling_params, strict=True)]

            def _one(self, prompt, params):
                text = tokenizer.decode(prompt["prompt_token_ids"])
                ids = tokenizer(solver(text) + "\n")["input_ids"][: params.max_tokens]
                assert set(ids[:-1]).isdisjoint(params.stop_token_ids)
                logprobs = [{token: SimpleNamespace(logprob=-0.5)} for token in ids]
                return SimpleNamespace(outputs=[SimpleNamespace(token_ids=ids, logprobs=logprobs)])

        self.LLM, self.SamplingParams = LLM, SamplingParams


@pytest.fixture
def vllm(monkeypatch, tiny):
    fake = FakeVLLM(tiny.tokenizer)
    monkeypatch.setitem(sys.modules, "vllm", fake)
    return fake


# the protocol -------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["script", "hf", "vllm"])
def policy(request, tiny):
    if request.param == "vllm":
        request.getfixturevalue("vllm")
        return make_policy("vllm:some/model")
    plays = ScriptedPolicy(lambda context, row, turn: solver(context))
    return plays if request.param == "script" else TransformersPolicy(tiny)


PROMPT = "use 1 1 4 6 to make 24\n<think>\n"


def test_a_policy_keeps_the_protocol(policy):
    assert isinstance(policy, Policy)
    session = policy.open([PROMPT, PROMPT], seeds=[3, 4], max_line=8)
    [first, *others] = session.sample()
    assert isinstance(first, Line)
    assert "\n" not in first.text
    assert first.failed is None
    assert 0 < first.tokens <= 8
    assert first.logprob <= 0
    assert (first.ids is not None) == policy.exact_ids
    assert policy.exact_ids is False or len(first.ids) == first.tokens
    session.feed(first.row, "#1 1 4 6\n")
    assert session.fork(first.row) == 2
    session.close(first.row)
    with pytest.raises(ValueError, match="closed"):
        session.fork(first.row)
    for line in others:
        session.close(line.row)
    later = session.sample()
    assert 0 not in {line.row for line in later}
    for row in (1, 2):
        session.close(row)
    assert session.sample() == []


def test_the_same_seed_writes_the_same_line_in_any_batch(policy):
    def lines(prompts, seeds):
        session = policy.open(prompts, seeds=seeds, max_line=6)
        found = {}
        while len(found) < len(prompts):
            for line in session.sample():
                found.setdefault(line.row, line)
                session.close(line.row)
        return [(found[row].text, found[row].ids) for row in range(len(prompts))]

    assert lines([PROMPT] * 3, [7, 8, 9])[1:] == lines([PROMPT] * 2, [8, 9])


def test_a_full_context_fails_its_row_alone(tiny, vllm):
    long = "use 1 1 4 6 to make 24\n" * 30
    for policy in (TransformersPolicy(tiny), make_policy("vllm:some/model")):
        if policy.name.startswith("vllm"):
            policy.room = 150
        session = policy.open([long, PROMPT], max_line=8)
        [line] = session.sample()
        assert (line.row, line.full) == (0, True)
        assert "no room" in line.failed
        assert [line.row for line in session.sample()] == [1]
    exam = examine(TransformersPolicy(tiny), GAME, HANDS[:1], ExamSettings(style="none", budget=1000, max_line=60))
    assert (exam.full, exam.lost) == (1, ())
    assert not exam.episodes[0].success


def test_exact_ids_are_those_of_the_context(tiny):
    policy = TransformersPolicy(tiny)
    session = policy.open([PROMPT], seeds=[1], max_line=5)
    [line] = session.sample()
    row = session._session.rows[0]
    assert tuple(row.ids[-len(line.ids) :]) == line.ids
    assert line.logprob == pytest.approx(sum(row.logprobs[-len(line.ids) :]))


def test_vllm_is_asked_for_exact_ids_up_to_a_line_end(vllm, tiny):
    policy = make_policy("vllm:some/model#raw")
    assert vllm.made == ("some/model", "processed_logprobs")
    exam = examine(policy, GAME, HANDS, ExamSettings(style="none"))
    assert exam.success[0] == 1.0
    prompts, params = vllm.asked[-1]
    assert params[0].stop_token_ids == sorted(tiny.line_ends)
    assert len({params.seed for _, batch in vllm.asked for params in batch}) > len(HANDS)
    text = tiny.tokenizer.decode(prompts[0]["prompt_token_ids"])
    assert text.startswith("use ")
    assert "#1 " in text


def test_without_vllm_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(ImportError, match=r"pip install 'metacot\[vllm\]'"):
        make_policy("vllm:some/model")


def test_a_chat_template_is_used_where_there_is_one(tiny, tmp_path):
    tiny.save(tmp_path)
    policy = make_policy(f"hf:{tmp_path}")
    assert policy.language_model.as_turns(["4 6"]) == ["4 6"]
    policy.language_model.tokenizer.chat_template = "{% for m in messages %}( {{ m.content }} ){% endfor %}"
    assert policy.language_model.as_turns(["4 6"]) == ["( 4 6 )"]
    chat = policy.open(["4 6"])._session.rows[0]
    raw = TransformersPolicy(policy.language_model, chat=False).open(["4 6"])._session.rows[0]
    assert len(chat.ids) == len(raw.ids) + 2


def test_a_script_is_read_by_paragraphs(tmp_path):
    path = tmp_path / "play.txt"
    path.write_text("4 * 6\n1 * 24\n\nback #0\n")
    session = make_policy(f"script:{path}").open(["?\n", "?\n", "?\n"])
    assert [line.text for line in session.sample()] == ["4 * 6", "back #0", "4 * 6"]
    assert [line.text for line in session.sample()] == ["1 * 24", "give up", "1 * 24"]
    path.write_text("\n \n")
    with pytest.raises(ValueError, match="no line"):
        make_policy(f"script:{path}")


@pytest.mark.parametrize("spelling", ["", "gpt", "openai:", "hf:", "hf:x#y", "vllm:x#chat", "torch:x"])
def test_an_unknown_spelling_names_the_known_ones(spelling):
    with pytest.raises(ValueError, match=r"openai:URL.*script:FILE"):
        make_policy(spelling)


def test_rl_takes_models_of_this_process_and_refuses_text(tiny, vllm):
    assert trained_model(tiny) is trained_model(TransformersPolicy(tiny)) is tiny
    with pytest.raises(ValueError, match=r"exact_ids=False.*hf:FOLDER"):
        trained_model(ScriptedPolicy(solver))
    with pytest.raises(ValueError, match="only samples"):
        trained_model(make_policy("vllm:some/model"))


def test_training_refuses_a_policy_that_holds_text_before_anything_else(tmp_path):
    from metacot.agents.training.rl import RLSettings, train_rl

    with pytest.raises(ValueError, match="exact_ids=False"):
        train_rl(ScriptedPolicy(solver), None, None, RLSettings(updates=1), tmp_path, tracker=None, seed=0)


# proposals ----------------------------------------------------------------------------------------------------------


def test_every_search_solves_with_the_proposals_of_a_policy_that_plays_well():
    for name in ALGORITHMS:
        proposer = PolicyProposer(ScriptedPolicy(solver), GAME, HANDS[0], style="short")
        assert isinstance(proposer, Proposer)
        found = search(name, GAME, HANDS[0], ConstantValue(), budget=60, proposer=proposer, proposals=2)
        assert found.success, name
        assert found.tokens == proposer.tokens > 0
        assert found.source["proposer"] == "script"


def test_every_search_runs_on_a_task_of_free_text():
    for name in ALGORITHMS:
        policy = says("20 + 22 = 41", "20 + 22 = 42", "answer 40", "back #0")
        proposer = PolicyProposer(policy, MATH, SUM)
        found = search(name, MATH, SUM, ConstantValue(), budget=30, seed=1, proposer=proposer, proposals=4)
        assert len(found.tree) > 1
        assert found.success or name in ("best_of_n", "majority_vote"), name
        assert emit(MATH, found.trace())


def test_votes_on_free_text_are_of_answers():
    policy = ScriptedPolicy(
        lambda context, row, turn: "20 + 22 = 42" if "20 + 22 = 42\n" not in context else "answer 42"
    )
    found = search("majority_vote", MATH, SUM, ConstantValue(), proposer=PolicyProposer(policy, MATH, SUM), n=3)
    assert found.success
    assert found.tree.answer(found.chosen) == "42"


def test_an_answer_in_free_text_is_a_step_with_nothing_after_it():
    proposer = PolicyProposer(says("answer 42"), MATH, SUM)
    start = MATH.start(SUM)
    [[(step, _)]] = proposer.propose(MATH, [start], [Random(0)])
    child = MATH.apply(start, step)
    assert MATH.check(SUM, MATH.answer(SUM, [step])).correct
    assert proposer.propose(MATH, [child], [Random(0)]) == [[]]


def test_the_policy_reads_what_an_environment_would_have_shown():
    seen = []

    def speak(context, row, turn):
        seen.append(context)
        return solver(context)

    problem = GAME.pose((1, 1, 4, 6))
    proposer = PolicyProposer(ScriptedPolicy(speak), GAME, problem, style="none")
    found = search("depth_first", GAME, problem, ConstantValue(), budget=9, proposer=proposer, proposals=1)
    assert found.success
    shown = emit(GAME, found.trace()).partition("</think>")[0].splitlines(keepends=True)
    assert seen[-1] == PROMPT + "".join(shown[:-2])  # before the last step and its answer
    proposer.propose(GAME, [GAME.start(GAME.pose((3, 3, 8, 8)))], [Random(0)])
    assert seen[-1].endswith("#0 3 3 8 8\n")


def test_lines_are_counted_by_kind_and_never_raise():
    problem = GAME.pose((1, 1, 4, 6))
    policy = says("4 * 6 = #9 1 1 24 value 50", "back #0", "I would multiply.", "9 * 9", "answer 24", "")
    proposer = PolicyProposer(policy, GAME, problem)
    [drawn] = proposer.propose(GAME, [GAME.start(problem)], [Random(0)], 6)
    assert [GAME.write(GAME.start(problem), step) for step, _ in drawn][:1] == ["4 * 6"]
    assert proposer.counts == {"steps": len(drawn), "other": 2, "unreadable": 4 - len(drawn), "refusal": 0, "failed": 0}
    found = mcts(GAME, problem, OracleValue(), budget=5, proposer=proposer, proposals=6)
    assert len(found.tree) > 1


def test_priors_are_log_probabilities_or_else_frequencies():
    class Silent:
        """A backend that gives no log-probabilities."""

        def __init__(self, policy):
            self.policy, self.name, self.exact_ids = policy, "silent", False

        def open(self, prompts, **options):
            session = self.policy.open(prompts, **options)
            sample = session.sample
            session.sample = lambda: [line._replace(logprob=None) for line in sample()]
            return session

    problem, policy = GAME.pose((1, 1, 4, 6)), says("4 * 6", "4 * 6", "4 * 6", "1 + 1")
    start = GAME.start(problem)
    for backend, expected in ((policy, [0.0] * 4), (Silent(policy), [math.log(3 / 4)] * 3 + [math.log(1 / 4)])):
        [drawn] = PolicyProposer(backend, GAME, problem).propose(GAME, [start], [Random(0)], 4)
        assert [proposal.logprob for proposal in drawn] == expected


def test_what_was_drawn_with_the_same_chance_is_not_asked_for_again(tiny):
    proposer = PolicyProposer(TransformersPolicy(tiny), GAME, HANDS[0], style="none", max_line=8)
    start = GAME.start(HANDS[0])
    first = proposer.propose(GAME, [start, start], [Random(1), Random(1)], 3)
    tokens = proposer.tokens
    assert first[0] == first[1] == proposer.propose(GAME, [start], [Random(1)], 3)[0]
    assert proposer.tokens == tokens
    proposer.propose(GAME, [start], [Random(2)], 3)
    assert proposer.tokens > tokens
    again = PolicyProposer(TransformersPolicy(tiny), GAME, HANDS[0], style="none", max_line=8)
    assert again.propose(GAME, [start], [Random(1)], 3) == first[:1]


def test_a_budget_of_tokens_ends_a_search():
    proposer = PolicyProposer(says("two words", "and two", "two more", "the last"), MATH, SUM)
    found = search("breadth_first", MATH, SUM, ConstantValue(), budget=Limits(tokens=40), proposer=proposer)
    assert found.tokens == 40  # eight for each of five states


def test_rollouts_are_played_by_a_policy():
    problem = GAME.pose((1, 1, 4, 6))
    value = RolloutValue(2, proposer=PolicyProposer(ScriptedPolicy(solver), GAME, problem, style="none"))
    assert value.values(GAME, [GAME.start(problem)]) == [1.0]
    assert "script" in value.name


@given(st.text(max_size=60))
def test_no_text_of_any_kind_raises(text):
    for task, problem in ((GAME, HANDS[0]), (MATH, SUM)):
        proposer = PolicyProposer(says(text), task, problem, style="none")
        [drawn] = proposer.propose(task, [task.start(problem)], [Random(0)], 2)
        assert len(drawn) <= 2
        assert sum(proposer.counts.values()) == 2


# attempts -----------------------------------------------------------------------------------------------------------


def test_attempts_go_on_after_the_earlier_ones_in_one_context():
    seen = []

    def speak(context, row, turn):
        seen.append(context)
        return solver(context) if "attempt 2 wrong\n" in context else "answer 1 + 1"

    problem = GAME.pose((1, 1, 4, 6))
    attempts = PolicyAttempts(ScriptedPolicy(speak, "late"), style="none", budget=8)
    found = search_squared(GAME, problem, attempts, BestValueCritic(OracleValue()), budget=4, branch=1)
    assert (found.success, found.attempts) == (True, 2)
    assert seen[1] == PROMPT + "</think>\nanswer 1 + 1\nattempt 2 wrong\n<think>\n"
    assert found.source["attempter"] == "late, 8 steps"
    assert attempts.tokens > 0
    last = found.histories[found.solved][-1]
    assert replay(GAME, last).success
    assert last.source["number"] == 2


def test_an_attempt_that_its_budget_ends_is_unfinished():
    seen = []

    def speak(context, row, turn):
        seen.append(context)
        return "back #0"

    problem = GAME.pose((1, 1, 4, 6))
    attempts = PolicyAttempts(ScriptedPolicy(speak), style="none", budget=2)
    found = search_squared(GAME, problem, attempts, BestValueCritic(OracleValue()), budget=2, branch=1)
    assert not found.success
    assert "attempt 2 unfinished\n" in seen[-1]
    assert found.histories[1][0].actions == (Backtrack(0), Backtrack(0))


# the exam -----------------------------------------------------------------------------------------------------------


def test_an_exam_counts_what_happened():
    def speak(context, row, turn):
        if row == 0:
            return solver(context)
        return ("hello", "back #7", "9 * 9", "x" * 2000, "back #0", "give up")[turn]

    exam = examine(ScriptedPolicy(speak), GAME, HANDS[:2], ExamSettings(budget=9))
    assert exam.illegal == {"unreadable": 1, "illegal": 1, "no_such_node": 1, "too_long": 1}
    assert [episode.success for episode in exam.episodes] == [True, False]
    assert exam.episodes[1].backtracks == 1
    share, low, high = exam.success
    assert share == 0.5
    assert low < 0.5 < high
    assert "success        50.0%" in exam.text()
    assert exam.to_dict()["finished"] == 2


@pytest.mark.parametrize("feedback", ["state", "none", "random"])
@pytest.mark.parametrize("style", ["none", "short", "full"])
def test_a_policy_can_be_examined_in_any_manner(feedback, style):
    exam = examine(says("1 + 1"), GAME, HANDS[:3], ExamSettings(budget=3, feedback=feedback, style=style))
    assert [episode.steps for episode in exam.episodes] == [3, 3, 3]


def test_an_exam_has_the_steps_of_its_task_unless_it_is_told():
    maze = make("maze")
    hard = [maze.problem(0, index, "test", size=20) for index in range(2)]
    exam = examine(says("nowhere"), maze, hard)
    assert exam.settings.budget == maze.budget(size=20)
    assert [episode.steps for episode in exam.episodes] == [80, 80]
    assert "80 steps" in exam.text()
    assert examine(says("nowhere"), maze, hard, ExamSettings(budget=3)).settings.budget == 3


def test_an_exam_is_reproducible(tiny):
    settings = ExamSettings(budget=4, style="none", max_line=8)
    first, again = (examine(TransformersPolicy(tiny), GAME, HANDS[:4], settings) for _ in range(2))
    assert (first.episodes, first.illegal) == (again.episodes, again.illegal)


def test_free_text_is_examined_too():
    exam = examine(says("answer 42"), MATH, [SUM, SUM])
    assert exam.success[0] == 1.0


def test_the_interval_of_a_share_covers_it_as_often_as_it_says():
    for share in (0.05, 0.3, 0.5):
        won = np.random.default_rng(0).binomial(20, share, size=2000)
        covered = np.mean([low <= share <= high for _, low, high in (share_interval(int(n), 20) for n in won)])
        assert covered > 0.91
    assert share_interval(0, 20).low == 0.0
    assert share_interval(0, 20).high == pytest.approx(0.1611, abs=1e-4)  # Newcombe 1998, by hand: z²/(n + z²)
    with pytest.raises(ValueError, match="successes"):
        share_interval(3, 2)


def test_the_tree_of_a_search_holds_only_states_that_were_proposed():
    proposer = PolicyProposer(says("4 * 6", "6 - 1"), GAME, GAME.pose((1, 1, 4, 6)))
    found = search("best_first", GAME, proposer.problem, ConstantValue(), budget=9, proposer=proposer)
    tree: Tree = found.tree
    for parent, step in zip(tree.parents[1:], tree.steps[1:], strict=True):
        assert GAME.write(tree.states[parent], step) in ("4 * 6", "6 - 1")
