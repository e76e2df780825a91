"""What a trainer tells while it runs: one progress bar with an estimate, and metrics to the tracker."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback

from ..stopwatch import Stopwatch
from ..tracking import Tracker

Probe = Callable[[Any, Any, int], Mapping[str, float]]
"""(model, tokenizer, update) -> more metrics, e.g. success on held-out problems."""


class Report(TrainerCallback):
    """Logs what the trainer logs under `stage/`, and shows a bar. Of several processes only the first does.

    Args:
        rename: trainer metric -> name under the stage; others are left out.
        probe, probe_every: measured on the model as it is, every so many updates (where the trainer logs), and at the
            end.
        known: update -> more metrics that are functions of it.
    """

    def __init__(
        self,
        stage: str,
        tracker: Tracker,
        rename: Mapping[str, str],
        probe: Probe | None = None,
        probe_every: int = 0,
        known: Callable[[int], Mapping[str, float]] = lambda update: {},
    ):
        self.stage = stage
        self.tracker = tracker
        self.rename = rename
        self.probe = probe
        self.probe_every = probe_every
        self.known = known
        self._bar: tqdm[Any] | None = None
        self._watch: Stopwatch | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Opens the bar at the update that training resumes from."""
        if not state.is_world_process_zero:
            return
        self._watch = Stopwatch(Path(args.output_dir) / "seconds.json")
        self.tracker.rewind(self.stage, state.global_step + 1)
        self._bar = tqdm(
            total=state.max_steps, initial=state.global_step, desc=self.stage, unit="update", dynamic_ncols=True
        )

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """One update is done. The last is always logged."""
        if self._last(state):
            control.should_log = True
        if self._bar is not None:
            self._bar.update(state.global_step - self._bar.n)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """The trainer has averaged its metrics since the last call.

        Raises FloatingPointError where a loss or gradient is not finite: the weights are no numbers then, either, and a
        trainer logs before it saves them.
        """
        found = {new: float(logs[old]) for old, new in self.rename.items() if logs and logs.get(old) is not None}
        if broken := [name for name in ("loss", "grad_norm") if not math.isfinite(found.get(name, 0.0))]:
            raise FloatingPointError(f"{self.stage}: {' and '.join(broken)} not finite at update {state.global_step}")
        if not found or self._bar is None or self._watch is None:
            return
        found |= self.known(state.global_step)
        if self.probe is not None and (state.global_step % self.probe_every == 0 or self._last(state)):
            found |= self.probe(kwargs["model"], kwargs["processing_class"], state.global_step)
        self._bar.set_postfix({name: f"{value:.3g}" for name, value in list(found.items())[:3]})
        metrics = {f"{self.stage}/{name}": value for name, value in found.items()}
        metrics["time/seconds"] = self._watch.save()
        self.tracker.log(metrics, state.global_step)

    @staticmethod
    def _last(state: Any) -> bool:
        return bool(state.global_step >= state.max_steps)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Closes the bar."""
        if self._bar is not None:
            self._bar.close()
