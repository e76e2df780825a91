"""Verified answers: the labelled corpus, every convention, the defects of other checkers, and real references."""

from __future__ import annotations

import importlib.util
import json
import sys
import time

import pytest

from metacot.rewards import Conventions, adversarial, counts, reset_counts, verify

PAIRS = adversarial.pairs()


def right(prediction, gold, **options) -> bool | None:
    return verify(prediction, gold, **options).correct


# the corpus ----------------------------------------------------------------------------------------------------------


def test_the_corpus_is_large_and_balanced():
    ordinary, hostile = adversarial.pairs(hostile=False), adversarial.pairs(hostile=True)
    assert len(PAIRS) >= 300
    assert 0.4 <= len(ordinary) / len(PAIRS) <= 0.6
    assert sum(not pair.correct for pair in ordinary) >= len(ordinary) / 3
    assert not any(pair.correct for pair in hostile)
    assert len({(repr(pair.prediction), pair.gold) for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("category", sorted({pair.category for pair in adversarial.pairs(hostile=False)}))
def test_ordinary_answers_are_judged_as_labelled(category):
    pairs = [pair for pair in adversarial.pairs(hostile=False) if pair.category == category]
    assert [pair for pair in pairs if right(pair.prediction, pair.gold) is not pair.correct] == []


@pytest.mark.parametrize("category", sorted({pair.category for pair in adversarial.pairs(hostile=True)}))
def test_hostile_answers_are_refused_for_less_than_a_second_of_this_process(category):
    for pair in adversarial.pairs(hostile=True):
        if pair.category == category:
            start = time.process_time()  # the clock depends on what else runs; the benchmark of answers takes it
            verdict = verify(pair.prediction, pair.gold)
            assert verdict.correct is not True, pair
            assert time.process_time() - start < 1.0, pair
            assert verdict.reason.isprintable()
            assert len(verdict.reason) < 200


LABELS = {"right": True, "wrong": False, "not judged": None}


def test_spellings_of_every_type_are_judged_as_labelled(root):
    lines = (root / "tests" / "labelled_answers.tsv").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 500
    wrong = []
    for line in lines:
        prediction, gold, label = line.split("\t")
        if right(prediction, gold) is not LABELS[label]:
            wrong.append(line)
    assert wrong == []


# conventions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "prediction", "gold"),
    [
        ({"percent_forgiven": False}, "50", "50%"),
        ({"unit_forgiven": False}, "5", "5 m"),
        ({"unit_forgiven": False}, "61", r"61^\circ"),
        ({"convert_units": False}, "500 cm", "5 m"),
        ({"assignment_forgiven": False}, "x = 5", "5"),
        ({"inequality_is_interval": False}, "x > 3", r"(3, \infty)"),
        ({"equation_up_to_factor": False}, "2y = 4x", "y = 2x"),
        ({"list_ordered": True}, "1, 2", "2, 1"),
        ({"brackets_forgiven": False}, "1, 2", "(1, 2)"),
        ({"thousands_commas": False}, "3,200", "3200"),
        ({"letter_case_forgiven": False}, "b", "B"),
        ({"meridiem_forgiven": False}, "8:34", "8:34 p.m."),
        ({"day_first": True}, "01/05/2024", "January 5, 2024"),
    ],
)
def test_each_convention_is_an_option_that_forgives_by_default(option, prediction, gold):
    assert right(prediction, gold) is True
    assert right(prediction, gold, conventions=Conventions(**option)) is False


def test_a_rounded_decimal_counts_only_to_the_digits_that_are_asked_for():
    assert right("0.333", r"\frac13") is False
    assert right("0.333", r"\frac13", conventions=Conventions(significant_digits=3)) is True
    assert right("0.333", r"\frac13", conventions=Conventions(significant_digits=4)) is False
    with pytest.raises(ValueError, match="significant_digits must be in"):
        Conventions(significant_digits=0)


def test_a_kind_narrows_what_an_answer_may_be():
    assert right("The letter b.", "B", kind="choice") is False
    assert right("(b)", "B", kind="choice") is True
    assert right("act", "cat", kind="text") is False
    assert right("Cat.", "cat", kind="text") is True
    assert right("1/2", "0.5", kind="text") is False
    assert right("Friday", "Friday week", kind="math") is None
    with pytest.raises(ValueError, match="kind is one of"):
        verify("1", "1", kind="maths")


# the defects of others -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prediction", "gold", "correct"),
    [
        ("5 m", "5 cm", False),
        ("1.5e3", "1500", True),
        (r"\emptyset", r"\varnothing", True),
        ("[0,1]", "(0,1)", False),
        ("x<3", "x>3", False),
        ("b/a", "a/b", False),
        (r"0.\overline{3}", "1/3", True),
        (r"(3,\infty)", "x>3", True),
        (r"6.02\times10^{23}", "6.02e23", True),
        (r"e^{i\pi}", "-1", True),
        ("2920", "292", False),
        ("1", "21", False),
        ("1.5*2", "3", True),
        ("9**9**9**9", "3", None),
        ("10^{10^{10}}", "3", None),
    ],
)
def test_what_other_checkers_get_wrong(prediction, gold, correct):
    assert right(prediction, gold) is correct


def test_text_is_never_run(tmp_path):
    mark = tmp_path / "mark"
    for code in (f"__import__('pathlib').Path('{mark}').touch()", f"open('{mark}', 'w')", f"\\write18{{touch {mark}}}"):
        assert right(code, "7") is False
        assert right(f"\\boxed{{{code}}}", "7") is False
    assert not mark.exists()


# what cannot be judged -----------------------------------------------------------------------------------------------


def test_what_cannot_be_judged_is_none_with_a_reason_and_is_counted():
    reset_counts()
    assert verify("9^{9^{9^9}}", "7").reason == "not decided: a power has too many digits"
    assert verify("7", r"\unknown{7}").correct is None
    assert verify("7", "").reason == "the reference is empty"
    assert verify("7", None).reason == "the reference is not a string"
    assert verify("8", "7").correct is False
    assert verify("7", "7").correct is True
    found = counts()
    assert (found["calls"], found["right"], found["wrong"], found["unjudged"]) == (6, 1, 1, 4)
    assert found["unjudged: the reference is empty"] == 1


def test_a_response_that_is_too_long_is_not_judged():
    assert verify("a" * 500_001, "7").correct is None


def test_verdicts_show_the_answer_as_it_was_understood():
    assert verify(r"So it is \boxed{\frac{1}{2}}.", "0.5").answer == r"\frac{1}{2}"
    assert verify("5\x00", "5").answer is None


# real references -----------------------------------------------------------------------------------------------------


def _golds(data_file, name: str) -> list[str]:
    path = data_file(name)
    text = path.read_text(encoding="utf-8")
    rows = json.loads(text) if name.endswith(".json") else [json.loads(line) for line in text.splitlines()]
    return list(dict.fromkeys(row["answer"] for row in rows if row["answer"]))


@pytest.mark.parametrize("name", ["math/math_train_7474.json", "math/aime_1983_2023_975.json", "gsm8k/train.jsonl"])
def test_every_reference_of_a_dataset_verifies_against_itself(data_file, name):
    for gold in _golds(data_file, name):
        answer = gold.rpartition("####")[2].strip()
        assert right(gold, gold) is True, gold
        assert right(f"It follows that the answer is \\boxed{{{answer}}}.", gold) is True, gold


def test_each_row_of_omni_math_verifies_against_itself(data_file):
    for gold in _golds(data_file, "omni_math/omni_math_rule.jsonl"):
        assert right(gold, gold) is True, gold


def test_pairs_built_from_real_references_are_judged_rightly(data_file, root):
    data_file("math/thought_anchors_problems_solve_rate.json")
    data_file("human_judged_chains/multistep_arithmetic.jsonl")
    folder = data_file("math/math_train_7474.json").parents[1]
    spec = importlib.util.spec_from_file_location("real_answers", root / "benchmarks" / "real_answers.py")
    real_answers = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = real_answers
    spec.loader.exec_module(real_answers)
    pairs = real_answers.pairs(folder)
    assert {pair.kind: sum(p.kind == pair.kind for p in pairs) for pair in pairs} == {
        "rewritten": 500,
        "another": 500,
        "near miss": 500,
        "recorded": 500,
    }
    wrong = [pair for pair in pairs if right(pair.prediction, pair.gold) is not pair.correct]
    assert len(wrong) <= 0.005 * len(pairs), wrong
