"""How language models are trained: supervised on traces, and by reinforcement with credit for every token.

Importing it loads no torch, transformers or TRL; training does.
"""

from .examples import Example, encode, pieces
from .rl import RLSettings, train_rl
from .sft import SFTSettings, train_sft

__all__ = ["Example", "RLSettings", "SFTSettings", "encode", "pieces", "train_rl", "train_sft"]
