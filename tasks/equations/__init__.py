"""Equations and systems: steps of school algebra that neither lose nor gain a root, and rewriting that is verified."""

from .families import KINDS, Knobs
from .task import Cases, Equations

__all__ = ["KINDS", "Cases", "Equations", "Knobs"]
