"""Many environments of one task at once, on NumPy arrays, for `gym.make_vec`."""

from .reasoning import VectorReasoning
from .rules import has_rules

__all__ = ["VectorReasoning", "has_rules"]
