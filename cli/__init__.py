"""The `metacot` command."""

from .command import VERBS, main, parser

__all__ = ["VERBS", "main", "parser"]
