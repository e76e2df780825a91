"""The policies there are: transformers, vLLM, any OpenAI-compatible server, scripts; none loaded by importing."""

from .openai_server import OpenAIPolicy
from .scripted import ScriptedPolicy
from .transformers_model import TransformersPolicy
from .vllm_offline import VLLMPolicy

__all__ = ["OpenAIPolicy", "ScriptedPolicy", "TransformersPolicy", "VLLMPolicy"]
