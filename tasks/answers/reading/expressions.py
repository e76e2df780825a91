"""A recursive descent parser from tokens to an expression tree, bounded in depth, that never runs anything.

    sum     = [ sign ] product { sign product }
    product = power { [ "*" | "/" ] power }               left associative; a missing sign is "*"
    power   = atom { "!" | "%" | degree } [ "^" power ]   right associative
    atom    = numeral | symbol | "(" sum ")" | "{" sum "}" | "|" sum "|" | floor | ceil | function arguments

A whole number before a proper fraction of whole numbers is a mixed number. A function without brackets takes the
factors up to the next sign, "/" or function: `2 sin 5x cos x` is 2 sin(5x) cos(x).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ..errors import Unreadable
from ..limits import MAX_NESTING
from ..values import nodes
from ..values.nodes import Node
from .literals import exact_numeral, in_base, is_product
from .numerals import whole
from .tokens import FUNCTIONS, Token

_CLOSERS = {"(": ")", "[": "]", "{": "}", "floor(": "floor)", "ceil(": "ceil)"}
_END = Token("end", "")
_INVERSES = {"sin": "arcsin", "cos": "arccos", "tan": "arctan"}
_MANY = frozenset({"gcd", "lcm", "max", "min"})


def parse(tokens: Sequence[Token], sign: int = 1) -> tuple[Node, bool]:
    """The tree of an expression, and whether it holds a plus-minus sign (read as `sign`). Raises Unreadable."""
    parser = _Parser(tokens, sign)
    node = parser.sum()
    if parser.position < len(tokens):
        raise Unreadable(f"'{parser.peek().text[:20]}' is not expected here")
    return node, parser.plus_minus


class _Parser:
    def __init__(self, tokens: Sequence[Token], sign: int) -> None:
        self.tokens = list(tokens)
        self.position = 0
        self.depth = 0
        self.bars = 0  # "|" that are open
        self.sign = sign
        self.plus_minus = False

    def peek(self, ahead: int = 0) -> Token:
        place = self.position + ahead
        return self.tokens[place] if place < len(self.tokens) else _END

    def take(self) -> Token:
        token = self.peek()
        self.position += 1
        return token

    def at(self, text: str) -> bool:
        token = self.peek()
        return token.kind == "sign" and token.text == text

    def expect(self, text: str) -> None:
        if not self.at(text):
            raise Unreadable(f"'{text}' is missing")
        self.position += 1

    # sums and products -----------------------------------------------------------------------------------------------

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested too deeply (more than {MAX_NESTING})")
        terms: list[Node] = []
        while True:
            positive = True
            signed = False
            while (token := self.peek()).kind == "sign" and token.text in ("+", "-", "pm", "mp"):
                self.position += 1
                signed = True
                if token.text in ("pm", "mp"):
                    self.plus_minus = True
                    positive ^= (self.sign < 0) == (token.text == "pm")
                elif token.text == "-":
                    positive = not positive
            if terms and not signed:
                break
            term = self.product()
            terms.append(term if positive else nodes.negated(term))
        self.depth -= 1
        return nodes.total(terms)

    def product(self) -> Node:
        factors = [self.mixed()]
        while True:
            token = self.peek()
            if token.kind == "sign" and token.text in ("*", "/"):
                self.position += 1
                factor = self.signed_power()
                factors.append(("inv", factor) if token.text == "/" else factor)
            elif self.starts_factor(token):
                factors.append(self.power())
            else:
                return nodes.product(factors)

    def signed_power(self) -> Node:
        """A factor after * or /, which may have a sign of its own."""
        if self.at("-"):
            self.position += 1
            return nodes.negated(self.power())
        if self.at("+"):
            self.position += 1
        return self.power()

    def starts_factor(self, token: Token) -> bool:
        """Does a factor without a sign before it begin here?"""
        if token.kind in ("name", "run", "fun"):
            return True
        if token.kind == "num":
            # `x2` could mean two things; `n2^n`, `x 2`, `\pi 2` and `\sqrt{3}2` one.
            before = self.tokens[self.position - 1]
            if before.kind == "num":
                raise Unreadable("two numbers without a sign between them")
            raised = self.peek(1).text == "^"
            return token.spaced or raised or before.kind == "sign" or before.text == "pi"
        if token.kind != "sign":
            return False
        return token.text in ("(", "{", "[", "floor(", "ceil(", "angle") or (token.text == "|" and not self.bars)

    def mixed(self) -> Node:
        """A power, or a mixed number such as `3 1/2` and `3\\frac{1}{2}`."""
        first, after = self.peek(), self.peek(1)
        if first.kind == "num" and first.text.isdigit():
            if after.kind == "num" and after.spaced and after.text.isdigit():
                slash, below = self.peek(2), self.peek(3)
                if slash.text == "/" and below.kind == "num" and below.text.isdigit():
                    self.position += 4
                    return self._mixed(first.text, after.text, below.text)
            elif after.kind == "fun" and after.text == "frac":
                start = self.position
                self.position += 2
                above, below_node = self.argument(), self.argument()
                if above[0] == below_node[0] == "num" and self._proper(above[1], below_node[1]):
                    value = int(exact_numeral(first.text)[1]) + Fraction(above[1], below_node[1])
                    return self.postfix(nodes.number(whole(value)))
                self.position = start
        return self.power()

    def _mixed(self, integer: str, above: str, below: str) -> Node:
        a, b = int(exact_numeral(above)[1]), int(exact_numeral(below)[1])
        if not self._proper(a, b):
            raise Unreadable("two numbers without a sign between them")
        return nodes.number(whole(int(exact_numeral(integer)[1]) + Fraction(a, b)))

    @staticmethod
    def _proper(above: int | Fraction, below: int | Fraction) -> bool:
        return isinstance(above, int) and isinstance(below, int) and 0 < above < below

    # powers ----------------------------------------------------------------------------------------------------------

    def power(self) -> Node:
        return self.postfix(self.atom())

    def postfix(self, base: Node) -> Node:
        """`base` with what stands behind it: factorials, percent, degrees, an exponent."""
        factorials = 0
        while True:
            if self.at("!"):
                self.position += 1
                factorials += 1
                if factorials > 2:
                    raise Unreadable("more than two factorials")
                doubled = self.at("!") and not self.peek().spaced
                self.position += doubled
                base = ("fun", "!!" if doubled else "!", (base,))
            elif self.at("%"):
                self.position += 1
                base = nodes.product([base, nodes.number(Fraction(1, 100))])
            elif self.at("^"):
                self.position += 1
                if self.degree():
                    base = nodes.product([base, nodes.DEGREE])
                    continue
                base = ("pow", base, self.exponent())
            else:
                return base

    def degree(self) -> bool:
        """Take the sign of a degree after `^`, if it is one."""
        if self.at("circ"):
            self.position += 1
            return True
        if self.at("{") and self.peek(1).text == "circ" and self.peek(2).text == "}":
            self.position += 3
            return True
        return False

    def exponent(self) -> Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested too deeply (more than {MAX_NESTING})")
        if self.at("-") or self.at("+"):
            negative = self.take().text == "-"
            node = self.exponent()
            node = nodes.negated(node) if negative else node
        else:
            node = self.first_letter() or self.atom()
            if self.at("!"):
                self.position += 1
                node = ("fun", "!", (node,))
            if self.at("^"):
                self.position += 1
                node = ("pow", node, self.exponent())
        self.depth -= 1
        return node

    def first_letter(self) -> Node | None:
        """The first of a run of letters, such as x in `2^xy`; the rest of the run stays."""
        token = self.peek()
        if token.kind != "run":
            return None
        self.tokens[self.position] = Token("run" if len(token.text) > 2 else "name", token.text[1:])
        return self.symbol(token.text[0])

    # atoms -----------------------------------------------------------------------------------------------------------

    def atom(self) -> Node:
        token = self.take()
        if token.kind == "num":
            return self.based(token.text) if self.at("_") else exact_numeral(token.text)
        if token.kind == "name":
            return self.named(token.text)
        if token.kind == "run":
            if not is_product(token.text):
                raise Unreadable(f"the word '{token.text[:20]}' is not mathematics")
            factors = [self.symbol(letter) for letter in token.text[:-1]]
            last = self.postfix(self.named(token.text[-1]))
            return nodes.product([*factors, last])
        if token.kind == "fun":
            return self.function(token.text)
        if token.kind == "sign":
            if token.text in _CLOSERS:
                return self.group(token.text)
            if token.text == "|":
                return self.absolute()
            if token.text == "inf":
                return nodes.INFINITY
            if token.text == "angle":
                named = self.peek().kind in ("name", "run")
                return ("sym", f"angle {self.take().text}" if named else "angle")
        if token is _END:
            raise Unreadable("something is missing at the end")
        raise Unreadable(f"'{token.text[:20]}' is not expected here")

    def group(self, opening: str) -> Node:
        bars, self.bars = self.bars, 0
        node = self.sum()
        self.bars = bars
        self.expect(_CLOSERS[opening])
        if opening == "[" and node[0] == "num":
            raise Unreadable("a number in square brackets")
        if opening == "(" and self.at("_"):  # (1010)_2
            if node[0] == "num" and isinstance(node[1], int):
                return self.based(str(node[1]))
            raise Unreadable("'_' is not expected here")
        if opening in ("floor(", "ceil("):
            return ("fun", opening[:-1], (node,))
        return node

    def absolute(self) -> Node:
        self.bars += 1
        if self.bars > 3:
            raise Unreadable("nested too deeply")
        node = self.sum()
        self.bars -= 1
        self.expect("|")
        return ("fun", "abs", (node,))

    def based(self, digits: str) -> Node:
        """A numeral with its base as a subscript."""
        self.expect("_")
        base = self.subscript()
        if not base.isdigit() or len(base) > 2:
            raise Unreadable("a base is a whole number")
        return in_base(digits, int(base))

    def subscript(self) -> str:
        """The text of a subscript: one token, or those in braces."""
        token = self.take()
        if token.kind in ("num", "name", "run", "text"):
            return token.text
        if token.text != "{":
            raise Unreadable("a subscript is missing")
        words: list[str] = []
        while not self.at("}"):
            token = self.take()
            if token.kind == "end" or len(words) > 8:
                raise Unreadable("a subscript is too long")
            words.append(token.text)
        self.position += 1
        return "".join(words)

    def named(self, name: str) -> Node:
        """A symbol with its subscript and primes, or a constant."""
        full = name
        if self.at("_"):
            self.position += 1
            full = f"{full}_{self.subscript()}"
        while self.at("'"):
            self.position += 1
            full += "'"
        return self.symbol(full)

    @staticmethod
    def symbol(name: str) -> Node:
        return ("const", name) if name in ("pi", "e", "i") else ("sym", name)

    # functions -------------------------------------------------------------------------------------------------------

    def function(self, name: str) -> Node:
        if name == "frac":
            above, below = self.argument(), self.argument()
            return nodes.over(above, below)
        if name == "binom":
            if self.at("("):
                return ("fun", "binom", self.arguments(2))
            return ("fun", "binom", (self.argument(), self.argument()))
        if name in ("sqrt", "cbrt"):
            return self.root(name)
        if name == "overline":
            return self.marked()
        if name in _MANY:
            return ("fun", name, self.arguments(0))
        power: Node | None = None
        base: Node | None = None
        while self.at("^") or self.at("_"):
            if self.take().text == "^":
                power = self.exponent()
            elif name == "log":
                base = self.first_letter() or self.atom()
            else:
                raise Unreadable("'_' is not expected here")
        if power == ("num", -1) and name in _INVERSES:
            name, power = _INVERSES[name], None
        if name == "lg":
            name, base = "log", nodes.number(10)
        argument = self.function_argument()
        node: Node = ("fun", name, (argument,))
        if base is not None:
            node = nodes.over(("fun", "ln", (argument,)), ("fun", "ln", (base,)))
        return node if power is None else ("pow", node, power)

    def function_argument(self) -> Node:
        """In brackets, or the factors up to the next sign or function."""
        if self.at("(") or self.at("{") or self.at("["):
            node = self.group(self.take().text)
            return self.postfix(node) if self.at("!") else node
        negative = self.at("-")
        if negative:
            self.position += 1
        factors = [self.mixed()]
        while (token := self.peek()).kind in ("name", "run", "num") or (token.kind, token.text) in (
            ("fun", "frac"),
            ("fun", "sqrt"),
        ):
            if not self.starts_factor(token):
                break
            factors.append(self.power())
        node = nodes.product(factors)
        return nodes.negated(node) if negative else node

    def root(self, name: str) -> Node:
        index: Node = nodes.number(3 if name == "cbrt" else 2)
        if name == "sqrt" and self.at("["):
            self.position += 1
            index = self.sum()
            self.expect("]")
        argument = self.first_letter() or self.atom()
        return ("fun", "root", (argument, index))

    def marked(self) -> Node:
        """A symbol with a bar over it, or letters such as the side AB."""
        self.expect("{")
        words: list[str] = []
        while not self.at("}"):
            token = self.take()
            if token.kind not in ("name", "run"):
                raise Unreadable("a bar over something else than letters")
            words.append(token.text)
        self.position += 1
        return ("sym", "bar " + "".join(words))

    def argument(self) -> Node:
        """What a command such as \\frac takes: a group, or the next letter or digit alone."""
        token = self.peek()
        if token.kind == "num" and len(token.text) > 1 and token.text.isdigit():
            self.tokens[self.position : self.position + 1] = [
                Token("num", token.text[0]),
                Token("num", token.text[1:]),
            ]
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested too deeply (more than {MAX_NESTING})")
        if self.at("-"):  # \frac-12 is not LaTeX, \frac{-1}{2} is
            raise Unreadable("'-' is not expected here")
        node = self.first_letter() or self.atom()
        self.depth -= 1
        return node

    def arguments(self, count: int) -> tuple[Node, ...]:
        """Arguments in brackets, separated by commas; `count` of them, where it is not 0."""
        token = self.take()
        closing = {"(": ")", "\\{": "\\}", "{": "}"}.get(token.text)
        if closing is None:
            raise Unreadable("'(' is missing")
        found = [self.sum()]
        while self.at(","):
            self.position += 1
            found.append(self.sum())
        self.expect(closing)
        if count and len(found) != count:
            raise Unreadable(f"{count} arguments are needed")
        return tuple(found)


assert _INVERSES.keys() <= FUNCTIONS
