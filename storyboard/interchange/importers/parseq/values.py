"""What a Parseq formula is worth at a moment.

::

    evaluate(parse("S + sin(p=4b)"), moment) -> 1.5        a number, or a text

No part of a formula is ever run by Python: names and functions are those of two tables.
"""

from __future__ import annotations

from collections.abc import Callable

from storyboard.errors import BadValue, did_you_mean
from storyboard.interchange.importers.parseq.arithmetic import Value, combine, number
from storyboard.interchange.importers.parseq.functions import FUNCTIONS
from storyboard.interchange.importers.parseq.moment import VARIABLES, Moment
from storyboard.interchange.importers.parseq.signatures import checked, matched
from storyboard.interchange.importers.parseq.tree import (
    Binary,
    Call,
    Choice,
    Minus,
    Name,
    Node,
    Number,
    Text,
)


def evaluate(node: Node, at: Moment) -> Value:
    """The value of ``node``. Raises `BadValue` with the column of the part that has none."""
    match node:
        case Number(value, unit):
            return value * {"": 1.0, "f": 1.0, "s": at.film.fps, "b": at.film.beat}[unit]
        case Text(words):
            return words
        case Name(name, column):
            return _named(name, at, column)
        case Minus(operand):
            found = evaluate(operand, at)
            return f"-{found}" if isinstance(found, str) else -found
        case Binary(sign, left, right, column):
            return _placed(lambda: combine(sign, evaluate(left, at), evaluate(right, at)), column)
        case Choice():
            return _chosen(node, at)
        case Call():
            return _called(node, at)


def _placed(make: Callable[[], Value], column: int) -> Value:
    """What ``make()`` gives; a mistake without a place gets this one."""
    try:
        return make()
    except BadValue as error:
        place = error.column or column
        raise BadValue(error.message, hint=error.hint, column=place) from None


def _chosen(node: Choice, at: Moment) -> Value:
    if number(evaluate(node.condition, at)) > 0:
        return evaluate(node.then, at)
    return 0.0 if node.other is None else evaluate(node.other, at)


def _named(name: str, at: Moment, column: int) -> Value:
    if name in VARIABLES:
        return VARIABLES[name](at)
    if name in at.names:
        return at.names[name]
    if name in at.film.series:
        return at.film.series[name].at(at.frame, at.film.fps)
    hint = did_you_mean(name, [*VARIABLES, *at.names, *at.film.series])
    raise BadValue(f"there is no {name!r} here", hint=hint, column=column)


def _heard(call: Call, at: Moment) -> Value:
    """A series at a frame, held, or straight where a second argument is not 0."""
    given = [number(evaluate(node, at)) for _, node in call.arguments]
    frame, straight = [*given, 0.0, 0.0][:2]
    return at.film.series[call.name].at(frame, at.film.fps, straight=bool(straight))


def _called(call: Call, at: Moment) -> Value:
    function = FUNCTIONS.get(call.name)
    if function is None and call.name in at.film.series:
        return _heard(call, at)
    if function is None:
        hint = did_you_mean(call.name, [*FUNCTIONS, *at.film.series])
        raise BadValue(f"there is no function {call.name!r}", hint=hint, column=call.column)
    given = []
    for parameter, node in zip(function.parameters, matched(function, call), strict=True):
        if node is not None:
            given.append(checked(parameter, evaluate(node, at), call))
        elif parameter.default is not None:
            given.append(parameter.default(at))
    memory = at.memory.setdefault(id(call), {})
    return _placed(lambda: function.apply(at, given, memory), call.column)
