"""Who reasons and how it is trained. `agents.search` holds the searches."""

from .linearizers import LINEARIZERS, optimal_path, pruned, visit_order, visit_order_values

__all__ = ["LINEARIZERS", "optimal_path", "pruned", "visit_order", "visit_order_values"]
