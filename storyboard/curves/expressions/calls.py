"""Calls in an expression: of functions, of functionals, of what the story defines, and keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from storyboard.curves.expressions.environment import Environment, finite
from storyboard.curves.expressions.errors import ExpressionError, placed
from storyboard.curves.expressions.tree import Leaf, Node
from storyboard.curves.instants import Instants, Span
from storyboard.errors import BadValue
from storyboard.plan import Floats


@dataclass(frozen=True)
class _Application:
    """What is ``apply``-ed to ``arguments``; ``reads`` are the names on which it depends itself."""

    column: int = field(compare=False)
    name: str
    apply: Callable[..., Floats]
    arguments: tuple[Node | None, ...]
    reads: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """What it reads beside its arguments."""
        return frozenset(self.reads)

    @property
    def parts(self) -> tuple[Node, ...]:
        """The arguments that were given."""
        return tuple(argument for argument in self.arguments if argument is not None)


@dataclass(frozen=True)
class Call(_Application):
    """A function of its arguments, a sign among them; names that it ``reads`` come first."""

    def value(self, at: Environment) -> Floats:
        """The function of the arguments' values."""
        given = [argument.value(at) for argument in self.parts]
        with placed(self.column), np.errstate(all="ignore"):
            read = [at[name] for name in self.reads]
            result = np.asarray(self.apply(*read, *given), dtype=np.float64)
        return finite(result, at, self.column, lambda n: _text(self.name, given, n))


@dataclass(frozen=True)
class OverTime(_Application):
    """A functional: ``apply`` is given the instants and the arguments themselves, which it may ask
    at other times. An argument that was left out and has no number as default is None.
    """

    def value(self, at: Environment) -> Floats:
        """The functional of the arguments."""
        if not len(at.index):
            return np.zeros(0)
        with placed(self.column), np.errstate(all="ignore"):
            result = self.apply(at, *self.arguments)
        return finite(result, at, self.column, lambda _: f"{self.name}(...)")


@dataclass(frozen=True)
class Defined:
    """A constant or function of the story, written out where it is used."""

    column: int = field(compare=False)
    name: str = field(compare=False)
    body: Node

    @property
    def names(self) -> frozenset[str]:
        """None: its body reads them."""
        return frozenset()

    @property
    def parts(self) -> tuple[Node, ...]:
        """The body."""
        return (self.body,)

    def value(self, at: Environment) -> Floats:
        """The body's value. What is wrong in it is told at the place of use."""
        try:
            return self.body.value(at)
        except ExpressionError as error:
            if error.column == self.column:
                error.message = f"in {self.name}: {error.message}"
            raise


class Track(Protocol):
    """What has a value at every instant and a key at some: a curve."""

    def moments(self, span: Span) -> list[float]:
        """The film seconds of its keys."""

    def sample(self, at: Instants) -> Floats:
        """One value per instant."""


@dataclass(frozen=True)
class Keyed(Leaf):
    """Keys within an expression; their times count from the shot's start."""

    curve: Track
    trees: tuple[Node, ...]

    @property
    def names(self) -> frozenset[str]:
        """The shot in which the keys lie."""
        return frozenset(["shot_t"])

    @property
    def parts(self) -> tuple[Node, ...]:
        """The values that are expressions."""
        return self.trees

    def moments(self, span: Span) -> list[float]:
        """The film seconds of the keys."""
        return self.curve.moments(span)

    def value(self, at: Environment) -> Floats:
        """The curve's values. What is wrong in a key is told at the keys."""
        with placed(self.column):
            instants = at.instants
        try:
            return self.curve.sample(instants)
        except BadValue as error:
            message = f"in keys(...): {error.message}"
            raise ExpressionError(message, hint=error.hint, column=self.column) from None


def _text(name: str, given: list[Floats], n: int) -> str:
    return f"{name}({', '.join(f'{value[n]:.6g}' for value in given)})"
