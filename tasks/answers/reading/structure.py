"""From tokens to a form: what separates, what relates, what encloses, and last the expression with its unit."""

from __future__ import annotations

from ..errors import Unreadable
from ..values import nodes
from .brackets import CLOSING, OPENING, split, trimmed
from .expressions import parse
from .forms import EMPTY, REALS, Form, Items, Joined, Matrix, Ratio, Relation, Value, Words
from .literals import exact_numeral, is_product
from .matrices import matrix_form
from .quantities import lettered, unit_of
from .tokens import Token
from .wording import as_words
from .words import DENIAL

_RELATIONS = frozenset({"=", "<", ">", "<=", ">=", "!=", "~=", "in"})


def whole_form(tokens: list[Token]) -> Form:
    """A list without brackets, conditions joined by words, or one item."""
    if not tokens:
        raise Unreadable("the answer is empty")
    parts, signs = split(tokens, ",", ";", "and", "or")
    if not signs:
        return item_form(tokens)
    if ";" in signs and "," in signs:  # (1, 2); (3, 4) or 1, 2; 3
        parts, signs = split(tokens, ";")
        return Items(tuple(whole_form(part) for part in parts if part))
    members = [item_form(part) for part in parts if part]
    if not members:
        raise Unreadable("the answer is empty")
    if len(members) == 1:
        return members[0]
    members = _exclusions(members)
    conditions = [_is_condition(member) for member in members]
    if any(conditions) and all(conditions):
        if _same_system(members):
            return Items(tuple(members))
        strict = "and" in signs and any(isinstance(member, Relation) for member in members)
        return Joined("or" if "or" in signs else "and" if strict else "list", tuple(members))
    if any(isinstance(member, Words) for member in members) and not all(isinstance(m, Words | Value) for m in members):
        raise Unreadable("words among mathematics")
    flat: list[Form] = []
    for member in members:  # 2 and +-3
        flat.extend(member.items if isinstance(member, Items) and not member.opening else [member])
    return Items(_shared_assignment(tuple(flat)))


def _shared_assignment(members: tuple[Form, ...]) -> tuple[Form, ...]:
    """`x = 2, 3` is x = 2, x = 3."""
    first = members[0]
    if isinstance(first, Relation) and first.signs == ("=",) and all(isinstance(m, Value) for m in members[1:]):
        return (first.sides[1], *members[1:])
    return members


MAX_EXCLUSIONS = 40
"""Numbers that one sign may exclude."""


def _exclusions(members: list[Form]) -> list[Form]:
    """`x != 0, 1` as x != 0, x != 1."""
    first = members[0]
    if not isinstance(first, Relation) or first.signs != ("!=",) or len(members) > MAX_EXCLUSIONS:
        return members
    if not all(isinstance(member, Value) for member in members[1:]):
        return members
    return [first, *(Relation((first.sides[0], member), ("!=",)) for member in members[1:])]


def _is_condition(form: Form) -> bool:
    """Is it an inequality, or a set that may be joined with one?"""
    if isinstance(form, Relation):
        return form.signs != ("=",)
    if isinstance(form, Items):
        return (form.opening, form.closing) in (("(", "]"), ("[", ")")) or any(
            isinstance(item, Value) and item.node in (("const", "inf"), ("neg", ("const", "inf")))
            for item in form.items
        )
    return isinstance(form, Joined)


def _same_system(members: list[Form]) -> bool:
    """Are these inequalities about several things, so that they are a list rather than an interval?"""
    names = {
        nodes.symbols(side.node)
        for member in members
        if isinstance(member, Relation)
        for side in member.sides
        if isinstance(side, Value)
    }
    return len({name for group in names for name in group}) > 1


def item_form(tokens: list[Token]) -> Form:
    """Anything but a list without brackets."""
    if not tokens:
        raise Unreadable("something is missing between separators")
    texts = {token.text for token in tokens if token.kind == "sign"}
    if texts & _RELATIONS:
        parts, signs = split(tokens, *_RELATIONS)
        if signs:
            return _relation(parts, signs)
    if tokens[0].text == "reals" and len(tokens) > 2 and tokens[1].text == "-":  # R - {2}
        return Joined("minus", (REALS, item_form(tokens[2:])))
    for sign, how in (("setminus", "minus"), ("cup", "or"), ("cap", "and")):
        if sign in texts:
            parts, signs = split(tokens, sign)
            if signs:
                return Joined(how, tuple(item_form(part) for part in parts))
    if ":" in texts:
        parts, signs = split(tokens, ":", "to")
        if signs:
            return Ratio(tuple(parse(part)[0] for part in parts))
    if "begin" in texts:
        if len(tokens) > 8 and tokens[2].text == tokens[-2].text == "cases":
            return Items(tuple(item_form(trimmed(row)) for row in split(tokens[4:-4], "\\\\")[0] if row))
        return matrix_form(tokens, item_form)
    if tokens[0].kind == "sign":
        if (bracketed := _bracketed(tokens)) is not None:
            return bracketed
        if len(tokens) == 1:
            if tokens[0].text == "empty":
                return EMPTY
            if tokens[0].text == "reals":
                return REALS
        if tokens[0].text == "reals" and (half := _HALVES.get("".join(token.text for token in tokens[1:]))):
            return half
    elif len(tokens) == 1 and tokens[0].kind in ("text", "run"):
        return _one_word(tokens[0])
    elif tokens[0].text.isupper() and len(tokens) > 5 and tokens[1].text == "(" and tokens[0].kind == "name":
        point = _bracketed(tokens[1:])  # A(2, 3)
        if isinstance(point, Items) and len(point.items) > 1:
            return point
    return _quantity(tokens)


_HALVES = {
    spelled: Items((nodes_pair[0], nodes_pair[1]), "(", ")")
    for sign, nodes_pair in (
        ("+", (Value(nodes.number(0)), REALS.items[1])),
        ("-", (REALS.items[0], Value(nodes.number(0)))),
    )
    for spelled in (f"^{sign}", f"^{{{sign}}}", f"_{sign}", f"_{{{sign}}}")
}


def _one_word(token: Token) -> Form:
    if token.kind == "run" and token.text.lower() not in _COMMON and is_product(token.text) and token.text.islower():
        return Value(parse([token])[0])
    form = as_words(token.text)
    if form is None:
        raise Unreadable("the answer is empty")
    return form


_COMMON = frozenset(
    "no on or is it to up us we he me my of if in by be as at am an do go so ok cm mm km kg hr ft lb oz pm".split()
)


def _relation(parts: list[list[Token]], signs: list[str]) -> Form:
    if not parts[0] and len(signs) == 1:  # "= 5", "~= 8.24"
        if signs[0] in ("=", "~="):
            return item_form(parts[1])
        if signs[0] == "in":
            return item_form(parts[1])
    sides: list[Form] = []
    for place, part in enumerate(parts):
        if place == 0 and signs[0] in ("=", "~=", "in") and (name := _function_name(part)):
            sides.append(Value(("sym", name)))
        elif place == 0 and signs[0] == "=" and (label := _label(part)) is not None:
            sides.append(label)
        elif len(part) == 1 and part[0].kind == "run" and part[0].text.isupper() and len(part[0].text) < 4:
            sides.append(Value(("sym", part[0].text)))  # AB = 5
        else:
            sides.append(item_form(trimmed(part)))
    if isinstance(sides[0], Words) and DENIAL.search(sides[0].text):
        raise Unreadable("a denial before a sign")
    return Relation(tuple(sides), tuple(signs))


def _label(tokens: list[Token]) -> Words | None:
    """`Area`, `total cost` or `angle A` on the left of an equation: words that name what is on the right."""
    words = " ".join(token.text for token in tokens)
    if not all(token.kind in ("run", "text", "name") for token in tokens) or DENIAL.search(words):
        return None
    if all(token.kind == "name" or is_product(token.text) for token in tokens):
        return None
    form = as_words(words)
    return form if isinstance(form, Words) else None


def _function_name(tokens: list[Token]) -> str | None:
    """`f(x)`, `f^{-1}(x)` and `P(A)` on the left of an equation are the name of what is on the right."""
    if len(tokens) < 4 or tokens[0].kind != "name" or tokens[-1].text not in (")", "]") or len(tokens) > 12:
        return None
    if tokens[0].text in ("P", "E") and tokens[1].text in ("(", "[") and _bracket_end(tokens, 1) == len(tokens) - 1:
        return "".join(token.text for token in tokens)  # P(A | B), E[X]
    names = [token for token in tokens if token.kind in ("name", "run")]
    if tokens[-1].text != ")":
        return None
    plain_signs = all(
        token.text in ("(", ")", "^", "{", "}", "-", ",", "'", "_") for token in tokens if token.kind == "sign"
    )
    opening = next((place for place, token in enumerate(tokens) if token.text == "("), 0)
    if not plain_signs or opening == 0 or len(names) < 1:
        return None
    if any(token.kind not in ("name", "run", "num", "sign") for token in tokens):
        return None
    if opening > 1 and not all(
        token.text in ("^", "{", "}", "-", "1", "'", "_") or token.kind == "num" for token in tokens[1:opening]
    ):
        return None
    return "".join(token.text for token in tokens)


def _bracket_end(tokens: list[Token], place: int) -> int:
    """The place of the bracket that closes the one at `place`."""
    depth = 0
    for end in range(place, len(tokens)):
        if tokens[end].kind == "sign":
            depth += (tokens[end].text in OPENING) - (tokens[end].text in CLOSING)
            if not depth:
                return end
    return -1


def _bracketed(tokens: list[Token]) -> Form | None:
    """The members between the brackets that enclose all tokens; None where none do."""
    opening, closing = tokens[0].text, tokens[-1].text
    if opening not in ("(", "[", "\\{", "{", "<|", "]") or closing not in (")", "]", "\\}", "}", "|>", "["):
        return None
    if opening == "]" or closing == "[":  # ]0, 1[
        if not (opening in "[]" and closing in "[]"):
            return None
    else:
        depth = 0
        for place, token in enumerate(tokens):
            if token.kind == "sign":
                depth += (token.text in OPENING) - (token.text in CLOSING)
                if depth == 0 and place < len(tokens) - 1:
                    return None
    inner = tokens[1:-1]
    if opening == "{" and closing == "}":
        if len(split(inner, ",")[0]) == 1:
            return _builder(inner) or whole_form(inner)
        opening, closing = "\\{", "\\}"
    if opening == "\\{":
        if closing != "\\}":
            return None
        if not inner:
            return EMPTY
        if (builder := _builder(inner)) is not None:
            return builder
    parts, signs = split(inner, ",", ";")
    if not signs and opening in ("(", "["):
        if closing == OPENING[opening]:
            return item_form(inner)
        return None
    if ";" in signs and "," in signs and opening == "[":  # [1, 2; 3, 4]
        rows, _ = split(inner, ";")
        return Matrix(tuple(tuple(item_form(cell) for cell in split(row, ",")[0]) for row in rows))
    items = tuple(item_form(part) for part in parts)
    if (
        opening == "["
        and closing == "]"
        and all(isinstance(i, Items) and i.opening == "[" and i.closing == "]" for i in items)
    ):
        rows_of_values = tuple(item.items for item in items if isinstance(item, Items))
        if len({len(row) for row in rows_of_values}) == 1 and len(items) > 1:
            return Matrix(rows_of_values)
    expanded: list[Form] = []
    for item in items:  # {+-2}
        expanded.extend(item.items if isinstance(item, Items) and not item.opening else [item])
    return Items(tuple(expanded), opening, closing)


def _builder(tokens: list[Token]) -> Form | None:
    """`x | x > 3` or `x : x > 3` inside braces: the condition."""
    parts, signs = split(tokens, "|", ":")
    if len(signs) == 1 and len(parts[0]) in (1, 3) and parts[0][0].kind == "name" and parts[1]:
        condition = whole_form(parts[1])
        if isinstance(condition, Relation | Joined):
            return condition
    return None


def _quantity(tokens: list[Token]) -> Form:
    """An expression with its unit, if it has one."""
    body, unit = unit_of(tokens)
    if not body:
        raise Unreadable("a unit without a number")
    if len(body) == 1 and body[0].kind == "num":
        return Value(exact_numeral(body[0].text), unit)
    if any(token.kind == "text" for token in body):
        letters = lettered(body)
        if letters is None:
            raise Unreadable("words among mathematics")
        body = letters
    if not any(token.text in ("unit j", "unit k") for token in body):  # bold, but no vector: the imaginary unit
        body = [Token("name", "i", token.spaced) if token.text == "unit i" else token for token in body]
    if unit is not None and (inner := _bracketed(body)) is not None and not isinstance(inner, Value):
        if isinstance(inner, Items):
            return Items(
                tuple(Value(i.node, unit) if isinstance(i, Value) else i for i in inner.items),
                inner.opening,
                inner.closing,
            )
        raise Unreadable("a unit behind brackets")
    node, plus_minus = parse(body)
    if plus_minus:
        return Items((Value(node, unit), Value(parse(body, -1)[0], unit)))
    return Value(node, unit)


def is_name(form: Form) -> bool:
    """Is it what an answer is called rather than part of it: `x`, `AB`, `a + b`, `f(x)`, but not `x^2` or `2x`?"""
    if isinstance(form, Items):  # (x, y)
        return form.opening == "(" and all(map(is_name, form.items))
    if not isinstance(form, Value) or form.unit is not None:
        return False
    return all(part[0] in ("sym", "add", "mul", "neg", "inv") for part in nodes.parts(form.node)) or (
        form.node[0] == "fun" and form.node[1] == "abs" and form.node[2][0][0] in ("sym", "mul")
    )
