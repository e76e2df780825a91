"""Per-token advantages in TRL: equal to stock GRPO where they are constant, and to a computation by hand where not.

The completions are made up, and decided by update and row, so that every trainer sees the same. Run as a script under
torchrun, this file is one of the processes of the test with two of them.
"""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import LlamaConfig, LlamaForCausalLM, PrinterCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from metacot.agents.policies.model import LanguageModel, quiet
from metacot.agents.policies.tokenizer import closed_tokenizer
from metacot.agents.tracking import Tracker
from metacot.agents.training import grpo_adapter, machine
from metacot.agents.training.grpo_adapter import Completion, CreditGRPOTrainer, by_length
from metacot.agents.training.machine import placement
from metacot.agents.training.rl import RLSettings, train_rl
from metacot.envs import TextReasoning
from metacot.tasks import make

TOKENIZER = closed_tokenizer(make("game24"))
ROWS = 8
UPDATES = 2
LONGEST = 24


def completion(update, row, prompt, returns):
    """Made-up tokens and flags, and returns by "token", by "row", or all "equal"; decided by update and row."""
    rng = np.random.default_rng((update, row))
    asked = np.random.default_rng(int(prompt)).integers(5, 100, 3 + int(prompt) % 3).tolist()
    size = int(rng.integers(3, 13))
    mine = (rng.random(size) < 0.7).astype(int).tolist()
    mine[0] = 1
    reward = 2.0 if returns == "equal" else float(rng.integers(0, 4))
    by_token = rng.normal(size=size).round(3).tolist() if returns == "token" else [reward] * size
    return Completion(asked, rng.integers(5, 100, size).tolist(), mine, by_token, reward)


class Gradients(TrainerCallback):
    """Keeps the gradient of every update as one vector."""

    def __init__(self):
        self.kept = []

    def on_pre_optimizer_step(self, args, state, control, model=None, **kwargs):
        self.kept.append(torch.cat([p.grad.flatten().clone() for p in model.parameters()]))


def tiny_model():
    torch.manual_seed(1)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(TOKENIZER),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=256,
            initializer_range=0.3,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=TOKENIZER.eos_token_id,
            pad_token_id=TOKENIZER.pad_token_id,
        )
    )


def train(folder, stock=False, returns="row", accumulation=1, generations=4, processes=1, **more):
    """(gradients of all updates, trainer) of a short training in float32."""
    settings = {
        "output_dir": str(folder),
        "max_steps": UPDATES,
        "per_device_train_batch_size": ROWS // accumulation // processes,
        "gradient_accumulation_steps": accumulation,
        "steps_per_generation": accumulation,
        "num_generations": generations,
        "max_completion_length": LONGEST,
        "learning_rate": 1e-3,
        "optim": "sgd",  # Adam's first steps blow rounding errors up
        "max_grad_norm": 0.0,
        "loss_type": "dr_grpo",
        "scale_rewards": "none",
        "shuffle_dataset": False,
        "activation_checkpointing": False,
        "bf16": False,
        "use_cpu": True,
        "save_strategy": "no",
        "logging_steps": 1,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }
    gradients = Gradients()
    common = {
        "model": tiny_model(),
        "args": GRPOConfig(**settings),
        "train_dataset": Dataset.from_dict(
            {"prompt": [str(number) for number in range(UPDATES * ROWS // generations)]}
        ),
        "processing_class": TOKENIZER,
        "callbacks": [gradients],
    }

    def roll(prompts, model, update, first):
        assert not model.training
        return [completion(update, first + row, prompt, returns) for row, prompt in enumerate(prompts)]

    def stock_rollout(prompts, trainer):
        rows = [completion(trainer.state.global_step, row, prompt, returns) for row, prompt in enumerate(prompts)]
        return {
            "prompt_ids": [row.prompt_ids for row in rows],
            "completion_ids": [row.ids for row in rows],
            "logprobs": None,
            "env_mask": [row.mine for row in rows],
            "earned": [row.reward for row in rows],
        }

    def earned(earned, **_):
        return earned

    with quiet():
        if stock:
            trainer = GRPOTrainer(reward_funcs=[earned], rollout_func=stock_rollout, **common)
        else:
            trainer = CreditGRPOTrainer(roll=roll, **common, **more)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return gradients.kept, trainer


def norms(trainer):
    return [row["grad_norm"] for row in trainer.state.log_history if "grad_norm" in row]


def assert_same(found, expected, tolerance=1e-6):
    """Equal as vectors, relative to their length, at every update."""
    assert len(found) == len(expected) == UPDATES
    for one, other in zip(found, expected, strict=True):
        assert other.norm() > 1e-3
        assert (one - other).norm() <= tolerance * other.norm()


# --- scalar advantages: stock GRPO -----------------------------------------------------------------------


@pytest.mark.parametrize("accumulation", [1, 2])
def test_constant_returns_give_the_gradient_of_stock_grpo(tmp_path, accumulation):
    expected, stock = train(tmp_path, stock=True, accumulation=accumulation)
    found, ours = train(tmp_path, accumulation=accumulation)
    assert_same(found, expected)
    assert norms(ours) == pytest.approx(norms(stock), rel=1e-6)
    assert norms(ours) == pytest.approx([gradient.norm().item() for gradient in found], rel=1e-5)


# --- per-token advantages: by hand -----------------------------------------------------------------------


def expected_gradient(model, update, generations):
    """Of the Dr. GRPO loss at the policy that sampled: -sum(A_t log p_t) over own tokens / (rows * longest)."""
    rows = [completion(update, row, str((update * ROWS + row) // generations), "token") for row in range(ROWS)]
    loss = torch.zeros(())
    for place, row in enumerate(rows):
        first = place // generations * generations
        baseline = sum(other.reward for other in rows[first : first + generations]) / generations
        ids = torch.tensor([row.prompt_ids + row.ids])
        logprobs = model(input_ids=ids).logits[0, len(row.prompt_ids) - 1 : -1].log_softmax(-1)
        own = logprobs.gather(-1, torch.tensor(row.ids)[:, None])[:, 0]
        advantages = torch.tensor(row.returns) - baseline
        loss = loss - (own * advantages * torch.tensor(row.mine)).sum()
    model.zero_grad()
    (loss / (ROWS * LONGEST)).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


@pytest.mark.parametrize("accumulation", [1, 2])
def test_returns_by_token_give_the_gradient_computed_by_hand(tmp_path, accumulation):
    found, _ = train(tmp_path, returns="token", accumulation=accumulation)
    expected = expected_gradient(tiny_model(), update=0, generations=4)
    assert (found[0] - expected).norm() <= 1e-5 * expected.norm()
    constant, _ = train(tmp_path, returns="row", accumulation=accumulation)
    assert (found[0] - constant[0]).norm() > 0.1 * expected.norm()


def test_a_group_without_differences_gives_no_gradient(tmp_path):
    found, _ = train(tmp_path, returns="equal")
    assert [gradient.norm().item() for gradient in found] == [0.0] * UPDATES


def test_parts_are_sorted_by_length_and_hold_no_needless_padding():
    def part(lengths, asked):
        width, before = 9, 5
        mask = torch.tensor([[int(place < length) for place in range(width)] for length in lengths])
        prompt = torch.tensor([[int(place >= before - length) for place in range(before)] for length in asked])
        return {
            "prompt_ids": prompt * 7, "prompt_mask": prompt, "completion_ids": mask * torch.tensor(lengths)[:, None],
            "completion_mask": mask, "advantages": mask * 0.5, "num_items_in_batch": torch.tensor(20),
        }  # fmt: skip

    short, long = by_length([part([6, 1], [2, 5]), part([2, 4], [1, 3])])
    assert short["completion_ids"].tolist() == [[1, 0], [2, 2]]
    assert short["prompt_mask"].tolist() == [[1, 1, 1, 1, 1], [0, 0, 0, 0, 1]]
    assert long["completion_ids"].tolist() == [[4, 4, 4, 4, 0, 0], [6] * 6]
    assert long["prompt_ids"].tolist() == [[7, 7, 7], [0, 7, 7]]
    assert long["advantages"].shape == long["completion_mask"].shape == (2, 6)
    assert short["num_items_in_batch"] == long["num_items_in_batch"] == 20
    rounded = by_length([part([6, 1], [2, 5]), part([2, 4], [1, 3])], multiple=4)
    assert [found["completion_ids"].shape[1] for found in rounded] == [4, 8]


# --- two processes ---------------------------------------------------------------------------------------

CASES = {
    "groups in one process each": {"returns": "token", "generations": 4},
    "groups in one process each, accumulated": {"returns": "token", "generations": 2, "accumulation": 2},
    "one group spread over both": {"returns": "token", "generations": 8},
    "scalar": {"returns": "row", "generations": 4},
}


def test_two_processes_give_the_gradient_of_one(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "placement", machine.placement)  # put back afterwards
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            "--nproc_per_node",
            "2",
            __file__,
            str(tmp_path),
        ],
        env={**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    for name, case in CASES.items():
        expected, trainer = train(tmp_path / "one", **case)
        both = [torch.load(tmp_path / f"{name}.{rank}.pt") for rank in range(2)]
        for found in both:
            assert_same(found["gradients"], expected)
        assert both[0]["norms"] == pytest.approx(norms(trainer), rel=1e-6)
        assert both[0]["rank_metric"] == [0.5] * UPDATES, "metrics are means over all processes"
    one, first, second = (
        whole_stage(tmp_path / "one"),
        *(torch.load(tmp_path / f"stage.{rank}.pt") for rank in range(2)),
    )
    assert second == [], "only the first process logs"
    assert [row["rl/grad_norm"] > 1e-3 for row in one] == [True, True]
    for row, expected in zip(first, one, strict=True):
        assert row == pytest.approx(expected, rel=1e-5)


def whole_stage(folder):
    """What the RL stage logs of two updates in float32: rollouts in a real environment that pays for every step."""
    exact = {**placement(), "bf16": False}
    machine.placement = lambda: exact
    task, tracker = make("game24"), Rows()
    train_rl(
        LanguageModel(tiny_model(), TOKENIZER),
        lambda: TextReasoning(task, budget=6, rewards={"steps": 1.0}),
        lambda number: task.problem(0, number),
        RLSettings(updates=2, groups=3, generations=4, micro=6, beta=0.0, max_tokens=160, log_every=1, save_every=2),
        folder,
        tracker=tracker,
        seed=0,
    )
    return tracker.rows


class Rows(Tracker):
    def __init__(self):
        self.rows = []

    def _log(self, stage, step, metrics):
        self.rows.append({name: value for name, value in metrics.items() if name != "time/seconds"})


def one_of_two(folder):
    """What each of the processes does."""
    rank = int(os.environ["RANK"])
    torch.save(whole_stage(folder / "stage"), folder / f"stage.{rank}.pt")
    for name, case in CASES.items():
        gradients, trainer = train(folder / "two", **case, processes=2, metrics=lambda: {"rank": float(rank)})
        assert trainer.accelerator.num_processes == 2
        logged = [row["rank"] for row in trainer.state.log_history if "rank" in row]
        torch.save(
            {"gradients": gradients, "norms": norms(trainer), "rank_metric": logged}, folder / f"{name}.{rank}.pt"
        )


# --- what it stands on -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(grpo_adapter.NEEDED))
def test_a_trl_without_a_hook_is_refused_with_a_clear_sentence(monkeypatch, name):
    monkeypatch.setattr(GRPOTrainer, name, lambda self: None)
    with pytest.raises(ImportError, match=rf"trl .* has no GRPOTrainer\.{name}\(.*\); install trl>=1.16,<1.17"):
        grpo_adapter.check_version()
    monkeypatch.undo()
    grpo_adapter.check_version()


def test_a_trl_that_has_lost_a_method_is_refused(monkeypatch):
    monkeypatch.delattr(GRPOTrainer, "_compute_loss")
    with pytest.raises(ImportError, match=r"has no GRPOTrainer\._compute_loss\(model, inputs\)"):
        grpo_adapter.check_version()


def test_dividing_by_the_spread_of_a_group_is_refused():
    with pytest.raises(ValueError, match="scale_rewards"):
        CreditGRPOTrainer(roll=None, args=SimpleNamespace(scale_rewards="group"))


def test_metrics_are_logged_and_its_own_time_is_counted(tmp_path):
    calls = []
    _, trainer = train(tmp_path, metrics=lambda: calls.append(0) or {"success": len(calls) / 4})
    assert [row["success"] for row in trainer.state.log_history if "success" in row] == [0.25, 0.5]
    assert 0 < trainer.own_seconds < 1
    assert trainer.model.training


if __name__ == "__main__":
    one_of_two(Path(sys.argv[1]))
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
    os._exit(0)  # an interpreter that ends while gloo's threads still run may abort
