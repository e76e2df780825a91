"""Units before and behind a number, as tokens."""

from __future__ import annotations

from .literals import is_product
from .tokens import Token
from .units import ALONE, DEGREE, PERCENT, Unit, read_unit

_CURRENCIES = {
    "dollar": "dollars", "euro": "euros", "pound": "gbp", "yen": "yen", "USD": "dollars", "EUR": "euros", "GBP": "gbp",
    "Rs": "rupees", "Rs.": "rupees", "INR": "rupees",
}  # fmt: skip


def lettered(tokens: list[Token]) -> list[Token] | None:
    """Text tokens as symbols, where each is one letter or a name with letters only."""
    read = []
    for token in tokens:
        if token.kind == "text":
            if not token.text.isalpha() or len(token.text) > 1:
                return None
            token = Token("name", token.text, token.spaced)
        read.append(token)
    return read


def unit_of(tokens: list[Token]) -> tuple[list[Token], Unit | None]:
    """The tokens without a unit before or behind them, and this unit."""
    first = tokens[0]
    negative = first.text == "-" and len(tokens) > 2 and tokens[1].text in _CURRENCIES
    if negative or first.text in _CURRENCIES:
        name = tokens[1].text if negative else first.text
        rest = tokens[2:] if negative else tokens[1:]
        rest, behind = unit_of(rest) if rest else (rest, None)
        unit = read_unit(_CURRENCIES[name])
        if behind is not None and behind.dimension and behind.dimension[0][1]:  # $5 cents, but $5 for lunch
            unit = behind
        return ([first, *rest] if negative else rest), unit
    if first.text == "=" and len(tokens) > 1:
        return unit_of(tokens[1:])
    last = tokens[-1]
    if last.kind == "sign":
        if last.text == "%":
            return tokens[:-1], PERCENT
        if last.text in _CURRENCIES:
            return tokens[:-1], read_unit(_CURRENCIES[last.text])
        if last.text in ("circ", "}", "deg"):
            return _degrees(tokens)
        if last.text not in (")", "}"):
            return tokens, None
    if len(tokens) > 2 and last.text in ("C", "F") and (body := _degrees(tokens[:-1]))[1] is not None:
        return body[0], read_unit("degC" if last.text == "C" else "degF")
    return _word_unit(tokens)


def _degrees(tokens: list[Token]) -> tuple[list[Token], Unit | None]:
    texts = [token.text for token in tokens[-4:]]
    unit: tuple[list[Token], Unit | None] = (tokens, None)
    if texts[-1:] == ["deg"]:
        unit = tokens[:-1], DEGREE
    elif texts[-2:] == ["^", "circ"]:
        unit = tokens[:-2], DEGREE
    elif texts == ["^", "{", "circ", "}"]:
        unit = tokens[:-4], DEGREE
    else:
        return _word_unit(tokens)
    body = unit[0]
    # 30^\circ + 45^\circ is one expression, not a sum of 30 degrees without a unit
    if any(token.text in ("circ", "deg") for token in body) or any(
        t.kind == "fun" and t.text not in ("frac", "sqrt") for t in body
    ):
        return tokens, None
    return unit


def _word_unit(tokens: list[Token]) -> tuple[list[Token], Unit | None]:
    """A unit in words or letters behind a number: from the first word on, everything is the unit."""
    start = next(
        (
            place
            for place, token in enumerate(tokens)
            if place
            and (
                token.kind == "text"
                or _is_short_time(tokens, place)
                or (token.kind == "run" and _looks_like_unit(tokens, place))
            )
        ),
        None,
    )
    if start is None:
        last = tokens[-1]
        alone = last.kind == "name" and last.text in ALONE and last.spaced
        if alone and len(tokens) == 2 and tokens[0].kind == "num":
            return tokens[:-1], read_unit(last.text)
        if len(tokens) > 3 and tokens[0].kind == "num" and tokens[1].kind == "name" and tokens[1].spaced:
            start = 1  # 5 m/s, 3 m^2
            written = _written(tokens[start:])
            unit = read_unit(written, known=True) if tokens[1].text in ALONE else None
            return (tokens[:1], unit) if unit is not None else (tokens, None)
        return tokens, None
    if start > 1 and tokens[start - 1].text == "/":  # 5 m / s is read above; 60 / hour is a rate
        start -= 1
    if start > 1 and tokens[start - 1].kind == "name" and tokens[start - 1].text in ALONE and tokens[start].text == "/":
        start -= 1
    if start > 1 and tokens[start - 1].text == "of":  # 3/8 of the cake
        start -= 1
    written = _written(tokens[start:])
    unit = read_unit(written)
    if unit is None:
        return tokens, None
    body = tokens[:start]
    if body[-1].text == "%" and unit.dimension and not unit.dimension[0][1]:  # 20% increase
        return body[:-1], Unit((*PERCENT.dimension, *unit.dimension), PERCENT.scale)
    if body[-1].text in ("*", "-"):
        body = body[:-1]
    if not any(token.kind in ("num", "name", "fun") for token in body):
        return tokens, None
    return body, unit


def _is_short_time(tokens: list[Token], place: int) -> bool:
    """`30 min` and `30 sec`, whose units are also the names of functions."""
    token = tokens[place]
    return token.kind == "fun" and token.text in ("min", "sec") and place == len(tokens) - 1


def _looks_like_unit(tokens: list[Token], place: int) -> bool:
    """Is this run of letters a unit rather than a product? Products stand where units do not: before more factors."""
    token = tokens[place]
    if tokens[place - 1].text in ("angle", "%"):  # a name; 45% of the students
        return tokens[place - 1].text == "%"
    if token.text in ("sq", "cu") and tokens[place - 1].kind == "num":
        return True
    if read_unit(token.text, known=True) is not None and tokens[place - 1].kind in ("num", "sign"):
        return tokens[place - 1].text not in ("+", "-", "^", "_", "*")
    return not is_product(token.text) and tokens[place - 1].text not in ("+", "-", "^", "_")


def _written(tokens: list[Token]) -> str:
    """Tokens as the text of a unit."""
    words: list[str] = []
    for token in tokens:
        if token.kind == "sign" and token.text in ("{", "}"):
            continue
        tight = token.text in ("^", "/", ".") or (words and words[-1] in ("^", "/", "-"))
        words.append(token.text if tight or not words else f" {token.text}")
    return "".join(words).replace("^ ", "^")
