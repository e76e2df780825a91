"""Searches over any task: (task, problem, value, budget, seed) in, tree and trace out."""

from .algorithms import ALGORITHMS, search
from .astar import astar, weighted_astar
from .beam import beam
from .best_first import best_first
from .branch_and_bound import branch_and_bound
from .breadth_first import breadth_first
from .common import BUDGET, Limits, SearchResult
from .depth_first import depth_first
from .greedy import greedy
from .iterative_deepening import iterative_deepening
from .mcts import mcts
from .sampling import best_of_n, majority_vote
from .search_squared import Attempter, BestValueCritic, Critic, SearchAttempts, SearchSquaredResult, search_squared
from .text import visit_text

__all__ = [
    "ALGORITHMS",
    "BUDGET",
    "Attempter",
    "BestValueCritic",
    "Critic",
    "Limits",
    "SearchAttempts",
    "SearchResult",
    "SearchSquaredResult",
    "astar",
    "beam",
    "best_first",
    "best_of_n",
    "branch_and_bound",
    "breadth_first",
    "depth_first",
    "greedy",
    "iterative_deepening",
    "majority_vote",
    "mcts",
    "search",
    "search_squared",
    "visit_text",
    "weighted_astar",
]
