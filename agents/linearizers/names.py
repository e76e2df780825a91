"""The linearizers by name, and their spelling with knobs: "pruned", "ancestor_hops:branches=3"."""

from __future__ import annotations

import json
from collections.abc import Callable
from inspect import signature
from typing import Any

from ...tasks import Trace
from .branches import ancestor_hops, revision
from .common import Searched
from .errors import inserted_errors
from .orders import optimal_path, pruned, visit_order, visit_order_values

LINEARIZERS: dict[str, Callable[..., Trace]] = {
    "visit_order": visit_order,
    "visit_order_values": visit_order_values,
    "optimal_path": optimal_path,
    "pruned": pruned,
    "ancestor_hops": ancestor_hops,
    "inserted_errors": inserted_errors,
    "revision": revision,
}


def linearize(result: Searched, spec: str, **more: Any) -> Trace:
    """The trace by the linearizer that `spec` spells: its name, then knobs, `:knob=value,knob=value`.

    more: knobs, of which those the linearizer does not have are left out; the spelled ones count first. Raises
    ValueError for an unknown name or knob, and for what the linearizer refuses.
    """
    name, _, words = spec.partition(":")
    if name not in LINEARIZERS:
        raise ValueError(f"a linearizer is one of {', '.join(LINEARIZERS)}, got {spec!r}")
    known = list(signature(LINEARIZERS[name]).parameters)[1:]
    knobs: dict[str, Any] = {knob: value for knob, value in more.items() if knob in known}
    for word in filter(None, words.split(",")):
        knob, _, value = word.partition("=")
        try:
            knobs[knob] = json.loads(value)
        except ValueError:
            raise ValueError(f"a knob is spelled knob=value with a number, true or false, got {word!r}") from None
        if knob not in known or isinstance(knobs[knob], str | list | dict):
            raise ValueError(f"the knobs of {name} are numbers for {', '.join(known) or 'nothing'}; got {word!r}")
    return LINEARIZERS[name](result, **knobs)
