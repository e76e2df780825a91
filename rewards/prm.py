"""Learned process values: a process reward model (PRM) as a `ValueFunction`, so that every search takes it unchanged.

A model is one of
    mlp       a small network on the numeric face of states (`networks.py`), computed with NumPy
    lm        a language model with a value head, read at the end of each step (`readers.py`)
    implicit  the log-ratio of a policy to a reference model, no value head (`readers.py`)
and lives in a folder: `prm.json`, which says what it is and how it was trained, and its weights. Training is in
`metacot.agents.training`; scoring an mlp needs the core alone.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..tasks import Task
from .features import encode_states
from .networks import Network

MODELS = ("mlp", "lm", "implicit")
CONFIG, WEIGHTS = "prm.json", "weights.npz"

KEPT = 1 << 16
"""Values that are remembered, the least recently used forgotten first: about 20 MB in number games."""

BATCH = 2048
"""States scored at a time."""

DIGITS = 6
"""Decimals of a value. Matrix products differ in the last bits from one batch size to another, values must not."""


class StateReader(Protocol):
    """What gives states their logits."""

    def logits(self, task: Task[Any, Any], states: Sequence[Any]) -> NDArray[np.float64]:
        """(n,) one a state; above 0 is promising."""
        ...


class FaceReader:
    """Reads the numeric face with a small network."""

    def __init__(self, network: Network):
        self.network = network

    def logits(self, task: Task[Any, Any], states: Sequence[Any]) -> NDArray[np.float64]:
        return self.network.logits(encode_states(task, states))


class LearnedPRM:
    """A learned value of states. A solved state is worth 1.0: the rules say so, and nobody has to guess it.

    reader: gives logits. task: name of the task it was trained on. temperature: what logits are divided by, fitted on
    validation states. name: "prm:FOLDER" where it has one. config: what `prm.json` says.

    Values are remembered by the key of a state: at most `kept` of them. `asked` and `known` count the states asked for
    and those that were remembered.
    """

    def __init__(
        self,
        reader: StateReader,
        task: str,
        temperature: float = 1.0,
        *,
        name: str = "prm",
        config: Mapping[str, Any] | None = None,
        kept: int = KEPT,
        batch: int = BATCH,
    ):
        if temperature <= 0 or kept < 0 or batch < 1:
            raise ValueError(f"temperature and batch are positive, got {temperature}, {batch}; kept is not negative")
        self.reader, self.task, self.temperature = reader, task, temperature
        self.name, self.config, self.kept, self.batch = name, dict(config or {}), kept, batch
        self.asked = self.known = 0
        self._values: OrderedDict[Hashable, float] = OrderedDict()

    @property
    def hit_rate(self) -> float:
        """Share of the states asked for whose value was remembered, in [0, 1]."""
        return self.known / self.asked if self.asked else 0.0

    def __len__(self) -> int:
        return len(self._values)

    def forget(self) -> None:
        """Empty the memory, as after further training."""
        self._values.clear()
        self.asked = self.known = 0

    def values(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        """One number in [0, 1] a state. Raises ValueError for a state of another task."""
        if task.name != self.task:
            raise ValueError(f"{self.name} was trained on {self.task}, not on {task.name}")
        values: list[float] = []
        for start in range(0, len(states), self.batch):
            values += self._batch(task, states[start : start + self.batch])
        return values

    def _batch(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        memory = self._values
        keys = [task.key(state) for state in states]
        found: dict[Hashable, float] = {}
        fresh: dict[Hashable, Any] = {}
        for key, state in zip(keys, states, strict=True):
            if (value := memory.get(key)) is not None:
                memory.move_to_end(key)
                found[key] = value
                self.known += 1
            elif task.solved(state):
                found[key] = 1.0
            else:
                fresh[key] = state
        self.asked += len(states)
        if fresh:
            learned = self.probabilities(task, list(fresh.values()))
            found |= zip(fresh, learned, strict=True)
            memory.update((key, found[key]) for key in fresh)
            while len(memory) > self.kept:
                memory.popitem(last=False)
        return [found[key] for key in keys]

    def probabilities(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        """What the model itself says, without the memory and the rules: numbers in [0, 1]."""
        logits = self.reader.logits(task, states) / self.temperature
        return [round(float(value), DIGITS) for value in sigmoid(logits)]


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)), without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * logits))


def fit_temperature(logits: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    """The temperature in [1/8, 8] at which the cross-entropy of the targets, in [0, 1], is least (Guo et al. 2017,
    arXiv 1706.04599). Raises ValueError where there is no state."""
    if not len(logits):
        raise ValueError("a temperature needs states to be fitted on")

    def loss(log_temperature: float) -> float:
        scaled = logits / math.exp(log_temperature)
        return float(np.mean(np.logaddexp(0.0, scaled) - targets * scaled))

    # The loss has one valley in 1 / temperature, so thirds close in on it.
    low, high = -math.log(8.0), math.log(8.0)
    for _ in range(60):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    return math.exp((low + high) / 2)


def read_config(folder: str | Path) -> dict[str, Any]:
    """What `prm.json` in a folder says. Raises FileNotFoundError where there is none, ValueError for another file."""
    path = Path(folder) / CONFIG
    if not path.exists():
        raise FileNotFoundError(f"{folder} holds no trained process reward model ({CONFIG})")
    config = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(config, dict) or config.get("model") not in MODELS:
        raise ValueError(f"{path} describes no process reward model")
    return config


def load_prm(folder: str | Path, *, kept: int = KEPT) -> LearnedPRM:
    """The model in a folder. Raises FileNotFoundError where there is none, ImportError where an lm needs an extra."""
    config = read_config(folder)
    reader: StateReader
    if config["model"] == "mlp":
        with np.load(Path(folder) / WEIGHTS, allow_pickle=False) as arrays:
            reader = FaceReader(Network.from_arrays(arrays))
    else:
        from .readers import load_reader

        reader = load_reader(Path(folder), config)
    return LearnedPRM(
        reader,
        config["task"],
        config["temperature"],
        name=f"prm:{folder}",
        config=config,
        kept=kept,
        batch=BATCH if config["model"] == "mlp" else 64,
    )
