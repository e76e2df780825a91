"""Text environments as small language models see them: the bare question, and the environment keeps the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...tasks import Task


def text_environment(task: Task[Any, Any], budget: int, gamma: float = 1.0) -> Callable[[], Any]:
    """A factory of text environments for `task` with `budget` steps. gamma: discount of a success per budget step."""
    import sys
    sys.path.insert(0, "/tmp/proto")
    from standin import TextReasoning

    def make() -> Any:
        return TextReasoning(task, budget=budget, style="none", feedback="state", gamma=gamma)

    return make
