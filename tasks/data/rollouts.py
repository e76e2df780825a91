"""Recorded conversations: Sokoban played by a language model, in the format of its recorder's chat messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .chains import Named
from .records import Rollout

_ACTION = re.compile(r"<action>\s*(.*?)\s*</action>", re.DOTALL)


def sokoban_rollout(row: Mapping[str, Any], source: Named, columns: object) -> list[Rollout]:
    """The prompt and the turns after it. A model's turn may hold any number of marked actions, also none."""
    asked, answered = row.get("responses_create_params"), row.get("response")
    if not isinstance(asked, dict) or not isinstance(answered, dict):
        raise ValueError("a rollout has the columns responses_create_params and response")
    turns = [*asked.get("input", []), *answered.get("output", [])]
    messages = tuple((turn["role"], _text(turn["content"])) for turn in turns if turn.get("type") == "message")
    actions = tuple(action for role, text in messages if role == "assistant" for action in _ACTION.findall(text))
    info = row.get("info") or {}
    more = {"model": answered.get("model"), "terminated": row.get("terminated"), "truncated": row.get("truncated")}
    rollout = Rollout(
        messages, actions, float(row["reward"]), bool(info.get("success")), source.name, source.licence, more
    )
    return [rollout]


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
