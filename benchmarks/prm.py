"""Process reward models: how many states a second a small network scores, and whether memory stays flat while it does.

The weights are random, since neither depends on them. So few values are kept, and so many states asked for in turn,
that none is ever remembered.
"""

from __future__ import annotations

import resource
from itertools import islice
from time import perf_counter

import torch

from metacot.agents.training.prm import PRMSettings
from metacot.agents.training.prm_data import states_met
from metacot.agents.training.prm_modules import ValueNetwork
from metacot.rewards.features import encode_states
from metacot.rewards.prm import FaceReader, LearnedPRM
from metacot.tasks import make

RATE_BAR = 5_000  # states a second
MEMORY_BAR = 32.0  # megabytes that a million states may add
MILLION = 1_000_000
STATES = 20_000


def run() -> list[tuple[str, float, str]]:
    """Rows of the table: title, figure, meaning."""
    game = make("game24")
    hands = (game.problem(0, index, low=1, high=25, solvable="mixed") for index in range(60))
    states = [met.state for met in islice(states_met(game, hands).values(), STATES)]
    encoded = encode_states(game, states[:1])
    torch.manual_seed(0)
    network = ValueNetwork(encoded.faces.shape[1], encoded.parts.shape[1], PRMSettings().width).network()
    prm = LearnedPRM(FaceReader(network), game.name, kept=1 << 12)
    start = perf_counter()
    prm.values(game, states)
    rate = len(states) / (perf_counter() - start)
    before = _megabytes()
    asked = len(states)
    while asked < MILLION:
        prm.values(game, states)
        asked += len(states)
    grown = _megabytes() - before
    rows = [("states scored a second, in batches", rate, f"{rate / RATE_BAR:.1f} of the bar of {RATE_BAR}")]
    meaning = f"of at most {MEMORY_BAR:.0f} MB; {len(prm)} values kept, hit rate {prm.hit_rate:.2f}"
    return [*rows, ("megabytes added by a million states", grown, meaning)]


def _megabytes() -> float:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
