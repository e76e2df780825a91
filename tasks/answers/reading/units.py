"""Units behind a number: what they measure and how large they are, so that 500 cm is 5 m and 5 m is not 5 cm.

A word that is not in the table counts things (`5 apples`): it is only ever equal to itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple


class Unit(NamedTuple):
    """dimension: base measures with their powers, sorted, or the word itself for counted things; scale: how many base
    units one is; pi: is the scale to be multiplied by pi?"""

    dimension: tuple[tuple[str, int], ...]
    scale: Fraction = Fraction(1)
    pi: bool = False


PERCENT = Unit((("%", 1),), Fraction(1, 100))
DEGREE = Unit((("angle", 1),), Fraction(1, 180), True)
NEUTRAL = Unit(())
"""`units` and `square units`: as good as no unit."""

_LENGTH = {
    "m meter meters metre metres": 1, "km kilometer kilometers kilometre kilometres kms": 1000,
    "cm centimeter centimeters centimetre centimetres cms": "0.01",
    "mm millimeter millimeters millimetre millimetres": "0.001", "micrometer micrometers um": "0.000001",
    "nm nanometer nanometers": "0.000000001", "dm decimeter decimeters": "0.1",
    "in inch inches": "0.0254", "ft foot feet": "0.3048", "yd yard yards": "0.9144", "mi mile miles": "1609.344",
}  # fmt: skip
_TIME = {
    "s sec secs second seconds": 1, "min mins minute minutes": 60, "h hr hrs hour hours": 3600,
    "day days": 86400, "week weeks": 604800, "ms millisecond milliseconds": "0.001",
}  # fmt: skip
_MASS = {
    "g gram grams gm": 1, "kg kilogram kilograms kgs": 1000, "mg milligram milligrams": "0.001",
    "lb lbs pound pounds": "453.59237", "oz ounce ounces": "28.349523125", "ton tons tonne tonnes": 1000000,
}  # fmt: skip
_VOLUME = {
    "L l liter liters litre litres": "0.001", "mL ml milliliter milliliters millilitre millilitres": "0.000001",
    "gal gallon gallons": "0.003785411784", "qt quart quarts": "0.000946352946", "cc": "0.000001",
    "pint pints": "0.000473176473", "cup cups": "0.0002365882365",
}  # fmt: skip
_OTHERS: dict[str, dict[str, object]] = {
    "month": {"month months": 1, "yr yrs year years": 12, "decade decades": 120, "century centuries": 1200},
    "dollar": {"dollar dollars usd buck bucks": 1, "cent cents": "0.01"},
    "euro": {"euro euros eur": 1},
    "pound sterling": {"gbp pound_sterling": 1},
    "rupee": {"rupee rupees inr rs": 1},
    "yen": {"yen jpy": 1},
    "yuan": {"yuan rmb cny": 1},
    "celsius": {"celsius degc": 1},
    "fahrenheit": {"fahrenheit degf": 1},
    "kelvin": {"K kelvin kelvins": 1},
    "coulomb": {"C coulomb coulombs": 1},
    "newton": {"N newton newtons": 1, "kN": 1000},
    "volt": {"V volt volts": 1, "mV": "0.001", "kV": 1000},
    "ampere": {"A amp amps ampere amperes": 1, "mA": "0.001"},
    "ohm": {"Omega ohm ohms": 1, "kohm": 1000},
    "pascal": {"Pa pascal pascals": 1, "kPa": 1000, "MPa": 1000000},
    "mole": {"mol mole moles": 1},
    "hertz": {"Hz hertz": 1, "kHz": 1000, "MHz": 1000000, "GHz": 1000000000},
    "byte": {"byte bytes": 1, "KB kilobyte kilobytes": 1000, "MB megabyte megabytes": 1000000},
    "bit": {"bit bits": 1},
}
_ENERGY = {"J joule joules": 1, "kJ kilojoule kilojoules": 1000, "cal calorie calories": "4.184", "kcal": 4184}
_POWER = {"W watt watts": 1, "kW kilowatt kilowatts": 1000, "MW megawatt megawatts": 1000000, "hp horsepower": "745.7"}


def _table() -> dict[str, Unit]:
    table: dict[str, Unit] = {}

    def add(dimension: tuple[tuple[str, int], ...], names: Mapping[str, object]) -> None:
        for words, scale in names.items():
            for word in words.split():
                table[word] = Unit(dimension, Fraction(str(scale)))

    add((("length", 1),), _LENGTH)
    add((("time", 1),), _TIME)
    add((("mass", 1),), _MASS)
    add((("length", 3),), _VOLUME)
    add((("energy", 1),), _ENERGY)
    add((("power", 1),), _POWER)
    for name, names in _OTHERS.items():
        add(((name, 1),), names)
    table |= dict.fromkeys(("degree", "degrees", "deg", "degs"), DEGREE)
    table |= {word: Unit((("angle", 1),)) for word in ("radian", "radians", "rad", "rads")}
    table |= dict.fromkeys(("percent", "percents", "pct"), PERCENT)
    table |= dict.fromkeys(("unit", "units"), NEUTRAL)
    table["mph"] = Unit((("length", 1), ("time", -1)), Fraction("0.44704"))
    table["kph"] = table["kmph"] = Unit((("length", 1), ("time", -1)), Fraction(1000, 3600))
    table["mpg"] = Unit((("length", -2),), Fraction("1609.344") / Fraction("0.003785411784"))
    table["acre"] = table["acres"] = Unit((("length", 2),), Fraction("4046.8564224"))
    table["hectare"] = table["hectares"] = Unit((("length", 2),), Fraction(10000))
    table["dozen"] = Unit((), Fraction(12))
    return table


UNITS = _table()
ALONE = frozenset([*"mgshLlNVAJWCK", "Omega"])
"""Letters that are units only where nothing else suggests a variable."""
_POWERS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cu": 3, "cubed": 3}
_FACTOR = re.compile(r"([A-Za-z]+)(?:\s*\^\s*\{?\s*(-?[0-9])\s*\}?)?")
_WORD = re.compile(r"[A-Za-z][A-Za-z' ()-]*")
_OF_TEMPERATURE = re.compile(r"deg(?:ree)?s? (celsius|fahrenheit)", re.IGNORECASE)
_HYPHEN = re.compile(r"(?<!\^)(?<!\^\{)-")
_ADJECTIVES = frozenset("distinct different possible total of the a an positive such about in".split())


def read_unit(text: str, *, known: bool = False) -> Unit | None:
    """The unit that `text` names, such as `km/h`, `square cm`, `cm^2` or `apples`; None where it is none.

    known: accept units of the table only.
    """
    text = text.strip().strip(".,").replace("sq.", "sq").replace("cu.", "cu").replace("ft.", "ft").replace("in.", "in")
    text = " ".join(text.split()).replace("per cent", "percent")
    text = _OF_TEMPERATURE.sub(r"\1", text)
    if not text or len(text) > 60:
        return None
    if unit := _factors(text):
        return unit
    if text.startswith("modulo "):
        return Unit(((text, 0),))
    if known or not _WORD.fullmatch(text):
        return None
    words = [word for word in text.lower().strip("() ").split() if word not in _ADJECTIVES]
    if not words or len(words) > 4:
        return None
    return Unit(((_singular(words[-1]), 0),))


def _factors(text: str) -> Unit | None:
    """A product and quotient of units of the table."""
    dimension: dict[str, int] = {}
    scale, pi, sign, power, waiting = Fraction(1), False, 1, 1, True
    neutral = True
    text = _HYPHEN.sub(" ", text.replace("*", " ")).replace(" per ", "/")
    for index, part in enumerate(text.split("/")):
        sign = -1 if index else 1
        power = 1
        for word in part.split():
            if word.lower() in _POWERS:
                if word.lower() in ("squared", "cubed"):
                    return None
                power = _POWERS[word.lower()]
                continue
            found = _FACTOR.fullmatch(word)
            unit = found and (UNITS.get(found[1]) or (UNITS.get(found[1].lower()) if _any_case(found[1]) else None))
            if not found or unit is None:
                return None
            times = sign * power * int(found[2] or 1)
            power = 1
            waiting = False
            neutral &= unit == NEUTRAL
            for name, exponent in unit.dimension:
                dimension[name] = dimension.get(name, 0) + exponent * times
            scale *= unit.scale**times
            pi |= unit.pi
    if waiting:
        return None
    if neutral:
        return NEUTRAL
    return Unit(tuple(sorted((name, times) for name, times in dimension.items() if times)), scale, pi)


def _any_case(word: str) -> bool:
    """May the unit be written in capitals too? mW and MW differ; CM is cm."""
    return len(word) > 2 or word in ("CM", "MM", "KM", "KG", "ML", "FT", "IN", "LB", "OZ", "HR", "MI")


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
