"""How the built-in values spell their names, so that `make_value` can read them back."""

from __future__ import annotations


def spell(head: str, *arguments: tuple[float | None, float | None]) -> str:
    """The name of a value: the head and the arguments (value, default) after it, up to the last that is no default."""
    while arguments and arguments[-1][0] == arguments[-1][1]:
        arguments = arguments[:-1]
    return ":".join([head, *(repr(value) for value, _ in arguments)])
