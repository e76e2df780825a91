"""Chance that belongs to a state: a number decided by the state's key, a seed and nothing else.

Left out on purpose: Python's `hash` (salted in each process) and any generator that is drawn from in turn (its
numbers would depend on the order in which states are met).
"""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import blake2b


def stable_uint64(key: Hashable, *salt: int | str) -> int:
    """A whole number in [0, 2**64), the same on every machine, in every process and order.

    Raises TypeError for a key whose text holds a memory address.
    """
    data = f"{salt}|{stable_text(key)}".encode()
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


def uniform(key: Hashable, *salt: int | str) -> float:
    """A number in the open interval (0, 1), decided by the key and the salt alone."""
    # 52 bits and a half: exact as a float, and neither end can occur.
    return ((stable_uint64(key, *salt) >> 12) + 0.5) * 2.0**-52


def stable_text(key: Hashable) -> str:
    """`repr(key)` where that is a function of the key's value; sets are put in order first. Raises TypeError."""
    text = repr(key)
    if "frozenset(" in text:
        text = repr(_ordered(key))
    if " at 0x" in text:
        raise TypeError(f"the key of a state needs a text that depends on its value alone, got {text[:80]}")
    return text


def _ordered(key: Hashable) -> object:
    if isinstance(key, frozenset):
        return ("set", *sorted(map(stable_text, key)))
    return tuple(map(_ordered, key)) if isinstance(key, tuple) else key
