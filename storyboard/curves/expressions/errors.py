"""Errors of an expression."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from storyboard.errors import BadValue


class ExpressionError(BadValue):
    """An expression cannot be read, or has no finite value at some instant.

    ``column`` counts from 1 in the text of the expression.
    """


class TooMuchError(ExpressionError):
    """An expression is longer, deeper or of more parts than one may be."""


class CycleError(ExpressionError):
    """``name``, which the story defines, is defined by itself."""

    def __init__(self, name: str, way: tuple[str, ...], *, column: int) -> None:
        self.name = name
        super().__init__(f"{name} is defined by itself: {' -> '.join(way)}", column=column)


class ReportedElsewhere(ExpressionError):
    """A used definition is invalid; the error is reported where it is defined."""


@contextmanager
def placed(column: int) -> Iterator[None]:
    """Give a `BadValue` raised within the block ``column`` where it has none."""
    try:
        yield
    except BadValue as error:
        if error.column is not None:
            raise
        raise ExpressionError(error.message, hint=error.hint, column=column) from None
