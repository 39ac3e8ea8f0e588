"""What the signs of an expression do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from storyboard.plan import Floats

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
