"""Trees to traces: which of the nodes that a search visited are written down, and in which order.

Every linearizer ends with the answer of the solved path, or by giving up where the search is exhausted without one; a
search that ran out of budget leaves a trace without an ending. Node numbers are those of the tree that the trace
itself builds. Each takes a search result, or a tree, which counts as solved at its first goal and never as exhausted.

`LINEARIZERS` has those by name that write what a search did. `visit_order_slips` adds lines that are refused, which are
lines of the suite's own grammar and of no other style.
"""

from .branches import ancestor_hops, revision
from .common import Searched
from .errors import inserted_errors
from .names import LINEARIZERS, linearize
from .orders import optimal_path, pruned, visit_order, visit_order_values
from .shorten import shorten
from .slips import visit_order_slips

__all__ = [
    "LINEARIZERS",
    "Searched",
    "ancestor_hops",
    "inserted_errors",
    "linearize",
    "optimal_path",
    "pruned",
    "revision",
    "shorten",
    "visit_order",
    "visit_order_slips",
    "visit_order_values",
]
