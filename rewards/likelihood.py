"""q-STaR: where nothing can be verified, the reward is how likely the reference solution is after the thought.

    reward = log pi(S | Z, q), over the tokens of the reference solution S, after the question q and the thought Z

The KL penalty and the supervised term that go with it belong to the trainer. The paper prints the reward with the wrong
sign; here more likely is more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from ..tasks import Trace, emit
from ..tasks.extras import require
from ..tasks.grammar import CLOSE, prompt
from .outcome import Transition


class Scorer(Protocol):
    """Who knows how likely texts are."""

    def logprobs(self, contexts: Sequence[str], continuations: Sequence[str]) -> list[list[float]]:
        """For each pair the natural logarithm of the probability of every token of the continuation."""
        ...


@dataclass(frozen=True)
class ReferenceLikelihood:
    """The mean log-likelihood of a token of the reference solution after what was written, at the end of an attempt.

    scorer: the policy itself (`ModelScorer`), so that the reward follows it as it learns, or a fixed judge.
    total: the sum over tokens, as printed in the paper, in place of the mean, which does not depend on the length.
    gain: minus the same without any thought, which leaves what the thought adds.

    It is 0.0 before the end, and None for a problem without a reference solution. The thought is written as `emit`
    writes the tree: every state once, in the order first visited.
    """

    scorer: Scorer
    total: bool = False
    gain: bool = False
    name: ClassVar[str] = "reference_likelihood"
    final: ClassVar[bool] = True

    def __call__(self, transition: Transition) -> float | None:
        if not transition.ended:
            return 0.0
        tree = transition.tree
        reference = tree.task.solution(tree.problem)
        if not reference:
            return None
        thought = emit(tree.task, Trace(tree.problem, tuple(tree.visit_actions())), "none")
        question = prompt(tree.task, tree.problem)
        return self.score([question], [thought], ["\n".join(map(str, reference))])[0]

    def score(self, prompts: Sequence[str], thoughts: Sequence[str], references: Sequence[str]) -> list[float]:
        """The reward of each thought, whole lines without the mark that closes it. Raises ValueError for a reference
        without tokens."""
        after = self._scores([f"{q}{z}{CLOSE}\n" for q, z in zip(prompts, thoughts, strict=True)], references)
        if not self.gain:
            return after
        before = self._scores([f"{q}{CLOSE}\n" for q in prompts], references)
        return [late - early for late, early in zip(after, before, strict=True)]

    def _scores(self, contexts: Sequence[str], references: Sequence[str]) -> list[float]:
        found = self.scorer.logprobs(contexts, references)
        if not all(found):
            raise ValueError("a reference solution without tokens has no likelihood")
        return [sum(tokens) if self.total else sum(tokens) / len(tokens) for tokens in found]

    def trl(
        self, completions: Sequence[str], prompts: Sequence[str], reference: Sequence[str | None], **columns: Any
    ) -> list[float | None]:
        """A reward function in TRL's shape: `reference` is a column of the data set; where it is empty, None.

        What a completion says after `</think>` is the model's own solution and does not count.
        """
        known = [place for place, text in enumerate(reference) if text]
        thoughts = [completions[place].partition(CLOSE)[0] for place in known]
        thoughts = [text if text.endswith("\n") or not text else text + "\n" for text in thoughts]
        scores = self.score([prompts[place] for place in known], thoughts, [reference[place] or "" for place in known])
        rewards: list[float | None] = [None] * len(reference)
        for place, score in zip(known, scores, strict=True):
            rewards[place] = score
        return rewards


@dataclass(frozen=True)
class ModelScorer:
    """A causal language model of transformers and its tokenizer. Contexts and continuations are tokenised apart, so
    that the tokens of a solution do not depend on what stands before it.

    batch: pairs in one forward pass.
    """

    model: Any
    tokenizer: Any
    batch: int = 8

    def logprobs(self, contexts: Sequence[str], continuations: Sequence[str]) -> list[list[float]]:
        """See `Scorer`. Raises ValueError for an empty context: its continuation would have no first probability."""
        torch = require("torch", "lm")
        pairs = [
            (self._ids(context), self._ids(continuation))
            for context, continuation in zip(contexts, continuations, strict=True)
        ]
        if not all(context for context, _ in pairs):
            raise ValueError("a context needs at least one token")
        found: list[list[float]] = []
        for start in range(0, len(pairs), self.batch):
            rows = pairs[start : start + self.batch]
            longest = max(len(context) + len(continuation) for context, continuation in rows)
            ids = torch.zeros((len(rows), longest), dtype=torch.long, device=self.model.device)
            mask = torch.zeros_like(ids)
            for place, (context, continuation) in enumerate(rows):
                size = len(context) + len(continuation)
                ids[place, :size] = torch.tensor(context + continuation)
                mask[place, :size] = 1
            with torch.inference_mode():
                logits = self.model(input_ids=ids, attention_mask=mask).logits
            for place, (context, continuation) in enumerate(rows):
                own = logits[place, len(context) - 1 : len(context) + len(continuation) - 1].float().log_softmax(-1)
                chosen = torch.tensor(continuation, dtype=torch.long, device=own.device)
                found.append(own.gather(1, chosen[:, None])[:, 0].tolist())
        return found

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
