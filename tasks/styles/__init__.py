"""Styles: other ways to write the same trace, each read back to the same actions."""

from .create_close import CreateClose
from .lines import LineStyle, Said
from .names import STYLES, Style, make_style, split
from .prose import Prose
from .stream import Stream
from .suite import Suite

__all__ = [
    "STYLES",
    "CreateClose",
    "LineStyle",
    "Prose",
    "Said",
    "Stream",
    "Style",
    "Suite",
    "make_style",
    "split",
]
