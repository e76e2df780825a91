"""How fast and how rightly answers are judged: of number games, and of any type beside math-verify in the same run.

Per second means per second of processor time of this process; the batches are timed by the clock.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor, wait
from math import inf
from multiprocessing import get_context
from time import perf_counter, process_time

from metacot.rewards import adversarial, clear_caches, verify, verify_batch, warm_up
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

SPEED_BAR = 40.0  # times math-verify
RATE_BAR = 5_000.0  # pairs a second
BATCH = 10_000
BATCH_BAR = 1.7  # two workers over one
COUNT = range(20_000_000)  # what two processes that share nothing add up


def run() -> list[tuple[str, float, str]]:
    return [*_number_games(), *_any_answer(), *_batches()]


def _number_games() -> list[tuple[str, float, str]]:
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


def _any_answer() -> list[tuple[str, float, str]]:
    """The ordinary half of the corpus, two thirds right and one third wrong; caches are empty before each round."""
    from math_verify import parse
    from math_verify import verify as math_verify

    pairs = adversarial.pairs(hostile=False)
    warm_up()
    right = sum(verify(pair.prediction, pair.gold).correct is pair.correct for pair in pairs)
    seconds = []
    for _ in range(5):
        clear_caches()
        start = process_time()
        for pair in pairs:
            verify(pair.prediction, pair.gold)
        seconds.append(process_time() - start)
    rate = len(pairs) / min(seconds)
    parse("$1$")
    start, agreed = process_time(), 0
    for pair in pairs:
        agreed += bool(math_verify(parse(f"${pair.gold}$"), parse(f"${pair.prediction}$"))) is pair.correct
    theirs = len(pairs) / (process_time() - start)
    return [
        ("ordinary pairs a second", rate, f"caches off; {rate / RATE_BAR:.1f}x the bar of {RATE_BAR:.0f}"),
        (
            "times the rate of math-verify",
            rate / theirs,
            f"which makes {theirs:.0f} a second on the same pairs; {rate / theirs / SPEED_BAR:.1f}x the bar of 40",
        ),
        ("ordinary pairs judged as labelled", right, f"of {len(pairs)}; math-verify, not made for all: {agreed}"),
    ]


def _batches() -> list[tuple[str, float, str]]:
    pairs = adversarial.pairs(hostile=False)
    # A number in front makes every prediction a new one, so that nothing is remembered.
    many = [
        (f"{index}, {pairs[index % len(pairs)].prediction}", pairs[index % len(pairs)].gold) for index in range(BATCH)
    ]
    predictions, golds = zip(*many, strict=True)
    verify_batch(predictions[:400], golds[:400], workers=2)  # start them
    seconds, own = {1: inf, 2: inf}, inf
    for _ in range(3):
        for workers in (1, 2):
            clear_caches()
            start, processor = perf_counter(), process_time()
            verify_batch(predictions, golds, workers=workers)
            seconds[workers] = min(seconds[workers], perf_counter() - start)
        own = min(own, process_time() - processor)
    ratio, load, most = seconds[1] / seconds[2], os.getloadavg()[0], _two_processes()
    rates = " and ".join(f"{BATCH / seconds[workers]:.0f}" for workers in (1, 2))
    return [
        (
            "a batch of 10,000 with two workers over one",
            ratio,
            f"{rates} a second, {os.cpu_count()} cores at load {load:.1f}; {ratio / BATCH_BAR:.2f}x the bar",
        ),
        ("the same for two processes that share nothing", most, "what these cores have to give"),
        (
            "processor time of this process in it (ms)",
            own * 1e3,
            "all that is not done by the workers, most of it while they work",
        ),
    ]


def _two_processes() -> float:
    """Two sums after each other over two at the same time, each in a process of its own."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        ratios = []
        for _ in range(4):  # the first starts them
            start = perf_counter()
            pool.submit(sum, COUNT).result()
            pool.submit(sum, COUNT).result()
            between = perf_counter()
            wait([pool.submit(sum, COUNT), pool.submit(sum, COUNT)])
            ratios.append((between - start) / (perf_counter() - between))
    return max(ratios[1:])


def _milliseconds(text: str) -> float:
    start = perf_counter()
    verdict = check_arithmetic(text, (3, 3, 8, 8), 24)
    seconds = perf_counter() - start
    assert verdict.correct is False
    return seconds * 1e3
