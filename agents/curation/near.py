"""Near-duplicates: pairs that may be one (MinHash), pairs that are one (measured), and who of them stays.

A row is dropped where an earlier row that is kept is nearly the same. Problems that differ in a number are different
problems, however alike their words are.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks.data import SOURCES, Columns
from .embeddings import cosine_pairs
from .minhash import jaccard, shingles
from .store import COMPARED, DROP, PAIR, Store, save
from .text import Hashes, hashes, numbers_of, tokens

NEAR = COMPARED.index("near_duplicate")

MOST = 32
"""In a crowd that shares a band each row is compared with so many of the earliest: work stays linear."""


def propose(store: Store, part: int) -> int:
    """Pairs that share a band, in one part of all band hashes; returns how many there are."""
    entries = store.part("sift", ".bands.npy", part)
    entries = entries[~store.dropped[entries["row"]]]
    entries = entries[np.lexsort((entries["row"], entries["key"]))]
    first = np.ones(len(entries), bool)
    first[1:] = entries["key"][1:] != entries["key"][:-1]
    starts = np.flatnonzero(first)
    place = np.arange(len(entries)) - np.repeat(starts, np.diff(np.append(starts, len(entries))))
    found = []
    for rank in range(MOST):  # each entry and the one that is `rank` places behind the first of its crowd
        later = np.flatnonzero(place > rank)
        if not len(later):
            break
        pairs = np.zeros(len(later), PAIR)
        pairs["later"] = entries["row"][later]
        pairs["earlier"] = entries["row"][later - place[later] + rank]
        found.append(pairs)
    pairs = np.unique(np.concatenate(found)) if found else np.zeros(0, PAIR)
    save(store.path("pairs", part, ".npy"), pairs)
    return len(pairs)


def measure(store: Store, shard: int) -> int:
    """Of the proposed pairs whose later row is in this shard, those that are nearly the same; returns how many."""
    if store.settings.embed:
        edges = cosine_pairs(store, shard)
    else:
        pairs = store.of_shard("pairs", "later", shard)
        alike = [_similarity(store, *map(int, pair)) >= store.settings.alike for pair in pairs]
        edges = pairs[np.array(alike, bool)]
    save(store.path("edges", shard, ".npy"), edges)
    return len(edges)


def _similarity(store: Store, later: int, earlier: int) -> float:
    first, second = _shape(store, later), _shape(store, earlier)
    return jaccard(first[0], second[0]) if first[1] == second[1] else 0.0


@lru_cache(maxsize=4096)
def _shape(store: Store, row: int) -> tuple[Hashes, int]:
    """(shingles, the hash of the numbers) of a problem."""
    words = tokens(problem_of(store, row))
    return shingles(hashes(words)), numbers_of(words)


def problem_of(store: Store, row: int) -> str:
    """The question of a row."""
    source = SOURCES[store.settings.source]
    return str(source.read(store.row(row), source, Columns())[0].problem)


def settle(store: Store) -> None:
    """Go through all edges in the order of rows and drop whoever is like an earlier row that stays.

    Memory: one flag a row.
    """
    gone = store.dropped.copy()
    for shard in range(store.shards):
        dropped: list[tuple[int, int, int]] = []
        edges: NDArray[Any] = np.load(store.path("edges", shard, ".npy"))
        for later, earlier in edges.tolist():
            if not gone[later] and not gone[earlier]:
                gone[later] = True
                dropped.append((later, NEAR, earlier))
        save(store.path("near", shard, ".npy"), np.array(dropped, DROP))
