"""Game of 24: which hands are dealt: addresses, splits, knobs, and files of puzzles with human solve rates."""

import json
import math
import pickle
import random
from hashlib import blake2b
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metacot.tasks import Problem, make
from metacot.tasks.game24 import Game24, read_puzzles, solvable

TASK = Game24()
ALL = [tuple(hand) for hand in combinations_with_replacement(range(1, 14), 4)]
SPLITS = ("train", "val", "test")


def family(task, split, seed=0, **difficulty):
    """The hands of a split in the order of their addresses."""
    return [task.problem(seed, index, split, **difficulty).data[0] for index in range(task.count(split, **difficulty))]


def test_the_splits_never_change():
    counts = {split: (TASK.count(split), TASK.count(split, solvable="mixed")) for split in SPLITS}
    assert counts == {"train": (1034, 1368), "val": (35, 44), "test": (293, 408)}
    hands_of = {split: sorted(family(TASK, split, solvable="mixed", high=25)) for split in SPLITS}
    assert sum(map(len, hands_of.values())) == math.comb(28, 4)
    assert blake2b(json.dumps(hands_of).encode(), digest_size=8).hexdigest() == "9e0e334afb198fb3"


def test_at_least_270_solvable_hands_are_held_out():
    assert TASK.count("test") >= 270


@pytest.mark.parametrize("knobs", [{}, {"target": 10}, {"high": 20}, {"low": 9, "high": 25, "target": 100}], ids=str)
@pytest.mark.parametrize("solvable", ["only", "mixed"])
def test_a_hand_is_in_the_same_split_whatever_the_target_and_the_range(knobs, solvable):
    home = {hand: split for split in SPLITS for hand in family(TASK, split, solvable="mixed", high=25)}
    for split in SPLITS:
        for hand in family(TASK, split, solvable=solvable, **knobs):
            assert home[hand] == split


@pytest.mark.parametrize("knobs", [{}, {"target": 10, "low": 2, "high": 9}], ids=str)
def test_solvable_only_deals_solvable_hands_and_mixed_deals_all(knobs):
    low, high, target = ({"low": 1, "high": 13, "target": 24} | knobs).values()
    for split in SPLITS:
        only = family(TASK, split, **knobs)
        mixed = family(TASK, split, solvable="mixed", **knobs)
        assert len(set(only)) == len(only)
        assert len(set(mixed)) == len(mixed)
        assert sorted(only) == sorted(hand for hand in mixed if solvable(hand, target))
        assert all(low <= hand[0] and hand[-1] <= high for hand in mixed)
        assert len(mixed) > len(only) or split == "val"


def test_an_address_always_gives_the_same_problem():
    text = "".join(
        TASK.problem(seed, index, split).to_json() for split in SPLITS for seed in (0, 7) for index in range(20)
    )
    assert blake2b(text.encode(), digest_size=8).hexdigest() == "1ce5a764d88be29a"
    late, fresh = TASK.problem(3, 500), Game24().problem(3, 500)
    assert late == fresh == TASK.problem(3, 500, "train")


def test_seeds_are_not_additive():
    same = sum(TASK.problem(43, index - 1).data == TASK.problem(42, index).data for index in range(1, 200))
    assert same < 5
    orders = [family(TASK, "train", seed) for seed in range(4)]
    assert all(sorted(order) == sorted(orders[0]) for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert family(TASK, "val", 1, high=20) != family(TASK, "val", 2, high=20)


def test_a_problem_knows_its_address():
    problem = TASK.problem(5, 17, "test", target=10, high=20)
    assert (problem.task, problem.seed, problem.index, problem.split) == ("game24", 5, 17, "test")
    assert problem.difficulty == {"target": 10, "high": 20}
    assert TASK.problem(problem.seed, problem.index, problem.split, **problem.difficulty) == problem
    assert problem.solve_rate is None


def test_numpy_numbers_are_addresses_too():
    problem = TASK.problem(np.int64(3), np.int32(4))
    assert problem == TASK.problem(3, 4)
    assert Problem.from_json(problem.to_json()) == problem


@pytest.mark.parametrize("index", [-1, 1034, 10**9])
def test_an_index_outside_a_split_raises_with_its_size(index):
    with pytest.raises(IndexError, match=f"split 'train' has 1034 hands, there is no index {index}"):
        TASK.problem(0, index)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"low": 0}, "1 <= low <= high <= 25, got low=0, high=13"),
        ({"high": 26}, "1 <= low <= high <= 25, got low=1, high=26"),
        ({"low": 9, "high": 8}, "1 <= low <= high <= 25, got low=9, high=8"),
        ({"low": 1.0}, "whole and satisfy .* got low=1.0"),
        ({"low": True}, "whole and satisfy .* got low=True"),
        ({"target": 0}, "target must be a whole number in 1..1000, got 0"),
        ({"target": 1001}, "target must be a whole number in 1..1000, got 1001"),
        ({"target": "24"}, "target must be a whole number in 1..1000, got '24'"),
        ({"solvable": "yes"}, "solvable must be 'only' or 'mixed', got 'yes'"),
    ],
    ids=str,
)
def test_a_bad_knob_is_refused_with_its_value_and_the_rule(knobs, message):
    with pytest.raises(ValueError, match=message):
        TASK.problem(0, 0, **knobs)
    with pytest.raises(ValueError, match=message):
        TASK.count(**knobs)


def test_an_unknown_knob_or_split_is_refused_by_name():
    with pytest.raises(ValueError, match="there is no difficulty 'goal' here; known: low, high, target, solvable"):
        TASK.problem(0, 0, goal=24)
    with pytest.raises(ValueError, match=r"unknown split 'dev'; splits are train, val, test$"):
        TASK.problem(0, 0, "dev")
    with pytest.raises(ValueError, match="unknown split 'puzzles'"):
        TASK.count("puzzles")
    with pytest.raises(ValueError, match="non-negative"):
        TASK.problem(-1, 0)


def test_a_posed_problem_is_sorted_and_has_no_address():
    problem = TASK.pose([8, 3, 8, 3])
    assert problem == Problem("game24", ((3, 3, 8, 8), 24))
    assert (problem.seed, problem.index, problem.split) == (None, None, "posed")
    assert TASK.pose((1, 2, 3, 4), 10).data == ((1, 2, 3, 4), 10)
    assert TASK.problem_key(problem) == TASK.problem_key(TASK.pose((3, 8, 3, 8)))


@pytest.mark.parametrize(
    "data",
    [
        *((), (None,), (1, 2, 3, 4), ("1234",), ((1, 2, 3),), ((1, 2, 3, 4, 5),), ((1, 2, 3, 4), 24, 24)),
        *(((1, 2, 3, "4"),), ((1.0, 2, 3, 4),), ((True, 2, 3, 4),), ((0, 2, 3, 4),), ((1, 2, 3, 26),)),
        *(((1, 2, 3, 4), 0), ((1, 2, 3, 4), None)),
    ],
    ids=str,
)
def test_what_is_no_hand_cannot_be_posed(data):
    with pytest.raises(ValueError, match=r"a hand is 4 whole numbers|numbers must be|target must be"):
        TASK.pose(*data)


@given(st.integers(0, 2**32), st.integers(0, 30), st.sampled_from(SPLITS), st.integers(1, 1000))
def test_problems_round_trip_through_json_and_pickle(seed, index, split, target):
    problem = TASK.problem(seed, index, split, target=target, solvable="mixed")
    for twin in (Problem.from_json(problem.to_json()), pickle.loads(pickle.dumps(problem))):
        assert twin == problem
        assert hash(twin) == hash(problem)
        assert TASK.start(twin) == TASK.start(problem)


# --- puzzles with human solve rates ----------------------------------------------------------------------

HEADER = "Rank,Puzzles,AMT (s),Solved rate\n"


@pytest.fixture
def csv_file(tmp_path):
    """A function that writes a file of puzzles and returns its path."""

    def write(text, name="puzzles.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write


@pytest.fixture
def shuffled(csv_file):
    """1,200 solvable hands in an order of their own, as (path, rows)."""
    rows = random.Random(1).sample([hand for hand in ALL if solvable(hand, 24)], 1200)
    lines = [f"{rank},{' '.join(map(str, hand))},9.5,{rank % 100}.5%" for rank, hand in enumerate(rows, start=1)]
    return csv_file(HEADER + "\n".join(lines)), rows


def test_a_puzzle_file_adds_its_rows_901_to_1000_in_file_order_whatever_the_seed(shuffled):
    path, rows = shuffled
    task = Game24(puzzles=path)
    assert family(task, "puzzles", seed=0) == family(task, "puzzles", seed=9) == rows[900:1000]
    with pytest.raises(IndexError, match="split 'puzzles' has 100 hands, there is no index 100"):
        task.problem(0, 100, "puzzles")
    with pytest.raises(ValueError, match="splits are train, val, test, puzzles"):
        task.problem(0, 0, "dev")


def test_training_and_validation_leave_the_held_out_puzzles_out_for_every_target(shuffled):
    path, rows = shuffled
    task, held_out = Game24(puzzles=path), set(rows[900:1000])
    for knobs in ({}, {"target": 10}, {"high": 20, "solvable": "mixed"}):
        for split in ("train", "val"):
            assert sorted(family(task, split, **knobs)) == sorted(set(family(TASK, split, **knobs)) - held_out)
        assert sorted(family(task, "test", **knobs)) == sorted(family(TASK, "test", **knobs))


def test_a_puzzle_file_defines_the_order_of_what_one_is_judged_on_and_unranked_hands_come_last(shuffled):
    path, rows = shuffled
    task = Game24(puzzles=path)
    for split in ("val", "test"):
        dealt = family(task, split, seed=3)
        ranked = [hand for hand in dealt if hand in set(rows)]
        assert ranked == [hand for hand in rows if hand in set(dealt)]
        assert dealt[: len(ranked)] == ranked


def test_training_stays_shuffled_with_a_puzzle_file(shuffled):
    path, _ = shuffled
    task = Game24(puzzles=path)
    one, two = (family(task, "train", seed=seed) for seed in (3, 4))
    assert one != two
    assert sorted(one) == sorted(two)
    assert np.array_equal(task.hands(3, 0, len(one), "train")[:, :4], one)
    assert np.array_equal(task.hands(3, 0, 5, "val")[:, :4], family(task, "val", seed=9)[:5])


def test_problems_from_a_puzzle_file_carry_the_solve_rate_of_their_hand(shuffled):
    path, rows = shuffled
    task = Game24(puzzles=path)
    assert task.problem(0, 0, "puzzles").solve_rate == pytest.approx(0.015)
    rates = {hand: (rank % 100 + 0.5) / 100 for rank, hand in enumerate(rows, start=1)}
    for index in range(100):
        problem = task.problem(0, index)
        assert problem.solve_rate == pytest.approx(rates.get(problem.data[0]))
        assert task.problem(0, index, target=10).solve_rate is None
    assert pickle.loads(pickle.dumps(task)).problem(0, 3, "puzzles") == task.problem(0, 3, "puzzles")


def test_the_knobs_hold_for_held_out_puzzles_too(shuffled):
    path, rows = shuffled
    task = Game24(puzzles=path)
    assert family(task, "puzzles", high=9) == [hand for hand in rows[900:1000] if hand[-1] <= 9]
    assert family(task, "puzzles", target=10) == [hand for hand in rows[900:1000] if solvable(hand, 10)]


def test_a_short_puzzle_file_holds_nothing_out(csv_file):
    task = Game24(puzzles=csv_file(HEADER + "1,1 1 4 6,4.4,99.20%\n"))
    assert task.count("puzzles") == 0
    assert task.count("train") == TASK.count("train")


def test_optional_columns_blank_lines_and_a_byte_order_mark_are_no_trouble(csv_file):
    plain = csv_file("\ufeffRank,Puzzles\r\n1,1 1 4 6\r\n\r\n2, 4 1  1 7 \r\n")
    assert read_puzzles(plain) == (((1, 1, 4, 6), None), ((1, 1, 4, 7), None))
    rates = csv_file(HEADER + "1,1 1 4 6,,\n2,1 1 4 7,,50\n3,1 1 4 8,,0%\n", "rates.csv")
    assert [puzzle.solve_rate for puzzle in read_puzzles(rates)] == [None, 0.5, 0.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no puzzles"),
        (HEADER, "holds no puzzles"),
        ("Rank,Hands\n1,1 1 4 6\n", "line 2: the columns Rank and Puzzles are needed"),
        ("Puzzles\n1 1 4 6\n", "line 2: the columns Rank and Puzzles are needed"),
        (HEADER + "1\n", "line 2: the columns Rank and Puzzles are needed"),
        (HEADER + "1,1 1 4 6,4,9%\n3,1 1 4 7,4,9%\n", "line 3: ranks run 1, 2, 3 and so on: expected 2, got '3'"),
        (HEADER + "first,1 1 4 6,4,9%\n", "expected 1, got 'first'"),
        (HEADER + "1,1 1 4,4,9%\n", "a hand is four whole numbers in 1..25, got '1 1 4'"),
        (HEADER + "1,1 1 4 x,4,9%\n", "got '1 1 4 x'"),
        (HEADER + "1,1 1 4 ٦,4,9%\n", "a hand is four whole numbers"),
        (HEADER + "1,0 1 4 6,4,9%\n", "got '0 1 4 6'"),
        (HEADER + "1,1 1 4 26,4,9%\n", "got '1 1 4 26'"),
        (HEADER + f"1,1 1 4 {'9' * 5000},4,9%\n", "a hand is four whole numbers"),
        (HEADER + "1,1 1 4 6,4,9%\n2,6 4 1 1,4,9%\n", "line 3: the hand '6 4 1 1' is here twice"),
        (HEADER + "1,1 1 4 6,4,most\n", "a solved rate is a percentage, got 'most'"),
        (HEADER + "1,1 1 4 6,4,101%\n", "got '101%'"),
        (HEADER + "1,1 1 4 6,4,nan\n", "got 'nan'"),
        (b"Rank,Puzzles\n1,\xff\xfe\n", "codec can't decode"),
        (HEADER + '1,"' + "1 " * 100_000 + '"\n', "field larger than field limit"),
    ],
    ids=lambda text: ascii(text[-24:]),
)
def test_a_malformed_puzzle_file_is_refused_with_line_and_rule(csv_file, text, message):
    with pytest.raises(ValueError, match=message):
        Game24(puzzles=csv_file(text))


def test_a_missing_puzzle_file_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        make("game24", puzzles=str(tmp_path / "nowhere.csv"))


def test_the_puzzles_with_human_solve_rates_are_the_1362_solvable_hands(data_file):
    path = str(data_file("game24/24.csv"))
    rows = read_puzzles(path)
    assert sorted(row.hand for row in rows) == [hand for hand in ALL if solvable(hand, 24)]
    assert rows[0] == ((1, 1, 4, 6), pytest.approx(0.992))
    task = Game24(puzzles=path)
    assert family(task, "puzzles") == [row.hand for row in rows[900:1000]]
    assert task.problem(0, 0, "puzzles").data == ((4, 5, 6, 10), 24)
    assert task.problem(0, 0, "puzzles").solve_rate == pytest.approx(0.903)
    assert not {*family(task, "train"), *family(task, "val")} & {row.hand for row in rows[900:1000]}


def test_levels_are_ordered_by_how_few_plays_solve():
    def share(level):
        problems = [TASK.problem(0, index, **TASK.levels[level]) for index in range(70)]
        return sum(TASK.attributes(problem)["solving_share"] for problem in problems)

    assert list(TASK.levels) == ["easy", "medium", "hard"]
    assert share("easy") > share("medium") > share("hard")
    with pytest.raises(ValueError, match=r"no level 'harder'; levels: easy, medium, hard"):
        TASK.knobs("harder")
