"""How fast answers are judged: ordinary ones, and texts of 100,000 characters meant to take long."""

from __future__ import annotations

from time import perf_counter

from metacot.tasks.answers import check_arithmetic

ORDINARY = [
    ("8 / (3 - (8 / 3))", (3, 3, 8, 8)),
    ("(9 - 5) * (8 - 2) = 24", (2, 5, 8, 9)),
    ("6 * 4 * 1 * 1", (3, 3, 8, 8)),
    ("8 * 3 + 8 / 9", (3, 3, 8, 8)),
    ("(13 - 9) * (10 - 4)", (4, 9, 10, 13)),
    ("4! * 1", (1, 1, 1, 4)),
    ("5 ** 2 - 1", (1, 2, 5, 5)),
    ("13 + 11", (1, 1, 1, 3)),
    ("1 / (2 - 2)", (1, 2, 2, 4)),
    ("", (1, 2, 3, 4)),
]
ROUNDS = 2_000
ORDINARY_BAR = 1_000.0  # microseconds

LENGTH = 100_000
HOSTILE = {
    "open brackets": "(",
    "nested brackets": "(" * (LENGTH // 2) + "1" + ")" * (LENGTH // 2),
    "a long sum": "1+",
    "a tower of powers": "9**",
    "one long number": "9",
    "many numbers": "1 ",
    "spaces": " ",
    "equals signs": "=",
    "divisions": "7/3/",
    "Unicode digits": "\u0663",
}
HOSTILE_BAR = 20.0  # milliseconds


def run() -> list[tuple[str, float, str]]:
    start = perf_counter()
    for _ in range(ROUNDS):
        for text, hand in ORDINARY:
            check_arithmetic(text, hand, 24)
    ordinary = (perf_counter() - start) / (ROUNDS * len(ORDINARY)) * 1e6

    worst, slowest = max(
        (_milliseconds((part * (LENGTH // len(part) + 1))[:LENGTH]), name) for name, part in HOSTILE.items()
    )
    return [
        (
            "checking an ordinary answer (us)",
            ordinary,
            f"mean of {len(ORDINARY)} right and wrong ones; {ORDINARY_BAR / ordinary:.0f}x the bar of 1 ms",
        ),
        (
            "worst of ten texts of 100,000 characters (ms)",
            worst,
            f"{slowest}; {HOSTILE_BAR / worst:.0f}x the bar of {HOSTILE_BAR:.0f} ms",
        ),
    ]


def _milliseconds(text: str) -> float:
    start = perf_counter()
    verdict = check_arithmetic(text, (3, 3, 8, 8), 24)
    seconds = perf_counter() - start
    assert verdict.correct is False
    return seconds * 1e3
