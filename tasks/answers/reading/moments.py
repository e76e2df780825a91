"""Dates and times of day, in the spellings of answers: `3:45 PM`, `15:45`, `October 30`, `2024-01-05`, `5 Jan 2024`."""

from __future__ import annotations

import re
from typing import NamedTuple

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = r"(?P<month>[a-z]{3,9})\.?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[0-9]{4})"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day\s*,?\s+)?"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_WEEKDAY}{_MONTH}\s*{_DAY}(?:\s*,?\s*{_YEAR})?",
        rf"{_WEEKDAY}(?:the )?{_DAY}\s*(?:of )?\s*{_MONTH}(?:\s*,?\s*{_YEAR})?",
        rf"{_YEAR}-(?P<month>[0-9]{{1,2}})-(?P<day>[0-9]{{1,2}})",
        rf"{_YEAR}/(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})",
        rf"{_MONTH}\s*,?\s*{_YEAR}",
    )
)
_SLASHED = re.compile(rf"(?P<first>[0-9]{{1,2}})[/.-](?P<second>[0-9]{{1,2}})[/.-]{_YEAR}")
_TIME = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:\s*:\s*(?P<minute>[0-9]{2}))?(?:\s*:\s*(?P<second>[0-9]{2}))?\s*"
    r"(?P<half>a\.?\s?m\.?|p\.?\s?m\.?|in the morning|in the afternoon|in the evening|noon|hours|o'clock)?"
)
_NAMED = {"noon": (12, 0, 0), "midday": (12, 0, 0), "midnight": (0, 0, 0), "12 noon": (12, 0, 0)}
_WRAPPERS = re.compile(
    r"\\(?:text|mbox|mathrm|textrm|textnormal|mathbf|textbf)\s*(?=\{)|\\[!,;: ]|[{}$]|\\left|\\right"
)


class Moment(NamedTuple):
    """A date, a time of day, or both. half_known: is it said, or clear, which half of the day a time is in? bare: is it
    written as two numbers and a colon, so that it may be a ratio after all?"""

    date: tuple[int | None, int, int | None] | None  # year, month, day
    time: tuple[int, int, int] | None = None
    half_known: bool = True
    bare: bool = False


def plain(text: str) -> str:
    """The text without LaTeX wrappers around words, in single spaces."""
    return " ".join(_WRAPPERS.sub(" " if "\\ " in text else "", text.replace("~", " ")).split())


def read_moment(text: str, day_first: bool = False) -> Moment | None:
    """The date or the time that `text` is, or None. A bare number is neither; `3:45` is a time."""
    if len(text) > 100:
        return None
    text = plain(text).lower().rstrip(".,").removeprefix("at ").removeprefix("on ")
    text = re.sub(r"\s*:\s*", ":", text)
    text = re.sub(r"(?<=[0-9])\.(?=[0-9]{2}\s*[ap]\.?\s?m)", ":", text)  # 6.30 pm
    if text in _NAMED:
        return Moment(None, _NAMED[text])
    if date := _date(text, day_first):
        return Moment(date)
    if (found := _TIME.fullmatch(text + ("." if text.endswith(("a.m", "p.m")) else ""))) or (
        found := _TIME.fullmatch(text)
    ):
        return _time(found)
    return None


def _date(text: str, day_first: bool) -> tuple[int | None, int, int | None] | None:
    for pattern in _DATES:
        if found := pattern.fullmatch(text):
            groups = found.groupdict()
            month = int(groups["month"]) if groups["month"].isdigit() else _month(groups["month"])
            day = int(groups["day"]) if groups.get("day") else None
            year = int(groups["year"]) if groups.get("year") else None
            if month and 1 <= month <= 12 and (day is None or 1 <= day <= 31):
                return year, month, day
    if found := _SLASHED.fullmatch(text):
        first, second = int(found["first"]), int(found["second"])
        month, day = (second, first) if day_first or first > 12 else (first, second)
        if 1 <= month <= 12 and 1 <= day <= 31:
            return int(found["year"]), month, day
    return None


def _month(word: str) -> int | None:
    for number, name in enumerate(_MONTHS, 1):
        if word == name or (word == name[:3]) or (word == "sept" and number == 9):
            return number
    return None


def _time(found: re.Match[str]) -> Moment | None:
    hour, minute, second = int(found["hour"]), int(found["minute"] or 0), int(found["second"] or 0)
    half = re.sub(r"[. ]", "", found["half"] or "")
    if found["minute"] is None and half in ("", "hours"):
        return None
    if half == "o'clock":
        half = ""
    if hour > 24 or minute > 59 or second > 59:
        return None
    if half in ("", "hours"):
        bare = not half and found["second"] is None
        return Moment(None, (hour, minute, second), half_known=hour > 12 or hour == 0 or bool(half), bare=bare)
    if not 1 <= hour <= 12:
        return None
    afternoon = half in ("pm", "intheafternoon", "intheevening", "noon")
    return Moment(None, (hour % 12 + 12 * afternoon, minute, second))


def same_moment(a: Moment, b: Moment, half_forgiven: bool = True) -> bool:
    """Is it the same date and time? A year that only one of them names is no difference."""
    if (a.date is None) != (b.date is None) or (a.time is None) != (b.time is None):
        return False
    if a.date and b.date:
        (year_a, *rest_a), (year_b, *rest_b) = a.date, b.date
        if rest_a != rest_b or (year_a and year_b and year_a != year_b):
            return False
    if a.time and b.time and a.time != b.time:
        unsure = half_forgiven and a.half_known != b.half_known
        return unsure and (a.time[0] - b.time[0]) % 12 == 0 and a.time[1:] == b.time[1:]
    return True
