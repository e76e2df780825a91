"""The reward in TRL's shape."""

from __future__ import annotations

import inspect
import pickle

import pytest

from metacot.rewards import AnswerReward, Conventions, answer_reward


def test_texts_and_chats_are_rewarded():
    completions = [
        r"\boxed{\frac12}",
        [{"role": "assistant", "content": "The answer is 7."}],
        [
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "The answer "}, {"type": "text", "text": "is 8."}],
            }
        ],
        [],
        [{"role": "assistant", "content": None}],
    ]
    assert answer_reward(completions, ["0.5", "7", "7", "7", "7"], prompts=["?"] * 5) == [1.0, 1.0, 0.0, 0.0, 0.0]


def test_what_cannot_be_judged_is_none():
    assert answer_reward(completions=["7", "9^{9^{9^9}}"], answer=["", "7"]) == [None, None]


def test_whole_numbers_are_references_too():
    assert answer_reward(["7", "8"], [7, 7]) == [1.0, 0.0]


def test_conventions_are_passed_on():
    strict = AnswerReward(conventions=Conventions(unit_forgiven=False))
    assert strict(["5"], ["5 m"]) == [0.0]
    assert answer_reward(["5"], ["5 m"]) == [1.0]


def test_it_has_what_trainers_ask_of_a_function():
    assert answer_reward.__name__ == "answer_reward"
    assert not inspect.iscoroutinefunction(answer_reward)
    assert pickle.loads(pickle.dumps(answer_reward)) == answer_reward
    with pytest.raises(ValueError, match="as many predictions as references"):
        answer_reward(["7"], ["7", "8"])
