"""Is a response's final answer the reference answer?"""

from __future__ import annotations

import re
from functools import lru_cache

from ..problem import Verdict
from .comparison import same
from .conventions import DEFAULT, Conventions
from .counting import count
from .errors import Beyond, Undecided, Undefined, Unreadable
from .extraction import final_answers, stated
from .limits import MAX_ANSWER
from .reading.answer import read
from .reading.clean import CONTROL, clean
from .reading.forms import Form, Items, Words
from .reading.words import choice, meaning, plain_words
from .values.rational import Inexact
from .workers.pool import pool

KINDS = ("math", "choice", "text")
"""What `kind` may ask for: mathematics only, a multiple-choice letter, or words compared as words."""

DEFECT = "an error inside the verifier"
"""Starts the reason where this package has a defect."""

_SINGLE_CAPITAL = re.compile(r"[\s(\[$\\a-z{]*([A-Z])[\s)\].}$]*")
_SHORT = 400
"""Characters up to which a reading is remembered."""


def verify(prediction: str, gold: str, *, kind: str | None = None, conventions: Conventions = DEFAULT) -> Verdict:
    """Judge whether the final answer of `prediction` (a whole response or an answer alone) equals `gold`.

    kind: one of KINDS, or None to let the reference decide.

    Never raises because of either text, never runs them, and takes at most a second. `correct` is None where the check
    could not be made (the reason says why, `counts` counts it): a reference that cannot be read, a result that is too
    large, an algebra worker that ran out of time. Raises ValueError for an unknown `kind`.
    """
    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)} or None, got {kind!r}")
    try:
        verdict = _verify(prediction, gold, kind, conventions)
    except RecursionError:  # little of the stack was left by the caller
        verdict = Verdict(None, "not decided: nested too deeply")
    except Exception as error:  # a defect of this package must not end a training run; it is counted, and can be seen
        verdict = Verdict(None, f"{DEFECT}: {type(error).__name__}")
    count("calls")
    count({True: "right", False: "wrong", None: "unjudged"}[verdict.correct])
    if verdict.correct is None:
        count(f"unjudged: {verdict.reason}")
    return verdict


def clear_caches() -> None:
    """Forget remembered readings and worker results, for measurements."""
    _remembered.cache_clear()
    pool().forget()


def _verify(prediction: object, gold: object, kind: str | None, how: Conventions) -> Verdict:
    if type(gold) is not str or not gold.strip():
        return Verdict(None, "the reference is not a string" if type(gold) is not str else "the reference is empty")
    if type(prediction) is not str:
        return Verdict(False, "the answer is not a string")
    if CONTROL.search(prediction):
        return Verdict(False, "control characters in the response")
    try:
        golds = final_answers(gold)
    except Unreadable as error:
        return Verdict(None, f"the reference: {error.reason}")
    try:
        answers = final_answers(prediction)
    except Unreadable as error:
        return Verdict(None if "too long" in error.reason else False, error.reason)
    answer = answers[0] if len(answers) == 1 else ", ".join(answers)
    if not answer:
        return Verdict(False, "the answer is empty")
    if len(answer) > MAX_ANSWER and (answer,) != golds:
        return Verdict(False, f"the answer is too long (more than {MAX_ANSWER} characters)")
    shown = answer[:200] if answer.isprintable() else None
    if len(answers) > 1 and not _agree(answers, how):
        correct, reason = _decide(answer, ", ".join(golds), kind, how, answers)
        if correct is False:
            reason = f"{len(answers)} marked answers that differ"
        return Verdict(correct, reason, shown)
    return Verdict(*_decide(answers[-1], ", ".join(golds), kind, how), shown)


def _agree(answers: tuple[str, ...], how: Conventions) -> bool:
    """Are differently written marks the same answer?"""
    try:
        first = _form(answers[0], how)
        return all(same(_form(other, how), first, how) for other in answers[1:])
    except (Unreadable, Undecided, Undefined, Inexact):
        return False


def _decide(
    answer: str, gold: str, kind: str | None, how: Conventions, several: tuple[str, ...] = ()
) -> tuple[bool | None, str]:
    if answer == gold:
        return True, "the same text"
    if kind == "text":
        return _as_text(answer, gold)
    letter = _choice_letter(gold)
    if kind == "choice" or letter:
        found = choice(answer)
        letter = letter or choice(gold)
        if letter is None:
            return None, "the reference is no choice"
        if found is not None and not (found != _capital(answer) and not how.letter_case_forgiven):
            return found == letter, f"the choice {found}"
        if kind == "choice":
            return False, "no choice letter"
    try:
        expected = _form(gold, how)
    except Beyond as error:
        return _by_worker(answer, gold, error)
    except Unreadable as error:
        if clean(answer) == clean(gold):
            return True, "the same text"
        return None, f"the reference cannot be read: {error.reason}"
    if isinstance(expected, Words) and kind == "math":
        return None, "the reference is not mathematics"
    try:
        given = _several(several, how) if several else _given(answer, expected, how)
    except Beyond as error:
        return _by_worker(answer, gold, error)
    except Unreadable as error:
        if isinstance(expected, Words):
            return _as_text(answer, gold)
        return False, f"the answer cannot be read: {error.reason}"
    try:
        if same(given, expected, how):
            return True, "equal"
    except Undecided as error:
        return None, f"not decided: {error.reason}"
    except Undefined as error:
        return False, f"no value: {error}"
    if isinstance(expected, Words) and isinstance(given, Words):
        return False, "other words"
    return False, "not equal"


def _given(answer: str, expected: Form, how: Conventions) -> Form:
    """The form of an answer; of a sentence that is not the reference itself, that of what it states."""
    statement = stated(answer)
    try:
        given = _form(answer, how)
    except Unreadable:
        if statement is None:
            raise
        return _form(statement, how)
    return _form(statement, how) if _in_words(given) and statement and given != expected else given


def _in_words(form: Form) -> bool:
    """Words, or a list of them."""
    return isinstance(form, Words) or (isinstance(form, Items) and not form.opening and any(map(_in_words, form.items)))


def _several(answers: tuple[str, ...], how: Conventions) -> Form:
    """Answers marked one by one, as one list."""
    members: list[Form] = []
    for answer in answers:
        form = _form(answer, how)
        members.extend(form.items if isinstance(form, Items) and not form.opening else [form])
    return Items(tuple(members))


def _form(text: str, how: Conventions) -> Form:
    return _remembered(text, how) if len(text) <= _SHORT else read(text, how)


@lru_cache(maxsize=4_096)
def _remembered(text: str, how: Conventions) -> Form:
    return read(text, how)


def _choice_letter(gold: str) -> str | None:
    """The letter of a reference that is a capital alone: `B`, `(B)`, `\\text{(B)}`."""
    if len(gold) > 20:
        return None
    found = _SINGLE_CAPITAL.fullmatch(gold)
    return found[1] if found else None


def _capital(answer: str) -> str | None:
    return next((letter for letter in answer if letter.isalpha() and letter.isupper()), None)


def _as_text(answer: str, gold: str) -> tuple[bool | None, str]:
    equal = meaning(plain_words(answer)) == meaning(plain_words(gold))
    return equal, "the same words" if equal else "other words"


def _by_worker(answer: str, gold: str, why: Beyond) -> tuple[bool | None, str]:
    """Mathematics that only a computer algebra system reads."""
    one, other = clean(answer), clean(gold)
    if one == other:
        return True, "the same text"
    if len(one) > 500 or len(other) > 500:
        return None, f"not decided: {why.reason}"
    try:
        equal = pool().equal(one, other)
    except Undecided as error:
        return None, f"not decided: {error.reason}"
    if equal is None:
        return None, "not decided: the algebra system does not know"
    return equal, "equal by algebra" if equal else "not equal by algebra"
