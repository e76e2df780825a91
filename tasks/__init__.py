"""What is reasoned about: tasks, their exact values, the tree of states explored, traces and their grammar."""

from .actions import Action, Backtrack, GiveUp, NewAttempt, Refused, Step, Submit
from .errors import IllegalStep, NotEnumerable, TaskError, TraceError, UnreadableStep
from .problem import Problem, Verdict
from .registry import make, names, on_register, register
from .task import Task, read_knobs, split_of
from .trace import Replay, Segment, Trace, claimed, emit, parse, replay, segments
from .tree import Event, Tree

__all__ = [
    "Action",
    "Backtrack",
    "Event",
    "GiveUp",
    "IllegalStep",
    "NewAttempt",
    "NotEnumerable",
    "Problem",
    "Refused",
    "Replay",
    "Segment",
    "Step",
    "Submit",
    "Task",
    "TaskError",
    "Trace",
    "TraceError",
    "Tree",
    "UnreadableStep",
    "Verdict",
    "claimed",
    "emit",
    "make",
    "names",
    "on_register",
    "parse",
    "read_knobs",
    "register",
    "replay",
    "segments",
    "split_of",
]
