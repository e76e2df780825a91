"""Countdown: combine three to six numbers with + - * / into a target."""

from .deal import Knobs
from .task import Countdown

__all__ = ["Countdown", "Knobs"]
