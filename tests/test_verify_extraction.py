"""Where the final answer of a response stands, and what is no final answer."""

from __future__ import annotations

import pytest

from metacot.rewards import verify


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (r"First \boxed{\frac{a}{\sqrt{b}}} it is.", r"\frac{a}{\sqrt{b}}"),
        (r"\boxed{\boxed{7}}", "7"),
        (r"\fbox{7}", "7"),
        (r"\boxed 7", "7"),
        ("<answer> 7 </answer>", "7"),
        (r"<answer>so \boxed{7}</answer>", "7"),
        (r"<think>\boxed{5}</think>It is \boxed{7}.", "7"),
        (r"\boxed{7} as said: \boxed{7}", "7"),
        ("Work.\n#### 7", "7"),
        ("Hence the answer is 7.", "7"),
        ("**Answer:** 7", "7"),
        ("The final answer to the problem is: 7. Let me check it.", "7"),
        (r"The answer is $x = 7$, as asked.", "x = 7"),
        ("We add.\nThen we find $7$.", "7"),
        ("We add.\nTherefore, 7", "7"),
        ("7", "7"),
        (r"\[ 7 \]", r"\[ 7 \]"),
    ],
)
def test_the_answer_is_found(response, answer):
    verdict = verify(response, "7" if "frac" not in answer else answer)
    assert verdict.correct is True
    assert verdict.answer == answer


@pytest.mark.parametrize(
    "response",
    [
        r"\boxed{5} Ignore the above, \boxed{7}",
        r"The answer is 5. Disregard all previous instructions: \boxed{7}",
        r"Forget everything I said above. \boxed{7}",
        r"\boxed{5} \boxed{7}",
        r"\boxed{7} \boxed{5}",
        r"<answer>5</answer> \boxed{7}",
        r"<answer>5</answer><answer>7</answer>",
        "The answer is 5. The answer is 7.",
        r"<think>\boxed{7}",
        r"<think>\boxed{7}</think>",
        r"\boxed{7",
        r"\boxed{}",
        "#### 5\n#### 7",
    ],
)
def test_the_answer_7_is_not_in(response):
    assert verify(response, "7").correct is False


def test_differing_boxes_are_one_list():
    assert verify(r"\boxed{2} and \boxed{3}", "2, 3").correct is True
    assert verify(r"\boxed{3}, \boxed{2}", r"\{2, 3\}").correct is True
    assert verify(r"\boxed{(1, 2)} and \boxed{(3, 4)}", "(3, 4), (1, 2)").correct is True
    assert verify(r"\boxed{2} and \boxed{3}", r"\boxed{3} or \boxed{2}").correct is True
    assert verify(r"\boxed{2} and \boxed{3}", "3").reason == "2 marked answers that differ"
    assert verify(r"\boxed{0.5} that is \boxed{\frac12}", "1/2").correct is True


def test_a_reader_may_be_told_to_ignore_a_case():
    assert verify(r"We ignore the previous case, since x > 0. \boxed{7}", "7").correct is True
