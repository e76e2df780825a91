"""Episodes of a language model in text environments: who wrote which token, and what each token is credited with.

The model is scripted: it writes given lines, whatever row and cache it is in, so that everything can be said by hand.
"""

from types import SimpleNamespace

import pytest
import torch

from metacot.agents.policies.environments import TrialSettings, text_environment, trial_environment
from metacot.agents.policies.model import LanguageModel, own_precision
from metacot.agents.policies.rollout import RolloutSettings, roll_out
from metacot.agents.policies.tokenizer import closed_tokenizer
from metacot.envs import TextReasoning, Trial
from metacot.tasks import emit, make
from metacot.tasks.grammar import prompt

TASK = make("game24")
TOKENIZER = closed_tokenizer(TASK)
[END] = TOKENIZER("\n", add_special_tokens=False)["input_ids"]
GREEDY = RolloutSettings(temperature=0.0)

SOLVED = ["13 - 9\n", "10 - 4\n", "4 * 6\n", "</think>\n", "answer\n"]
HAND = (4, 9, 10, 13)
SCRIPTS = {
    HAND: SOLVED,
    (1, 1, 1, 1): ["1 + 1\n", "back #0\n", "back #9\n", "2 - 1\n", "</think>\n", "give up\n"],
    (3, 3, 8, 8): ["8 / 3\n", "3 - 8/3\n", "8 / 1/3\n", "answer\n"],
    (2, 3, 4, 5): ["2 + 3\n"] * 40,  # illegal from the second time on: runs into the budget
}


class Scripted:
    """A causal model by its interface. The cache holds each row's own ids, so the whole context is always known."""

    device = torch.device("cpu")

    def __init__(self, scripts=SCRIPTS):
        self.scripts = {ids(prompt(TASK, TASK.pose(hand))): list(map(ids, lines)) for hand, lines in scripts.items()}

    def __call__(self, input_ids, past_key_values, **_):
        new = input_ids[:, None, :, None].float()
        contexts = past_key_values.update(new, new, 0)[0][:, 0, :, 0].long().tolist()
        logits = torch.full((len(contexts), 1, len(TOKENIZER)), -99.0)
        for row, context in enumerate(contexts):
            logits[row, 0, self.next(tuple(context))] = 99.0
        return SimpleNamespace(logits=logits)

    def next(self, context):
        """The next token of the script: as many of its lines have been said as are not the environment's."""
        asked = next((asked for asked in self.scripts if context[: len(asked)] == asked), None)
        if asked is None:
            return END  # the prompt is still being read
        *lines, last = split(context[len(asked) :])
        theirs = ("\n", "#", "refused", "attempt", "<think>")
        said = sum(not text(line).startswith(theirs) for line in lines)
        script = self.scripts[asked]
        # While the environment's tokens are forced, or when all is over, it does not matter what the model would say.
        return (*script[said], END)[min(len(last), len(script[said]))] if said < len(script) else END


def ids(text):
    return tuple(TOKENIZER(text, add_special_tokens=False)["input_ids"])


def text(ids):
    return TOKENIZER.decode(list(ids))


def split(ids):
    lines = [[]]
    for token in ids:
        lines[-1].append(token)
        if token == END:
            lines.append([])
    return lines


def roll(environment, hands, settings=GREEDY, scripts=SCRIPTS, **more):
    model = LanguageModel(Scripted(scripts), TOKENIZER)
    return roll_out(model, environment, [TASK.pose(hand) for hand in hands], settings, **more)


# --- single attempts -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rollouts():
    return dict(zip(SCRIPTS, roll(text_environment(TASK, 6), SCRIPTS), strict=True))


@pytest.mark.parametrize("hand", SCRIPTS)
def test_exactly_the_models_own_tokens_are_marked(rollouts, hand):
    found = rollouts[hand]
    lines = SCRIPTS[hand] if hand != (2, 3, 4, 5) else ["2 + 3\n"] * 6
    assert len(found.ids) == len(found.mine)
    assert [token for token, mine in zip(found.ids, found.mine, strict=True) if mine] == [
        token for line in lines for token in ids(line)
    ]
    assert found.tokens == sum(found.mine)
    assert tuple(found.ids[: found.prompt]) == ids(prompt(TASK, TASK.pose(hand)))
    assert found.mine[: found.prompt] == [0] * found.prompt
    assert found.mine[found.prompt] == 1


@pytest.mark.parametrize("hand", [HAND, (1, 1, 1, 1), (3, 3, 8, 8)])
def test_the_trace_is_emitted_as_the_text_of_the_episode(rollouts, hand):
    found = rollouts[hand]
    written = emit(TASK, found.trace)
    if hand == (3, 3, 8, 8):  # without the optional mark
        written = written.replace("</think>\n", "")
    assert text(found.ids[found.prompt :]) == written


def test_outcomes_and_counts_are_those_of_the_episode(rollouts):
    facts = {
        hand: (found.success, found.reward, found.steps, found.backtracks, found.repeated, found.refused)
        for hand, found in rollouts.items()
    }
    assert facts == {
        HAND: (True, 1.0, 3, 0, 0, 0),
        (1, 1, 1, 1): (True, 1.0, 4, 1, 0, 2),  # #9 was never visited, and there is no 2 at the start
        (3, 3, 8, 8): (True, 1.0, 3, 0, 0, 0),
        (2, 3, 4, 5): (False, 0.0, 6, 0, 0, 5),
    }


def test_batches_and_progress_change_nothing(rollouts):
    told = []
    again = roll(
        text_environment(TASK, 6), [*SCRIPTS] * 2, RolloutSettings(temperature=0.0, batch=3), progress=told.append
    )
    assert told == [3, 3, 2]
    assert not any(found.cut for found in again)
    assert [found.ids for found in again] == [rollouts[hand].ids for hand in SCRIPTS] * 2


def test_an_episode_is_cut_where_its_context_grows_too_long():
    scripts = {HAND: ["9 + 4\n", "back #0\n"] * 50}
    [found] = roll(text_environment(TASK, 100), [HAND], RolloutSettings(temperature=0.0, max_tokens=150), scripts)
    assert 150 - 64 <= len(found.ids) <= 150
    assert found.ids[-1] == END
    assert found.mine[-1] == 1
    assert (found.success, found.reward, found.returns) == (False, 0.0, [0.0] * (len(found.ids) - found.prompt))
    assert found.steps == len(found.trace.actions) == 9
    assert found.cut


def test_a_line_without_end_is_cut_ended_and_refused():
    scripts = {HAND: ["4 " * 70 + "\n", *SOLVED]}
    [found] = roll(text_environment(TASK, 6), [HAND], scripts=scripts)
    said, answered, *_ = text(found.ids[found.prompt :]).splitlines()
    assert said == "4 " * 63 + "4"
    assert answered == "refused not an action"
    # The line end that the environment writes for it is not the model's.
    assert found.mine[found.prompt :][:67] == [1] * 64 + [0] * 3
    assert (found.refused, found.success) == (1, True)


def test_an_end_of_text_ends_a_line():
    """As models write that were trained to end their turn so."""
    scripts = {HAND: ["13 - 9<eos>", "10 - 4<eos>", "4 * 6<eos>", "answer<eos>"]}

    class Turns(Scripted):
        def next(self, context):
            return super().next(tuple(END if token == TOKENIZER.eos_token_id else token for token in context))

    model = LanguageModel(Turns(scripts), TOKENIZER)
    [found] = roll_out(model, text_environment(TASK, 6), [TASK.pose(HAND)], GREEDY)
    assert found.success
    assert text(found.ids[found.prompt :]).startswith("13 - 9 <eos>\n#1 4 4 10\n10 - 4 <eos>\n#2 4 6\n")
    assert (found.steps, found.refused) == (3, 0)


# --- trials: credit by token -----------------------------------------------------------------------------

SECOND = ["back #2\n", "6 * 4\n", "</think>\n", "answer\n"]
WRONG = ["answer\n"]


def pieces(found):
    """(text, by the model, return) of every run of tokens with one author and one return."""
    runs = []
    rows = zip(found.ids[found.prompt :], found.mine[found.prompt :], found.returns, strict=True)
    for token, mine, credit in rows:
        if not runs or runs[-1][1:] != (mine, credit):
            runs.append(([], mine, credit))
        runs[-1][0].append(token)
    return [(text(run), mine, credit) for run, mine, credit in runs]


def trial(credit, first, second):
    settings = TrialSettings(budget=16, unit="attempt", episodes=2, credit=credit)
    [found] = roll(trial_environment(TASK, settings), [HAND], scripts={HAND: [*first, *second]})
    assert len(found.returns) == len(found.ids) - found.prompt
    return found


def attempt_credits(found):
    """The return of the tokens of the first and of the second attempt; raises where an attempt has several."""
    by_attempt, attempt = [set(), set()], 0
    for words, _, credit in pieces(found):
        attempt |= "attempt 2" in words
        by_attempt[attempt].add(round(credit, 9))
    return [values.pop() for values in by_attempt if len(values) == 1]


@pytest.mark.parametrize(
    ("credit", "first", "second", "expected", "reward"),
    [
        ("rl2", SOLVED, WRONG, [1.0, 0.0], 1.0),
        ("rl2", WRONG, SOLVED, [1.0, 1.0], 1.0),
        ("rl2", SOLVED, SECOND, [2.0, 1.0], 2.0),
        ("rl2:0.9", SOLVED, SECOND, [0.9**3 + 0.9**5, 0.9**5], 0.9**3 + 0.9**5),
        ("erl2", SOLVED, WRONG, [0.0, 0.0], 0.0),
        ("erl2", WRONG, SOLVED, [1.0, 1.0], 1.0),
        ("erl2:0.9", SOLVED, SECOND, [0.9**5, 0.9**5], 0.9**5),
        ("anneal:0.5", SOLVED, SECOND, [1.5, 1.0], 1.5),
    ],
)
def test_tokens_are_credited_with_what_their_attempt_and_later_ones_are_paid(credit, first, second, expected, reward):
    found = trial(credit, first, second)
    assert attempt_credits(found) == pytest.approx(expected)
    assert found.reward == pytest.approx(reward)


def test_credit_changes_exactly_where_the_second_attempt_begins():
    assert pieces(trial("rl2", ["13 - 9\n", "</think>\n", "answer\n"], SOLVED)) == pieces_of(
        ("13 - 9\n", 1), ("#1 4 4 10\n", 0), ("</think>\nanswer\n", 1), ("attempt 2\n<think>\n", 0),
        ("13 - 9\n", 1), ("#1 4 4 10\n", 0), ("10 - 4\n", 1), ("#2 4 6\n", 0),
        ("4 * 6\n", 1), ("#3 24 solved\n", 0), ("</think>\nanswer\n", 1), credit=1.0,
    )  # fmt: skip
    found = pieces(trial("rl2", SOLVED, WRONG))
    assert found[-3:] == [("</think>\nanswer\n", 1, 1.0), ("attempt 2\n<think>\n", 0, 0.0), ("answer\n", 1, 0.0)]


def pieces_of(*parts, credit):
    return [(words, mine, credit) for words, mine in parts]


def test_branches_are_paid_like_the_outcome_of_the_whole_trace():
    """With one branch an episode, E-RL² is the outcome reward on every token, failed branches included."""
    script = {HAND: ["9 + 4\n", "back #0\n", *SOLVED]}
    [found] = roll(trial_environment(TASK, TrialSettings(credit="erl2:0.99")), [HAND], scripts=script)
    assert found.success
    assert set(found.returns) == {0.99**5}


def test_any_environment_that_wraps_a_text_environment_will_do():
    [found] = roll(lambda: Trial(TextReasoning(TASK, budget=16), episodes=1), [HAND])
    assert (found.reward, set(found.returns)) == (1.0, {1.0})


# --- precision -------------------------------------------------------------------------------------------


def test_a_wrapped_model_computes_as_its_weights_are_for_a_while():
    model = torch.nn.Linear(2, 2)
    plain = model._original_forward = model.forward
    model.forward = wrapper = lambda *inputs: None
    model.device = torch.device("cpu")
    with own_precision(model):
        assert model(torch.ones(1, 2)) is not None
        assert model.forward == plain
    assert model.forward is wrapper
    with pytest.raises(RuntimeError), own_precision(model):
        raise RuntimeError
    assert model.forward is wrapper
