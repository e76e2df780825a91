"""The main job, stage by stage: problems -> search -> traces -> SFT -> meta-RL -> evaluation -> report.

Each stage reads and writes the run folder and nothing else, so that it can be killed anywhere and run again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .. import tasks
from ..tasks import Task
from ..tasks.task import SPLITS
from .evaluation.episodes import Evaluation
from .evaluation.systems import evaluate_systems, heldout_probe
from .files import write_whole
from .finished import FinishedRun
from .policies.environments import trial_environment
from .policies.model import LanguageModel, load_model, new_model
from .presets import RunSettings
from .problems import Mixture, held_out
from .reading import readings
from .run_folder import RunFolder
from .traces import make_traces, read_pieces
from .tracking import JsonlTracker, NullTracker, Tracker, Trackers
from .training.examples import NO_LOSS, Example, encode
from .training.rl import train_rl
from .training.sft import SFTSettings, train_sft

STAGES = ("traces", "base", "cot", "sft", "rl", "eval")
"""In order; each has a folder of the run."""


def run(
    settings: RunSettings,
    out: Path,
    seed: int = 0,
    *,
    workers: int | None = None,
    trackers: Callable[[Path], list[Tracker]] = lambda folder: [],
    say: Callable[[str], None] = print,
) -> Evaluation:
    """Run every stage that is not finished in `out`, print the table, and return the evaluation.

    workers: processes for making traces; the result does not depend on it. trackers: more trackers besides the file,
    not asked for where nothing is left to do.
    """
    folder = RunFolder(out, settings, seed)
    task = tasks.make(settings.task, **settings.task_options)
    more = [] if folder.finished(STAGES) else trackers(out)
    with Trackers(JsonlTracker(out / "metrics.jsonl"), *more) as tracker:
        job = _Job(settings, folder, task, seed, tracker, workers or os.cpu_count() or 1, say)
        for name in STAGES[:-1]:
            folder.stage(name, getattr(job, name))
        folder.stage(STAGES[-1], job.evaluate)
    finished = FinishedRun.read(out)
    report = finished.report()
    say(finished.table())
    say(f"report: {report}")
    return finished.evaluations[0]


PROBED = 128
"""About so many held-out problems are tried at each point of a learning curve."""


class _Job:
    """The stages of one run. Each takes its folder and returns the facts worth keeping about it."""

    def __init__(
        self,
        settings: RunSettings,
        folder: RunFolder,
        task: Task[Any, Any],
        seed: int,
        tracker: Tracker,
        workers: int,
        say: Callable[[str], None],
    ):
        self.settings = settings
        self.folder = folder
        self.task = task
        self.seed = seed
        self.tracker = tracker
        self.workers = workers
        self.say = say

    def traces(self, folder: Path) -> dict[str, Any]:
        """Search the training problems and write down what the searches did."""
        settings = self.settings.traces
        with tqdm(total=settings.problems, desc="traces", unit="problem", dynamic_ncols=True) as bar:
            for done in make_traces(
                self.task, self.settings.families, settings, folder, seed=self.seed, workers=self.workers
            ):
                bar.update(done)
        kept = sum(1 for _ in read_pieces(folder, settings.linearizers[0]))
        self.tracker.rewind("traces", 0)
        self.tracker.log({"traces/problems": settings.problems, "traces/success": kept / settings.problems}, 0)
        return {"problems": settings.problems, "kept": kept}

    def base(self, folder: Path) -> dict[str, Any]:
        """What both supervised models begin as: a pretrained one as it is; a new one reads random plays first."""
        reading = self.settings.reading
        if self.settings.model.name is not None or not reading.plays:
            return {"plays": 0}
        language_model = new_model(self.task, self.settings.model, self.seed)
        texts = readings(Mixture(self.task, self.settings.families, self.seed + 2), reading, self.seed)
        shown = tqdm(texts, total=reading.plays, desc="base", unit="play", dynamic_ncols=True)
        examples = encode(language_model.tokenizer, shown)
        return self._train("base", language_model, examples, folder, reading.training)

    def cot(self, folder: Path) -> dict[str, Any]:
        """The baseline: the same model, updates and loss tokens as the search-trained one, on optimal paths only.

        Its examples are shorter, so its batches hold more of them.
        """
        tokenizer = self._base().tokenizer
        ours, theirs = (_loss_tokens(self._examples(tokenizer, name, 5000)) for name in ("optimal_path", "visit_order"))
        rows = max(1, round(self.settings.sft.rows * theirs / ours))
        return self._supervised("cot", "optimal_path", folder, replace(self.settings.sft, rows=rows))

    def sft(self, folder: Path) -> dict[str, Any]:
        """The warm start: search traces in the order of visits."""
        return self._supervised("sft", "visit_order", folder, self.settings.sft)

    def _examples(self, tokenizer: Any, linearizer: str, most: int | None = None) -> list[Example]:
        return encode(tokenizer, islice(read_pieces(self.folder.path / "traces", linearizer), most))

    def _base(self) -> LanguageModel:
        """What `base` left behind."""
        model = self.folder.path / "base" / "model"
        return load_model(model) if model.exists() else new_model(self.task, self.settings.model, self.seed)

    def _supervised(self, stage: str, linearizer: str, folder: Path, settings: SFTSettings) -> dict[str, Any]:
        language_model = self._base()
        examples = self._examples(language_model.tokenizer, linearizer)
        return self._train(stage, language_model, examples, folder, settings, self._probe("success"))

    def _train(
        self,
        stage: str,
        language_model: LanguageModel,
        examples: Sequence[Example],
        folder: Path,
        settings: SFTSettings,
        probe: Any = None,
    ) -> dict[str, Any]:
        facts = train_sft(
            language_model,
            examples,
            settings,
            folder / "checkpoints",
            stage=stage,
            tracker=self.tracker,
            seed=self.seed,
            probe=probe,
        )
        language_model.save(folder / "model")
        return facts

    def rl(self, folder: Path) -> dict[str, Any]:
        """Meta-RL from the warm start."""
        language_model = load_model(self.folder.path / "sft" / "model")
        train_rl(
            language_model,
            trial_environment(self.task, self.settings.trial),
            Mixture(self.task, self.settings.families, self.seed + 1),
            self.settings.rl,
            folder / "checkpoints",
            tracker=self.tracker,
            seed=self.seed,
            probe=self._probe("success", "steps", "backtracks"),
        )
        language_model.save(folder / "model")
        return {"episodes": self.settings.rl.updates * self.settings.rl.groups * self.settings.rl.generations}

    def evaluate(self, folder: Path) -> dict[str, Any]:
        """Every system on the same held-out problems; splits beyond train, val and test (a puzzle file) likewise."""
        counts = {}
        for split in ("test", *(split for split in self.task.splits if split not in SPLITS)):
            name = "eval.json" if split == "test" else f"eval-{split}.json"
            problems = held_out(self.task, self.settings.evaluation.problems, split)
            counts[split] = len(problems)
            if (folder.parent / name).exists():
                continue
            evaluation = evaluate_systems(
                self.task,
                problems,
                split,
                self.settings.evaluation,
                {stage: self.folder.path / stage / "model" for stage in ("cot", "sft", "rl")},
                seed=self.seed,
                tracker=self.tracker if split == "test" else NullTracker(),
            )
            write_whole(self.folder.path / name, evaluation.to_json())
        return counts

    # shared -------------------------------------------------------------------------------------------------------

    def _probe(self, *measures: str) -> Callable[[Any, Any, int], Mapping[str, float]]:
        problems = held_out(self.task, self.settings.evaluation.problems)
        problems = problems[
            :: max(1, len(problems) // PROBED)
        ]  # from all over, in case they are in order of difficulty
        return heldout_probe(self.task, problems, self.settings.evaluation.budget, self.seed, measures)


def _loss_tokens(examples: Sequence[Example]) -> float:
    """Tokens that carry loss, mean per example."""
    return sum(label != NO_LOSS for example in examples for label in example.labels) / len(examples)
