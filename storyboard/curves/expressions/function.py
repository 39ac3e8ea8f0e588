"""What a function of the expression language is: its signature, its line of help, what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal


@dataclass(frozen=True)
class Parameter:
    """``name``, ``name=0`` or, where the default is no number, ``name=low+amp``."""

    text: str

    @property
    def name(self) -> str:
        """What an argument for it may be called."""
        return self.text.partition("=")[0]

    @property
    def needed(self) -> bool:
        """True where it cannot be left out."""
        return "=" not in self.text

    @property
    def default(self) -> float | None:
        """The number that is taken where it is left out; None where that is for the function."""
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
        """What it is called."""
        return self.signature.partition("(")[0]

    @cached_property
    def parameters(self) -> list[Parameter]:
        """The parameters, without those that ``...`` stands for."""
        listed = self.signature.partition("(")[2].rstrip(")").split(", ")
        return [Parameter(text) for text in listed if text != "..."]

    @property
    def more(self) -> bool:
        """True where any number of arguments may follow."""
        return self.signature.endswith(", ...)")

    @property
    def least(self) -> int:
        """The smallest number of arguments."""
        return sum(parameter.needed for parameter in self.parameters)
