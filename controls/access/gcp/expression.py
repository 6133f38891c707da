"""The subset of the Common Expression Language that is read: literals, attributes, calls, comparisons and logic.

Whatever else a condition holds (arithmetic, ternaries, macros) is not understood, and so decides nothing.

Source: CEL language definition, "Syntax"; IAM documentation, "Overview of IAM Conditions".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LENGTH = 20_000
"""The longest expression that is read, in characters; IAM itself allows 12 logical operators."""

_MAX_DEPTH = 60
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>[rR]?"(?:[^"\\\n]|\\.)*"|[rR]?'(?:[^'\\\n]|\\.)*')
      | (?P<number>-?[0-9]+(?![0-9.eExXuU]))
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>&&|\|\||[=!<>]=|[<>!().,\[\]])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?", "n": "\n", "t": "\t", "r": "\r"}
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")


class NotReadError(ValueError):
    """The expression is outside of the subset."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a whole number or a truth value."""

    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of values, for `in`."""

    members: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A dotted name, such as `resource.name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or a method of `receiver`."""

    function: str
    receiver: "Expression | None"
    arguments: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values and `==`, `!=`, `<`, `<=`, `>`, `>=` or `in`."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Logic:
    """A conjunction (`&&`) or disjunction (`||`)."""

    operator: str
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Negation:
    """What `!` stands before."""

    part: "Expression"


Expression = Literal | Listing | Attribute | Call | Comparison | Logic | Negation


def parse(text: str) -> Expression:
    """Read an expression.

    Raises:
        NotReadError: it is outside of the subset, too long or too deep.

    """
    if len(text) > MAX_LENGTH:
        raise NotReadError("too long")
    return _Parser(_tokens(text)).whole()


def literals(expression: Expression) -> Iterator[str]:
    """Yield every text that an expression holds."""
    match expression:
        case Literal(str() as value):
            yield value
        case Listing(parts) | Logic(_, parts):
            for part in parts:
                yield from literals(part)
        case Call(_, receiver, arguments):
            for part in (*((receiver,) if receiver else ()), *arguments):
                yield from literals(part)
        case Comparison(_, left, right):
            yield from literals(left)
            yield from literals(right)
        case Negation(part):
            yield from literals(part)
        case _:
            return


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        token = _TOKEN.match(text, place)
        if token is None or token.lastgroup is None:
            raise NotReadError(f"at character {place}")
        found.append((token.lastgroup, token[token.lastgroup]))
        place = token.end()
    return found


def _unescaped(quoted: str) -> str:
    raw = quoted[0] in "rR"
    inside = quoted[2:-1] if raw else quoted[1:-1]
    if raw or "\\" not in inside:
        return inside

    def plain(escape: re.Match[str]) -> str:
        if escape[1] not in _ESCAPES:
            raise NotReadError("an escape that is not read")
        return _ESCAPES[escape[1]]

    return re.sub(r"\\(.)", plain, inside)


class _Parser:
    """Recursive descent; each method reads one level of precedence, the loosest first."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        found = self._any()
        if self._at != len(self._tokens):
            raise NotReadError("something follows the expression")
        return found

    def _any(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise NotReadError("too deep")
        parts = [self._every()]
        while self._take("||"):
            parts.append(self._every())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Logic("||", tuple(parts))

    def _every(self) -> Expression:
        parts = [self._compared()]
        while self._take("&&"):
            parts.append(self._compared())
        return parts[0] if len(parts) == 1 else Logic("&&", tuple(parts))

    def _compared(self) -> Expression:
        left = self._negated()
        for operator in _COMPARISONS:
            if self._take(operator):
                right = self._negated()
                if self._peek() in _COMPARISONS:
                    raise NotReadError("a chain of comparisons")
                return Comparison(operator, left, right)
        return left

    def _negated(self) -> Expression:
        negations = 0
        while self._take("!"):
            negations += 1
        found = self._member()
        for _ in range(negations % 2):
            found = Negation(found)
        # Twice is once more than nothing: the part must still be a truth.
        return Negation(Negation(found)) if negations and negations % 2 == 0 else found

    def _member(self) -> Expression:
        found = self._primary()
        while self._take("."):
            name = self._name()
            if self._take("("):
                found = Call(name, found, self._listed(")"))
            elif isinstance(found, Attribute):
                found = Attribute(f"{found.name}.{name}")
            else:
                raise NotReadError("a field of a value")
        return found

    def _primary(self) -> Expression:
        if self._take("("):
            found = self._any()
            self._need(")")
            return found
        if self._take("["):
            return Listing(self._listed("]"))
        return self._constant() or self._named()

    def _constant(self) -> Literal | None:
        if self._at == len(self._tokens):
            raise NotReadError("something is missing at the end")
        kind, text = self._tokens[self._at]
        if kind not in ("text", "number") and text not in ("true", "false"):
            return None
        self._at += 1
        if kind == "name":
            return Literal(text == "true")
        return Literal(_unescaped(text) if kind == "text" else int(text))

    def _named(self) -> Expression:
        name = self._name()
        return Call(name, None, self._listed(")")) if self._take("(") else Attribute(name)

    def _listed(self, end: str) -> tuple[Expression, ...]:
        members: list[Expression] = []
        while not self._take(end):
            if members:
                self._need(",")
            members.append(self._any())
        return tuple(members)

    def _peek(self) -> str:
        """Give the next sign or keyword; a text is none, whatever it holds."""
        if self._at == len(self._tokens) or self._tokens[self._at][0] in ("text", "number"):
            return ""
        return self._tokens[self._at][1]

    def _take(self, sign: str) -> bool:
        if self._peek() != sign:
            return False
        self._at += 1
        return True

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise NotReadError(f"{sign} is missing")

    def _name(self) -> str:
        if self._at == len(self._tokens) or self._tokens[self._at][0] != "name" or self._peek() == "in":
            raise NotReadError("a name is missing")
        self._at += 1
        return self._tokens[self._at - 1][1]
