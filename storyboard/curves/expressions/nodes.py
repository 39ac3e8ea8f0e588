"""Nodes of an expression tree, each evaluated for all instants at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt

from storyboard.curves.expressions.errors import ExpressionError, placed
from storyboard.curves.instants import SampleTimes
from storyboard.plan import Floats


class Readings(dict[str, Floats | float]):
    """The values of names at some instants, each worked out when it is first read."""

    def __init__(self, instants: SampleTimes) -> None:
        super().__init__()
        self.instants = instants

    def __missing__(self, name: str) -> Floats | float:
        self[name] = self.instants.read(name)
        return self[name]


@dataclass(frozen=True)
class Environment:
    """The instants that are asked for, and the values that names have there."""

    values: Mapping[str, Floats | float]
    index: npt.NDArray[np.intp]

    @classmethod
    def of(cls, instants: SampleTimes) -> Environment:
        """Return all of the ``instants``."""
        return cls(Readings(instants), np.arange(len(instants)))

    def __getitem__(self, name: str) -> Floats:
        value = np.asarray(self.values[name], dtype=np.float64)
        return value[self.index] if value.ndim else np.full(len(self.index), value)

    @property
    def instants(self) -> SampleTimes:
        """Return the instants themselves."""
        if not isinstance(self.values, Readings):
            raise ExpressionError("this expression may not depend on time")
        return self.values.instants.subset(self.index)

    def only(self, chosen: npt.NDArray[np.bool_]) -> Environment:
        """Return those instants where ``chosen`` holds."""
        return Environment(self.values, self.index[chosen])

    def elsewhere(self, seconds: Floats) -> Environment:
        """Return the same shot at other seconds of the film, of shape (n,)."""
        return Environment.of(self.instants.scope.from_film_start(seconds))

    def describe(self, place: int) -> str:
        """Describe the time of instant ``place`` for a message, as far as it is known."""
        here = Environment(self.values, self.index[place : place + 1])
        if isinstance(self.values, Readings):
            t, f = here.instants.film[0], here.instants.film_frames[0]
        elif "t" in self.values:
            t, f = here["t"][0], here["f"][0] if "f" in self.values else -1
        else:
            return ""
        frame = f"frame {int(f)}, " if f >= 0 else ""
        return f" at {frame}t = {t:.6g}s"


def finite(result: Floats, at: Environment, column: int, text: Callable[[int], str]) -> Floats:
    """Return ``result`` itself, or the complaint about its first value that is not finite."""
    good = np.isfinite(result)
    if good.all():
        return result
    n = int(np.argmin(good))
    what = "is not a real number" if np.isnan(result[n]) else "is infinite"
    raise ExpressionError(f"{text(n)} {what}{at.describe(n)}", column=column)


OPERATORS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
    "**": np.power,
}
"""What the signs between two operands do."""

PREFIXES: dict[str, Callable[[Floats], Floats]] = {
    "-": np.negative,
    "+": np.positive,
    "not": np.logical_not,
}
"""What the signs before an operand do."""


class Node(Protocol):
    """A part of an expression."""

    @property
    def column(self) -> int:
        """Return the column in the text where the node begins."""

    @property
    def names(self) -> frozenset[str]:
        """Return the names that it reads itself."""

    @property
    def parts(self) -> tuple[Node, ...]:
        """Return the nodes that it is made of."""

    def value(self, at: Environment) -> Floats:
        """Return its value at every instant of ``at``, all finite. Raises `ExpressionError`."""


@dataclass(frozen=True)
class Leaf:
    """A node without parts. Where a node stands makes no difference to what it is."""

    column: int = field(compare=False)

    @property
    def names(self) -> frozenset[str]:
        """Return None."""
        return frozenset()

    @property
    def parts(self) -> tuple[Node, ...]:
        """Return None."""
        return ()


@dataclass(frozen=True)
class Number(Leaf):
    """A number as written."""

    number: float

    def value(self, at: Environment) -> Floats:
        """Return the number, at every instant."""
        return np.full(len(at.index), self.number)


@dataclass(frozen=True)
class Length(Leaf):
    """A number with a unit (`storyboard.times.UNITS`): ``amount`` of ``unit``, as seconds."""

    amount: Fraction
    unit: str

    @property
    def names(self) -> frozenset[str]:
        """Return the names on which the length of the unit depends."""
        per_unit = {"frame": {"fps"}, "beat": {"bpm"}, "bar": {"bpm", "beats_per_bar"}}
        return frozenset(per_unit.get(self.unit, ()))

    def value(self, at: Environment) -> Floats:
        """Return seconds; beats and bars at the tempo that the story has on the whole."""
        amount = np.full(len(at.index), float(self.amount))
        if self.unit == "frame":
            return amount / at["fps"]
        if self.unit == "bar":
            amount = amount * at["beats_per_bar"]
        with placed(self.column):
            return amount if self.unit == "s" else amount * 60.0 / at["bpm"]


@dataclass(frozen=True)
class Variable(Leaf):
    """A name whose value is given at evaluation."""

    name: str

    @property
    def names(self) -> frozenset[str]:
        """Return the name."""
        return frozenset([self.name])

    def value(self, at: Environment) -> Floats:
        """Return the given values."""
        with placed(self.column):
            return finite(at[self.name], at, self.column, lambda _: self.name)


@dataclass(frozen=True)
class OperatorStep:
    """One operator and its right operand."""

    column: int = field(compare=False)
    sign: str
    operand: Node


@dataclass(frozen=True)
class _Row:
    """A first operand and the steps after it."""

    first: Node
    steps: tuple[OperatorStep, ...]

    @property
    def column(self) -> int:
        """Return the column of the first operand."""
        return self.first.column

    @property
    def names(self) -> frozenset[str]:
        """Return None: the operands read them."""
        return frozenset()

    @property
    def parts(self) -> tuple[Node, ...]:
        """Return the operands."""
        return (self.first, *(step.operand for step in self.steps))


@dataclass(frozen=True)
class Chain(_Row):
    """Operators of equal precedence, applied from left to right: ``a - b + c``."""

    def value(self, at: Environment) -> Floats:
        """Return the operators applied from left to right."""
        result = self.first.value(at)
        for step in self.steps:
            result = _applied(step, result, at)
        return result


@dataclass(frozen=True)
class Comparison(_Row):
    """``a < b <= c``: 1 where all hold, else 0."""

    def value(self, at: Environment) -> Floats:
        """Return 1 where every comparison holds."""
        left = self.first.value(at)
        holds = np.ones(len(at.index), dtype=bool)
        for step in self.steps:
            if not holds.any():
                break
            right = np.zeros_like(left)
            right[holds] = step.operand.value(at.only(holds))
            holds &= OPERATORS[step.sign](left, right).astype(bool)
            left = right
        return holds.astype(np.float64)


@dataclass(frozen=True)
class Logic(_Row):
    """``a and b``, ``a or b``: the operand that decides, as in Python."""

    def value(self, at: Environment) -> Floats:
        """Return the first operand that decides, else the last one."""
        result = self.first.value(at)
        for step in self.steps:
            undecided = (result != 0.0) == (step.sign == "and")
            result[undecided] = step.operand.value(at.only(undecided))
        return result


@dataclass(frozen=True)
class Choice:
    """``yes if condition else no``."""

    yes: Node
    condition: Node
    no: Node

    @property
    def column(self) -> int:
        """Return the column of the first branch."""
        return self.yes.column

    @property
    def names(self) -> frozenset[str]:
        """Return None: the branches read them."""
        return frozenset()

    @property
    def parts(self) -> tuple[Node, ...]:
        """Return condition and branches."""
        return self.yes, self.condition, self.no

    def value(self, at: Environment) -> Floats:
        """Return each branch where it is chosen."""
        chosen = self.condition.value(at) != 0.0
        result = np.empty(len(at.index))
        result[chosen] = self.yes.value(at.only(chosen))
        result[~chosen] = self.no.value(at.only(~chosen))
        return result


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything in it."""
    yield node
    for part in node.parts:
        yield from walk(part)


def names_in(node: Node) -> frozenset[str]:
    """Return every name that the node and what is in it read."""
    return frozenset().union(*(one.names for one in walk(node)))


@dataclass(frozen=True)
class Expression:
    """A compiled expression. ``names_used`` are the names whose values `evaluate` needs."""

    text: str
    tree: Node
    names_used: frozenset[str]

    def evaluate(self, env: Mapping[str, Floats | float], count: int) -> Floats:
        """Return the value at each of ``count`` instants, as float64 of shape (count,), all finite.

        ``env`` has a number, or an array of shape (count,), for each of ``names_used``. Raises
        `ExpressionError` that names the first instant where some part is not finite, from ``t``
        and ``f`` of ``env`` where it has them; also for a function that asks other times.
        """
        return self.tree.value(Environment(env, np.arange(count)))

    def sample(self, at: SampleTimes) -> Floats:
        """Return the value at every instant, all finite. Raises `ExpressionError` as `evaluate`
        does.
        """
        return self.tree.value(Environment.of(at))


def _applied(step: OperatorStep, left: Floats, at: Environment) -> Floats:
    """Return ``left`` and the step's operand under its operator."""
    right = step.operand.value(at)
    with np.errstate(all="ignore"):
        result = OPERATORS[step.sign](left, right)

    def text(n: int) -> str:
        low = f"({left[n]:.6g})" if left[n] < 0 else f"{left[n]:.6g}"
        return f"{low} {step.sign} {right[n]:.6g}"

    return finite(result, at, step.column, text)
