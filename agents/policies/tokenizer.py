"""A closed WordLevel tokenizer made from a task's own grammar, for small models trained from scratch.

Whole numbers up to 99 and node marks are single tokens, since they are what a small model computes with; longer
numbers are spelled digit by digit. Words outside the table raise, so nothing is ever trained on an unknown token.
Every text of the grammar comes back from its tokens unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...tasks import Task
from ...tasks.extras import require
from ...tasks.grammar import DIGITS, PIECE, WORDS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

WHOLE = 100
"""Numbers below this are single tokens."""

PAD, EOS, LINE, SLASH = "<pad>", "<eos>", "⏎", "⁄"
"""Padding, end of text, line end, and the bar of a fraction (a slash without spaces)."""

# Digits of spelled numbers live in the private-use area: one set for the first digit, one for those that follow.
_FIRST = [chr(0xE000 + digit) for digit in range(10)]
_NEXT = [chr(0xE010 + digit) for digit in range(10)]
_DIGIT = "[0-9\ue000-\ue009\ue010-\ue019]"
_PIECE = rf"{PAD}|{EOS}|{PIECE}"


def closed_tokenizer(task: Task[Any, Any], max_nodes: int = 128) -> PreTrainedTokenizerFast:
    """The tokenizer for `task`; node marks `#0` to `#max_nodes` are single tokens."""
    tokenizers = require("tokenizers", "lm")
    transformers = require("transformers", "lm")
    words = [PAD, EOS, LINE, SLASH, *dict.fromkeys((*WORDS, *task.words)), *map(str, range(WHOLE)), *_FIRST, *_NEXT]
    words += [f"#{node}" for node in range(max_nodes + 1)]
    vocabulary = {word: place for place, word in enumerate(dict.fromkeys(words))}
    core = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token=None))
    replace, regex = tokenizers.normalizers.Replace, tokenizers.Regex
    spell = [(rf"(?<![#0-9\ue000-\ue019]){d}(?={_DIGIT}{{2}})", _FIRST[d]) for d in range(10)]
    spell += [
        ("|".join(f"(?<=[\ue000-\ue009]{_DIGIT * n}){d}" for n in range(DIGITS - 1)), _NEXT[d]) for d in range(10)
    ]
    core.normalizer = tokenizers.normalizers.Sequence(
        [
            replace(regex(rf"\d{{{DIGITS + 1},}}"), "∞"),  # no word of the table, so it raises
            replace("\n", f" {LINE} "),
            replace(regex(r"(?<=\d)/(?=\d)"), f" {SLASH} "),
            *(replace(regex(pattern), new) for pattern, new in spell),
        ]
    )
    core.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.WhitespaceSplit(),
            tokenizers.pre_tokenizers.Split(regex(_PIECE), behavior="isolated"),
        ]
    )
    # Joins the tokens with spaces, then undoes the marks: the inverse of the above on every text of the grammar.
    undo = [
        (f" ?{LINE} ?", "\n"),
        (f" ?{SLASH} ?", "/"),
        (r"\( ", "("),
        (r" (?=[),:.?])", ""),
        (" (?=[\ue010-\ue019])", ""),
    ]
    undo += [(digit, str(place)) for digits in (_FIRST, _NEXT) for place, digit in enumerate(digits)]
    core.decoder = tokenizers.decoders.Sequence(
        [
            tokenizers.decoders.Replace(regex("^"), " "),
            tokenizers.decoders.Fuse(),
            tokenizers.decoders.Replace(regex("^ "), ""),
            *(tokenizers.decoders.Replace(regex(pattern), new) for pattern, new in undo),
        ]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token=PAD, eos_token=EOS, clean_up_tokenization_spaces=False
    )
