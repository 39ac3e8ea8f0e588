"""The instants at which an expression is asked for its value, and what its names are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storyboard.curves.expressions.errors import ExpressionError
from storyboard.curves.instants import Instants
from storyboard.plan import Floats


class Readings(dict[str, Floats | float]):
    """The values of names at some instants, each worked out when it is first read."""

    def __init__(self, instants: Instants) -> None:
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
    def of(cls, instants: Instants) -> Environment:
        """All of the ``instants``."""
        return cls(Readings(instants), np.arange(len(instants)))

    def __getitem__(self, name: str) -> Floats:
        value = np.asarray(self.values[name], dtype=np.float64)
        return value[self.index] if value.ndim else np.full(len(self.index), value)

    @property
    def instants(self) -> Instants:
        """The instants themselves."""
        if not isinstance(self.values, Readings):
            raise ExpressionError("there is no time here")
        return self.values.instants.take(self.index)

    def only(self, chosen: npt.NDArray[np.bool_]) -> Environment:
        """Those instants where ``chosen`` holds."""
        return Environment(self.values, self.index[chosen])

    def elsewhere(self, seconds: Floats) -> Environment:
        """The same shot at other seconds of the film, of shape (n,)."""
        return Environment.of(self.instants.span.moments(seconds))

    def describe(self, place: int) -> str:
        """When the instant number ``place`` is, as far as is known."""
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
    """``result`` itself, or the complaint about its first value that is not finite."""
    good = np.isfinite(result)
    if good.all():
        return result
    n = int(np.argmin(good))
    what = "is not a real number" if np.isnan(result[n]) else "is infinite"
    raise ExpressionError(f"{text(n)} {what}{at.describe(n)}", column=column)
