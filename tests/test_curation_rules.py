"""The filters one by one: what each drops and why, and what only looks like it and is kept."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.agents.curation import BASE, STRICT, reformulated, solve_rate, with_solve_rates
from metacot.agents.curation.against import HeldOut
from metacot.agents.curation.choices import options_of
from metacot.agents.curation.groups import same_answer
from metacot.agents.curation.minhash import bands, jaccard, shingles
from metacot.agents.curation.text import fingerprint, grams, hashes, numbers_of, tokens
from metacot.tasks.data import Record

RULES = BASE | STRICT

DROPPED = [
    ("no_figure", "In the diagram, $ABCD$ is a square. Find $x$."),
    ("no_figure", "The graph below is that of $f$. What is $f(3)$?"),
    ("no_figure", r"\begin{tikzpicture}\end{tikzpicture} How long is it?"),
    ("no_figure", r"What is this? \includegraphics{a}"),
    ("no_figure", "Figure 3 is a cube. How many edges has it?"),
    ("english", "Berechne die Summe der Zahlen, die mit einer Eins beginnen und durch drei teilbar sind."),
    ("english", "Найдите сумму всех чисел."),
    ("english", "Trova il numero di soluzioni della equazione per la quale x è un intero."),
    ("no_artefacts", "As an AI, I think the sum of 1 and 2 is?"),
    ("no_artefacts", "What is 3 + 4?\nAnswer: 7"),
    ("no_artefacts", "Solve {problem} with 3 apples"),
    ("no_artefacts", "It costs â€™5"),
    ("no_links", "As seen on www.example.com, what is 1 + 1?"),
    ("no_links", r"\href{x}{y} What is 1 + 1?"),
    ("no_multi_part", "Let $x = 2$.\n(i) Find $x^2$.\n(ii) Find $x^3$."),
    ("no_multi_part", "Part A: What is 1 + 1? Part B: What is 2 + 2?"),
    ("no_multi_part", "a) Compute the mean. b) Compute the median."),
    ("no_proof", "If $a > b$, prove $a + c > b + c$."),
    ("no_proof", "Given a square, show that its diagonals are equal."),
    ("no_proof", "Find all primes below 9. Then prove that there are no others."),
    ("no_multiple_choice", r"What is 1 + 1? $\textbf{(A)}\ 1\qquad\textbf{(B)}\ 2\qquad\textbf{(C)}\ 3$"),
    ("no_multiple_choice", "What is 1 + 1?\nA. 1\nB. 2\nC. 3\nD. 4"),
    ("no_true_false", "Is it so? Answer true or false."),
]

KEPT = [
    ("no_figure", "A three-figure number has digits that sum to 9. How many are there?"),
    ("no_figure", "She figures out the total in the figure skating club: 3 + 4."),
    ("no_figure", "Graph theory: a graph on 5 vertices is shown to be planar if what holds?"),
    ("no_figure", "Sketch the graph of $y = x^2$ in your mind. What is its vertex?"),
    ("no_figure", "How many solid figures of volume 3 are made of unit cubes?"),
    ("one_answer", "What is 1 + 1?"),
    ("english", "Compute $1 + 1$."),
    ("english", "Solve $x^2 - 2x + 1 = 0$ over $\\mathbb{R}$."),
    ("english", "Müller and Łukasz buy 3 naïve café croissants à la carte. How many do they have?"),
    ("no_artefacts", r"Let $S = \{answer\}$ be a set with one word. How many letters has it?"),
    ("no_artefacts", "What is 0 + 0 + 0 + 0 + 0 + 0 + 0 + 0 + 0 + 0 + 0 + 0 + 0 + 0?"),
    ("no_artefacts", "The solution: 5 litres of water and 1 of acid. What is the answer in percent?"),
    ("no_links", "The pattern is http, ww, w. How many letters are there?"),
    ("no_multi_part", "Two rules hold: (1) $a < b$. (2) $b < c$. How many orders are left?"),
    ("no_multi_part", "If $f(a) = 2$ and $f(b) = 3$, what is $f(a) + f(b)$?"),
    ("no_multi_part", "There are 2. 3 of 4 are red. How many is that?"),
    ("no_proof", "It can be shown that there is one solution. Find it. Show your work."),
    ("no_proof", "John wants to prove that he is fast and runs 5 miles in 40 minutes. What is his speed?"),
    ("no_proof", "Records show that 30 of 50 came. How many did not? Show all steps."),
    ("no_multiple_choice", "Points $A$, $B$ and $C$ lie on a line, $AB = 3$, $BC = 4$. What is $AC$?"),
    ("no_multiple_choice", "How many of the following numbers are prime: 2, 4, 5?"),
    ("no_yes_no", "Is there an $x$ with $x + 1 = x$? If so, which?"),
    ("no_true_false", "A test has 10 true/false questions. How many answer sheets are there?"),
]


@pytest.mark.parametrize(("rule", "problem"), DROPPED)
def test_a_dropped_kind_is_dropped_with_a_reason_by_its_rule_alone(rule, problem):
    record = Record(problem, "2")
    found = {name: why for name, asked in RULES.items() if (why := asked(record))}
    assert rule in found
    assert found[rule]
    assert set(found) <= {rule, "no_multiple_choice" if "which of" in problem else rule}


@pytest.mark.parametrize(("rule", "problem"), KEPT)
def test_what_only_looks_like_a_dropped_kind_is_kept_by_every_rule(rule, problem):
    assert {name: why for name, asked in RULES.items() if (why := asked(Record(problem, "2")))} == {}


@pytest.mark.parametrize(
    ("record", "rule", "why"),
    [
        (Record("?", "1", r"\boxed{1}, \boxed{2}"), "one_answer", "several boxed answers"),
        (Record("?", None, "no box"), "one_answer", "no answer"),
        (Record("?", " "), "one_answer", "no answer"),
        (Record("?", "1", source="synthetic_amc"), "trusted_source", "synthetic: synthetic_amc"),
        (Record("?", "1", more={"image_1": b"..."}), "no_figure", "an image column"),
        (Record("?", r"\textbf{Yes}"), "no_yes_no", "answer yes or no"),
        (Record("?", "$\\text{no}$."), "no_yes_no", "answer yes or no"),
        (Record("?", "FALSE"), "no_true_false", "answer true or false"),
    ],
)
def test_answers_and_sources_are_looked_at(record, rule, why):
    assert RULES[rule](record) == why


@pytest.mark.parametrize(
    "record",
    [
        Record("?", "1", r"so \boxed{1}"),
        Record("?", "1", "no box"),
        Record("?", "1", source="orca_math"),
        Record("?", "1", source="Orca-Math"),
        Record("?", "no solution"),
        Record("?", r"\text{None}"),
        Record("?", "1", more={"image_1": None}),
    ],
)
def test_answers_and_sources_of_ordinary_rows_are_kept(record):
    assert {name: why for name, asked in RULES.items() if (why := asked(record))} == {}


RECORDS = st.builds(Record, st.text(min_size=1), st.none() | st.text(), st.none() | st.text(), st.text())


@given(RECORDS)
def test_no_rule_raises_on_any_text(record):
    assert all(why is None or why for why in (asked(record) for asked in RULES.values()))
    reformulated(record)


# Options


OPTIONS = " (A) 4 (B) 5 (C) 6 (D) 7"


@pytest.mark.parametrize(
    ("problem", "answer", "opened"),
    [
        ("What is 2 + 3?" + OPTIONS, "B", ("What is 2 + 3?", "5")),
        ("What is 2 + 3?" + OPTIONS, "(B)", ("What is 2 + 3?", "5")),
        ("Compute $2 + 3$: (A) $4$ (B) $5$ (C) $\\frac{1}{2}$", "C", ("Compute $2 + 3$:", "\\frac{1}{2}")),
        ("The sum of 2 and 3 is:" + OPTIONS, "B", ("The sum of 2 and 3 is:", "5")),
        ("What is 2 + 3?" + OPTIONS, "5", None),  # the answer is no letter
        ("What is 2 + 3?" + OPTIONS, "E", None),
        ("Which of these is 2 + 3?" + OPTIONS, "B", None),
        ("Which number is closest to 5.1?" + OPTIONS, "B", None),
        ("What could be $x$?" + OPTIONS, "B", None),
        ("What is 2 + 3? (A) 4 (B) 5 (C) none of these", "B", None),
        ("What is 2 + 3? (A) 5 (B) 5 (C) 6", "B", None),
        ("What is it? (A) red (B) green (C) blue", "B", None),
        ("What is 2 + 3? (A) 4 (B) 5", "B", None),  # two options are too few to be sure that they are options
    ],
)
def test_multiple_choice_is_asked_openly_only_where_that_is_safe(problem, answer, opened):
    found = reformulated(Record(problem, answer))
    assert (found and (found.problem, found.answer)) == opened


def test_options_are_found_in_latex_and_on_lines():
    for problem in (
        r"What? $\textbf{(A)}\ 1\qquad\textbf{(B)}\ 2\qquad\textbf{(C)}\ 3$",
        "What?\nA) 1\nB) 2\nC) 3",
        "What? (A) 1; (B) 2; (C) 3",
    ):
        question, options = options_of(problem, "A")
        assert question == "What?"
        assert list(options.values()) == ["1", "2", "3"]


# The same, nearly the same, contained


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("What is $x$, if x = 1,000?", "what is X if x=1000", True),
        (r"$\dfrac{1}{2}$", r"$\frac12$", False),  # braces tell 1/2 from the digits 12
        (r"\left( 1, 2 \right)", "(1,2)", True),
        ("a + b", "a - b", False),
        ("12 3", "1 23", False),
        ("1.5", "15", False),
        ("a²", "a2", False),
    ],
)
def test_problems_are_identical_up_to_case_spaces_and_punctuation(first, second, same):
    assert (fingerprint(tokens(first)) == fingerprint(tokens(second))) is same


@given(st.text(), st.text())
def test_texts_of_any_kind_have_tokens_and_hashes(first, second):
    words = tokens(first)
    assert tokens(" ".join(words)) == tokens(" ".join(tokens(" ".join(words))))
    assert len(hashes(words)) == len(words)
    assert len(grams(hashes(words), 3)) == max(1, len(words) - 2)
    assert (fingerprint(words) == fingerprint(tokens(second))) is (words == tokens(second))


def test_numbers_count_however_they_are_spelled_and_wherever_they_stand():
    assert numbers_of(tokens("three of 12")) == numbers_of(tokens("twelve and 3"))
    assert numbers_of(tokens("3 of 12")) != numbers_of(tokens("3 of 13"))
    assert numbers_of(tokens("3 of 3")) != numbers_of(tokens("3"))


WORDS = st.lists(st.sampled_from("a b c d e f g h i j k l m n o p".split()), min_size=20, max_size=60)


@given(WORDS, st.integers(0, 19), st.sampled_from(["x", "y"]))
def test_near_duplicates_share_a_band_and_similarity_is_exact(words, place, new):
    other = [*words[:place], new, *words[place + 1 :]]
    sets = [shingles(hashes(side)) for side in (words, other)]
    pairs = [set(pairwise(side)) for side in (words, other)]
    exact = len(pairs[0] & pairs[1]) / len(pairs[0] | pairs[1])
    assert jaccard(*sets) == pytest.approx(exact, abs=1e-12)
    if exact >= 0.8:
        first, second = bands(sets, [1, 1])
        assert (first == second).any()
        apart, still = bands(sets, [1, 2])
        assert not (apart == still).any(), "problems with other numbers never meet"


def test_bands_do_not_depend_on_the_batch():
    sets = [shingles(hashes(tokens(f"problem number {n} of many more than that"))) for n in range(20)]
    together = bands(sets, range(20))
    alone = np.concatenate([bands([own], [n]) for n, own in enumerate(sets)])
    assert (together == alone).all()


def test_a_row_that_contains_a_held_out_problem_is_found_and_a_common_phrase_is_not():
    held = "Let x and y be positive real numbers such that x + y = 7 and their product is as large as can be. Find x."
    index = HeldOut.index(["Something else entirely, of no more than a dozen words or so.", held])

    def contains(text: str) -> int | None:
        return index.contains(hashes(tokens(text)))

    assert contains(held) == 1
    assert contains("Here is one: " + held.upper() + " Say it.") == 1
    assert contains(held.replace("product", "sum of squares")) == 1
    assert (
        contains("Let x and y be positive real numbers such that x - y = 3 and x is twice as large as y. Find y.")
        is None
    )
    assert contains("What is 1 + 1?") is None
    short = HeldOut.index(["What is 1 + 1?"])
    assert short.contains(hashes(tokens("what is 1+1"))) == 0
    assert short.contains(hashes(tokens("what is 1+2"))) is None
    with pytest.raises(ValueError, match="no held-out problems"):
        HeldOut.index([])


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("1/2", "0.5", True), ("5", " 5 ", True), ("1/2", "1/3", False), ("x", "y", False), ("5.0", "5", True)],
)
def test_answers_agree_where_the_verifier_says_so(first, second, same):
    assert same_answer(first, second) is same


# Solve rates


def test_a_solve_rate_is_the_share_of_right_responses():
    def policy(prompts):
        assert all("What is 2 + 2?" in prompt for prompt in prompts)
        return [r"\boxed{4}" if place % 4 == 0 else r"\boxed{5}" for place in range(len(prompts))]

    found = solve_rate("What is 2 + 2?", "4", policy, 8)
    assert (found.solved, found.tries, found.rate) == (2, 8, 0.25)
    rows = [{"problem": "What is 2 + 2?", "answer": "4", "id": 7}, {"problem": "What is 2 + 2?"}]
    rated = list(with_solve_rates(rows, policy, 4))
    assert rated == [rows[0] | {"solve_rate": 0.25}, rows[1] | {"solve_rate": None}]


def test_a_policy_that_does_not_respond_is_an_error():
    with pytest.raises(ValueError, match="gave 1 responses to 2 prompts"):
        solve_rate("?", "1", lambda prompts: ["1"], 2)
    with pytest.raises(ValueError, match="at least one try"):
        solve_rate("?", "1", list, 0)
