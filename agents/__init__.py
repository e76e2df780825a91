"""Who reasons and how it is trained. `agents.search` holds the searches."""

from .linearizers import (
    LINEARIZERS,
    ancestor_hops,
    inserted_errors,
    linearize,
    optimal_path,
    pruned,
    revision,
    shorten,
    visit_order,
    visit_order_values,
)

__all__ = [
    "LINEARIZERS",
    "ancestor_hops",
    "inserted_errors",
    "linearize",
    "optimal_path",
    "pruned",
    "revision",
    "shorten",
    "visit_order",
    "visit_order_values",
]
