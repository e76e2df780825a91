"""Many environments of one task at once, on NumPy arrays, for `gym.make_vec`."""

from .known import has_rules
from .reasoning import VectorReasoning

__all__ = ["VectorReasoning", "has_rules"]
