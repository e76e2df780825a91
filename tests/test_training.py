"""Training: it learns, it can be cut off anywhere and goes on as if nothing had happened, and it says what it did."""

import io
import json
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from metacot.agents.evaluation.systems import heldout_probe
from metacot.agents.linearizers import visit_order
from metacot.agents.policies.environments import TrialSettings, text_environment, trial_environment
from metacot.agents.policies.model import ModelConfig, load_model, new_model
from metacot.agents.policies.rollout import RolloutSettings, roll_out
from metacot.agents.run_folder import stage_seconds
from metacot.agents.search import best_first
from metacot.agents.stopwatch import Stopwatch
from metacot.agents.tracking import Tracker
from metacot.agents.training.checkpoints import MARKER, MarkComplete, last_checkpoint
from metacot.agents.training.examples import encode, pieces
from metacot.agents.training.machine import sound_kernels
from metacot.agents.training.optimizer import MuonWithAdamW
from metacot.agents.training.rl import RLSettings, train_rl
from metacot.agents.training.sft import SFTSettings, train_sft
from metacot.rewards.values import make_value
from metacot.tasks import make

TASK = make("game24")
SMALL = ModelConfig(width=32, layers=2, heads=2, inner=64, context=512)
HANDS = [(4, 9, 10, 13), (3, 3, 8, 8), (1, 5, 5, 5), (2, 7, 8, 9), (1, 2, 3, 4), (6, 6, 6, 6)]


def searched(hand):
    return visit_order(best_first(TASK, TASK.pose(hand), make_value("noisy:0.2:1", TASK), budget=12))


@pytest.fixture(scope="module")
def examples():
    return encode(new_model(TASK, SMALL, 0).tokenizer, [pieces(TASK, searched(hand), "all") for hand in HANDS])


class Kept(Tracker):
    """Keeps the rows in memory. stop: raises at this update, after it was logged."""

    def __init__(self, stop=None):
        self.rows = []
        self.stop = stop

    def _log(self, stage, step, metrics):
        self.rows.append((stage, step, metrics))
        if step == self.stop:
            self.stop = None
            raise InterruptedError

    def rewind(self, stage, step):
        self.rows = [row for row in self.rows if row[0] != stage or row[1] < step]

    def column(self, name):
        return [metrics[name] for _, _, metrics in self.rows if name in metrics]


def without_time(rows):
    return [(stage, step, {**metrics, "time/seconds": None}) for stage, step, metrics in rows]


def weights(language_model):
    return torch.cat([p.detach().flatten() for p in language_model.model.parameters()])


# --- learning --------------------------------------------------------------------------------------------


def test_a_few_updates_learn_a_few_traces_by_heart(tmp_path, examples):
    language_model, tracker = new_model(TASK, SMALL, 0), Kept()
    settings = SFTSettings(
        updates=60, rows=len(HANDS), lr=0.1, adam_lr=0.03, log_every=5, save_every=60, probe_every=30
    )
    problems = [TASK.pose(hand) for hand in HANDS]
    probe = heldout_probe(TASK, problems, 24, 0, ("success",))
    facts = train_sft(language_model, examples, settings, tmp_path, stage="sft", tracker=tracker, seed=0, probe=probe)
    loss = tracker.column("sft/loss")
    assert loss[-1] < 0.02 * loss[0]
    assert facts == {
        "examples": len(HANDS),
        "left_out": 0,
        "tokens": 60 * sum(len(example.ids) for example in examples),
    }
    assert tracker.column("sft/tokens")[-1] == facts["tokens"]
    rollouts = roll_out(language_model, text_environment(TASK, 24), problems, RolloutSettings(temperature=0.0))
    assert [found.success for found in rollouts] == [True] * len(HANDS)
    assert len(tracker.column("sft/heldout_success")) == 2
    assert not language_model.model.training


def test_examples_over_the_limit_are_left_out_and_counted(tmp_path, examples):
    limit = sorted(len(example.ids) for example in examples)[3]
    settings = SFTSettings(updates=1, rows=2, max_length=limit, log_every=1, save_every=1)
    facts = train_sft(new_model(TASK, SMALL, 0), examples, settings, tmp_path, stage="cot", tracker=Kept(), seed=0)
    short = sum(len(example.ids) <= limit for example in examples)
    assert (facts["examples"], facts["left_out"]) == (short, len(examples) - short)
    with pytest.raises(ValueError, match="no example is within 3 tokens"):
        train_sft(
            new_model(TASK, SMALL, 0), examples, replace(settings, max_length=3), tmp_path, stage="cot",
            tracker=Kept(), seed=0,
        )  # fmt: skip


# --- numbers that are none ---------------------------------------------------------------------------------


def cudnn_attention():
    return torch.backends.cuda.cudnn_sdp_enabled()


@pytest.mark.parametrize("before", [True, False])
def test_training_does_without_the_kernel_whose_gradients_are_no_numbers(tmp_path, examples, before):
    seen, usual = [], cudnn_attention()

    def probe(model, tokenizer, update):
        seen.append(cudnn_attention())
        raise InterruptedError

    settings = SFTSettings(updates=2, rows=2, log_every=1, save_every=1, probe_every=1)
    torch.backends.cuda.enable_cudnn_sdp(before)
    try:
        with pytest.raises(InterruptedError):
            train_sft(
                new_model(TASK, SMALL, 0), examples, settings, tmp_path, stage="sft", tracker=Kept(), seed=0,
                probe=probe,
            )  # fmt: skip
        assert seen == [False]
        assert cudnn_attention() == before
    finally:
        torch.backends.cuda.enable_cudnn_sdp(usual)


@pytest.mark.parametrize("length", [64, 128, 176, 192])
def test_gradients_are_numbers_where_all_scores_of_a_row_are_far_below_zero(length):
    """What cuDNN's kernel gets wrong at 64 and 192, on a GPU that torch takes it first on."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    random = torch.Generator().manual_seed(0)
    queries, keys, values = torch.randn(3, 2, 4, length, 32, generator=random).to(device, torch.bfloat16) * 0.1
    queries[..., 0], keys[..., 0] = 1.0, -120.0 * 32**0.5
    inputs = [part.detach().requires_grad_() for part in (queries, keys, values)]
    mask = torch.ones(length, length, dtype=torch.bool, device=device).tril()[None, None]
    with sound_kernels():
        torch.nn.functional.scaled_dot_product_attention(*inputs, attn_mask=mask).sum().backward()
    assert all(bool(part.grad.isfinite().all()) for part in inputs)


def test_training_stops_before_it_saves_weights_that_are_no_numbers(tmp_path, examples):
    language_model = new_model(TASK, SMALL, 0)
    with torch.no_grad():
        language_model.model.get_input_embeddings().weight[0] = torch.nan
    settings = SFTSettings(updates=8, rows=4, log_every=2, save_every=2)
    with pytest.raises(FloatingPointError, match="sft: loss and grad_norm not finite at update 2"):
        train_sft(language_model, examples, settings, tmp_path, stage="sft", tracker=Kept(), seed=0)
    assert last_checkpoint(tmp_path) is None


# --- cut off and resumed ---------------------------------------------------------------------------------


def supervised(folder, examples, tracker):
    language_model = new_model(TASK, SMALL, 0)
    settings = SFTSettings(updates=12, rows=4, log_every=2, save_every=4, probe_every=4)
    probe = heldout_probe(TASK, [TASK.pose(HANDS[0])], 4, 0, ("success",))
    train_sft(language_model, examples, settings, folder, stage="sft", tracker=tracker, seed=3, probe=probe)
    return weights(language_model)


def reinforced(folder, warm, tracker):
    language_model = load_model(warm)
    train_rl(
        language_model,
        trial_environment(TASK, TrialSettings(budget=12, unit="attempt", episodes=2, credit="rl2")),
        lambda number: TASK.pose(HANDS[number % len(HANDS)]),
        RLSettings(
            updates=6, groups=2, generations=4, micro=4, warmup=2, decay=0.5, log_every=1, save_every=2, beta=0.05
        ),
        folder,
        tracker=tracker,
        seed=3,
    )
    return weights(language_model)


@pytest.fixture(scope="module")
def warm(tmp_path_factory, examples):
    """A model that solves some hands, sometimes: with nothing to be won, nothing would be learned."""
    folder = tmp_path_factory.mktemp("warm")
    language_model = new_model(TASK, SMALL, 0)
    settings = SFTSettings(updates=30, rows=len(HANDS), lr=0.1, adam_lr=0.03, log_every=30, save_every=30)
    train_sft(language_model, examples, settings, folder, stage="sft", tracker=Kept(), seed=0)
    language_model.save(folder / "model")
    return folder / "model"


@pytest.mark.parametrize("stop", [2, 6, 8, 12])
def test_supervised_training_goes_on_as_if_it_had_not_been_cut_off(tmp_path, examples, stop, uncut):
    tracker = Kept(stop)
    with pytest.raises(InterruptedError):
        supervised(tmp_path, examples, tracker)
    assert torch.equal(supervised(tmp_path, examples, tracker), uncut[0])
    assert without_time(tracker.rows) == without_time(uncut[1])


@pytest.fixture(scope="module")
def uncut(tmp_path_factory, examples):
    tracker = Kept()
    return supervised(tmp_path_factory.mktemp("uncut"), examples, tracker), tracker.rows


def test_reinforcement_goes_on_as_if_it_had_not_been_cut_off(tmp_path, warm):
    whole = Kept()
    expected = reinforced(tmp_path / "whole", warm, whole)
    assert max(whole.column("rl/grad_norm")) > 0
    assert not torch.equal(expected, weights(load_model(warm)))
    cut = Kept(stop=3)  # the checkpoint is of update 2
    with pytest.raises(InterruptedError):
        reinforced(tmp_path / "cut", warm, cut)
    before = cut.column("time/seconds")[-1]
    assert torch.equal(reinforced(tmp_path / "cut", warm, cut), expected)
    assert without_time(cut.rows) == without_time(whole.rows)
    shares = (0, 1 / 2, 1, 1, 2 / 3, 1 / 3)  # two updates of warming up, one at full speed, three of slowing down
    assert whole.column("rl/learning_rate") == pytest.approx([3e-4 * share for share in shares])
    # What is told as the time of a stage counts the sessions before, the lost update included.
    assert before <= cut.column("time/seconds")[2]


# --- checkpoints -----------------------------------------------------------------------------------------


def test_a_half_written_checkpoint_is_ignored_and_removed(tmp_path):
    assert last_checkpoint(tmp_path) is None
    for step in (20, 100, 40):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / "model.safetensors").touch()
    for step in (20, 40):
        (tmp_path / f"checkpoint-{step}" / MARKER).touch()
    (tmp_path / "seconds.json").touch()
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-40")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-20", "checkpoint-40", "seconds.json"]


def test_a_checkpoint_is_marked_after_its_last_file_by_one_process(tmp_path):
    (tmp_path / "checkpoint-7").mkdir()
    arguments = SimpleNamespace(output_dir=str(tmp_path))
    MarkComplete().on_save(arguments, SimpleNamespace(global_step=7, is_world_process_zero=False), None)
    assert last_checkpoint(tmp_path) is None
    (tmp_path / "checkpoint-7").mkdir()
    MarkComplete().on_save(arguments, SimpleNamespace(global_step=7, is_world_process_zero=True), None)
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-7")


def test_training_starts_over_where_its_only_checkpoint_is_half_written(tmp_path, examples, uncut):
    half = tmp_path / "checkpoint-8"
    half.mkdir()
    (half / "trainer_state.json").write_text("{")
    assert torch.equal(supervised(tmp_path, examples, Kept()), uncut[0])


@pytest.mark.parametrize(("save", "log"), [(25, 10), (5, 0), (0, 5)])
def test_checkpoints_fall_on_logged_updates(save, log):
    for settings in (SFTSettings, RLSettings):
        with pytest.raises(ValueError, match="save_every must be a multiple of log_every"):
            settings(updates=100, save_every=save, log_every=log)


def test_impossible_groups_are_refused():
    with pytest.raises(ValueError, match="at least 2 rollouts"):
        RLSettings(updates=1, generations=1)
    with pytest.raises(ValueError, match="micro must divide the 96 rollouts of an update, got 40"):
        RLSettings(updates=1, micro=40)


def test_a_decay_is_a_share_of_the_updates():
    with pytest.raises(ValueError, match=r"decay must be a share of the updates in \[0, 1\], got 50"):
        RLSettings(updates=100, decay=50)


# --- optimizer -------------------------------------------------------------------------------------------


def optimized(model, updates, state=None):
    """(optimizer, scheduler) after so many updates, on batches addressed by their number."""
    optimizer = MuonWithAdamW(model.named_parameters(), lr=0.02, adam_lr=3e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda update: 1 / (1 + update))
    if state is not None:
        saved = torch.load(io.BytesIO(state), weights_only=True)
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
    for update in updates:
        inputs = torch.randn(8, 6, generator=torch.Generator().manual_seed(update))
        model(inputs).square().sum().backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return optimizer, schedule


def layers():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.LayerNorm(5), torch.nn.Linear(5, 4))


def test_the_optimizer_goes_on_from_its_state_bit_by_bit():
    whole = layers()
    optimized(whole, range(8))
    cut = layers()
    optimizer, schedule = optimized(cut, range(5))
    state = io.BytesIO()
    torch.save({"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}, state)
    again = layers()
    again.load_state_dict(cut.state_dict())
    optimizer, _ = optimized(again, range(5, 8), state.getvalue())
    for one, other in zip(again.parameters(), whole.parameters(), strict=True):
        assert torch.equal(one, other)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.02 / 9, 3e-3 / 9])


def test_muon_takes_the_matrices_and_adam_the_rest():
    model = new_model(TASK, SMALL, 0).model
    muon, adam = MuonWithAdamW(model.named_parameters(), lr=0.02, adam_lr=3e-3).parts
    names = {id(p): name for name, p in model.named_parameters()}
    by = [[names[id(p)] for group in part.param_groups for p in group["params"]] for part in (muon, adam)]
    assert sorted([*by[0], *by[1]]) == sorted(names.values())
    assert all("proj" in name for name in by[0])
    assert all("norm" in name or "embed" in name for name in by[1])


# --- time ------------------------------------------------------------------------------------------------


def test_time_is_kept_while_it_runs_and_over_sessions(tmp_path):
    path = tmp_path / "sft" / "seconds.json"
    watch = Stopwatch(path)
    with watch.saving(every=0.05):
        for _ in range(200):
            if path.exists() and json.loads(path.read_text()) > 0:
                break
            time.sleep(0.02)
        # As a killed process would leave it.
        assert json.loads(path.read_text()) > 0
    first = watch.save()
    time.sleep(0.2)
    assert Stopwatch(path).save() >= first
    second = Stopwatch(path)
    time.sleep(0.2)
    assert second.save() == pytest.approx(first + 0.2, abs=0.15)
    assert list(stage_seconds(tmp_path)) == ["sft"]


def test_time_is_kept_when_a_stage_fails(tmp_path: Path):
    with suppress(InterruptedError), Stopwatch(tmp_path / "seconds.json").saving():
        time.sleep(0.15)
        raise InterruptedError
    assert json.loads((tmp_path / "seconds.json").read_text()) >= 0.1
