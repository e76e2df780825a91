"""Data sets by name: real files load with licence, difficulty and labels kept, and the hub's absence is explained."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest

from metacot.tasks.data import SOURCES, Chain, HubError, Record, load, stream


def rows_file(folder, *rows):
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


# Real files


@pytest.mark.parametrize(
    ("name", "file", "count", "answered", "licence"),
    [
        ("gsm8k", "gsm8k/train.jsonl", 7473, 7473, "MIT"),
        ("math", "math/math_train_7474.json", 7474, 7470, "MIT"),  # four rows come without an answer
        ("aime", "math/aime_1983_2023_975.json", 975, 975, "CC0-1.0"),
        ("omni_math", "omni_math/omni_math_rule.jsonl", 215, 215, "Apache-2.0"),
        ("harp", "harp/HARP_proof-based_39.jsonl.zip", 39, 0, "MIT"),
        ("svamp", "math/svamp.jsonl", 1000, 1000, "MIT"),
        ("rows", "math/thought_anchors_problems_solve_rate.json", 106, 106, "unknown"),
    ],
)
def test_a_real_file_loads_by_one_call(data_file, name, file, count, answered, licence):
    records = load(name, data_file(file))
    assert len(records) == count
    assert sum(record.answer is not None for record in records) == answered
    assert {record.licence for record in records} == {licence}
    assert all(record.problem.strip() and record.source for record in records)


def test_the_first_row_of_gsm8k_is_read_without_its_calculator(data_file):
    first = load("gsm8k", data_file("gsm8k/train.jsonl"))[0]
    assert first.answer == "72"
    assert first.solution.startswith("Natalia sold 48/2 = 24 clips in May.")


def test_difficulty_domain_and_solve_rate_are_kept(data_file):
    omni = load("omni_math", data_file("omni_math/omni_math_rule.jsonl"))[0]
    assert (omni.difficulty, omni.domain) == (7.0, ("Mathematics", "Number Theory", "Factorization"))
    rates = [record.solve_rate for record in load("rows", data_file("math/thought_anchors_problems_solve_rate.json"))]
    assert (min(rates), max(rates)) == (0.3, 0.9)
    levels = {record.difficulty for record in load("harp", data_file("harp/HARP_proof-based_39.jsonl.zip"))}
    assert levels == {6.0, 7.0, 8.0, 9.0}


def test_a_licence_in_the_row_comes_before_that_of_the_data_set(data_file):
    licences = {record.licence for record in load("rows", data_file("math/college_math.jsonl"))}
    assert len(licences) == 8
    assert "Creative Commons Attribution 3.0 Unported License (CC BY 3.0)" in licences


def test_processbench_chains_end_their_judgement_at_the_first_error(data_file):
    chains = load("processbench", data_file("processbench/gsm8k_110.json"))
    raw = json.loads(data_file("processbench/gsm8k_110.json").read_text())
    assert len(chains) == 110
    assert [chain.first_error for chain in chains] == [row["label"] if row["label"] >= 0 else None for row in raw]
    for chain in chains:
        error = len(chain.steps) if chain.first_error is None else chain.first_error
        assert all(label == 1.0 for label in chain.labels[:error])
        assert all(label is None for label in chain.labels[error + 1 :])


def test_prm800k_gives_the_chain_gone_on_with_and_each_alternative(data_file):
    chains = load("prm800k", data_file("prm_samples/samples_prm800k.jsonl"))
    raw = [json.loads(line) for line in data_file("prm_samples/samples_prm800k.jsonl").read_text().splitlines()]
    completions = sum(len(step["completions"] or []) for row in raw for step in row["label"]["steps"])
    main = [chain for chain in chains if chain.more["part"] == "main"]
    assert len(main) == len(raw)
    people = sum(label is None for chain in main for label in chain.labels)
    assert sum(len(chain.steps) for chain in main) - people + len(chains) - len(main) == completions
    first = chains[0]
    assert first.answer == "29"
    assert first.labels[:3] == (1.0, None, 1.0), "the second step was written by a labeller"
    assert {label for chain in chains for label in chain.labels} <= {0.0, 0.5, 1.0, None}


def test_math_shepherd_labels_stand_at_the_marks(data_file):
    chains = load("math_shepherd", data_file("prm_samples/samples_math-shepherd.jsonl"))
    assert len(chains) == 7
    assert chains[0].labels == (1.0, 1.0, 1.0, 1.0, 0.0)
    assert chains[0].steps[1] == "Step 2: She spends 40 * 3 = <<40*3=120>>120 on clarinet lessons per week."
    assert chains[0].problem.endswith("in a year?")
    assert {chain.kind for chain in chains} == {"rollouts"}
    assert set(chains[1].labels) == {0.0}, "a plus sign in a step is no label"


def test_sokoban_rollouts_load_with_their_turns_and_outcomes(data_file):
    rollouts = load("sokoban_rollouts", data_file("sokoban/nemo_gym_sokoban_rollouts_5.jsonl"))
    assert len(rollouts) == 5
    assert [message[0] for message in rollouts[0].messages[:3]] == ["system", "user", "user"]
    assert rollouts[0].messages[2][1].startswith("Sokoban board:\n#####\n#O__#")
    assert rollouts[0].actions[:3] == ("Down", "Down", "Right")
    assert {action for rollout in rollouts for action in rollout.actions} <= {"Up", "Down", "Left", "Right"}
    assert [(rollout.reward > 0) for rollout in rollouts] == [rollout.success for rollout in rollouts]


# Formats of which there is no sample


def test_big_math_keeps_source_domain_and_solve_rate(tmp_path):
    row = {
        "problem": "What is 1 + 1?",
        "answer": "2",
        "source": "orca_math",
        "domain": ["Mathematics -> Algebra"],
        "llama8b_solve_rate": 0.75,
    }
    [record] = load("big_math", rows_file(tmp_path, row))
    assert record == Record("What is 1 + 1?", "2", None, "orca_math", "unknown", None, 0.75, ("Mathematics", "Algebra"))


def test_math_answers_come_from_the_last_box_where_no_column_has_them(tmp_path):
    row = {"problem": "Half?", "level": "Level 3", "type": "Algebra", "solution": r"$1$ of $2$: $\boxed{\frac12}$"}
    [record] = load("math", rows_file(tmp_path, row))
    assert (record.answer, record.difficulty, record.domain) == (r"\frac12", 3.0, ("Algebra",))
    [unknown] = load("math", rows_file(tmp_path, row | {"level": "Level ?"}))
    assert (unknown.difficulty, unknown.more) == (None, {"level": "Level ?"})


def test_math500_harp_aime_and_olympiad_bench_are_read_in_their_own_columns(tmp_path):
    row = {"problem": "?", "solution": "s", "answer": "1", "subject": "Algebra", "level": 2, "unique_id": "t/1.json"}
    [record] = load("math500", rows_file(tmp_path, row))
    assert (record.answer, record.difficulty, record.more["unique_id"]) == ("1", 2.0, "t/1.json")
    row = {
        "year": "2001",
        "contest": "AMC_10",
        "number": 3,
        "level": 1,
        "subject": "algebra",
        "choices": {"A": "1"},
        "problem": "?",
        "answer": "1",
        "solution_1": "first",
        "solution_2": "second",
    }
    [record] = load("harp", rows_file(tmp_path, row))
    assert (record.source, record.solution, record.answer) == ("harp: AMC_10 2001 3", "first", "1")
    assert (record.more["choices"], record.more["solution_2"]) == ({"A": "1"}, "second")
    row = {"ID": "1983-1", "Year": 1983, "Problem Number": 1, "Question": "?", "Answer": 60, "Part": None}
    [record] = load("aime", rows_file(tmp_path, row))
    assert (record.problem, record.answer, record.more["Year"]) == ("?", "60", 1983)
    row = {
        "question": "Find it.",
        "context": "There is a number.",
        "solution": ["one way", "another"],
        "final_answer": ["$2$", "$3$"],
        "unit": None,
        "difficulty": "Competition",
        "subfield": "Algebra",
    }
    [record] = load("olympiad_bench", rows_file(tmp_path, row))
    assert (record.problem, record.solution) == ("There is a number.\n\nFind it.", "one way")
    assert (record.answer, record.difficulty, record.more["difficulty"]) == ("$2$, $3$", None, "Competition")


def test_columns_may_be_named(tmp_path):
    path = rows_file(tmp_path, {"text": "1 + 1?", "gold": 2, "p": "25%", "by": "me"})
    [record] = load("rows", path, columns={"problem": "text", "answer": "gold", "source": "by"})
    assert (record.problem, record.answer, record.source, record.more) == ("1 + 1?", "2", "me", {"p": "25%"})
    with pytest.raises(ValueError, match=r"columns are given for problem, answer, .*; got gold"):
        load("rows", path, columns={"gold": "gold"})


# What can go wrong


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("gsm8k", {"question": "?", "answer": "2"}, "row 0, is no row of gsm8k: .*follows ####"),
        ("rows", {"answer": "2"}, "a problem is needed in one of the columns problem"),
        ("rows", {"problem": "?", "solve_rate": 75}, r"a solve rate is in \[0, 1\], got 75"),
        ("math_shepherd", {"input": "Q Step 1: a ки", "label": "Q Step 1: b +"}, "in the place of each mark"),
        ("math_shepherd", {"input": "no steps", "label": "no steps"}, "ends where Step 1"),
        ("processbench", {"problem": "?", "steps": ["a"], "label": 1}, "the place of the first error or -1"),
        ("prm800k", {"problem": "?"}, "question and label"),
        ("sokoban_rollouts", {"reward": 1}, "responses_create_params"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path, name, row, said):
    with pytest.raises(ValueError, match=said):
        load(name, rows_file(tmp_path, row))


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    for arguments in (("gms8k",), ("gms8k", tmp_path), ("owner/name", tmp_path)):
        with pytest.raises(ValueError, match="known: gsm8k, math"):
            load(*arguments)


def test_a_chain_has_a_label_a_step():
    with pytest.raises(ValueError, match="got 1 for 2 steps"):
        Chain("?", ("a", "b"), (1.0,), "people")


def test_without_the_hub_the_error_names_the_local_way(monkeypatch):
    def unreachable(*arguments, **options):
        raise ConnectionError("Couldn't reach 'openai/gsm8k' on the Hub")

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=unreachable))
    with pytest.raises(HubError, match=r"Couldn't reach .* load\('gsm8k', PATH\) reads it from \.jsonl"):
        load("gsm8k")
    with pytest.raises(HubError, match=r"prm800k is not on the hub; load\('prm800k', PATH\)"):
        load("prm800k")


def test_the_hub_is_asked_for_config_and_split(monkeypatch):
    asked = []

    def load_dataset(*arguments, **options):
        asked.append((arguments, options))
        return [{"problem": "?", "answer": "1"}]

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    assert [record.answer for record in stream("math500")] == ["1"]
    assert [record.source for record in stream("owner/name", config="c", split="s")] == ["owner/name"]
    assert asked == [(("HuggingFaceH4/MATH-500", None), {"split": "test"}), (("owner/name", "c"), {"split": "s"})]


def test_the_real_library_without_a_network_is_explained_too():
    pytest.importorskip("datasets")
    with pytest.raises(HubError, match=r"load\('math500', PATH\)"):
        load("math500")


def test_every_source_says_what_it_is():
    assert all(source.about and source.licence for source in SOURCES.values())
