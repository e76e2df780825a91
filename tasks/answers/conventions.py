"""What counts as the same answer where mathematics alone does not say: named options with documented defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conventions:
    """The conventions of a comparison. The defaults are those of mathematics datasets.

    percent_forgiven: 50 stands for 50% (and 50% for 50); 0.5 is 50% in any case, and 0.5% never is 0.5 of a whole.
    unit_forgiven: a missing unit, currency or degree sign is forgiven; a different one never is.
    convert_units: 500 cm is 5 m, 90 minutes are 1.5 hours, 180 degrees are pi.
    assignment_forgiven: `x = 5` stands for 5 and `y = 2x` for 2x; `x = 1, y = 2` for (1, 2).
    inequality_is_interval: `x > 3` is the interval from 3 to infinity.
    equation_up_to_factor: `2y = 4x` is `y = 2x`.
    list_ordered: is a list without brackets ordered? A list in parentheses always is, a set in braces never.
    brackets_forgiven: `1, 2` stands for (1, 2) and for {1, 2}, and (1, 2) for `1, 2`.
    thousands_commas: `3,200` is one number (`3, 200` and `(3,200)` are two).
    letter_case_forgiven: b stands for the choice B.
    meridiem_forgiven: 8:34 stands for 8:34 p.m.
    day_first: is 5/1/2024 the fifth of January rather than the first of May?
    significant_digits: where set, a decimal that agrees with the answer to so many significant digits counts as equal;
        by default a rounded decimal is not the exact value.
    """

    percent_forgiven: bool = True
    unit_forgiven: bool = True
    convert_units: bool = True
    assignment_forgiven: bool = True
    inequality_is_interval: bool = True
    equation_up_to_factor: bool = True
    list_ordered: bool = False
    brackets_forgiven: bool = True
    thousands_commas: bool = True
    letter_case_forgiven: bool = True
    meridiem_forgiven: bool = True
    day_first: bool = False
    significant_digits: int | None = None

    def __post_init__(self) -> None:
        if self.significant_digits is not None and not 1 <= self.significant_digits <= 15:
            raise ValueError(f"significant_digits must be in 1..15, got {self.significant_digits!r}")


DEFAULT = Conventions()
