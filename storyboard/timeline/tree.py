"""What an expression becomes: a small tree that is evaluated for all instants at once.

Every node has a ``column`` (from 1, in the text of the expression) and ``value(at)``, one float64
per instant of ``at``. A branch that is not taken is not evaluated: ``log(x) if x > 0 else 0`` is
never the logarithm of zero, and ``and``, ``or`` and chained comparisons stop early as in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from storyboard.errors import BadValue
from storyboard.timeline.functions import OPERATORS
from storyboard.timeline.plan import Floats


class ExpressionError(BadValue):
    """An expression cannot be read, or has no finite value at some instant.

    ``column`` counts from 1 in the text of the expression.
    """


@dataclass(frozen=True)
class Moments:
    """The values that names have, and the instants that are asked for."""

    values: Mapping[str, Floats | float]
    index: npt.NDArray[np.intp]

    def __getitem__(self, name: str) -> Floats:
        value = np.asarray(self.values[name], dtype=np.float64)
        return value[self.index] if value.ndim else np.full(len(self.index), value)

    def only(self, chosen: npt.NDArray[np.bool_]) -> Moments:
        """Those instants where ``chosen`` holds."""
        return Moments(self.values, self.index[chosen])

    def describe(self, place: int) -> str:
        """When the instant number ``place`` is, as far as is known."""
        if "t" not in self.values:
            return ""
        here = Moments(self.values, self.index[place : place + 1])
        frame = f"frame {int(here['f'][0])}, " if "f" in self.values else ""
        return f" at {frame}t = {here['t'][0]:.6g}s"


class Node(Protocol):
    """A part of an expression."""

    @property
    def column(self) -> int:
        """Where it begins in the text."""

    def value(self, at: Moments) -> Floats:
        """Its value at every instant of ``at``, all finite. Raises `ExpressionError`."""


@dataclass(frozen=True)
class Number:
    """A number as written."""

    column: int
    number: float

    def value(self, at: Moments) -> Floats:
        """The number, at every instant."""
        return np.full(len(at.index), self.number)


@dataclass(frozen=True)
class Variable:
    """A name whose value is given at evaluation."""

    column: int
    name: str

    def value(self, at: Moments) -> Floats:
        """The given values."""
        return _finite(at[self.name], at, self.column, lambda _: self.name)


@dataclass(frozen=True)
class Call:
    """A function of its arguments, a sign among them."""

    column: int
    name: str
    apply: Callable[..., Floats]
    arguments: tuple[Node, ...]

    def value(self, at: Moments) -> Floats:
        """The function of the arguments' values."""
        given = [argument.value(at) for argument in self.arguments]
        with np.errstate(all="ignore"):
            result = np.asarray(self.apply(*given), dtype=np.float64)
        return _finite(result, at, self.column, lambda n: _call_text(self.name, given, n))


@dataclass(frozen=True)
class Step:
    """One operator and its right operand."""

    column: int
    sign: str
    operand: Node


@dataclass(frozen=True)
class _Row:
    """A first operand and the steps after it."""

    first: Node
    steps: tuple[Step, ...]

    @property
    def column(self) -> int:
        """Where the first operand begins."""
        return self.first.column


@dataclass(frozen=True)
class Chain(_Row):
    """Operators of equal precedence, applied from left to right: ``a - b + c``."""

    def value(self, at: Moments) -> Floats:
        """The operators applied from left to right."""
        result = self.first.value(at)
        for step in self.steps:
            result = _applied(step, result, at)
        return result


@dataclass(frozen=True)
class Comparison(_Row):
    """``a < b <= c``: 1 where all hold, else 0."""

    def value(self, at: Moments) -> Floats:
        """1 where every comparison holds."""
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

    def value(self, at: Moments) -> Floats:
        """The first operand that decides, else the last one."""
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
        """Where the first branch begins."""
        return self.yes.column

    def value(self, at: Moments) -> Floats:
        """Each branch where it is chosen."""
        chosen = self.condition.value(at) != 0.0
        result = np.empty(len(at.index))
        result[chosen] = self.yes.value(at.only(chosen))
        result[~chosen] = self.no.value(at.only(~chosen))
        return result


def _applied(step: Step, left: Floats, at: Moments) -> Floats:
    """``left`` and the step's operand under its operator."""
    right = step.operand.value(at)
    with np.errstate(all="ignore"):
        result = OPERATORS[step.sign](left, right)

    def text(n: int) -> str:
        low = f"({left[n]:.6g})" if left[n] < 0 else f"{left[n]:.6g}"
        return f"{low} {step.sign} {right[n]:.6g}"

    return _finite(result, at, step.column, text)


def _call_text(name: str, given: list[Floats], n: int) -> str:
    return f"{name}({', '.join(f'{value[n]:.6g}' for value in given)})"


def _finite(result: Floats, at: Moments, column: int, text: Callable[[int], str]) -> Floats:
    """``result`` itself, or the complaint about its first value that is not finite."""
    good = np.isfinite(result)
    if good.all():
        return result
    n = int(np.argmin(good))
    what = "is not a real number" if np.isnan(result[n]) else "is infinite"
    raise ExpressionError(f"{text(n)} {what}{at.describe(n)}", column=column)
