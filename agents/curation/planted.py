"""Rows of which it is known what a curation has to do with them: every dropped kind, rows that only look like one,
near-duplicates and contradictions far apart. A pure function of the row's number, for any number of rows.

Every hundred rows hold the same kinds. What is compared lies blocks apart, so that no shard sees both sides.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .store import line

BLOCK = 100

NAMES = ("Ada", "Ben", "Chloe", "Dan", "Emma", "Finn", "Grace", "Hugo", "Iris", "Jack", "Kim", "Leo", "Mona", "Nils")

ORDINARY = (
    "A train leaves town {n} and covers {a} km in {b} hours. What is its mean speed in km per hour?",
    "{who} has {n} coins and gives {a} of them to each of {b} friends. How many coins does {who} keep?",
    "Find the number of positive integers less than {n} that are divisible by {a} but not by {b}.",
    "Let $f(x) = {a}x^2 - {b}x + {n}$. Compute the sum of the roots of $f(x) = 0$, counted with multiplicity.",
    "The sides of a right triangle are ${a}$ and ${b}$, and its area is scaled by ${n}$. What is the new area?",
    "{who} reads {a} pages on the first day and {b} pages on every later day. How long does a book of {n} pages take?",
    "Evaluate $\\sum_{{k=1}}^{{{n}}} ({a}k + {b})$ and give the result as an integer.",
    "What is the remainder when ${a}^{{{n}}}$ is divided by ${b}$?",
    "In a school with {n} pupils, {a} play chess and {b} play music. How many do at most one of the two?",
    "Solve for $x$: $\\frac{{x - {a}}}{{{b}}} = {n}$.",
)
"""Templates of problems that are kept; n is different in every row."""

ALIKE = {
    "no_figure": (
        "{who} is a figure skater with {n} medals, figures out that {a} are silver, and sells {b}. How many are left?",
        "How many three-figure numbers above {a} leave the remainder {b} when divided by 7, if {n} is not counted?",
        "In the picture frame shop {who} pays {n} dollars for {a} frames and {b} hooks. How much is a frame?",
    ),
    "one_answer": ("The answer to a riddle is {n} plus {a}. What is it minus {b}?",),
    "english": (
        "Señor Peña and François drive from São Paulo to Málaga: {n} km by day and {a} km by night. How far is it in"
        " total, if {b} km are driven twice?",
        "Compute $\\alpha + \\beta$, if $\\alpha = {n}$ and $\\beta = {a} + {b}\\pi$.",
    ),
    "no_artefacts": (
        "A 20% solution contains {n} g of salt. Of course {who} adds {a} g to {b} g of it. How much salt is there?",
        "Find the next term: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, {a}, {b}, {n}, ...",
        "What is the value of the expression $\\text{{answer}} + {n}$, where $\\text{{answer}} = {a} - {b}$?",
    ),
    "no_links": (
        "How many words of {a} letters can be made of the letters w, w, w, h, t, t, p and {n} more, up to {b}?",
    ),
    "no_multi_part": (
        "Consider the statements: (1) {n} is prime; (2) {a} divides {n}; (3) {b} is even. How many of them hold?",
        "For points (a) $P = ({a}, {b})$ and (b) $Q = ({n}, 0)$ in the plane, what is the distance of $P$ and $Q$?",
    ),
    "no_proof": (
        "A bottle of 80 proof rum holds {n} ml. {who} drinks {a} ml a day for {b} days. How much is left?",
        "The receipts show that {who} paid {n} dollars for {a} pens and {b} books. What does one pen cost?",
        "Find, with proof, the least integer above {n} that is divisible by {a} and by {b}.",
    ),
    "no_multiple_choice": (
        "Plan (A) costs {n} dollars, plan (B) costs {a} dollars and plan (C) costs {b} dollars. What do all cost?",
        "Triangle $ABC$ has sides {a}, {b} and {n}. What is the length of the altitude from $C$?",
    ),
    "no_yes_no": ("For which $x$ does $|x| + {n} = {a} - {b}$ hold? Answer with the solution set.",),
    "no_true_false": ("{who} has {n} true coins and {a} false ones. How many weighings of {b} coins find one?",),
    "contaminated": (
        "Let $x$, $y$ and $z$ be positive real numbers such that $x + y + z = {n}$. Find the largest ${a}xyz - {b}$"
        " and state where it is reached as an ordered triple of numbers.",
    ),
    "near_duplicate": (
        "A man plants {n} rows of corn with {a} seeds in every row, loses {b} seeds to the birds in the first week"
        " of spring, and replaces none of them. How many seeds are in the ground at the end of that week?",
    ),
}
"""Rows that look like a dropped kind but are not: they are kept."""

DROPPED: tuple[tuple[str, dict[str, str]], ...] = (
    ("no_figure", {"problem": "In the figure below, angle {n} measures ${a}$ degrees. Find angle ${b}$."}),
    ("no_figure", {"problem": "[asy] draw((0,0)--({a},{b})); [/asy] What is the length of the segment, times {n}?"}),
    ("no_figure", {"problem": "What is shaded here? ![a picture](fig{n}.png) Give the area for {a} by {b}."}),
    (
        "no_figure",
        {"problem": "As shown, the rectangle has sides {a} and {b}; see the diagram. Find {n} times its area."},
    ),
    ("one_answer", {"problem": "Find all $x$ with $x^2 = {n}$.", "solution": "\\boxed{{{a}}} or \\boxed{{{b}}}"}),
    ("one_answer", {"problem": "Find $x$ with $x + {a} = {n} - {b}$.", "answer": ""}),
    ("trusted_source", {"problem": "What is {n} times {a} plus {b}?", "source": "synthetic_math"}),
    ("trusted_source", {"problem": "What is {n} minus {a} minus {b}?", "source": "MetaMath"}),
    ("english", {"problem": "Trouver le nombre de solutions de l'équation pour {n} et {a} dans les entiers avec {b}."}),
    ("english", {"problem": "求 {n} 与 {a} 的最大公约数, 然后加上 {b}."}),
    ("english", {"problem": "¿Cuántos números hay entre {a} y {n} que son múltiplos de {b}, si se cuentan los dos?"}),
    (
        "no_artefacts",
        {
            "problem": "Translate the above text into English, please retain the original text's line breaks: {n}, {a},"
            " {b}."
        },
    ),
    ("no_artefacts", {"problem": "Sure, here is a rewritten problem: {who} has {n} apples, {a} pears and {b} figs."}),
    ("no_artefacts", {"problem": "What is {n} + {a}?\n\nSolution:\nAdd {b} and subtract it again."}),
    (
        "no_artefacts",
        {"problem": "{who} has {n} of {a}. " + "and then he goes home and then he goes home " * 5 + "How many is {b}?"},
    ),
    ("no_artefacts", {"problem": "{who} bought {n} caf\ufffd drinks for {a} and {b} dollars. How much is that?"}),
    ("no_links", {"problem": "See https://example.org/{n} and compute {a} + {b}."}),
    ("contaminated", {"problem": "HELD_OUT"}),
    ("contaminated", {"problem": "{who} asks: HELD_OUT Answer in one line, please, number {n}."}),
    ("conflicting_answers", {}),
    ("conflicting_answers", {}),
    ("exact_duplicate", {}),
    ("exact_duplicate", {}),
    ("unreadable", {}),
    (
        "no_multi_part",
        {"problem": "A box holds {n} balls. (a) How many are red, if {a} are not? (b) Find {b} percent."},
    ),
    ("no_multi_part", {"problem": "Let $x = {n}$.\n1. Compute $x + {a}$.\n2. Compute $x - {b}$."}),
    ("no_proof", {"problem": "Prove that ${n}! + {a}$ is not divisible by ${b}$."}),
    ("no_proof", {"problem": "Let $n > {n}$. Show that $n^2 > {a}n + {b}$."}),
    (
        "no_multiple_choice",
        {"problem": "Which of these is largest? (A) a half of {n} (B) {a} percent (C) {b}", "answer": "B"},
    ),
    ("no_multiple_choice", {"problem": "Which of the following divides {n}: {a} or {b}?", "answer": "3"}),
    ("no_yes_no", {"problem": "Is {n} divisible by {a} or by {b}?", "answer": "\\text{{No}}"}),
    ("no_true_false", {"problem": "True or false: {n} is larger than {a} times {b}.", "answer": "True"}),
    ("near_duplicate", {}),
    ("near_duplicate", {}),
)
"""(rule, what the row says) of the dropped kinds; those that are compared are made by `planted`."""

HELD_OUT = (
    "A lighthouse keeper on a rocky island counts seventeen ships on Monday and thrice that many on Tuesday; how many"
    " lanterns does she light if every ship is answered twice?",
    "Let $x$, $y$ and $z$ be positive real numbers such that $x + y + z = 1$. Determine the smallest constant that"
    " bounds the cyclic expression $x^3 y + y^3 z + z^3 x$ from above, and say where it is attained.",
    "How many ways are there to tile a corridor of length nineteen with red bricks of length two and blue bricks of"
    " length three, if no two blue bricks may touch?",
)
"""Held-out problems that some rows contain."""

LONG = (
    "On a windy afternoon {who} walks {a} kilometres along the river to the old mill, rests for {b} minutes under the"
    " chestnut trees, and walks back by the same way at half the pace. The whole walk takes {n} minutes. What was the"
    " pace on the way to the mill, in metres per minute?"
)
"""The template of problems that have a near-duplicate."""


class Planted(NamedTuple):
    """number, the row as a line, and the rule that drops it under the strict rules, None where it is kept.

    opened: is it multiple choice that can be asked openly?
    """

    number: int
    line: bytes
    rule: str | None
    opened: bool = False


def planted(number: int) -> Planted:
    """The row with this number. How many rows there are has to be a multiple of two blocks: contradictions come in
    pairs."""
    block, slot = divmod(number, BLOCK)
    row = _row(ORDINARY[number % len(ORDINARY)], number)
    if slot < len(_KEPT):
        return Planted(number, line(_row(_KEPT[slot], number)), None)
    slot -= len(_KEPT)
    if slot < 2:
        return Planted(number, line(_original(block, slot)), None)
    if slot < 4:
        return Planted(number, line(_long(block, slot - 2)), None)
    if slot == 4:
        choices = f" (A) {number} (B) {number + 1} (C) {number + 2} (D) {number + 3}"
        row |= {"problem": f"What is {number - 7} + 8?" + choices, "answer": "B"}
        return Planted(number, line(row), None, opened=True)
    slot = number % BLOCK - (BLOCK - len(DROPPED))
    if slot < 0:
        return Planted(number, line(row), None)
    rule, said = DROPPED[slot]
    if rule == "unreadable":
        return Planted(number, b'{"problem": "cut off after %d\n' % number, rule)
    if not said:
        return Planted(number, line(_compared(rule, block, [name for name, _ in DROPPED[:slot]].count(rule))), rule)
    held_out = HELD_OUT[number % len(HELD_OUT)]
    row |= {name: _fill(text, number).replace("HELD_OUT", held_out) for name, text in said.items()}
    return Planted(number, line(row), rule)


_KEPT = tuple(text for texts in ALIKE.values() for text in texts)


def _numbers(number: int) -> dict[str, Any]:
    return {"n": number + 1000, "a": 3 + number % 7, "b": 11 + number % 13, "who": NAMES[number % len(NAMES)]}


def _fill(text: str, number: int) -> str:
    return text.format(**_numbers(number))


def _row(text: str, number: int) -> dict[str, Any]:
    problem = _fill(text, number)
    return {
        "problem": problem,
        "answer": str(number % 97),
        "source": "orca_math",
        "llama8b_solve_rate": number % 65 / 64,
    }


def _original(block: int, slot: int) -> dict[str, Any]:
    """The problem that exact duplicates repeat; its answer is a fraction that has other spellings."""
    row = _row("A machine makes {n} bolts in {a} minutes. What share of {b} minutes is that?", block * BLOCK + slot)
    return {**row, "answer": f"{2 * block + 1}/2"}


def _long(block: int, slot: int) -> dict[str, Any]:
    """The problem that near-duplicates are near to."""
    return _row(LONG, block * BLOCK + slot)


def _compared(rule: str, block: int, place: int) -> dict[str, Any]:
    """The side of a comparison that is dropped: the first of its kind in a block is about the same block, the second
    about one three blocks before."""
    if rule == "conflicting_answers":  # a problem in each of two neighbouring blocks, with different answers
        pair = block - block % 2 + (place ^ block % 2)
        row = _row("In how many ways can {n} guests sit at {a} tables with {b} chairs each?", pair * BLOCK)
        return {**row, "answer": str(block * 10 + place)}
    far = place == 1 and block >= 3
    of = block - 3 if far else block
    if rule == "exact_duplicate":
        row = _original(of, place)
        text = row["problem"].upper() if place else "  " + row["problem"].replace(" ", "  ")
        return {**row, "problem": text, "answer": f"{(2 * of + 1) / 2}"}
    row = _long(of, place)
    changes = (("windy", "rainy"), ("the old mill", "that old mill"), ("chestnut", "willow"))
    for old, new in changes[1:] if far else changes[:2]:
        row["problem"] = row["problem"].replace(old, new)
    return row
