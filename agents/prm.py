"""`metacot prm`: train a process reward model into a folder, and score files with one.

How good one is, is measured in `evaluation.prm`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import tasks
from ..rewards.features import encode_states
from ..rewards.prm import CONFIG, FaceReader, LearnedPRM, StateReader, fit_temperature, load_prm, sigmoid
from ..rewards.readers import TextReader
from ..rewards.stable import uniform
from ..tasks import Problem, Task
from ..tasks.data import Chain, stream
from .files import write_whole
from .policies.model import ModelConfig, load_model, new_model
from .tracking import JsonlTracker, Tracker
from .training.prm import PRMSettings, save_prm, train_network, train_reader
from .training.prm_data import LabelledText, Labelling, Met, chain_texts, problems_of, states_met, walk_texts

ENDLESS = {"train": 300, "val": 60, "test": 100}
"""Problems of each split where a task has no end of them."""

MOST_VALIDATION = 4000
"""States that a temperature is fitted on."""

WALKS = 8
"""Walks a problem that language models are trained on."""

SOLVED = -1
"""The depth that solved states count as when batches are drawn."""

VALIDATION = 0.05
"""Share of judged chains kept for the temperature, by their problem."""


@dataclass(frozen=True)
class PRMRun:
    """What one model is trained on, and how. All of it is in `prm.json`, so that it can be judged fairly later.

    difficulty: knobs of the problems. problems: how many of the training split, None = all (ENDLESS["train"] where
    there is no end). width: states of a problem at each depth, see `states_met`.
    pretrained: name or folder of a language model to start from, else the suite's small Llama.
    data, path: a data set of judged chains in place of the task's own states, such as "math_shepherd", and its file.
    """

    task: str
    settings: PRMSettings = field(default_factory=PRMSettings)
    labelling: Labelling = field(default_factory=Labelling)
    difficulty: Mapping[str, Any] = field(default_factory=dict)
    problems: int | None = None
    width: int | None = None
    pretrained: str | None = None
    data: str | None = None
    path: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.settings.model == "mlp" and (self.pretrained or self.data):
            raise ValueError("an mlp reads the numeric face: pretrained models and chains need lm or implicit")
        if self.data and not self.pretrained:
            raise ValueError("chains are free text, which the small model has no words for: name a pretrained one")
        if self.settings.model == "mlp" and tasks.make(self.task).shape == ():
            raise ValueError(f"{self.task} has no numeric face: use lm or implicit")

    def split(self, task: Task[Any, Any], name: str, count: int | None = None) -> list[Problem]:
        """The problems of a split at the difficulty of the run."""
        endless = task.count(name, **self.difficulty) is None
        return problems_of(task, name, count or (ENDLESS[name] if endless else None), dict(self.difficulty), self.seed)

    def training_problems(self, task: Task[Any, Any]) -> list[Problem]:
        """Those it was trained on."""
        return self.split(task, "train", self.problems)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> PRMRun:
        """The run that a `prm.json` describes."""
        said = {name: config[name] for name in cls.__dataclass_fields__}
        return cls(**{**said, "settings": PRMSettings(**said["settings"]), "labelling": Labelling(**said["labelling"])})


def train_prm(run: PRMRun, folder: Path) -> LearnedPRM:
    """Train into `folder`, from the newest checkpoint there; a finished one is loaded.

    Raises ValueError where the folder holds a model trained in another way.
    """
    asked = {**asdict(run), "model": run.settings.model}
    started = folder / "run.json"
    text = json.dumps(asked, indent=1, sort_keys=True) + "\n"
    if started.exists() and started.read_text(encoding="utf-8") != text:
        raise ValueError(f"{folder} holds a model trained in another way; choose another --out")
    if (folder / CONFIG).exists():
        return load_prm(folder)
    write_whole(started, text)
    task = tasks.make(run.task)
    work = folder / "training"
    with JsonlTracker(folder / "metrics.jsonl") as tracker:
        if run.settings.model == "mlp":
            reader, logits, targets, counts = _train_states(run, task, work, tracker)
        else:
            reader, logits, targets, counts = _train_texts(run, task, work, tracker)
    temperature = fit_temperature(np.array(logits), np.array(targets)) if len(targets) else 1.0
    prm = LearnedPRM(reader, task.name, temperature)
    save_prm(prm, folder, {**asked, "counts": counts})
    shutil.rmtree(work)
    return load_prm(folder)


Trained = tuple[StateReader, Any, list[float], dict[str, int]]
"""The reader, its logits on validation states and their targets, and counts."""


def _train_states(run: PRMRun, task: Task[Any, Any], work: Path, tracker: Tracker) -> Trained:
    met = states_met(task, run.training_problems(task), run.width, run.seed)
    chosen, targets, unknown = _labelled(run, task, list(met.values()))
    counts = {"states": len(chosen), "unknown": unknown}
    states = encode_states(task, [one.state for one in chosen])
    # Solved states are few, whatever their depth: a share of their own has them seen.
    depths = [SOLVED if task.solved(one.state) else one.depth for one in chosen]
    network = train_network(states, targets, depths, run.settings, work, tracker=tracker, seed=run.seed)
    reader = FaceReader(network)
    held, wanted = _validation(run, task, met)
    return reader, reader.logits(task, held) if held else [], wanted, counts


def _train_texts(run: PRMRun, task: Task[Any, Any], work: Path, tracker: Tracker) -> Trained:
    held: list[LabelledText] = []
    if run.data:
        chains = [one for one in stream(run.data, run.path) if isinstance(one, Chain)]
        held = chain_texts(one for one in chains if uniform(one.problem, "held") < VALIDATION)
        texts = chain_texts(one for one in chains if uniform(one.problem, "held") >= VALIDATION)
    else:
        problems = run.training_problems(task)
        texts = walk_texts(task, problems, WALKS * len(problems), run.labelling)
    model = load_model(run.pretrained) if run.pretrained else new_model(task, ModelConfig(), run.seed)
    reader = train_reader(model, texts, run.settings, work, tracker=tracker, seed=run.seed)
    counts = {"texts": len(texts)}
    if not run.data:
        met = states_met(task, run.training_problems(task), run.width, run.seed)
        states, wanted = _validation(run, task, met)
        return reader, reader.logits(task, states) if states else [], wanted, counts
    logits, targets = [], []
    for text, said in zip(held, reader.read([text.pieces for text in held]), strict=True):
        known = [(logit, target) for logit, target in zip(said, text.targets, strict=True) if target is not None]
        logits += [logit for logit, _ in known]
        targets += [target for _, target in known]
    return reader, logits, targets, counts


def _validation(run: PRMRun, task: Task[Any, Any], trained: Mapping[Hashable, Met]) -> tuple[list[Any], list[float]]:
    """States of validation problems that no training problem reaches, and their targets."""
    met = states_met(task, run.split(task, "val"), run.width, run.seed)
    fresh = {key: one for key, one in met.items() if key not in trained and not task.solved(one.state)}
    names = sorted(fresh, key=lambda key: uniform(key, "validation", run.seed))[:MOST_VALIDATION]
    chosen, targets, _ = _labelled(run, task, [fresh[name] for name in names])
    return [one.state for one in chosen], targets


def _labelled(run: PRMRun, task: Task[Any, Any], met: list[Met]) -> tuple[list[Met], list[float], int]:
    """The states with a label, what to train towards, and how many have none."""
    pairs = [(one, label.target) for one, label in zip(met, run.labelling(task, met), strict=True) if label is not None]
    return [one for one, _ in pairs], [target for _, target in pairs], len(met) - len(pairs)


# scoring files --------------------------------------------------------------------------------------------------------


def score_file(prm: LearnedPRM, path: Path) -> Iterator[dict[str, Any]]:
    """For each line of a file `{"values": [...]}`, one number in [0, 1] a step.

    A line holds `steps`, a list of texts, and `problem`: what `Task.pose` is given, as a list, or the text of the
    problem of a chain for a language model. With a problem of the task the first value is that of the start, and a step
    that is none ends the values with its `error`. Raises ValueError that names the line for anything else.
    """
    task = tasks.make(prm.task)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        row = json.loads(line)
        steps = row.get("steps") if isinstance(row, dict) else None
        if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps) or "problem" not in row:
            raise ValueError(f'{path}:{number}: a JSON object with "problem" and a list of texts "steps" is needed')
        if isinstance(row["problem"], list):
            yield _scored_play(prm, task, row["problem"], steps)
        elif isinstance(row["problem"], str) and isinstance(prm.reader, TextReader):
            pieces = [f"{row['problem']}\n", *(f"{step}\n" for step in steps)]
            yield {"values": chain_values(prm, prm.reader, [pieces])[0]}
        else:
            raise ValueError(f"{path}:{number}: the problem is a list that {task.name} can pose")


def _scored_play(prm: LearnedPRM, task: Task[Any, Any], data: list[Any], steps: list[str]) -> dict[str, Any]:
    from ..tasks.problem import as_tuples

    state = task.start(task.pose(*as_tuples(data)))
    states, found = [state], {}
    for text in steps:
        try:
            state = task.apply(state, task.read(state, text))
        except (tasks.IllegalStep, tasks.UnreadableStep) as error:
            found = {"error": f"step {len(states)}: {error}"}
            break
        states.append(state)
    return {"values": prm.values(task, states), **found}


def chain_values(prm: LearnedPRM, reader: TextReader, texts: list[list[str]]) -> list[list[float]]:
    """The value after each step of chains, each a list of pieces of which the first is the problem."""
    return [
        [round(float(value), 6) for value in sigmoid(np.array(logits[1:]) / prm.temperature)]
        for logits in reader.read(texts)
    ]
