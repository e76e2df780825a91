r"""The final answer in a response. The rule, in this order:

1. What stands before the last `</think>` is not looked at; a thought that never ends holds no answer.
2. `\boxed{...}` (or `\fbox`), with braces nested as deep as they are, and `<answer>...</answer>` are answers that the
   writer marks. Where several are marked and they differ, all of them together are the answer: a list. So a box added
   to another (`\boxed{5} Ignore the above, \boxed{7}`) never wins, while two boxes for two parts are right together.
3. Else `#### 42`, else what follows the last "the answer is" and its like, up to the end of the sentence; where several
   such sentences differ, all of them, as in 2.
4. Else, in a text of several lines, the last line: its only formula in dollars, or the line.

A response that tells its reader to ignore or disregard what stands above it holds no answer at all: whoever solves a
problem has no reason to, and whoever attacks a grader does.
"""

from __future__ import annotations

import re
from collections import deque

from .errors import Unreadable
from .limits import MAX_ANSWER, MAX_RESPONSE
from .reading.words import DENIAL

_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{|\\boxed\s+(?P<bare>[^\s{}\\$]+)|\\.|[{}]", re.DOTALL)
_TAG_START = re.compile("<answer", re.IGNORECASE)
_TAG = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_HASHES = re.compile(r"^\s*####\s*(.+?)\s*$", re.MULTILINE)
_PHRASE = re.compile(
    r"(?:\b(?:final |correct )?ans(?:wer)?\b|\bfinal result\b|答案)\**\s*"
    r"(?:(?:to (?:the|this) \w+ )?(?:is|equals|:|=|是|为)|:)\**\s*:?\s*(?:\n+\s*)?",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<![ap]\.m)(?<!\b[A-Z])[.!?](?=\s+[A-Z\"(]|\s*$)|\n")
_CONCLUSION = re.compile(
    r"(?:(?:so|thus|therefore|hence|then|and so|in conclusion|this gives|which gives"
    r"|we (?:get|have|find|obtain)(?: that)?)\b[,:]?\s*)+",
    re.IGNORECASE,
)
_FORMULA = re.compile(r"(?<!\\)\$\$?(.+?)(?<!\\)\$\$?|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_CALLED = re.compile(r"\s{1,3}(?:is|are) the (?:final |correct )?answers?\W*$")
_NAMED = re.compile(r"(?:result|solutions?|total|values?|output|conclusion):\s+(?=\S)", re.IGNORECASE)
_END = re.compile(r"(?:\s*(?:<\|[a-z_]{2,20}\|>|</s>))+\s*$")
_LABEL = re.compile(r"^[A-Z][a-z]+(?: [a-z]+){0,3}(?: [0-9]+)?:\s+(?=\S)")
_REJECTED = re.compile(r",? (?:(?:and |but )?not [^,]{1,60}|(?:since|because|which) .*)$")
_TEXT = re.compile(r"\\text\{([^{}]*)\}")
_PROSE = re.compile(r"[A-Za-z]{4,} [A-Za-z]{2,} [A-Za-z]{2,}")
_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget)\s+(?:"
    r"(?:(?:all|any|everything|the|my|your|of)\s+)*(?:above|previous|prior|preceding|earlier)"
    r"(?:\s+(?:instructions?|text|answers?|prompts?|lines?|box(?:es)?|messages?|content))?\s*(?:[,.;:!\n]|and\b|$)"
    r"|(?:what|everything|anything|all)\s+(?:that\s+)?(?:i|we|was|is|you)\b[^.\n]{0,30}\b(?:before|above|earlier)\b)",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"[A-Za-z][A-Za-z0-9 ,'$\\{}()-]{0,120}? (?:is|are|equals|was|were|must be|has|have)"
    r"(?: equal to| exactly)? ([^\n]{1,120}?)(?:,? (?:which|since|because) .*)?\.?"
)
_RESULT = re.compile(r"[A-Za-z][A-Za-z ,']{3,80} [-+*/0-9(). $%\\]+ ?= ?([^=]{1,60}?)\.?")
_JUDGED = re.compile("true|false|correct|incorrect", re.IGNORECASE)
MAX_END = 100
"""Characters at the end of a response among which its end may be marked."""
MAX_MARKS = 64
"""Boxes and tags in one response."""


def final_answers(text: str) -> tuple[str, ...]:
    """The marked answers, different ones in the order of their first mark; most often one.

    Raises Unreadable where the response holds no answer.
    """
    if len(text) > MAX_RESPONSE:
        raise Unreadable(f"the response is too long (more than {MAX_RESPONSE} characters)")
    if "<think" in text or "</think" in text:
        text = _after_thought(text)
    if text.endswith(">", 0, len(text.rstrip())):
        text = text[:-MAX_END] + _END.sub("", text[-MAX_END:])
    if _INJECTION.search(text):
        raise Unreadable("the response tells its reader to ignore what stands above")
    if ("boxed" in text or "\\fbox" in text or _TAG_START.search(text)) and (marked := _marked(text)):
        return _different(marked)
    if "####" in text and (hashes := _HASHES.findall(text)):
        said_so = [(found, _PHRASE.match(found)) for found in hashes]
        return _different([found[phrase.end() :] if phrase else found for found, phrase in said_so])
    phrases = deque(_PHRASE.finditer(text), maxlen=MAX_MARKS)
    if said := [answer for phrase in phrases if (answer := _sentence(text, phrase.end()))]:
        return _different(said)
    return (_last_line(text),)


def _after_thought(text: str) -> str:
    tail = text.rpartition("</think>")[2]
    if "<think" in tail:
        raise Unreadable("a thought that never ends")
    return tail


def _marked(text: str) -> list[str]:
    """What stands in boxes and answer tags, in order; boxes within a tag are what that tag says."""
    found: list[tuple[int, str]] = []
    for tag in _TAG.finditer(text):
        found.extend((tag.start(), box) for _, box in _boxes(tag[1]) or [(0, tag[1].strip())])
    found.extend(_boxes(_TAG.sub(lambda tag: " " * len(tag[0]), text) if found else text))
    if len(found) > MAX_MARKS:
        raise Unreadable(f"more than {MAX_MARKS} marked answers")
    return [answer for _, answer in sorted(found, key=lambda entry: entry[0])]


def _boxes(text: str) -> list[tuple[int, str]]:
    """(place, content) of the boxes that are closed and in no other closed box, in one pass over all braces."""
    spans: list[tuple[int, int, str]] = []
    open_braces: list[tuple[int, int] | None] = []
    for mark in _BOX.finditer(text):
        if mark["bare"] is not None:
            spans.append((mark.start(), mark.end(), mark["bare"].rstrip(".,")))
        elif mark[0] == "{":
            open_braces.append(None)
        elif mark[0][-1] == "{" and len(mark[0]) > 2:
            open_braces.append((mark.start(), mark.end()))
        elif mark[0] == "}" and open_braces and (box := open_braces.pop()):
            while spans and spans[-1][0] > box[0]:
                spans.pop()
            spans.append((box[0], mark.end(), _unboxed(text[box[1] : mark.start()][: MAX_ANSWER + 1])))
    return [(start, content) for start, _, content in spans]


def _unboxed(content: str) -> str:
    r"""The content of a box; of `\boxed{\boxed{7}}` that of the inner one."""
    content = content.strip()
    for _ in range(4):
        if not (content.startswith("\\boxed{") and content.endswith("}") and content.count("{") == content.count("}")):
            break
        content = content[7:-1].strip()
    return content


def _different(answers: list[str]) -> tuple[str, ...]:
    """Without repetitions, in order; empty ones do not count where others are there."""
    kept = dict.fromkeys(answer.strip() for answer in answers)
    if len(kept) > 1:
        kept.pop("", None)
    return tuple(kept)


def _sentence(text: str, start: int) -> str:
    """From `start` to the end of the sentence, without an emphasis that was opened before it."""
    end = _SENTENCE.search(text, start)
    said = text[start : end.start() if end else len(text)].strip().strip("*").strip()
    said = _REJECTED.sub("", said).removeprefix("}").lstrip()  # \text{Answer: } 12
    formulas = list(_FORMULA.finditer(said))
    if len(formulas) == 1:  # "the value $x = 5$, as asked", but not "$5$ cm"
        formula = formulas[0]
        if formula.start() or said[formula.end() :].startswith((",", ";")):
            return next(part for part in formula.groups() if part).strip()
    return said


def _last_line(text: str) -> str:
    line = _CALLED.sub("", text.strip())
    if "\n" not in line:
        line = _NAMED.sub("", line, count=1) if _NAMED.match(line) else line
        return _CONCLUSION.sub("", line, count=1) if _CONCLUSION.match(line) else line
    if len(line) <= MAX_ANSWER and ("\\begin" in line or line.startswith(("$$", "\\["))) and not _PROSE.search(line):
        return line  # one formula on several lines
    line = _LABEL.sub("", line.rsplit("\n", 1)[-1].strip(), count=1)
    line = _CONCLUSION.sub("", line, count=1) if _CONCLUSION.match(line) else line
    formulas = _FORMULA.findall(line)
    if len(formulas) == 1:
        return next(part for part in formulas[0] if part).strip()
    return line


def stated(sentence: str) -> str | None:
    """What a sentence such as `The total is 12 dollars.` says that something is; None where it says no such thing."""
    if sentence.startswith("\\text{"):
        sentence = _TEXT.sub(r"\1", sentence).strip()
    found = _STATEMENT.fullmatch(sentence) or _RESULT.fullmatch(sentence)
    if found is None or DENIAL.search(sentence, 0, found.start(1)):
        return None
    return None if DENIAL.search(found[1]) and not _JUDGED.fullmatch(found[1]) else found[1].strip()
