"""Functions of the language, and the nodes that call one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np

from storyboard.curves.expressions.errors import ExpressionError, placed
from storyboard.curves.expressions.nodes import Environment, Leaf, Node, finite
from storyboard.curves.instants import SampleTimes, ShotScope
from storyboard.errors import BadValue
from storyboard.plan import Floats


@dataclass(frozen=True)
class Parameter:
    """``name``, ``name=0`` or, where the default is no number, ``name=low+amp``."""

    text: str

    @property
    def name(self) -> str:
        """Return the name for an argument."""
        return self.text.partition("=")[0]

    @property
    def needed(self) -> bool:
        """Return True where it cannot be left out."""
        return "=" not in self.text

    @property
    def default(self) -> float | None:
        """Return the number that is taken where it is left out; None where that is for the
        function.
        """
        try:
            return float(self.text.partition("=")[2])
        except ValueError:
            return None


@dataclass(frozen=True)
class Function:
    """A function of the expression language.

    ``signature`` is what messages show and where the parameters come from: ``seed=0`` can be left
    out, ``...`` stands for any number more. ``apply`` is given the values of the names that it
    ``reads`` and of its arguments. A functional (``over_time``) is given the instants and the
    arguments' nodes instead, of which it may ask the values at other times. ``events`` are the
    parameters that take what has moments. ``text`` is what its first argument is where that is a
    text, and ``apply`` then makes the function of the others. Of the parameters of each of the two
    ``ways`` only those of one can be given.
    """

    signature: str
    doc: str
    apply: Callable[..., Any]
    reads: tuple[str, ...] = ()
    over_time: bool = False
    events: tuple[str, ...] = ()
    text: Literal["keys", "easing"] | None = None
    ways: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def name(self) -> str:
        """Return the name of the function."""
        return self.signature.partition("(")[0]

    @cached_property
    def parameters(self) -> list[Parameter]:
        """Return the parameters, without those that ``...`` stands for."""
        listed = self.signature.partition("(")[2].rstrip(")").split(", ")
        return [Parameter(text) for text in listed if text != "..."]

    @property
    def more(self) -> bool:
        """Return True where any number of arguments may follow."""
        return self.signature.endswith(", ...)")

    @property
    def least(self) -> int:
        """Return the smallest number of arguments."""
        return sum(parameter.needed for parameter in self.parameters)


@dataclass(frozen=True)
class _Application:
    """A call of ``apply`` with ``arguments``; ``reads`` are the names on which it depends
    itself.
    """

    column: int = field(compare=False)
    name: str
    apply: Callable[..., Floats]
    arguments: tuple[Node | None, ...]
    reads: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return the names that it reads beside its arguments."""
        return frozenset(self.reads)

    @property
    def parts(self) -> tuple[Node, ...]:
        """Return the arguments that were given."""
        return tuple(argument for argument in self.arguments if argument is not None)


@dataclass(frozen=True)
class Call(_Application):
    """A function of its arguments, a sign among them; names that it ``reads`` come first."""

    def value(self, at: Environment) -> Floats:
        """Return the function of the arguments' values."""
        given = [argument.value(at) for argument in self.parts]
        with placed(self.column), np.errstate(all="ignore"):
            read = [at[name] for name in self.reads]
            result = np.asarray(self.apply(*read, *given), dtype=np.float64)
        return finite(result, at, self.column, lambda n: _text(self.name, given, n))


@dataclass(frozen=True)
class Functional(_Application):
    """A functional: ``apply`` is given the instants and the arguments themselves, which it may ask
    at other times. An argument that was left out and has no number as default is None.
    """

    def value(self, at: Environment) -> Floats:
        """Return the functional of the arguments."""
        if not len(at.index):
            return np.zeros(0)
        with placed(self.column), np.errstate(all="ignore"):
            result = self.apply(at, *self.arguments)
        return finite(result, at, self.column, lambda _: f"{self.name}(...)")


@dataclass(frozen=True)
class Inlined:
    """A constant or function of the story, written out where it is used."""

    column: int = field(compare=False)
    name: str = field(compare=False)
    body: Node

    @property
    def names(self) -> frozenset[str]:
        """Return None: its body reads them."""
        return frozenset()

    @property
    def parts(self) -> tuple[Node, ...]:
        """Return the body."""
        return (self.body,)

    def value(self, at: Environment) -> Floats:
        """Return the body's value. Errors in it are reported at the place of use."""
        try:
            return self.body.value(at)
        except ExpressionError as error:
            if error.column == self.column:
                error.message = f"in {self.name}: {error.message}"
            raise


class KeyTrack(Protocol):
    """A curve: a value at every instant, and keyframes at some."""

    def moments(self, scope: ShotScope) -> list[float]:
        """Return the film seconds of its keys."""

    def sample(self, at: SampleTimes) -> Floats:
        """Return one value per instant."""


@dataclass(frozen=True)
class Keyed(Leaf):
    """Keys within an expression; their times count from the shot's start."""

    curve: KeyTrack
    trees: tuple[Node, ...]

    @property
    def names(self) -> frozenset[str]:
        """Return the shot in which the keys lie."""
        return frozenset(["shot_t"])

    @property
    def parts(self) -> tuple[Node, ...]:
        """Return the values that are expressions."""
        return self.trees

    def moments(self, scope: ShotScope) -> list[float]:
        """Return the film seconds of the keys."""
        return self.curve.moments(scope)

    def value(self, at: Environment) -> Floats:
        """Return the curve's values. Errors in a key are reported at the keys."""
        with placed(self.column):
            instants = at.instants
        try:
            return self.curve.sample(instants)
        except BadValue as error:
            message = f"in keys(...): {error.message}"
            raise ExpressionError(message, hint=error.hint, column=self.column) from None


def _text(name: str, given: list[Floats], n: int) -> str:
    return f"{name}({', '.join(f'{value[n]:.6g}' for value in given)})"
