"""Finds the solutions of a grid: singles first, then the cell with the fewest candidates.

For each digit a whole number says where it may still go, one bit a cell, so that the candidates of all cells are
counted at once by a few operations on bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice

BOXES = {4: (2, 2), 6: (2, 3), 9: (3, 3)}
"""Side of the grid -> rows and columns of a box."""

Chance = Callable[[], float]
Places = list[int]
"""For each digit, from 1, the cells where it is or may still go, as bits."""


@lru_cache(maxsize=len(BOXES))
def peers_of(size: int) -> tuple[int, ...]:
    """For each cell the other cells of its row, column and box, as bits; cells are numbered row by row from 0."""
    rows, columns = BOXES[size]
    houses = [divmod(cell, size) for cell in range(size * size)]
    boxes = [(row // rows, column // columns) for row, column in houses]
    found = []
    for cell, (row, column) in enumerate(houses):
        bits = 0
        for other, (there, across) in enumerate(houses):
            if other != cell and (there == row or across == column or boxes[other] == boxes[cell]):
                bits |= 1 << other
        found.append(bits)
    return tuple(found)


def solutions(size: int, givens: str, limit: int = 2) -> list[str]:
    """At most `limit` solutions of a grid of digits, row by row, with 0 where a cell is empty; none if digits clash."""
    started = places_of(size, givens)
    return [] if started is None else list(islice(_search(size, *started), limit))


def guesses(size: int, givens: str) -> int:
    """How many cells had to be guessed at until the (only) solution was found and no other was left to be found."""
    started = places_of(size, givens)
    counted = [0]
    for _ in _search(size, *started, counted=counted) if started else ():
        pass
    return counted[0]


def random_solution(size: int, chance: Chance) -> str:
    """A full grid; `chance` gives numbers in [0, 1)."""
    return next(_search(size, [(1 << size * size) - 1] * size, (1 << size * size) - 1, chance))


def another(size: int, givens: str, cell: int, digit: int) -> bool:
    """Has the grid, in which this cell is empty, a solution with another digit there?"""
    started = places_of(size, givens)
    assert started is not None, "the digits do not clash"
    places, todo = started
    peers = peers_of(size)
    others = (other for other in range(size) if other != digit - 1 and places[other] >> cell & 1)
    found = (_search(size, _placed(places, cell, other, peers), todo ^ 1 << cell) for other in others)
    return any(next(search, None) is not None for search in found)


def places_of(size: int, givens: str) -> tuple[Places, int] | None:
    """The places left by the given digits, and the empty cells; None where two digits clash."""
    peers = peers_of(size)
    everywhere = (1 << size * size) - 1
    given, blocked = [0] * size, [0] * size
    for cell, sign in enumerate(givens):
        if sign != "0":
            digit = int(sign) - 1
            given[digit] |= 1 << cell
            blocked[digit] |= peers[cell]
    empty = everywhere ^ sum(given)
    places = []
    for mine, others in zip(given, blocked, strict=True):
        if mine & others:
            return None
        places.append(empty & ~others | mine)
    return places, empty


def _placed(places: Places, cell: int, digit: int, peers: tuple[int, ...]) -> Places:
    """The places left when a digit, from 0, has gone to a cell."""
    left = [there & ~(1 << cell) for there in places]
    left[digit] = places[digit] & ~peers[cell]
    return left


def _search(
    size: int, places: Places, todo: int, chance: Chance | None = None, counted: list[int] | None = None
) -> Iterator[str]:
    """All solutions one by one. todo: the cells without a digit. chance: decides in which order digits are tried.
    counted: its first entry is raised by one for each cell guessed at."""
    peers = peers_of(size)
    places = places[:]
    while todo:
        one = two = three = 0  # cells with at least so many candidates
        for there in places:
            three |= two & there
            two |= one & there
            one |= there
        if todo & ~one:
            return
        single = todo & ~two
        if not single:
            break
        bit = single & -single
        todo ^= bit
        for digit, there in enumerate(places):
            if there & bit:
                places[digit] = there & ~peers[bit.bit_length() - 1]
    if not todo:
        cells = ["0"] * (size * size)
        for digit, there in enumerate(places):
            while there:
                bit = there & -there
                cells[bit.bit_length() - 1] = str(digit + 1)
                there ^= bit
        yield "".join(cells)
        return
    pairs = todo & ~three
    cell = ((pairs & -pairs).bit_length() - 1) if pairs else _fewest(places, todo)
    digits = [digit for digit, there in enumerate(places) if there >> cell & 1]
    if chance is not None:
        digits.sort(key=lambda _: chance())
    if counted is not None:
        counted[0] += 1
    for digit in digits:
        yield from _search(size, _placed(places, cell, digit, peers), todo ^ 1 << cell, chance, counted)


def _fewest(places: Places, todo: int) -> int:
    """The first of the cells with the fewest candidates."""
    cells = []
    while todo:
        bit = todo & -todo
        cells.append(bit.bit_length() - 1)
        todo ^= bit
    return min(cells, key=lambda cell: sum(there >> cell & 1 for there in places))
