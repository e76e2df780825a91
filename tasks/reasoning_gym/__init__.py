"""The datasets of reasoning-gym as tasks, judged without running an answer. The library is imported at first use."""

from .audit import AUDIT, AUDITED, PREFIX
from .task import ReasoningGym

__all__ = ["AUDIT", "AUDITED", "PREFIX", "ReasoningGym"]
