"""What a new model reads first: random plays that say how things work and not what to do."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import pytest

from metacot.agents.policies.tokenizer import closed_tokenizer
from metacot.agents.problems import Mixture
from metacot.agents.reading import ReadingSettings, random_play, readings
from metacot.agents.training.examples import NO_LOSS, encode
from metacot.agents.training.sft import SFTSettings
from metacot.tasks import Refused, make, parse

GAME = make("game24")
SETTINGS = ReadingSettings(SFTSettings(updates=25, rows=8), budget=12, slips=0.2)


def test_every_play_is_text_of_the_grammar_with_loss_on_all_but_the_question():
    problems = Mixture(GAME, ((1.0, {}),), seed=0)
    tokenizer = closed_tokenizer(GAME)
    kinds = Counter()
    texts = list(readings(problems, SETTINGS, seed=3))
    for number, pieces in enumerate(texts):
        (question, asked), *rest = pieces
        assert question == f"use {' '.join(map(str, problems(number).data[0]))} to make 24\n<think>\n"
        assert not asked
        assert all(loss for _, loss in rest)
        trace = parse(GAME, problems(number), "".join(text for text, _ in rest), strict=True)
        kinds.update(type(action).__name__ for action in trace.actions)
        assert sum(not isinstance(action, Refused) for action in trace.actions) >= 1
    assert len(texts) == SETTINGS.plays == 200
    assert {"Step", "Backtrack", "Refused"} <= set(kinds) <= {"Step", "Backtrack", "Refused", "Submit"}
    for example, (question, *_) in zip(encode(tokenizer, texts), texts, strict=True):
        asked = len(tokenizer(question[0], add_special_tokens=False)["input_ids"])
        assert (example.labels[:asked] == NO_LOSS).all()
        assert (example.labels[asked:] == example.ids[asked:]).all()


def test_plays_depend_on_their_number_and_the_seed_alone():
    problems = Mixture(GAME, ((1.0, {}),), seed=0)
    texts = list(islice(readings(problems, SETTINGS, seed=3), 20))
    assert texts == list(islice(readings(problems, SETTINGS, seed=3), 20))
    assert texts != list(islice(readings(problems, SETTINGS, seed=4), 20))


def test_random_plays_solve_few_hands_and_are_as_long_as_they_may_be():
    problems = Mixture(GAME, ((1.0, {}),), seed=0)
    plays = [random_play(GAME, problems(number), 9, random.Random(number)) for number in range(200)]
    assert sum(len(play.actions) < 9 for play in plays) < 40
    with pytest.raises(ValueError, match="too short"):
        ReadingSettings(SETTINGS.training, budget=3)
