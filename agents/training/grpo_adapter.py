"""The one place that touches TRL's experimental hooks: GRPO with an advantage for every token.

TRL's GRPO pays a completion one scalar advantage. Multi-episode credit (E-RL², RL²) and step rewards need one a token:
the return from that token on, minus the baseline of its group. The loss accepts advantages of shape (rows, tokens);
this adapter supplies them after TRL has generated and scored. With equal returns at every token it is stock GRPO.

Checked at import against the names it relies on, so that another TRL fails here with one clear sentence.
"""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

import torch
import trl
from trl import GRPOTrainer

NEEDED = {
    "_generate_and_score_completions": ("inputs",),
    "_prepare_inputs": ("generation_batch",),
    "_compute_loss": ("model", "inputs"),
    "__init__": ("rollout_func", "reward_funcs", "train_dataset"),
}


def check_version() -> None:
    """Raises ImportError where this TRL lacks a hook that the adapter stands on."""
    for name, parameters in NEEDED.items():
        method = getattr(GRPOTrainer, name, None)
        present = () if method is None else tuple(inspect.signature(method).parameters)
        if missing := [parameter for parameter in parameters if parameter not in present]:
            raise ImportError(
                f"trl {trl.__version__} has no GRPOTrainer.{name}({', '.join(missing)}); install trl>=1.16,<1.17"
            )


check_version()


@dataclass(frozen=True, slots=True)
class Completion:
    """One rollout as the trainer needs it.

    prompt_ids, ids: token ids before and after the first token the model may write. mine: one flag an id of `ids`,
    1 = written by the model. returns: one number an id: the return that its token is credited with.
    reward: the return of the whole rollout, which the group baseline is the mean of.
    """

    prompt_ids: list[int]
    ids: list[int]
    mine: list[int]
    returns: list[float]
    reward: float


Roll = Callable[[Sequence[str], Any, int, int], list[Completion]]
"""(prompts, model, update, first) -> one completion a prompt. `first`: the place of the first of these prompts among
all of the update; in several processes each rolls out its own part."""


class CreditGRPOTrainer(GRPOTrainer):
    """GRPO whose advantages are per token: return from the token on, minus the mean reward of the group.

    Args:
        roll: makes the completions. metrics: called after each roll for more metrics to log.
        kwargs: as for GRPOTrainer. `scale_rewards` must be "none": a baseline is subtracted, nothing is divided.

    Attributes: own_seconds: time spent so far in the code of this class and file, `roll` and `metrics` excepted.
    """

    _tag_names = ("metacot",)
    _buffered_inputs: Any  # TRL's: the parts of the present update

    def __init__(self, *, roll: Roll, metrics: Callable[[], dict[str, float]] | None = None, **kwargs: Any):
        if kwargs["args"].scale_rewards not in ("none", False):
            raise ValueError('per-token credit needs scale_rewards="none": dividing by the spread of a group biases it')
        self._roll = roll
        self._more_metrics = metrics
        self._completions: list[Completion] = []
        self.own_seconds = 0.0
        super().__init__(reward_funcs=[reward], rollout_func=_rollout, **kwargs)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        with self._timed():
            rewards = torch.tensor([row.reward for row in self._completions], device=self.accelerator.device)
            output["advantages"] = self._advantages(rewards, output["completion_ids"].shape[1])
        if self._more_metrics is not None:
            found = self._more_metrics()
            means = self.accelerator.reduce(torch.tensor(list(found.values())), "mean")  # over all processes
            for name, value in zip(found, means.tolist(), strict=True):
                self._metrics["train"][name].append(value)
        return output

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        """As in TRL; but fresh completions that are all for one update are dealt into its parts by length."""
        before = self._buffered_inputs
        inputs = super()._prepare_inputs(generation_batch)
        fresh = self._buffered_inputs is not before
        if fresh and self.args.steps_per_generation == self.args.gradient_accumulation_steps:
            with self._timed():
                self._buffered_inputs = by_length(self._buffered_inputs, self.pad_to_multiple_of or 1)
                inputs = self._buffered_inputs[self._step % self.args.steps_per_generation]
        return inputs

    def _compute_loss(self, model: Any, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """As in TRL; but what it logs as a mean over the tokens of each part is weighted by how many these are, so that
        the mean over the parts is one over all tokens."""
        loss: torch.Tensor = super()._compute_loss(model, inputs)
        with self._timed():
            own = self.accelerator.reduce((inputs["completion_mask"] * inputs["tool_mask"]).sum())
            weight = (self.args.steps_per_generation * own / inputs["num_items_in_batch"].clamp(min=1)).item()
            for name in ("entropy", "kl"):
                if logged := self._metrics["train" if self.model.training else "eval"].get(name):
                    logged[-1] *= weight
        return loss

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.own_seconds += time.perf_counter() - began

    def _advantages(self, rewards: torch.Tensor, width: int) -> torch.Tensor:
        """(rows, width) float32. A group may be spread over processes, hence the gather before the mean."""
        every = self.accelerator.gather(rewards)
        baseline = every.view(-1, self.num_generations).mean(1).repeat_interleave(self.num_generations)
        first = self.accelerator.process_index * len(rewards)
        baseline = baseline[first : first + len(rewards)].tolist()
        padded = [row.returns + [0.0] * (width - len(row.returns)) for row in self._completions]
        returns = torch.tensor(padded, dtype=torch.float32, device=rewards.device)
        return returns - torch.tensor(baseline, device=rewards.device).unsqueeze(1)


def by_length(parts: Sequence[dict[str, torch.Tensor]], multiple: int = 1) -> list[dict[str, torch.Tensor]]:
    """The same rows in as many parts of the same size, short ones first, each part cut to the `multiple` of tokens that
    its longest row needs.

    The gradient of an update is the sum over its parts, so it is the same; but one long row no longer makes all others
    as long, which costs most of the memory and half of the time.
    """
    size = len(parts[0]["completion_ids"])
    rows = {
        name: torch.cat([part[name] for part in parts]) if found.ndim else found for name, found in parts[0].items()
    }
    dealt = []
    for places in rows["completion_mask"].sum(1).argsort(stable=True).split(size):
        part = {name: found[places] if found.ndim else found for name, found in rows.items()}
        longest = (max(1, int(part[name].sum(1).max())) for name in ("prompt_mask", "completion_mask"))
        asked, written = (-(-length // multiple) * multiple for length in longest)
        for name, found in part.items():
            if found.ndim == 2:
                part[name] = found[:, -asked:] if name.startswith("prompt_") else found[:, :written]
        dealt.append(part)
    return dealt


def _rollout(prompts: list[str], trainer: CreditGRPOTrainer) -> dict[str, Any]:
    """TRL's hook for multi-turn text."""
    first = trainer.accelerator.process_index * len(prompts)
    with trainer._timed():
        model = trainer.accelerator.unwrap_model(trainer.model)
        training = model.training
        model.eval()
    rows = trainer._completions = trainer._roll(prompts, model, trainer.state.global_step, first)
    with trainer._timed():
        model.train(training)
        return {
            "prompt_ids": [row.prompt_ids for row in rows],
            "completion_ids": [row.ids for row in rows],
            "logprobs": None,
            "env_mask": [row.mine for row in rows],
            "returned": [row.reward for row in rows],
        }


def reward(returned: list[float], **_: Any) -> list[float]:
    """What each rollout earned in all; TRL logs it and forms its own scalar advantage from it."""
    return returned
