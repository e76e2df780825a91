"""How many of 2,000 pairs built from real references are judged rightly, beside math-verify on the same pairs.

    python benchmarks/real_answers.py        # also prints every pair on which the two differ

Four kinds, 500 each, from the references of MATH (training set) and AIME: against the reference written otherwise by a
named rewrite, against another reference of the same type and shape, against a near miss by a named change, and answers
and whole responses that models really gave and that were recorded as wrong. All draws come from one seed; the files are
looked for under $METACOT_DATA. Left out: references that are sentences.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from metacot.rewards import verify, warm_up

SEED = 20_260
EACH = 500
BAR = 0.995


class Pair(NamedTuple):
    kind: str
    how: str
    prediction: str
    gold: str
    correct: bool


# rewrites ------------------------------------------------------------------------------------------------------------

PERCENT = re.compile(r"\d+\\%")
DECIMAL = re.compile(r"-?\d+\.\d+")
FRACTION = re.compile(r"\\[dt]?frac\{(\d+)\}\{(\d+)\}")


def _fraction(text: str) -> Fraction | None:
    found = re.fullmatch(r"(-?)\\[dt]?frac\{(\d+)\}\{(\d+)\}", text)
    return Fraction(int(found[1] + found[2]), int(found[3])) if found else None


def _as_fraction(value: Fraction) -> str:
    return f"\\frac{{{value.numerator}}}{{{value.denominator}}}"


def _terminating(value: Fraction) -> str | None:
    below = value.denominator
    for prime in (2, 5):
        while below % prime == 0:
            below //= prime
    return None if below > 1 else f"{float(value)!r}" if abs(value) < 10**6 else None


def _mixed(value: Fraction) -> str | None:
    whole, rest = divmod(abs(value.numerator), value.denominator)
    return f"{'-' if value < 0 else ''}{whole}\\frac{{{rest}}}{{{value.denominator}}}" if whole and rest else None


def _swapped_sum(text: str) -> str | None:
    found = re.fullmatch(r"([\w\\{}^ .]+) ([+-]) ([\w\\{}^ .]+)", text)
    if not found or found[1].count("{") != found[1].count("}") or "frac" in text[:1]:
        return None
    sign = "-" if found[2] == "-" else ""
    return f"{sign}{found[3]} + {found[1]}"


def _times_three(text: str) -> str | None:
    found = FRACTION.search(text)
    if not found:
        return None
    return f"{text[: found.start()]}\\frac{{{3 * int(found[1])}}}{{{3 * int(found[2])}}}{text[found.end() :]}"


def _inequality(text: str) -> str | None:
    bare = text.replace("\\left", "").replace("\\right", "")
    found = re.fullmatch(r"([(\[])([^,()\[\]]+),([^,()\[\]]+)([)\]])", bare)
    if not found or not (found[1] + found[4] in ("[)", "(]", "[]") or "infty" in text):
        return None
    low, high = found[2].strip(), found[3].strip()
    left = "" if "infty" in low else f"{low} {'<=' if found[1] == '[' else '<'} "
    right = "" if "infty" in high else f" {'<=' if found[4] == ']' else '<'} {high}"
    return f"{left}x{right}" if left or right else None


# name, where it applies (searched), what is replaced, by what
_BY_PATTERN = [
    ("in a box", r"", r"^(.*)$", r"So we finally get \\boxed{\1}."),
    ("in answer tags", r"", r"^(.*)$", r"<answer>\1</answer>"),
    ("in a sentence", r"^[^$]*$", r"^(.*)$", r"Therefore, the final answer is $\1$."),
    ("dfrac for frac", r"\\frac\{", r"\\frac\{", r"\\dfrac{"),
    ("a slash", r"^-?\\[dt]?frac\{\d+\}\{\d+\}$", FRACTION, r"\1/\2"),
    ("point zero", r"^-?\d+$", r"$", ".0"),
    ("scientific notation", r"^\d$", r"$", r" \\times 10^{0}"),
    ("ten to a power", r"^[1-9]\d*00$", r"00$", r" \\times 10^2"),
    ("an assignment", r"^(-?\d+|\\frac\{\d+\}\{\d+\})$", r"^", "x = "),
    ("left and right", r"^\([^()]*\)$", r"^\((.*)\)$", r"\\left(\1\\right)"),
    ("spaces", r"^[(\[][^!{]*,[^!{]*$", ",", ", "),
    ("no spaces", r"[+-] \d", r"(?<![A-Za-z]) (?![A-Za-z])", ""),
    ("no sign of a degree", r"circ", r"\^\{?\\circ\}?", ""),
    ("degrees in words", r"^\d+\^\{?\\circ\}?$", r"\^\{?\\circ\}?", " degrees"),
    ("no percent", r"\\%$", r"\\%$", ""),
    ("no currency", r"^\\\$", r"^\\\$\s*", ""),
    ("dollars in words", r"^\\\$\s*[\d.,]+$", r"^\\\$\s*([\d.,]+)$", r"\1 dollars"),
    ("no unit", r"^\d+\s*\\(text|mbox)\{ ?[a-z ]+\}$", r"\s*\\.*", ""),
    ("words alone", r"^\\text\{[A-Za-z ]+\}$", r"^\\text\{(.*)\}$", r"\1"),
    ("signs in Unicode", r"\\pi", r"\\pi", "π"),
    ("a minus in Unicode", r"-", r"-", "−"),
    ("a root in Unicode", r"^(?!.*frac).*sqrt\{\d+\}", r"\\sqrt\{(\d+)\}", r"√\1"),
    ("a root as a power", r"sqrt\{\d+\}", r"\\sqrt\{(\d+)\}", r"{\1}^{1/2}"),
    ("a root in plain text", r"^[-+\d ]*\\sqrt\{\d+\}[-+\d ]*$", r"\\sqrt\{(\d+)\}", r"sqrt(\1)"),
    ("pi in plain text", r"^\d* ?\\pi$", r"\\pi", "pi"),
    ("a bracket matrix", "pmatrix", "pmatrix", "bmatrix"),
    ("times written out", r"\d ?\\(sqrt|pi)", r"(\d) ?\\(sqrt|pi)", r"\1 \\cdot \\\2"),
]


def _by_pattern(where: str, what: str | re.Pattern[str], by: str) -> Callable[[str], str | None]:
    return lambda text: re.sub(what, by, text) if re.search(where, text) else None


def _capitals(text: str) -> str | None:
    found = re.fullmatch(r"\\text\{([A-Za-z]{3,})\}", text)
    return found[1].upper() if found else None


def _reversed(text: str) -> str | None:
    bare = re.fullmatch(r"-?\d+(, -?\d+)+", text)
    return ", ".join(reversed(text.split(", "))) if bare else None


REWRITES: dict[str, Callable[[str], str | None]] = {
    **{name: _by_pattern(where, what, by) for name, where, what, by in _BY_PATTERN},
    "a decimal": lambda text: (value := _fraction(text)) and _terminating(value),
    "a mixed number": lambda text: (value := _fraction(text)) and _mixed(value),
    "a fraction": lambda text: _as_fraction(Fraction(text)) if DECIMAL.fullmatch(text) else None,
    "percent as a decimal": lambda text: repr(float(Fraction(text[:-2]) / 100)) if PERCENT.fullmatch(text) else None,
    "thousands separators": lambda text: f"{int(text):,}" if re.fullmatch(r"-?\d{4,}", text) else None,
    "not reduced": _times_three,
    "another order": _reversed,
    "a swapped sum": _swapped_sum,
    "an inequality": _inequality,
    "capitals": _capitals,
}
"""Each is None where it does not apply."""


# near misses ---------------------------------------------------------------------------------------------------------


def _numbers(change: Callable[[int], int]) -> Callable[[str], str | None]:
    def change_last(text: str) -> str | None:
        found = list(re.finditer(r"(?<![\d.,_^!])\d+(?![\d.,_]|\\%|\\!)", text))
        if not found or len(found[-1][0]) > 12:
            return None
        last = found[-1]
        return f"{text[: last.start()]}{change(int(last[0]))}{text[last.end() :]}"

    return change_last


def _negated(text: str) -> str | None:
    if re.fullmatch(r"-?(\d+|\d+\.\d+|\\[dt]?frac\{\d+\}\{\d+\}|\d*\s?\\sqrt\{\d+\}|\d*\s?\\pi)", text) and text != "0":
        return text[1:] if text[0] == "-" else f"-{text}"
    return None


def _flipped_sign(text: str) -> str | None:
    found = list(re.finditer(r"(?<=[\w}) ])[+-](?=[\w\\ ])", text))
    if len(found) != 1 or "text" in text or "," in text or "=" in text or text.count("x") > 1:
        return None
    place = found[0].start()
    return f"{text[:place]}{'-' if text[place] == '+' else '+'}{text[place + 1 :]}"


def _swapped_pair(text: str) -> str | None:
    found = re.fullmatch(r"(\\left)?\(\s*([^,()]+),([^,()]+?)(\\right)?\)", text)
    if not found or found[2].strip() == found[3].strip() or "infty" in text:
        return None
    return f"({found[3].strip()}, {found[2].strip()})"


def _other_brackets(text: str) -> str | None:
    bare = text.replace("\\left", "").replace("\\right", "")
    closed = re.search(r"\[[^,]*\d|\d[^,]*\]$", bare)
    if "cup" in bare or not closed or not re.fullmatch(r"[(\[][^()\[\]]+,[^()\[\]]+[)\]]", bare):
        return None
    return bare.translate(str.maketrans("[]()", "()[]"))


def _upside_down(text: str) -> str | None:
    found = re.fullmatch(r"(-?)\\[dt]?frac\{(\d+)\}\{(\d+)\}", text)
    return f"{found[1]}\\frac{{{found[3]}}}{{{found[2]}}}" if found and found[2] != found[3] else None


def _rounded(text: str) -> str | None:
    value = _fraction(text)
    return f"{float(value):.2f}" if value and not _terminating(value) and abs(value) > 0.01 else None


NEAR_MISSES: dict[str, Callable[[str], str | None]] = {
    "sign": _negated,
    "one sign of several": _flipped_sign,
    "one more": _numbers(lambda n: n + 1),
    "one less": _numbers(lambda n: n - 1 if n > 1 else n + 2),
    "ten times": _numbers(lambda n: 10 * n if n else 10),
    "digits swapped": _by_pattern(r"^(?!(\d)\1)[1-9][1-9]\d{0,2}$", r"^(.)(.)", r"\2\1"),
    "upside down": _upside_down,
    "ends swapped": _swapped_pair,
    "other brackets": _other_brackets,
    "exponent dropped": _by_pattern(r"^(?!.*sqrt).*[a-z\d]\^\{?[2-9]", r"\^\{?\d+\}?", ""),
    "root dropped": _by_pattern(r"sqrt\{[2-9]\d*\}", r"\\sqrt\{(\d+)\}", r"\1"),
    "pi dropped": _by_pattern(r"\d ?\\pi", r" ?\\pi", ""),
    "i dropped": _by_pattern(r"\d ?i$", r" ?i$", ""),
    "rounded": _rounded,
}


# pairs ---------------------------------------------------------------------------------------------------------------


def references(folder: Path) -> list[str]:
    """The distinct references of MATH and AIME, without those that are sentences or empty."""
    rows = []
    for name in ("math_train_7474.json", "aime_1983_2023_975.json"):
        rows += json.loads((folder / "math" / name).read_text(encoding="utf-8"))
    golds = dict.fromkeys((row["answer"] or "").strip() for row in rows)
    prose = re.compile(r"[A-Za-z]{3,} [a-z]{3,} [a-z]{3,}")
    return [gold for gold in golds if gold and len(gold) < 120 and not prose.search(gold)]


def shape(gold: str) -> str:
    return re.sub(r"\d+", "#", plain(gold))


def plain(gold: str) -> str:
    """Without spaces, and with one way to write a fraction."""
    text = re.sub(r"\\left|\\right|\s", "", gold).replace("dfrac", "frac").replace("tfrac", "frac")
    return re.sub(r"\\frac(\d)(\d)", r"\\frac{\1}{\2}", text)


def pairs(folder: Path) -> list[Pair]:
    draw = random.Random(SEED)
    golds = references(folder)
    return [
        *_changed("rewritten", REWRITES, golds, draw, True),
        *_others(golds, draw),
        *_changed("near miss", NEAR_MISSES, golds, draw, False),
        *_recorded(folder, draw),
    ]


def _changed(
    kind: str, changes: dict[str, Callable[[str], str | None]], golds: list[str], draw: random.Random, correct: bool
) -> list[Pair]:
    """EACH pairs, each kind of change as often as the others as far as it applies."""
    found: dict[str, list[Pair]] = {}
    for name, change in changes.items():
        texts = ((gold, change(gold)) for gold in draw.sample(golds, len(golds)))
        found[name] = [Pair(kind, name, text, gold, correct) for gold, text in texts if text and text != gold]
    kept: list[Pair] = []
    for rank in range(max(map(len, found.values()))):
        kept += [pairs[rank] for pairs in found.values() if rank < len(pairs)]
        if len(kept) >= EACH:
            break
    return kept[:EACH]


def _others(golds: list[str], draw: random.Random) -> list[Pair]:
    """A reference against another one of its shape; shapes with one member are left out."""
    groups: dict[str, list[str]] = {}
    for gold in {plain(gold): gold for gold in golds}.values():  # each value once
        groups.setdefault(shape(gold), []).append(gold)
    found = []
    for name, group in groups.items():
        draw.shuffle(group)
        found += [Pair("another", name, a, b, False) for a, b in list(itertools.pairwise(group))[:12]]
    draw.shuffle(found)
    return found[:EACH]


RIGHT_AFTER_ALL = {("y = \\dfrac{x^2}{4} - 1", "\\frac{x^2}{4} - 1")}
"""Recorded as wrong, but right by the convention that `y = ...` stands for its right side."""


def _recorded(folder: Path, draw: random.Random) -> list[Pair]:
    """Wrong answers of models: boxed answers to MATH problems, and whole chains of multi-step arithmetic."""
    found = []
    rows = json.loads((folder / "math/thought_anchors_problems_solve_rate.json").read_text(encoding="utf-8"))
    for row in rows:
        for wrong in row["incorrect_answers"]:
            correct = (wrong, row["gt_answer"]) in RIGHT_AFTER_ALL
            found.append(Pair("recorded", "MATH", f"\\boxed{{{wrong}}}", row["gt_answer"], correct))
    chains = (folder / "human_judged_chains/multistep_arithmetic.jsonl").read_text(encoding="utf-8").splitlines()
    arithmetic = []
    for row in map(json.loads, chains):
        said = re.findall(r"answer is\s*(-?[\d,]+)", row["reasoning_chain"])
        if said and int(said[-1].replace(",", "")) != row["answer"]:
            arithmetic.append(Pair("recorded", "arithmetic", row["reasoning_chain"], str(row["answer"]), False))
    draw.shuffle(arithmetic)
    return [*found, *arithmetic][:EACH]


# judges --------------------------------------------------------------------------------------------------------------


def by_math_verify(pair: Pair) -> bool:
    """What math-verify says, with the reference as mathematics and the prediction as it is."""
    from math_verify import parse
    from math_verify import verify as math_verify

    marked = pair.kind == "recorded" or re.search(r"boxed|<answer>|answer is", pair.prediction)
    prediction = pair.prediction if marked else f"${pair.prediction}$"
    return bool(math_verify(parse(f"${pair.gold}$"), parse(prediction)))


def _folder() -> Path | None:
    path = os.environ.get("METACOT_DATA")
    return Path(path) if path else None


def differences(found: list[Pair]) -> Iterator[tuple[Pair, bool | None, bool]]:
    """(pair, our verdict, math-verify's) where these two differ."""
    for pair in found:
        ours, theirs = verify(pair.prediction, pair.gold).correct, by_math_verify(pair)
        if ours is not theirs:
            yield pair, ours, theirs


def run() -> list[tuple[str, float, str]]:
    folder = _folder()
    if folder is None:
        return []
    warm_up()
    found = pairs(folder)
    right = sum(verify(pair.prediction, pair.gold).correct is pair.correct for pair in found)
    return [("real answers judged rightly (share)", right / len(found), f"{right} of {len(found)}; the bar is {BAR}")]


if __name__ == "__main__":
    where = _folder()
    if where is None:
        sys.exit("METACOT_DATA is not set")
    warm_up()
    everything = pairs(where)
    for pair, ours, theirs in differences(everything):
        print(json.dumps({**pair._asdict(), "ours": ours, "math_verify": theirs}, ensure_ascii=False))
    for title, figure, meaning in run():
        print(title, figure, meaning)
