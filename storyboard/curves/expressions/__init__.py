"""The expression language: text to a whitelisted tree, evaluated for all frames at once.

Text goes through `tokens` and `parser` to `nodes`; `library` has what may be called.

::

    compile_expression(text, names) -> Expression      raises ExpressionError
    Expression.sample(instants) -> Floats              one value per instant, all finite
    Expression.names_used                              the names that it reads
    definition_errors(define, vocabulary)            the errors in a story's ``define``
    FUNCTIONS[name].signature, .doc                    what may be called
    TIME_NAMES, CONSTANTS                              what may be read: name -> one line

Precedence is Python's: ``if else``, ``or``, ``and``, ``not``, comparisons, ``+ -``, ``* / // %``,
signs, ``**``. There is no attribute, index, assignment or loop, and nothing here calls ``eval``.
All arithmetic is float64, so no expression takes long: length, depth and parts are bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyboard.lazy import imported_when_used

if TYPE_CHECKING:
    from storyboard.curves.expressions.compile import compile_expression, definition_errors
    from storyboard.curves.expressions.errors import ExpressionError
    from storyboard.curves.expressions.library import FUNCTIONS
    from storyboard.curves.expressions.nodes import Expression
    from storyboard.curves.expressions.scope import CONSTANTS, TIME_NAMES
    from storyboard.curves.expressions.tokens import MAX_DEPTH, MAX_PARTS, MAX_TEXT

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "MAX_DEPTH",
    "MAX_PARTS",
    "MAX_TEXT",
    "TIME_NAMES",
    "Expression",
    "ExpressionError",
    "compile_expression",
    "definition_errors",
]


_HOMES = {
    "CONSTANTS": "scope",
    "FUNCTIONS": "library",
    "MAX_DEPTH": "tokens",
    "MAX_PARTS": "tokens",
    "MAX_TEXT": "tokens",
    "TIME_NAMES": "scope",
    "Expression": "nodes",
    "ExpressionError": "errors",
    "compile_expression": "compile",
    "definition_errors": "compile",
}

__getattr__ = imported_when_used(__name__, _HOMES)
