"""How systems are compared: episodes, statistics, the table, and the report."""

from .episodes import Episode, Evaluation, SystemResult, measure, solved_within
from .report import write_report
from .restarts import Restarts, restarted
from .searches import SearchRow, compare_searches, searches_page, searches_text
from .stats import Interval, curve, interval, paired_difference, pass_at_k, success_within, token_budgets
from .table import (
    Comparison,
    Pair,
    Row,
    comparisons,
    comparisons_html,
    comparisons_markdown,
    comparisons_text,
    rows,
    table_html,
    table_markdown,
    table_text,
)

__all__ = [
    "Comparison",
    "Episode",
    "Evaluation",
    "Interval",
    "Pair",
    "Restarts",
    "Row",
    "SearchRow",
    "SystemResult",
    "compare_searches",
    "comparisons",
    "comparisons_html",
    "comparisons_markdown",
    "comparisons_text",
    "curve",
    "interval",
    "measure",
    "paired_difference",
    "pass_at_k",
    "restarted",
    "rows",
    "searches_page",
    "searches_text",
    "solved_within",
    "success_within",
    "table_html",
    "table_markdown",
    "table_text",
    "token_budgets",
    "write_report",
]
