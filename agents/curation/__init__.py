"""Curation of problem sets: the filters of Big-Math, at any size, on one machine or a cluster."""

from .choices import reformulated
from .filters import BASE
from .run import RULES, curate, report_text
from .solve_rates import chat_policy, solve_rate, with_solve_rates
from .store import Settings
from .strict import STRICT

__all__ = [
    "BASE",
    "RULES",
    "STRICT",
    "Settings",
    "chat_policy",
    "curate",
    "reformulated",
    "report_text",
    "solve_rate",
    "with_solve_rates",
]
