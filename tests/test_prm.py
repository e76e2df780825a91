"""Process reward models: labels, the network, what is remembered, training that resumes, and the command."""

from __future__ import annotations

import json
import math
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from metacot.agents import prm as stage
from metacot.agents.evaluation.prm import PLAYS
from metacot.agents.evaluation.value_measures import (
    auprc,
    auroc,
    best_threshold,
    bins_of,
    calibration_error,
    first_error_f1,
    measures,
    reliability_svg,
)
from metacot.agents.policies.model import ModelConfig, new_model
from metacot.agents.prm import PRMRun, train_prm
from metacot.agents.search import best_first
from metacot.agents.search.algorithms import ALGORITHMS
from metacot.agents.tracking import NullTracker, Tracker
from metacot.agents.training.prm import PRMSettings, fine_tune, train_network, train_reader
from metacot.agents.training.prm_data import Labelling, chain_texts, problems_of, states_met, walk_texts
from metacot.agents.training.prm_modules import ValueNetwork, state_batch
from metacot.cli import main
from metacot.rewards import ConstantValue, OracleValue, RolloutValue, ValueFunction, make_value
from metacot.rewards.features import encode_states
from metacot.rewards.labels import (
    FirstError,
    agreement,
    exact_first_error,
    label_states,
    search_first_errors,
    with_noise,
)
from metacot.rewards.prm import FaceReader, LearnedPRM, fit_temperature, load_prm
from metacot.tasks import make
from metacot.tasks.data import Chain, load

GAME = make("game24")
HANDS = [(4, 9, 10, 13), (3, 3, 8, 8), (1, 5, 5, 5), (2, 7, 8, 9), (1, 2, 3, 4), (6, 6, 6, 6), (1, 1, 1, 1)]
STATES = [met.state for met in states_met(GAME, [GAME.pose(hand) for hand in HANDS]).values()]
QUICK = PRMSettings(updates=12, rows=32, width=8, save_every=4, log_every=2)
TEXTS = ModelConfig(width=16, layers=1, heads=2, inner=32, context=256)


def network(width=8, seed=0):
    """A small network with random weights."""
    states = encode_states(GAME, STATES[:2])
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return ValueNetwork(states.faces.shape[1], states.parts.shape[1], width)


# labels -------------------------------------------------------------------------------------------------------------


def test_every_kind_of_label_says_which_it_is_and_on_how_many_rollouts_it_rests():
    before, state = GAME.start(GAME.pose((6, 6, 6, 6))), GAME.expand(GAME.start(GAME.pose((6, 6, 6, 6))))[0][1]
    labels = {
        kind: label_states(GAME, [state], kind, before=[before], k=64)[0]
        for kind in ("exact", "graded", "soft", "hard", "progress")
    }
    assert {kind: label.kind for kind, label in labels.items()} == {kind: kind for kind in labels}
    assert [label.n for label in labels.values()] == [None, None, 64, 64, 64]
    assert labels["exact"].value == GAME.value(state)
    assert labels["graded"].value == 0.95 ** GAME.distance(state)
    soft = RolloutValue(64).values(GAME, [state, before])
    assert labels["soft"].value == soft[0]
    assert labels["hard"].value == float(soft[0] > 0)
    assert labels["progress"].value == soft[0] - soft[1]
    assert labels["progress"].target == (1 + soft[0] - soft[1]) / 2


def test_labels_do_not_depend_on_order_or_batch():
    some = STATES[:300]
    forward = label_states(GAME, some, "soft", k=3)
    assert label_states(GAME, some[::-1], "soft", k=3) == forward[::-1]
    assert label_states(GAME, some[:1], "soft", k=3) == forward[:1]


def test_progress_needs_the_state_before_and_unknown_kinds_are_refused():
    with pytest.raises(ValueError, match="before"):
        label_states(GAME, STATES[:1], "progress")
    with pytest.raises(ValueError, match="exact, graded"):
        label_states(GAME, STATES[:1], "sharp")


def test_label_noise_turns_its_share_and_is_nested():
    labels = label_states(GAME, STATES, "exact")
    turned = [
        {place for place, (a, b) in enumerate(zip(labels, with_noise(labels, STATES, rate), strict=True)) if a != b}
        for rate in (0.0, 0.1, 0.3)
    ]
    assert turned[0] == set()
    assert turned[1] < turned[2]
    assert len(turned[2]) == pytest.approx(0.3 * len(STATES), abs=0.05 * len(STATES))


def brute_first_error(path):
    """By looking at every step."""
    return next((place for place, state in enumerate(path) if not GAME.value(state)), None)


def plays(seed):
    """Random plays of solvable hands, as the states after each step."""
    rng, found = Random(seed), []
    for hand in HANDS[:-1]:
        state, path = GAME.start(GAME.pose(hand)), []
        while rows := GAME.expand(state):
            state = rows[int(rng.random() * len(rows))][1]
            path.append(state)
        found.append(path)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_exact_first_error_is_where_the_problem_is_lost(seed):
    assert [exact_first_error(GAME, path).place for path in plays(seed)] == list(map(brute_first_error, plays(seed)))


class Knows:
    """Proposes a step that keeps the problem solvable where there is one."""

    name = "knows"

    def propose(self, task, states, rngs, count=1):
        from metacot.rewards import Proposal

        found = []
        for state in states:
            rows = sorted(task.expand(state), key=lambda row: -task.value(row[1]))
            found.append([Proposal(rows[0][0], 0.0)] * count if rows else [])
        return found


def test_binary_search_finds_the_exact_place_when_rollouts_never_miss():
    paths = [path for seed in range(5) for path in plays(seed)]
    found = search_first_errors(GAME, paths, RolloutValue(1, proposer=Knows()))
    exact = [exact_first_error(GAME, path) for path in paths]
    assert [one.place for one in found] == [one.place for one in exact]
    assert all(one.rollouts <= 3 for one in found)
    assert agreement(found, exact, list(map(len, paths)))["same"] == len(paths)


def test_agreement_counts_no_error_as_one_behind_the_end():
    found = [FirstError(0, 16), FirstError(None, 16), FirstError(2, 32)]
    counts = agreement(found, [FirstError(1), FirstError(2), FirstError(2)], [3, 3, 3])
    assert counts == {"same": 1, "earlier": 1, "later": 1, "rollouts": 64}


# features and the network -------------------------------------------------------------------------------------------


def test_the_parts_of_a_state_hold_the_exact_results_of_its_operations():
    for state in [state for state in STATES if len(state.numbers) == 2][:100]:
        parts = encode_states(GAME, [state]).parts
        assert bool((parts[:, 4] == 1).any()) == bool(GAME.value(state))


def test_whole_rules_leave_fractions_out():
    task = make("countdown")
    problem = task.problem(0, 0)
    state = task.start(problem)
    encoded = encode_states(task, [state, state])
    assert encoded.counts[0] == encoded.counts[1] > 0
    if state.whole:
        assert (encoded.parts[:, 3] == 1).all()


def test_numpy_and_torch_compute_the_same_and_take_is_a_choice():
    module = network()
    states = encode_states(GAME, STATES)
    places = np.array([5, 3, 400, 3])
    with torch.no_grad():
        said = module(**state_batch(states, np.zeros(len(STATES)), places))["logits"].numpy()
    whole = module.network().logits(states)
    assert said == pytest.approx(whole[places], abs=1e-5)
    assert module.network().logits(encode_states(GAME, [STATES[place] for place in places])) == pytest.approx(
        said, abs=1e-5
    )
    assert ValueNetwork.of(module.network()).network().logits(states).tolist() == whole.tolist()


def test_every_task_with_a_numeric_face_can_be_valued():
    for name in ("maze", "sudoku", "sokoban"):
        task = make(name)
        states = [task.start(task.problem(0, index, **task.knobs("easy"))) for index in range(2)]
        encoded = encode_states(task, states)
        assert encoded.faces.shape == (2, math.prod(task.shape))
        assert encoded.counts.tolist() == [0, 0]


# the value function -------------------------------------------------------------------------------------------------


def test_a_learned_value_is_a_value_function_in_every_batch_and_order():
    prm = LearnedPRM(FaceReader(network().network()), "game24")
    assert isinstance(prm, ValueFunction)
    values = prm.values(GAME, STATES)
    assert all(0 <= value <= 1 for value in values)
    assert all(value == 1.0 for value, state in zip(values, STATES, strict=True) if GAME.solved(state))
    prm.forget()
    assert [prm.values(GAME, [state])[0] for state in STATES[:50]] == values[:50]
    assert prm.values(GAME, []) == []
    with pytest.raises(ValueError, match="game24"):
        prm.values(make("maze"), [])


def test_what_is_remembered_is_counted_and_bounded():
    prm = LearnedPRM(FaceReader(network().network()), "game24", kept=100)
    prm.values(GAME, STATES[:80])
    assert prm.hit_rate == 0.0
    prm.values(GAME, STATES[:80])
    assert prm.hit_rate == pytest.approx(0.5, abs=0.02)
    prm.values(GAME, STATES)
    assert len(prm) == 100


def test_memory_stays_flat_over_many_states():
    prm = LearnedPRM(FaceReader(network().network()), "game24", kept=50, batch=64)
    some = STATES[:600]
    prm.values(GAME, some)
    tracemalloc.start()
    try:
        for _ in range(2):
            prm.values(GAME, some)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(4):
            prm.values(GAME, some)
        assert tracemalloc.get_traced_memory()[0] - before < 50_000
    finally:
        tracemalloc.stop()


@given(st.lists(st.tuples(st.floats(-5, 5), st.sampled_from([0.0, 1.0])), min_size=1, max_size=60))
def test_the_temperature_is_the_best_there_is(pairs):
    logits, targets = np.array(pairs).T

    def loss(temperature):
        return np.mean(np.logaddexp(0, logits / temperature) - targets * logits / temperature)

    best = loss(fit_temperature(logits, targets))
    assert all(best <= loss(t) + 1e-9 for t in np.geomspace(1 / 8, 8, 50))


def test_values_that_say_little_are_spelled_like_the_others():
    for spelling in ("random", "random:3", "closest"):
        assert make_value(spelling, GAME).name == spelling
        assert all(0 < value <= 1 for value in make_value(spelling).values(GAME, STATES))
    with pytest.raises(ValueError, match="number game"):
        make_value("closest").values(make("maze"), [])
    with pytest.raises(FileNotFoundError):
        make_value("prm:/nowhere/at/all")


# measures -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=2, max_size=40))
def test_auroc_and_auprc_are_what_their_definitions_say(pairs):
    values, truth = np.array([a / 10 for a, _ in pairs]), np.array([float(b) for _, b in pairs])
    if not 0 < truth.sum() < len(truth):
        return
    wins = [float(a > b) + 0.5 * (a == b) for a in values[truth == 1] for b in values[truth == 0]]
    assert auroc(values, truth) == pytest.approx(np.mean(wins))
    area, seen = 0.0, 0.0
    for threshold in sorted(set(values), reverse=True):
        chosen = values >= threshold
        recall = truth[chosen].sum() / truth.sum()
        area += (recall - seen) * truth[chosen].mean()
        seen = recall
    assert auprc(values, truth) == pytest.approx(area)


def test_measures_of_perfect_useless_and_graded_values():
    perfect = measures([0.0, 1.0, 1.0], [0.0, 1.0, 1.0])
    assert perfect[:7] == (3, 2, 1.0, 1.0, 0.0, 0.0, 0.0)
    assert measures([0.5, 0.5], [0.0, 1.0]).auroc == 0.5
    assert measures([0.5, 0.5], [0.3, 0.7]).auroc is None
    assert measures([], []) is None
    assert calibration_error([0.9, 0.9], [1.0, 0.0]) == pytest.approx(0.4)
    with pytest.raises(ValueError, match="truth"):
        measures([0.5], [])


def test_the_first_error_f1_is_that_of_processbench():
    values = [[0.9, 0.2, 0.9], [0.9, 0.8, 0.7], [0.3, 0.9, 0.9], [0.9, 0.9, 0.9]]
    found = first_error_f1(values, [1, None, 1, None], 0.5)
    assert (found.wrong, found.right) == (0.5, 1.0)
    assert found.f1 == pytest.approx(2 / 3)
    assert first_error_f1(values, [0, 0, 1, None], 0.5).f1 == 0.0
    assert first_error_f1(values, [None] * 4, 0.5).f1 is None
    assert best_threshold([[0.2, 0.1], [0.2, 0.2]], [1, None]) == pytest.approx(0.15)


def test_the_reliability_diagram_has_a_dot_a_bin():
    bins = bins_of([0.1, 0.1, 0.9], [0.0, 1.0, 1.0])
    assert [(one.n, one.truth) for one in bins] == [(2, 0.5), (1, 1.0)]
    assert reliability_svg({"all": bins}).count("<circle") == 2


# training -----------------------------------------------------------------------------------------------------------


def taught():
    states = [state for state in STATES if not GAME.solved(state)]
    return encode_states(GAME, states), [GAME.value(state) for state in states], [4 - len(s.numbers) for s in states]


class Stops(Tracker):
    """Raises once, at an update."""

    def __init__(self, at):
        self.at = at

    def _log(self, stage, step, metrics):
        if step == self.at:
            self.at = None
            raise InterruptedError


def test_a_killed_training_resumes_to_the_same_weights(tmp_path):
    whole = train_network(*taught(), QUICK, tmp_path / "whole", tracker=NullTracker(), seed=3)
    tracker = Stops(10)
    with suppress(InterruptedError):
        train_network(*taught(), QUICK, tmp_path / "cut", tracker=tracker, seed=3)
    assert tracker.at is None
    assert (tmp_path / "cut" / "checkpoint-8" / "complete").exists()
    resumed = train_network(*taught(), QUICK, tmp_path / "cut", tracker=tracker, seed=3)
    for name, array in whole.arrays().items():
        assert np.abs(array - resumed.arrays()[name]).max() <= 1e-6, name


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a quickly trained model of Game of 24 on few hands."""
    folder = tmp_path_factory.mktemp("prm") / "mlp"
    run = PRMRun("game24", replace(QUICK, updates=100, rows=64, width=16, save_every=50, log_every=50), problems=6)
    train_prm(run, folder)
    return folder


def test_a_trained_folder_plugs_into_every_search(trained):
    value = make_value(f"prm:{trained}", GAME)
    assert value.name == f"prm:{trained}"
    problem = GAME.pose((4, 9, 10, 13))
    for name in set(ALGORITHMS) - {"majority_vote"}:
        found = ALGORITHMS[name](GAME, problem, value, budget=40)
        assert len(found.tree) > 1
    assert best_first(GAME, problem, value, budget=4000).success


def test_a_finished_folder_is_loaded_and_another_run_refused(trained):
    run = PRMRun.from_config(load_prm(trained).config)
    assert train_prm(run, trained).name == f"prm:{trained}"
    with pytest.raises(ValueError, match="another way"):
        train_prm(replace(run, seed=1), trained)


def test_a_model_can_be_trained_on_with_new_states(trained):
    prm = load_prm(trained)
    states = [GAME.start(GAME.pose((1, 1, 1, 1)))]
    before = prm.values(GAME, states)[0]
    fine_tune(prm, GAME, states, [1.0], updates=20, lr=1e-2)
    assert prm.values(GAME, states)[0] > before
    with pytest.raises(ValueError, match="no labelled state"):
        fine_tune(prm, GAME, [], [])


def texts():
    return walk_texts(GAME, [GAME.pose(hand) for hand in HANDS], 40, Labelling())


def test_walks_as_texts_end_each_piece_where_its_label_is():
    for text in texts():
        assert len(text.pieces) == len(text.targets)
        assert all(piece.endswith("\n") for piece in text.pieces)
        assert set(text.targets) <= {0.0, 1.0}


@pytest.mark.parametrize("changes", [{"model": "lm"}, {"model": "implicit"}, {"model": "lm", "lora": 2}])
def test_a_language_model_learns_to_value_states_and_survives_the_disk(tmp_path, changes, monkeypatch):
    monkeypatch.setattr(stage, "ModelConfig", lambda: TEXTS)
    settings = replace(QUICK, updates=8, rows=8, lr=3e-3, **changes)
    prm = train_prm(PRMRun("game24", settings, difficulty={"high": 4}, problems=6), tmp_path / "out")
    values = prm.values(GAME, STATES[:9])
    assert all(0 <= value <= 1 for value in values)
    again = load_prm(tmp_path / "out")
    assert again.values(GAME, STATES[:3]) == pytest.approx(values[:3], abs=1e-5)
    assert best_first(GAME, GAME.pose((1, 2, 3, 4)), again, budget=3).value_calls
    state = next(state for state in STATES if not GAME.solved(state))
    before = again.values(GAME, [state])[0]
    fine_tune(again, GAME, [state], [1.0], updates=6, lr=1e-2)
    assert again.values(GAME, [state])[0] > before


def test_a_killed_language_model_resumes_to_the_same_weights(tmp_path):
    settings = replace(QUICK, model="lm", updates=8, rows=8, lr=1e-3)

    def trained_in(name, tracker):
        return train_reader(new_model(GAME, TEXTS, 1), texts(), settings, tmp_path / name, tracker=tracker, seed=1)

    whole = trained_in("whole", NullTracker())
    tracker = Stops(6)
    with suppress(InterruptedError):
        trained_in("cut", tracker)
    resumed = trained_in("cut", tracker)
    for (name, a), b in zip(whole.model.state_dict().items(), resumed.model.state_dict().values(), strict=True):
        assert (a - b).abs().max() <= 1e-6, name


def test_judged_chains_become_texts_with_their_own_labels():
    chains = [
        Chain("two and two?", ("add", "so 4"), (1.0, 0.0), "people"),
        Chain("unjudged", ("step",), (None,), "people"),
    ]
    assert chain_texts(chains) == [(("two and two?\n", "add\n", "so 4\n"), (None, 1.0, 0.0))]


def test_runs_that_make_no_sense_are_refused():
    for settings, more in (
        (QUICK, {"pretrained": "x"}),
        (replace(QUICK, model="lm"), {"data": "prm800k"}),
        (QUICK, {"task": "math"}),
    ):
        with pytest.raises(ValueError, match=r"lm|pretrained"):
            PRMRun(**{"task": "game24", "settings": settings, **more})
    with pytest.raises(ValueError, match="lora"):
        PRMSettings(lora=4)
    with pytest.raises(ValueError, match="mlp, lm, implicit"):
        PRMSettings(model="tree")


def test_gathered_states_are_all_there_are_and_none_twice():
    met = states_met(GAME, [GAME.pose((1, 2, 3, 4))])
    level, brute = {GAME.start(GAME.pose((1, 2, 3, 4)))}, set()
    while level:
        brute |= level
        level = {child for state in level for _, child, _, _ in GAME.expand(state)}
    assert set(met) == brute
    assert len(states_met(GAME, [GAME.pose((1, 2, 3, 4))], width=3)) <= 1 + 3 * 3
    assert len(problems_of(GAME, "train", 5, {})) == 5


def test_the_oracle_as_a_guess_is_perfect_on_its_own_states():
    states = [state for state in STATES if not GAME.solved(state)]
    found = measures(OracleValue().values(GAME, states), [GAME.value(state) for state in states])
    assert (found.auroc, found.ece, found.mae) == (1.0, 0.0, 0.0)
    assert measures(ConstantValue().values(GAME, states), [GAME.value(state) for state in states]).auroc == 0.5


# the command --------------------------------------------------------------------------------------------------------


def test_the_command_trains_judges_and_scores(tmp_path, capsys):
    out = tmp_path / "model"
    words = [
        "prm",
        "train",
        "game24",
        "--out",
        out,
        "--problems",
        6,
        "--updates",
        60,
        "--rows",
        32,
        "--width",
        8,
        "--difficulty",
        "easy",
    ]
    assert main([str(word) for word in words]) == 0
    assert "temperature" in capsys.readouterr().out
    assert main(["prm", "eval", str(out), "--json", "--problems", "8", "--k", "2", "--searched", "3"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {"auroc", "ece", "mae", "brier", "first_error_f1"} <= report.keys()
    assert report["search"]["prm"]["success"] == report["search"]["oracle"]["success"] == 1.0
    assert set(report["best_of_n"]) == {"last", "min", "mean", "product", "majority", "oracle", "tokens"}
    assert report["best_of_n"]["tokens"]["64"] == 64 * 9  # three steps of three words, whatever is drawn
    assert report["beam"]["tokens"] >= 12  # four steps of three words for each state
    assert report["binary_search"]["paths"] == 2 * PLAYS
    assert (out / "reliability.svg").read_text().startswith("<svg")
    lines = tmp_path / "steps.jsonl"
    lines.write_text('{"problem": [[4, 9, 10, 13]], "steps": ["13 - 9", "nonsense", "10 - 4"]}\n')
    assert main(["prm", "score", str(out), str(lines)]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert len(scored["values"]) == 2
    assert scored["error"].startswith("step 2")
    lines.write_text('{"problem": 3}')
    assert main(["prm", "score", str(out), str(lines)]) == 2


def test_the_command_learns_from_judged_chains_and_is_judged_on_them(tmp_path, capsys):
    new_model(GAME, TEXTS, 0).save(tmp_path / "start")
    rows = [
        {"problem": f"use {a} {b} to make 24", "steps": [f"{a} + {b}", "give up"], "label": (a + b) % 3 - 1}
        for a in range(1, 6)
        for b in range(1, 6)
    ]
    chains = tmp_path / "chains.jsonl"
    chains.write_text("\n".join(map(json.dumps, rows)))
    data = ["--data", "processbench", "--path", str(chains)]
    out = str(tmp_path / "out")
    words = ["--model", "lm", "--pretrained", str(tmp_path / "start"), "--updates", "4", "--rows", "4", *data]
    assert main(["prm", "train", "math", "--out", out, *words]) == 0
    assert main(["prm", "eval", out, "--json", *data]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"auroc", "ece", "mae", "brier", "first_error_f1"} <= report.keys()
    assert report["chains"] == 25
    lines = tmp_path / "steps.jsonl"
    lines.write_text('{"problem": "use 1 2 to make 24", "steps": ["1 + 2", "2 - 1"]}\n')
    assert main(["prm", "score", out, str(lines)]) == 0
    assert len(json.loads(capsys.readouterr().out)["values"]) == 2


def test_a_model_of_a_task_without_dead_ends_is_judged_by_graded_values(tmp_path, capsys):
    out = str(tmp_path / "maze")
    words = ["--problems", "4", "--updates", "6", "--rows", "32", "--width", "8", "--difficulty", "easy"]
    assert main(["prm", "train", "maze", "--out", out, *words]) == 0
    assert main(["prm", "eval", out, "--json", "--problems", "3", "--k", "1", "--searched", "1"]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["auroc"] is None
    assert report["first_error_f1"] is None
    assert report["mae"] > 0


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("processbench", "processbench/gsm8k_110.json"),
        ("prm800k", "prm_samples/samples_prm800k.jsonl"),
        ("math_shepherd", "prm_samples/samples_math-shepherd.jsonl"),
    ],
)
def test_real_judged_chains_become_texts(data_file, name, file):
    chains = load(name, data_file(file))
    texts = chain_texts(chains)
    assert 0 < len(texts) <= len(chains)
    assert all(len(text.pieces) == len(text.targets) > 1 for text in texts)
