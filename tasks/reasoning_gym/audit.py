"""Who judges which dataset of reasoning-gym: its own scorer, or one of `judges.py`, or nobody. A table and not a rule,
so that names are known without importing the library, and a dataset that nobody has looked at is refused.

Its scorers were read one by one, for the version `AUDITED`: some run the answer as code (`eval`, SymPy's `parse_expr`),
some take an amount of time or memory that the answer chooses, some pay in full for wrong answers.
"""

from __future__ import annotations

AUDITED = "0.1.25"
"""The version of reasoning-gym whose scorers the table is about."""

PREFIX = "rg_"
"""Task names are this and the name of the dataset."""

OWN = (
    *("ab", "acre", "advanced_geometry", "aiw", "arc_1d", "arc_agi", "base_conversion", "basic_arithmetic", "bf"),
    *("binary_alternation", "boxnet", "caesar_cipher", "calendar_arithmetic", "chain_sum", "circuit_logic", "codeio"),
    *("color_cube_rotation", "count_bits", "count_primes", "course_schedule", "cryptarithm"),
    *("decimal_arithmetic", "decimal_chain_sum", "dice", "emoji_mystery", "family_relationships", "futoshiki"),
    *("fraction_simplification", "game_of_life", "gcd", "graph_color", "group_anagrams", "gsm_symbolic"),
    *("isomorphic_strings", "jugs", "kakurasu", "knight_swap", "knights_knaves", "largest_island", "lcm"),
    *("leg_counting", "letter_counting", "letter_jumble", "list_functions", "mahjong_puzzle", "manipulate_matrix"),
    *("maze", "mini_sudoku", "modulo_grid", "needle_haystack", "number_filtering", "number_format", "number_sequence"),
    *("palindrome_generation", "palindrome_partitioning", "path_star", "polynomial_equations", "pool_matrix"),
    *("power_function", "prime_factorization", "products", "quantum_lock", "ransom_note"),
    *("rearc", "rectangle_count", "rotate_matrix", "rotten_oranges", "self_reference"),
    *("sentence_reordering", "shortest_path", "simple_equations", "simple_geometry", "sokoban", "spell_backward"),
    *("string_manipulation", "string_splitting", "string_synthesis", "sudoku", "survo", "syllogism"),
    *("time_intervals", "tower_of_hanoi", "tsumego", "word_ladder", "word_sequence_reversal", "word_sorting"),
    "zebra_puzzles",
)
"""Judged by the scorer of the dataset, of which a score of exactly 1 counts as right: it pays parts for near misses."""

OURS = {
    "binary_matrix": ("text", "runs the answer with eval"),
    "bitwise_arithmetic": ("whole_number", "runs the problem with eval"),
    "coin_flip": ("probability", "expands 1e999999999 to all its digits"),
    "complex_arithmetic": ("complex_number", "pays in full for nan"),
    "countdown": ("arithmetic", "runs the answer with parse_expr"),
    "figlet_font": ("word", "pays in full for ten right letters of a wrong word"),
    "game_of_life_halting": ("text", "pays in full for any answer where True is right"),
    "intermediate_integration": ("integral", "runs the answer with parse_expr"),
    "n_queens": ("listed", "runs the answer with eval"),
    "number_sorting": ("numbers", "pays in full for numbers that are off by 1"),
    "polynomial_multiplication": ("polynomial", "runs the answer with parse_expr"),
    "propositional_logic": ("formula", "takes a time that doubles with every sign of a long formula"),
    "puzzle24": ("arithmetic", "runs the answer with parse_expr, and takes numbers that were not given"),
    "rubiks_cube": ("moves", "repeats a move as often as the answer says"),
    "rush_hour": ("slides", "repeats a move as often as the answer says"),
    "simple_integration": ("integral", "runs the answer with parse_expr"),
    "spiral_matrix": ("text", "runs the answer with eval"),
    "string_insertion": ("text", "runs the answer with eval"),
}
"""Judged here: dataset -> (name of the judge in `judges.JUDGES`, what is wrong with the scorer)."""

REFUSED = {
    "composite": "it is a mixture of other datasets, named in its configuration: make those",
}
"""Not to be had: dataset -> why."""

AUDIT = {
    **dict.fromkeys(OWN, ("own", "")),
    **{name: ("ours", why) for name, (_, why) in OURS.items()},
    **{name: ("refused", why) for name, why in REFUSED.items()},
}
"""Dataset -> ("own", "ours" or "refused", the reason for not taking its own scorer)."""
