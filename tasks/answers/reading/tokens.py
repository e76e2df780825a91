r"""Tokens of an answer in LaTeX, in plain ASCII mathematics or in a mixture of both.

A token is (kind, text, spaced): `spaced` says that a space stands before it. The kinds:

    num   a numeral; text as written without separators, such as `1.5e3`, `0.1(6)`, `3200`
    name  one symbol: a letter, or a Greek letter by its name
    run   two or more letters in a row that are not a known word: a product `xy`, a unit or a word, as the reader finds
    fun   a function by its plain name: `sin`, `sqrt`, `frac`, `binom`
    text  words, from `\text{...}` or its like
    sign  an operator, bracket, relation or separator, in one spelling: `<=` for `\le`, `cup` for `\cup`

Spacing commands, sizes of brackets and fonts are dropped. A command that is not known makes the answer unreadable; it
is never skipped.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ..errors import Beyond, Unreadable
from ..limits import MAX_ANSWER, MAX_TOKENS


class Token(NamedTuple):
    kind: str
    text: str
    spaced: bool = False


FUNCTIONS: Final = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh ln log exp sqrt gcd lcm max min floor ceil abs".split()
)
_ALIASES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "cbrt": "cbrt", "lg": "lg", "ceiling": "ceil", "fact": "!",
    "binom": "binom", "binomial": "binom", "comb": "binom", "cis": "cis", "sgn": "sgn",
}  # fmt: skip
_PLAIN_WORDS = {
    **{name: ("fun", name) for name in FUNCTIONS},
    **{name: ("fun", to) for name, to in _ALIASES.items()},
    "pi": ("name", "pi"), "Pi": ("name", "pi"), "theta": ("name", "theta"), "alpha": ("name", "alpha"),
    "beta": ("name", "beta"), "infinity": ("sign", "inf"), "Infinity": ("sign", "inf"), "infty": ("sign", "inf"),
    "inf": ("sign", "inf"), "oo": ("sign", "inf"), "and": ("sign", "and"), "or": ("sign", "or"), "in": ("sign", "in"),
    "cup": ("sign", "cup"), "union": ("sign", "cup"), "U": ("sign", "cup"), "percent": ("sign", "%"),
    "lambda": ("name", "lambda"), "mu": ("name", "mu"),
}  # fmt: skip
_GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega ell pi".split()
)
_COMMANDS = {
    **{name: ("name", name) for name in _GREEK},
    **{name: ("fun", name) for name in FUNCTIONS},
    "varepsilon": ("name", "epsilon"), "vartheta": ("name", "theta"), "varphi": ("name", "phi"),
    "frac": ("fun", "frac"), "dfrac": ("fun", "frac"), "tfrac": ("fun", "frac"), "cfrac": ("fun", "frac"),
    "sfrac": ("fun", "frac"), "nicefrac": ("fun", "frac"),
    "binom": ("fun", "binom"), "dbinom": ("fun", "binom"), "tbinom": ("fun", "binom"), "lg": ("fun", "lg"),
    "overline": ("fun", "overline"), "bar": ("fun", "overline"), "dot": ("fun", "overline"),
    "arcctg": ("fun", "arccot"), "tg": ("fun", "tan"), "ctg": ("fun", "cot"), "arctg": ("fun", "arctan"),
    "times": ("sign", "*"), "cdot": ("sign", "*"), "ast": ("sign", "*"), "div": ("sign", "/"), "slash": ("sign", "/"),
    "pm": ("sign", "pm"), "mp": ("sign", "mp"), "le": ("sign", "<="), "leq": ("sign", "<="),
    "leqslant": ("sign", "<="), "ge": ("sign", ">="), "geq": ("sign", ">="), "geqslant": ("sign", ">="),
    "lt": ("sign", "<"), "gt": ("sign", ">"),
    "ne": ("sign", "!="), "neq": ("sign", "!="), "approx": ("sign", "~="), "simeq": ("sign", "~="),
    "equiv": ("sign", "="),
    "in": ("sign", "in"), "cup": ("sign", "cup"), "bigcup": ("sign", "cup"), "cap": ("sign", "cap"),
    "setminus": ("sign", "setminus"),
    "backslash": ("sign", "setminus"), "infty": ("sign", "inf"), "emptyset": ("sign", "empty"),
    "varnothing": ("sign", "empty"), "langle": ("sign", "<|"), "rangle": ("sign", "|>"), "lfloor": ("sign", "floor("),
    "rfloor": ("sign", "floor)"), "lceil": ("sign", "ceil("), "rceil": ("sign", "ceil)"), "vert": ("sign", "|"),
    "lvert": ("sign", "|"), "rvert": ("sign", "|"), "mid": ("sign", "|"), "lbrace": ("sign", "\\{"),
    "rbrace": ("sign", "\\}"), "lbrack": ("sign", "["), "rbrack": ("sign", "]"), "colon": ("sign", ":"),
    "circ": ("sign", "circ"), "degree": ("sign", "deg"), "euro": ("sign", "euro"), "yen": ("sign", "yen"),
    "pounds": ("sign", "pound"),
    "wedge": ("sign", "and"), "land": ("sign", "and"), "lor": ("sign", "or"), "vee": ("sign", "or"),
    "ldots": ("sign", "..."), "dots": ("sign", "..."), "cdots": ("sign", "..."), "prime": ("sign", "'"),
    "angle": ("sign", "angle"), "triangle": ("sign", "angle"), "neg": ("sign", "-"), "bmod": ("sign", "mod"),
    "begin": ("sign", "begin"), "end": ("sign", "end"), "to": ("sign", "to"), "rightarrow": ("sign", "to"),
    "%": ("sign", "%"), "$": ("sign", "dollar"), "{": ("sign", "\\{"), "}": ("sign", "\\}"), "|": ("sign", "|"),
    "\\": ("sign", "\\\\"), "&": ("text", "&"), "cbrt": ("fun", "cbrt"), "R": ("sign", "reals"),
    "imath": ("name", "i"), "jmath": ("name", "j"),
}  # fmt: skip
_DROPPED = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr displaystyle textstyle limits quad qquad "
    "thinspace hspace mathstrut strut rm bf it hfill nonumber".split()
)
_FONTS = frozenset(
    "text textbf textit textrm textnormal textsf texttt mbox hbox mathrm mathbf mathit mathsf mathcal boldsymbol bm "
    "operatorname emph underline boxed fbox mathbb ensuremath vec hat widehat".split()
)
_DECORATIONS = frozenset("bm boldsymbol vec hat widehat".split())
_SYSTEMS = frozenset("int iint oint sum prod lim limsup liminf partial nabla det".split())
"""Commands that only a computer algebra system reads."""

_TOKEN = re.compile(
    r"""
    (?P<space>(?:\s|~|\\[,;:!>\ ])+)
    |(?P<num>
        (?P<whole>[0-9]{1,3}(?:(?:,(?!\s)|\{,\}|,?\\!,?|\\,|\\;|~)[0-9]{3})+
            (?![0-9])|[0-9]+)
        (?:\.(?P<part>[0-9]*))? |\.(?P<only>[0-9]+|(?=\\(?:overline|bar|dot))))
    |(?P<cmd>\\(?:[A-Za-z]+|[%${}|\\&\#_]))
    |(?P<word>[A-Za-z]+)
    |(?P<sign>\*\*|<=|>=|=<|!=|==|\.\.\.|->|[-+*/^_=<>()\[\]{},;:|!'%"&.?])
    """,
    re.VERBOSE,
)
_REPEATING = re.compile(
    r"\s*(?:\\dot\s*\{?([0-9])\}?([0-9]*)\s*\\dot\s*\{?([0-9])\}?|\\(?:overline|bar|dot)\s*(?:\{([0-9]+)\}|([0-9]))|\(([0-9]+)\)|\\overline([0-9]))"
)
_EXPONENT = re.compile(r"(?:[eE]|\\(?:mathrm|text)\{[eE]\})([-+]?[0-9]{1,6})(?![0-9A-Za-z.])")
_DOTS = re.compile(r"\s*(?:\.\.\.|\\[cl]?dots)")
_PERIODIC = re.compile(r"([0-9]*?)(?:([0-9])\2{2,}|([0-9]{2,12}?)\3+)")
_BARE_SEPARATOR = re.compile(r"[^0-9]")
_SPACING = re.compile(r"\\[,;:! ]|~")
_HIDDEN = re.compile(r"\s*(?:\{[^{}]*\}|\S)")
_WORDS = re.compile(r"[ .,'()-]*[A-Za-z](?:[ A-Za-z.,'()/-]|\^\{?-?[0-9]\}?|(?<=modulo )[0-9]+)*")
MAX_FONTS = 8
"""Text and font commands inside each other."""
_SPLIT = re.compile(r"([a-zA-Z]?)(arcsin|arccos|arctan|sin|cos|tan|ln|log|sqrt|pi)([a-zA-Z]?)")


def tokenize(text: str, thousands: bool = True, depth: int = 0) -> list[Token]:
    """The tokens of a cleaned answer. Raises Unreadable for what is too long or holds an unknown sign or command."""
    if len(text) > MAX_ANSWER:
        raise Unreadable(f"too long (more than {MAX_ANSWER} characters)")
    if depth > MAX_FONTS:
        raise Unreadable("nested too deeply")
    tokens: list[Token] = []
    position, spaced, length = 0, False, len(text)
    while position < length:
        found = _TOKEN.match(text, position)
        if found is None:
            raise Unreadable(f"the character U+{ord(text[position]):04X} is not read here")
        kind, position = found.lastgroup, found.end()
        if kind == "space":
            spaced = True
            continue
        if kind == "word":
            _word(found[0], spaced, tokens)
        elif kind == "cmd":
            position = _command(found[0][1:], text, position, spaced, tokens, thousands, depth)
        elif kind == "sign":
            tokens.append(Token("sign", _SPELLINGS.get(found[0], found[0]), spaced))
        else:
            position = _number(found, text, position, spaced, tokens, thousands)
        spaced = False
        if len(tokens) > MAX_TOKENS:
            raise Unreadable(f"more than {MAX_TOKENS} parts")
    return tokens


_SPELLINGS = {"=<": "<=", "==": "=", "**": "^", "->": "to"}


def _word(word: str, spaced: bool, tokens: list[Token]) -> None:
    if word in _PLAIN_WORDS and word != "U":
        tokens.append(Token(*_PLAIN_WORDS[word], spaced))
    elif word == "U" and tokens and tokens[-1].text in (")", "]", "\\}", "}"):
        tokens.append(Token("sign", "cup", spaced))
    elif len(word) == 1:
        tokens.append(Token("name", word, spaced))
    elif found := _SPLIT.fullmatch(word):  # xsinx
        for part in found.groups():
            if part:
                kind, text = _PLAIN_WORDS.get(part, ("name", part))
                tokens.append(Token(kind, text, spaced))
                spaced = False
    else:
        tokens.append(Token("run", word, spaced))


def _command(
    name: str, text: str, position: int, spaced: bool, tokens: list[Token], thousands: bool, depth: int
) -> int:
    """Add what a command stands for; returns where to read on."""
    if name in _COMMANDS:
        kind, spelled = _COMMANDS[name]
        tokens.append(Token(kind, spelled, spaced))
        return position
    if name in _DROPPED:
        if name in ("left", "right") and text.startswith(".", position):
            return position + 1
        return position
    if name in ("phantom", "hphantom", "vphantom"):  # what is there but not seen
        hidden = _HIDDEN.match(text, position)
        return hidden.end() if hidden else position
    if name in _FONTS:
        return _font(name, text, position, spaced, tokens, thousands, depth)
    if name in _SYSTEMS:
        raise Beyond(f"\\{name} is for a computer algebra system")
    raise Unreadable(f"the command \\{name[:20]} is not read here")


def _font(name: str, text: str, position: int, spaced: bool, tokens: list[Token], thousands: bool, nested: int) -> int:
    """Add the contents of a text or font command: words, or mathematics where they are none."""
    while position < len(text) and text[position] in " *":
        position += 1
    if not text.startswith("{", position):
        return position
    depth = 0
    for end in range(position, len(text)):
        depth += (text[end] == "{") - (text[end] == "}")
        if not depth:
            break
    else:
        raise Unreadable("'{' without '}'")
    inner = text[position + 1 : end]
    word = _SPACING.sub(" ", inner).strip()
    if name == "mathbb" and word in ("R", "C", "Z", "N", "Q"):
        tokens.append(Token("sign", "reals" if word == "R" else word, spaced))
    elif word in ("and", "or", "in") or word in FUNCTIONS or word == "cis":
        tokens.append(Token(*_PLAIN_WORDS[word], True))
    elif (
        name not in ("boxed", "fbox")
        and _WORDS.fullmatch(word)
        and not ((name.startswith("math") and len(word) == 1) or name in _DECORATIONS)
    ):
        tokens.append(Token("text", word, spaced))
    else:
        within = tokenize(inner, thousands, nested + 1)
        if len(within) == 1 and within[0].kind == "name":
            letter = within[0].text
            bold = letter in ("i", "j", "k") and (name == "mathbf" or name in _DECORATIONS)
            tokens.append(Token("name", f"unit {letter}" if bold else letter, spaced))
        elif within:
            tokens.append(Token("sign", "{", spaced))
            tokens.extend(within)
            tokens.append(Token("sign", "}"))
    return end + 1


def _number(found: re.Match[str], text: str, position: int, spaced: bool, tokens: list[Token], thousands: bool) -> int:
    """Add a numeral; returns where to read on."""
    whole, part = found["whole"] or "", found["part"] if found["only"] is None else found["only"]
    if not whole.isdigit() and whole:
        if _separated(found, text, tokens, thousands):
            whole = _BARE_SEPARATOR.sub("", whole)
        else:
            whole, part = whole.partition(",")[0], None
            position = found.start() + len(whole)
    if part is not None:
        if text.startswith("..", position) and not part:  # 1, 2, 3...
            position, part = position - 1, None
        elif repeats := _REPEATING.match(text, position):
            repeated = "".join(filter(None, repeats.groups()))
            tokens.append(Token("num", f"{whole}.{part}({repeated})", spaced))
            return repeats.end()
        elif dots := _DOTS.match(text, position):
            if not (periodic := _PERIODIC.fullmatch(part)):
                raise Unreadable("a decimal that goes on without a period")
            repeated = periodic[2] or periodic[3]
            tokens.append(Token("num", f"{whole}.{periodic[1]}({repeated})", spaced))
            return dots.end()
        elif found["only"] == "":
            raise Unreadable("a point without digits")
        elif not part and (text[position:].strip() or not whole):  # "5." only at the end
            position, part = position - 1, None
    number = whole if part is None else f"{whole}.{part}"
    if exponent := _EXPONENT.match(text, position):
        number, position = f"{number}e{exponent[1]}", exponent.end()
    tokens.append(Token("num", number, spaced))
    return position


def _separated(found: re.Match[str], text: str, tokens: list[Token], thousands: bool) -> bool:
    """Are the separators inside a numeral those of thousands? A bare comma inside brackets separates members, unless
    the members are separated by a comma and a space."""
    whole = found["whole"]
    if "," not in whole or "{" in whole or "\\" in whole:
        return True
    if not thousands:
        return False
    inside = 0
    for token in tokens:
        if token.kind == "sign":
            inside += (token.text in _OPENING) - (token.text in _CLOSING)
    return inside <= 0 or ", " in text


_OPENING = frozenset({"(", "[", "\\{", "<|"})
_CLOSING = frozenset({")", "]", "\\}", "|>"})
