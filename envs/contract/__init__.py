"""The contract of a task as a check that anybody runs with one call: `check_task`."""

from .exam import ContractError
from .run import RULES, Passed, check_task

__all__ = ["RULES", "ContractError", "Passed", "check_task"]
