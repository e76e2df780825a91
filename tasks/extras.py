"""Optional dependencies, imported at first use, with an error that says the command to type.

The core stays light because nothing heavy is imported at the top of a module: code that needs torch, say, asks for it
with `torch = require("torch", "lm")` inside the function that uses it.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

__all__ = ["require"]


def require(module: str, extra: str) -> ModuleType:
    """Import `module`; where it, or something that it needs, is missing, name it and the extra that brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        raise ImportError(f"{missing} is needed here: pip install 'metacot[{extra}]'", name=missing) from error
