"""Policies by name, for command lines and configurations; and what RL asks of one."""

from __future__ import annotations

import os
from typing import Any

from ...rewards.chat import ChatClient
from .backends import OpenAIPolicy, ScriptedPolicy, TransformersPolicy, VLLMPolicy
from .model import LanguageModel, load_model
from .policy import Policy

SPELLINGS = ("openai:URL[#MODEL]", "vllm:MODEL[#raw]", "hf:FOLDER[#raw]", "script:FILE")
"""What `make_policy` knows."""


def make_policy(spelling: str, **client: Any) -> Policy:
    """A policy by its spelling.

    openai: the URL goes up to `/v1`; without a model the first that the server offers is taken. The key is that of the
        environment variable OPENAI_API_KEY, if there is one. client: `timeout`, `tries` and so on of `ChatClient`.
    vllm, hf: a model in this process by folder or hub name. `#raw`: no chat template, as models trained here want it
        (those made from scratch have none anyway).
    script: see `ScriptedPolicy.read`.

    Raises ValueError for another spelling, OSError for a server, model or file that is not there, and ImportError that
    says what to install.
    """
    kind, colon, rest = spelling.partition(":")
    place, _, detail = rest.partition("#")
    raw = detail == "raw"
    if colon and place and kind == "openai":
        chat = ChatClient(place, detail, os.environ.get("OPENAI_API_KEY"), **client)
        if not detail:
            models = chat.models()
            if not models:
                raise ValueError(f"{place} offers no model: name one, openai:{place}#MODEL")
            chat = ChatClient(place, models[0], chat.key, **client)
        return OpenAIPolicy(chat)
    if colon and place and kind == "script":
        return ScriptedPolicy.read(rest)
    if colon and place and kind in ("hf", "vllm") and (raw or not detail):
        if kind == "vllm":
            return VLLMPolicy(place, chat=not raw)
        return TransformersPolicy(load_model(place), spelling, chat=not raw)
    raise ValueError(f"a policy is one of {', '.join(SPELLINGS)}, got {spelling!r}")


def trained_model(policy: LanguageModel | Policy) -> LanguageModel:
    """The model that RL samples from and trains. Raises ValueError for a policy that it cannot learn from."""
    if isinstance(policy, LanguageModel):
        return policy
    if isinstance(policy, TransformersPolicy):
        return policy.language_model
    if policy.exact_ids:
        raise ValueError(f"RL trains the weights of the model that it samples from, and {policy.name} only samples")
    raise ValueError(
        f"RL learns from the very token ids that were sampled, and {policy.name} holds text (exact_ids=False): "
        "train a model of this process, such as hf:FOLDER"
    )
