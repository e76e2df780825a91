"""Traces at scale: a folder of Parquet files, one row a problem, with a manifest and a card."""

from .reading import read_manifest, read_rows, trace_of
from .rows import COUNTS, count_tokens, make_row
from .settings import ORDERS, SynthesisSettings
from .synthesize import synthesize

__all__ = [
    "COUNTS",
    "ORDERS",
    "SynthesisSettings",
    "count_tokens",
    "make_row",
    "read_manifest",
    "read_rows",
    "synthesize",
    "trace_of",
]
