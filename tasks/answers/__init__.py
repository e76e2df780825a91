"""Readers of final answers: every text is hostile until read, and nothing here evaluates code."""

from .arithmetic import AnswerError, Arithmetic, check_arithmetic, read_arithmetic

__all__ = ["AnswerError", "Arithmetic", "check_arithmetic", "read_arithmetic"]
