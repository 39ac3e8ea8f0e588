"""Every function that expressions may call, by its name and by its subject."""

from __future__ import annotations

from storyboard.curves import keys
from storyboard.curves.expressions import arithmetic, chance, combinators, events, shapers, waves
from storyboard.curves.expressions.function import Function

GROUPS: dict[str, tuple[Function, ...]] = {
    "numbers": arithmetic.FUNCTIONS,
    "events": events.FUNCTIONS,
    "shapers": shapers.FUNCTIONS,
    "oscillators": waves.FUNCTIONS,
    "chance": chance.FUNCTIONS,
    "curves": (*keys.FUNCTIONS, *combinators.FUNCTIONS),
}
"""The functions by subject, in the order of the docs."""

FUNCTIONS: dict[str, Function] = {
    function.name: function for group in GROUPS.values() for function in group
}
"""Every function by its name."""
