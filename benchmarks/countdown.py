"""How many problems a second countdown deals, one address after the other. reasoning-gym's countdown deals 59 to 75 a
second on one core, which was not measured in this run."""

from __future__ import annotations

from time import process_time

from metacot.tasks import make

PROBLEMS = 20_000
PEER = 75
TIMES = 20


def run() -> list[tuple[str, float, str]]:
    countdown, rows = make("countdown"), []
    for level in countdown.levels:
        knobs = countdown.knobs(level)
        start = process_time()
        for index in range(PROBLEMS):
            countdown.problem(0, index, **knobs)
        rate = PROBLEMS / (process_time() - start)
        meaning = f"{rate / (TIMES * PEER):.1f}x the bar of {TIMES} times {PEER}"
        rows.append((f"countdown problems per CPU second, {level}", rate, meaning))
    return rows


def main() -> None:
    for name, figure, explanation in run():
        print(f"{name:<48} {figure:>12,.0f}  {explanation}")


if __name__ == "__main__":
    main()
