"""Searches over any task: (task, problem, value, budget, seed) in, tree and trace out."""

from .algorithms import ALGORITHMS, search
from .best_first import best_first
from .common import BUDGET, SearchResult
from .depth_first import depth_first
from .mcts import mcts

__all__ = ["ALGORITHMS", "BUDGET", "SearchResult", "best_first", "depth_first", "mcts", "search"]
