"""Do two forms say the same? Every rule of `Conventions` is applied here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from .conventions import Conventions
from .errors import Undecided
from .limits import MAX_ITEMS
from .reading.forms import EMPTY, Form, Items, Joined, Matrix, Ratio, Relation, Value, Words
from .reading.moments import Moment, same_moment
from .reading.structure import is_name
from .reading.units import PERCENT
from .values import nodes
from .values.equality import constant_ratio, real_value, same_node
from .values.nodes import Node
from .values.regions import region, same_region

_LISTS = ("(", "[", "<|")
_INEQUALITIES = frozenset({"<", ">", "<=", ">=", "!=", "in"})
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def same(a: Form, b: Form, how: Conventions) -> bool:
    """Is `a` the answer `b`? Raises Undecided, Undefined."""
    if a == b:
        return True
    if isinstance(a, Value) and isinstance(b, Value):
        return _same_value(a, b, how)
    if isinstance(a, Relation) or isinstance(b, Relation):
        return _with_relation(a, b, how)
    if isinstance(a, Value) and (vector := _components(a.node)):
        return same(vector, b, how)
    if isinstance(b, Value) and (vector := _components(b.node)):
        return same(a, vector, how)
    if isinstance(a, Joined) or isinstance(b, Joined):
        return _same_regions(a, b)
    if isinstance(a, Items) and isinstance(b, Items):
        return _same_items(a, b, how)
    if isinstance(a, Matrix) and isinstance(b, Matrix):
        return len(a.rows) == len(b.rows) and all(
            len(row) == len(other) and _in_order(row, other, how) for row, other in zip(a.rows, b.rows, strict=True)
        )
    if isinstance(a, Matrix) and isinstance(b, Items):
        return _vector(a, b, how)
    if isinstance(b, Matrix) and isinstance(a, Items):
        return _vector(b, a, how)
    if isinstance(a, Moment) and isinstance(b, Moment):
        return same_moment(a, b, how.meridiem_forgiven)
    if (terms := _terms(a)) and (others := _terms(b)):
        return _same_ratio(terms, others)
    if isinstance(a, Words) and isinstance(b, Words):
        return a.text == b.text
    if isinstance(a, Items) and isinstance(b, Value) and how.brackets_forgiven and a.items:
        # {5}; and `3/4 or 0.75`, which says the same twice
        return (len(a.items) == 1 or not a.opening) and all(same(item, b, how) for item in a.items)
    if isinstance(a, Words) and isinstance(b, Items) and not b.opening:
        return _letters(a.text) == [_letter(item) for item in b.items]
    if isinstance(a, Items) and isinstance(b, Words) and not a.opening:
        return _letters(b.text) == [_letter(item) for item in a.items]
    if isinstance(b, Items) and isinstance(a, Value) and how.brackets_forgiven:
        return len(b.items) == 1 and b.opening != "" and same(a, b.items[0], how)
    return False


# numbers and expressions ---------------------------------------------------------------------------------------------


def _same_value(a: Value, b: Value, how: Conventions) -> bool:
    if a.unit == b.unit:
        return _same_number(a.node, b.node, how)
    plain_a, plain_b = a.unit is None or not a.unit.dimension, b.unit is None or not b.unit.dimension
    if not plain_a and not plain_b:
        assert a.unit is not None
        assert b.unit is not None
        if PERCENT in (a.unit, b.unit) and a.unit.dimension[0] == b.unit.dimension[0]:  # 20% and 20% increase
            return _same_number(a.node, b.node, how)
        if a.unit.dimension != b.unit.dimension or not how.convert_units:
            return False
        return _same_number(_in_base_units(a), _in_base_units(b), how)
    if plain_a and plain_b:
        return _same_number(_in_base_units(a), _in_base_units(b), how)
    unit = a.unit if plain_b else b.unit
    assert unit is not None
    if unit == PERCENT:
        if _same_number(_in_base_units(a), _in_base_units(b), how):
            return True
        return how.percent_forgiven and _same_number(a.node, b.node, how)
    if how.unit_forgiven and _same_number(a.node, b.node, how):
        return True
    if unit.dimension == (("angle", 1),):
        return _same_number(_in_base_units(a), _in_base_units(b), how)
    # `5 m` may be a product after all
    return len(unit.dimension) == 1 and _same_number(_as_product(a), _as_product(b), how)


def _in_base_units(value: Value) -> Node:
    unit = value.unit
    if unit is None or (unit.scale == 1 and not unit.pi):
        return value.node
    factors = [value.node, nodes.number(unit.scale), *([nodes.PI] if unit.pi else [])]
    return nodes.product(factors)


def _as_product(value: Value) -> Node:
    """A number with a one-letter unit as number times variable."""
    letters = {("length", 1): "m", ("time", 1): "s", ("mass", 1): "g", ("coulomb", 1): "C", ("kelvin", 1): "K"}
    letters |= {("newton", 1): "N", ("volt", 1): "V", ("ampere", 1): "A", ("energy", 1): "J", ("power", 1): "W"}
    unit = value.unit
    if unit is None or unit.scale != 1 or len(unit.dimension) != 1 or unit.dimension[0] not in letters:
        return value.node
    return nodes.product([value.node, ("sym", letters[unit.dimension[0]])])


def _same_number(a: Node, b: Node, how: Conventions) -> bool:
    if same_node(a, b):
        return True
    decadic = nodes.decadic(a), nodes.decadic(b)
    if any(decadic) and same_node(decadic[0] or a, decadic[1] or b):
        return True
    return how.significant_digits is not None and _agrees(a, b, how.significant_digits)


def _agrees(a: Node, b: Node, digits: int) -> bool:
    """Do two constants agree to so many significant digits, where one of them is a decimal?"""
    try:
        one, other = real_value(a), real_value(b)
    except Undecided:
        return False
    return float(f"{one:.{digits - 1}e}") == float(f"{other:.{digits - 1}e}")


# lists ---------------------------------------------------------------------------------------------------------------


def _same_items(a: Items, b: Items, how: Conventions) -> bool:
    if a == EMPTY or b == EMPTY:
        return len(a.items) == len(b.items)
    kinds = (_kind(a), _kind(b))
    if kinds == ("list", "list"):
        if len(a.items) == len(b.items) == 2 and "<|" not in (a.opening, b.opening):
            if (a.opening, a.closing) != (b.opening, b.closing) and not _both_open(a, b):
                return False
        elif len(a.items) == 2 and "[" in (a.opening, b.opening):
            return False
        return _in_order(a.items, b.items, how)
    if kinds == ("bare", "bare"):
        return _in_order(a.items, b.items, how) if how.list_ordered else _in_any_order(a.items, b.items, how)
    if kinds == ("set", "set"):
        return _as_sets(a.items, b.items, how)
    if not how.brackets_forgiven or "interval" in kinds:
        return False
    if "set" in kinds:
        return "bare" in kinds and _as_sets(a.items, b.items, how)
    if _in_order(a.items, b.items, how):
        return True
    return _in_order(_assigned(a.items), _assigned(b.items), how)


def _letters(text: str) -> list[str | None]:
    """The letters of choices written together, such as `AC`."""
    return [letter.upper() for letter in text] if text.isascii() and text.isalpha() and len(text) < 8 else []


def _letter(form: Form) -> str | None:
    """The choice that a member of a list is."""
    return form.node[1] if isinstance(form, Value) and form.node[0] == "sym" and form.node[1].isupper() else None


def _both_open(a: Items, b: Items) -> bool:
    """]0, 1[ is (0, 1)."""
    spelled = [("[" if s.opening == "[" else "(", "]" if s.closing == "]" else ")") for s in (a, b)]
    return spelled[0] == spelled[1]


def _kind(form: Items) -> str:
    if not form.opening:
        return "bare"
    if form.opening == "\\{":
        return "set"
    matching = {("(", ")"), ("[", "]"), ("<|", "|>")}
    return "list" if (form.opening, form.closing) in matching else "interval" if form.opening != "]" else "list"


def _in_order(a: Sequence[Form], b: Sequence[Form], how: Conventions) -> bool:
    return len(a) == len(b) and all(same(one, other, how) for one, other in zip(a, b, strict=True))


def _in_any_order(a: Sequence[Form], b: Sequence[Form], how: Conventions) -> bool:
    """Each member of one is a member of its own of the other."""
    if len(a) != len(b):
        return False
    if _in_order(a, b, how):
        return True
    left = list(b)
    if len(left) > MAX_ITEMS:
        raise Undecided(f"more than {MAX_ITEMS} members without order")
    for one in a:
        for place, other in enumerate(left):
            if same(one, other, how):
                del left[place]
                break
        else:
            return False
    return True


def _as_sets(a: Sequence[Form], b: Sequence[Form], how: Conventions) -> bool:
    """Each member of one is a member of the other, however often."""
    if max(len(a), len(b)) > MAX_ITEMS:
        raise Undecided(f"more than {MAX_ITEMS} members without order")
    return all(any(same(x, y, how) for y in b) for x in a) and all(any(same(x, y, how) for x in a) for y in b)


def _assigned(items: Sequence[Form]) -> Sequence[Form]:
    """`x = 1, y = 2` as 1, 2, in the alphabetical order of the names."""
    values: dict[str, Form] = {}
    for item in items:
        if not isinstance(item, Relation) or item.signs != ("=",) or not is_name(item.sides[0]):
            return items
        values[repr(item.sides[0])] = item.sides[1]
    return [values[name] for name in sorted(values)] if len(values) == len(items) else items


def _vector(matrix: Matrix, items: Items, how: Conventions) -> bool:
    """A matrix with one column or one row is the vector (a, b)."""
    if items.opening not in _LISTS or not how.brackets_forgiven:
        return False
    if len(matrix.rows) == 1:
        return _in_order(matrix.rows[0], items.items, how)
    return all(len(row) == 1 for row in matrix.rows) and _in_order([row[0] for row in matrix.rows], items.items, how)


def _components(node: Node) -> Items | None:
    """A sum of multiples of the vectors i, j and k as (a, b) or (a, b, c)."""
    names = nodes.symbols(node)
    if not {"unit j", "unit k"} & names or not names <= {"unit i", "unit j", "unit k"}:
        return None
    axes = ("unit i", "unit j", "unit k") if "unit k" in names else ("unit i", "unit j")
    found = []
    for axis in axes:
        part = node
        for name in axes:
            part = nodes.replaced(part, name, nodes.number(int(name == axis)))
        found.append(part)
    whole = nodes.total([nodes.product([part, ("sym", axis)]) for part, axis in zip(found, axes, strict=True)])
    return Items(tuple(map(Value, found)), "<|", "|>") if same_node(whole, node) else None


def _terms(form: Form) -> tuple[Node, ...] | None:
    """The terms of a ratio; of a time `1:20` as well, and a fraction a/b is a:b."""
    if isinstance(form, Ratio):
        return form.terms
    if isinstance(form, Moment) and form.time and form.bare and form.time[1]:
        return nodes.number(form.time[0]), nodes.number(form.time[1])
    if isinstance(form, Value) and form.unit is None:
        return form.node, nodes.ONE
    return None


def _same_ratio(a: Sequence[Node], b: Sequence[Node]) -> bool:
    if len(a) != len(b):
        return False
    if any(same_node(term, nodes.number(0)) for term in (*a[1:], *b[1:])):
        return False  # nothing is in proportion to nothing
    return all(same_node(nodes.product([x, b[0]]), nodes.product([y, a[0]])) for x, y in zip(a[1:], b[1:], strict=True))


# equations and inequalities ------------------------------------------------------------------------------------------


def _with_relation(a: Form, b: Form, how: Conventions) -> bool:
    if isinstance(a, Relation) and isinstance(b, Relation):
        if set(a.signs) & _INEQUALITIES or set(b.signs) & _INEQUALITIES:
            return _same_inequality(a, b)
        if "~=" not in a.signs + b.signs and _same_equation(a, b, how):
            return True
        names = a.sides[0], b.sides[0]
        if all(map(is_name, names)) and not _is_function(*names) and not same(*names, how):
            return False
        if all(isinstance(name, Words) for name in names) and names[0] != names[1]:
            return False
    relation, other, first = (a, b, True) if isinstance(a, Relation) else (b, a, False)
    assert isinstance(relation, Relation)
    if set(relation.signs) & _INEQUALITIES:
        if relation.signs == ("in",):
            if not isinstance(other, Items | Joined):
                return False
            members = relation.sides[1]
            if isinstance(members, Items) and isinstance(other, Items) and _kind(members) == "set":
                return _same_items(members, other, how)
        return how.inequality_is_interval and _same_regions(a, b)
    return how.assignment_forgiven and any(
        same(value, other, how) if first else same(other, value, how) for value in _values(relation)
    )


def _is_function(a: Form, b: Form) -> bool:
    """Is one of two names y and the other that of a function, such as f(x)?"""
    names = [form.node[1] if isinstance(form, Value) and form.node[0] == "sym" else "" for form in (a, b)]
    return any("(" in name and other == "y" for name, other in (names, names[::-1]))


def _values(relation: Relation) -> list[Form]:
    """What an equation says a thing is: the last side of `x = 5`; of `0.56 = 56%` any; none where the sides differ."""
    sides = list(relation.sides)
    if is_name(sides[0]) or isinstance(sides[0], Words):
        sides = sides[1:]
    elif len(sides) == 2 and is_name(sides[1]):  # 5 = x
        return [sides[0]]
    elif isinstance(sides[0], Value) and nodes.symbols(sides[0].node):
        return sides[1:] if isinstance(sides[1], Matrix) and sides[0].node[0] == "pow" else []  # A^{-1}
    strict = Conventions(unit_forgiven=True)
    kept = [sides[0]]
    for sign, side in zip(relation.signs[-len(sides) + 1 :] if len(sides) > 1 else (), sides[1:], strict=True):
        if sign == "=":
            if not same(kept[0], side, strict):
                return []
            kept.append(side)
        elif _is_rounding(kept[0], side):
            kept.append(side)
    return kept


def _is_rounding(exact: Form, rounded: Form) -> bool:
    """Is the second a decimal near the first?"""
    if not (isinstance(exact, Value) and isinstance(rounded, Value)):
        return False
    try:
        one, other = real_value(exact.node), real_value(rounded.node)
    except Undecided:
        return False
    return abs(one - other) <= 0.01 * max(abs(one), abs(other))


def _same_equation(a: Relation, b: Relation, how: Conventions) -> bool:
    if len(a.sides) != 2 or len(b.sides) != 2:
        return _in_order(a.sides, b.sides, how)
    if _in_order(a.sides, b.sides, how) or _in_order(a.sides[::-1], b.sides, how):
        return True
    one, other = _difference(a), _difference(b)
    if one is None or other is None:
        return False
    if not how.equation_up_to_factor:
        return same_node(one, other) or same_node(one, nodes.negated(other))
    return constant_ratio(one, other) is not None


def _difference(relation: Relation) -> Node | None:
    left, right = relation.sides
    if not (isinstance(left, Value) and isinstance(right, Value)) or left.unit or right.unit:
        return None
    return nodes.minus(left.node, right.node)


def _same_inequality(a: Relation, b: Relation) -> bool:
    one, other = region(a), region(b)
    if one is not None and other is not None:
        return same_region(one, other)
    if len(a.signs) != 1 or len(b.signs) != 1 or a.signs[0] not in _TURNED or b.signs[0] not in _TURNED:
        if len(a.signs) == len(b.signs) and a.signs == b.signs:
            return _in_order(a.sides, b.sides, Conventions())
        return False
    left, right = _difference(a), _difference(b)
    if left is None or right is None:
        return False
    ratio = constant_ratio(left, right)
    if ratio is None:
        return False
    return a.signs[0] == (b.signs[0] if ratio > 0 else _TURNED[b.signs[0]])


def _same_regions(a: Form, b: Form) -> bool:
    one, other = region(a), region(b)
    if one is None or other is None:
        if isinstance(a, Value | Words | Moment | Matrix | Ratio) or isinstance(
            b, Value | Words | Moment | Matrix | Ratio
        ):
            return False
        raise Undecided("a set that is not made of intervals")
    return same_region(one, other)
