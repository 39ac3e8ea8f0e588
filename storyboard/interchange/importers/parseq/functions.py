"""Evaluate Parseq's formulas: its functions by name, what each takes, and the value of a tree.

::

    evaluate(parse("S + sin(p=4b)"), moment) -> 1.5        a number, or a text

Arguments stand by place, or all by name, with defaults. ``bez`` and ``slide`` lead from one value
to another, ``CURVES`` has the curves by name; the ``info_match`` functions search the labels of
keyframes. No part of a formula is ever run by Python.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from storyboard.curves.expressions import chance
from storyboard.errors import BadValue, did_you_mean
from storyboard.interchange.importers.parseq.formulas import Node
from storyboard.interchange.importers.parseq.moments import (
    VARIABLES,
    Moment,
    Value,
    combine,
    number,
    remainder,
)

Points = tuple[float, float, float, float]
"""The control points x1, y1, x2, y2 of a curve from (0, 0) to (1, 1)."""

_ENDS: dict[str, tuple[Points, Points, Points]] = {
    "Sine": ((0.12, 0, 0.39, 0), (0.61, 1, 0.88, 1), (0.37, 0, 0.63, 1)),
    "Quad": ((0.11, 0, 0.5, 0), (0.5, 1, 0.89, 1), (0.45, 0, 0.55, 1)),
    "Cubic": ((0.32, 0, 0.67, 0), (0.33, 1, 0.68, 1), (0.65, 0, 0.35, 1)),
    "Quart": ((0.5, 0, 0.75, 0), (0.25, 1, 0.5, 1), (0.76, 0, 0.24, 1)),
    "Quint": ((0.64, 0, 0.78, 0), (0.22, 1, 0.36, 1), (0.83, 0, 0.17, 1)),
    "Expo": ((0.7, 0, 0.84, 0), (0.16, 1, 0.3, 1), (0.87, 0, 0.13, 1)),
    "Circ": ((0.55, 0, 1, 0.45), (0, 0.55, 0.45, 1), (0.85, 0, 0.15, 1)),
    "Back": ((0.36, 0, 0.66, -0.56), (0.34, 1.56, 0.64, 1), (0.68, -0.6, 0.32, 1.6)),
}
"""In, out, in and out; the first six have a number as well: easeIn1 is easeInSine."""

LINE: Points = (0.0, 0.0, 1.0, 1.0)
_PLAIN: dict[str, Points] = {
    **{"linear": LINE, "ease": (0.25, 0.1, 0.25, 1), "ease-in": (0.42, 0, 1, 1)},
    **{"ease-out": (0, 0, 0.58, 1), "ease-in-out": (0.42, 0, 0.58, 1)},
    **{"step-start": (0, 0, 0, 1), "step-end": (1, 0, 1, 1)},
}


def _curves() -> Iterator[tuple[str, Points]]:
    for name, curve in _PLAIN.items():
        first, *rest = name.split("-")
        yield name, curve
        yield first + "".join(map(str.title, rest)), curve
    for place, (name, ends) in enumerate(_ENDS.items(), 1):
        for way, curve in zip(("In", "Out", "InOut"), ends, strict=True):
            yield f"ease{way}{name}", curve
            if place <= 6:
                yield f"ease{way}{place}", curve


CURVES: dict[str, Points] = dict(_curves())
"""Control points by name. ``step-start`` and ``step-end`` are steep, but no steps."""


@lru_cache(maxsize=4096)
def bezier(x: float, curve: Points) -> float:
    """Return the height of the curve at ``x``, held before 0 and after 1. Raises `BadValue`."""
    x1, y1, x2, y2 = curve
    if not (0 <= x1 <= 1 and 0 <= x2 <= 1):
        raise BadValue("x1 and x2 of a curve lie from 0 to 1")
    if x <= 0 or x >= 1 or (x1, x2) == (y1, y2):
        return min(max(x, 0.0), 1.0)
    low, high = 0.0, 1.0
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if _coordinate(middle, x1, x2) < x else (low, middle)
    return _coordinate(high, y1, y2)


def _coordinate(s: float, a: float, b: float) -> float:
    return s * (3 * (1 - s) * ((1 - s) * a + s * b) + s * s)


@dataclass(frozen=True)
class FormulaParameter:
    """``names`` are all that it goes by; without a ``default`` it has to be given. A default that
    begins with ``@`` is an attribute of the moment.
    """

    names: tuple[str, ...]
    is_text: bool
    default: Value | None

    def __str__(self) -> str:
        return " or ".join(map(repr, self.names))


@dataclass(frozen=True)
class FormulaFunction:
    """``apply`` takes the moment and a value for each parameter."""

    parameters: tuple[FormulaParameter, ...]
    apply: Callable[..., Value]

    def bind(self, call: Node) -> list[Node | None]:
        """Return the tree that is given for each parameter, or None. Raises `BadValue`."""
        given = self._by_name(call) if any(call.names) else list(call.parts)
        count = len(self.parameters)
        if len(given) > count:
            many = "1 argument" if count == 1 else f"{count} arguments"
            raise BadValue(f"{call.text}() takes {many}, not {len(given)}", column=call.column)
        given += [None] * (count - len(given))
        for parameter, node in zip(self.parameters, given, strict=True):
            if node is None and parameter.default is None:
                raise BadValue(f"{call.text}() needs {parameter}", column=call.column)
        return given

    def _by_name(self, call: Node) -> list[Node | None]:
        known = [name for parameter in self.parameters for name in parameter.names]
        for place, name in enumerate(call.names):
            if name not in known:
                listed = ", ".join("/".join(p.names) for p in self.parameters)
                hint = did_you_mean(name, known) or f"it takes {listed}"
                message = f"{call.text}() has no argument {name!r}"
                raise BadValue(message, hint=hint, column=call.column)
            if name in call.names[:place]:
                raise BadValue(f"{call.text}() has {name!r} twice", column=call.column)
        given = dict(zip(call.names, call.parts, strict=True))
        return [next((given[n] for n in p.names if n in given), None) for p in self.parameters]


def _function(signature: str, apply: Callable[..., Value]) -> FormulaFunction:
    """Read ``"regex/r:text, limit/li=0, curve/c=''"``: names, ``:text`` for a text that has to be
    given, defaults; texts in single quotes.
    """
    found = []
    for part in filter(None, signature.split(", ")):
        names, given, default = part.partition("=")
        names, is_text, _ = names.partition(":")
        fixed: Value | None = default.strip("'") if default[:1] in ("'", "@") else None
        if given and fixed is None:
            fixed = float(default)
        text = bool(is_text) or default[:1] == "'"
        found.append(FormulaParameter(tuple(names.split("/")), text, fixed))
    return FormulaFunction(tuple(found), apply)


def evaluate(node: Node, at: Moment) -> Value:
    """Return the value of ``node``. Raises `BadValue` with the column of the part that has none."""
    match node.kind:
        case "number":
            return node.value * {"s": at.film.fps, "b": at.film.beat}.get(node.text, 1.0)
        case "text":
            return node.text
        case "name":
            return _named(node, at)
        case "minus":
            found = evaluate(node.parts[0], at)
            return f"-{found}" if isinstance(found, str) else -found
        case "binary":
            left, right = (evaluate(part, at) for part in node.parts)
            return _placed(node, lambda: combine(node.text, left, right))
        case "if":
            condition, then, *other = node.parts
            if number(evaluate(condition, at)) > 0:
                return evaluate(then, at)
            return evaluate(other[0], at) if other else 0.0
    return _called(node, at)


def _placed(node: Node, make: Callable[[], Value]) -> Value:
    """Return ``make()``; an error without a column gets that of ``node``."""
    try:
        return make()
    except BadValue as error:
        column = error.column or node.column
        raise BadValue(error.message, hint=error.hint, column=column) from None


def _named(node: Node, at: Moment) -> Value:
    name = node.text
    if name in VARIABLES:
        return VARIABLES[name](at)
    if name in at.names:
        return at.names[name]
    if name in at.film.series:
        return at.film.series[name].at(at.frame, at.film.fps)
    hint = did_you_mean(name, [*VARIABLES, *at.names, *at.film.series])
    raise BadValue(f"there is no {name!r} here", hint=hint, column=node.column)


def _called(call: Node, at: Moment) -> Value:
    function, series = FUNCTIONS.get(call.text), at.film.series
    if function is None and call.text in series:
        given = [number(evaluate(node, at)) for node in call.parts]
        frame, straight = [*given, 0.0, 0.0][:2]
        return series[call.text].at(frame, at.film.fps, straight=bool(straight))
    if function is None:
        hint = did_you_mean(call.text, [*FUNCTIONS, *series])
        raise BadValue(f"there is no function {call.text!r}", hint=hint, column=call.column)
    values = [
        _argument(call, parameter, node, at)
        for parameter, node in zip(function.parameters, function.bind(call), strict=True)
    ]
    at.memory = at.memories.setdefault(call, {})
    return _placed(call, lambda: _defined(function.apply, at, *values))


def _argument(call: Node, parameter: FormulaParameter, node: Node | None, at: Moment) -> Value:
    """Return an argument, or its default. Raises `BadValue` for a text instead of a number."""
    if node is None:
        default = parameter.default
        fixed = not isinstance(default, str) or default[:1] != "@"
        return default if fixed else getattr(at, str(default)[1:])  # type: ignore[return-value]
    value = evaluate(node, at)
    if isinstance(value, str) == parameter.is_text:
        return value
    wanted = "a text in quotes" if parameter.is_text else "a number"
    message = f"{call.text}(): {parameter} is {wanted}, not {value!r}"
    raise BadValue(message, column=call.column)


def _defined(function: Callable[..., Value], *given: Any) -> Value:
    """Compute ``function``, NaN where it is not defined, infinite where it overflows."""
    try:
        return function(*given)
    except (ValueError, ZeroDivisionError):
        return math.nan
    except OverflowError:
        return math.inf


@lru_cache(maxsize=256)
def _matches(labels: tuple[tuple[int, str | None], ...], pattern: str) -> tuple[int, ...]:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise BadValue(f"{pattern!r} is no pattern: {error}") from None
    return tuple(frame for frame, info in labels if info and expression.search(info))


def _labels(answer: Callable[..., float | None], more: str = "") -> FormulaFunction:
    """``answer`` takes the moment and the frames of matches up to now and of those to come; None
    is what is given as default, or -1.
    """

    def apply(at: Moment, pattern: str, default: float = -1.0) -> Value:
        found = _matches(at.film.labels, pattern)
        past, coming = ([n for n in found if (n > at.frame) == side] for side in (False, True))
        value = answer(at, past, coming)
        return default if value is None else float(value)

    return _function(f"regex/r:text{more}", apply)


def _label_now(at: Moment, past: list[int], _: list[int]) -> float:
    rows = [frame for frame, _ in at.film.labels if frame <= at.frame]
    return bool(rows and past and past[-1] == rows[-1])


_LAST = _labels(lambda _, past, coming: past[-1] if past else None)
_LABELS: dict[str, FormulaFunction] = {
    "info_match": _labels(_label_now),
    "info_match_count": _labels(lambda _, past, coming: len(past)),
    "info_match_prev": _LAST,
    "info_match_last": _LAST,
    "info_match_next": _labels(lambda _, past, coming: coming[0] if coming else None),
    "info_match_gap": _labels(
        lambda _, past, coming: coming[0] - past[-1] if past and coming else None
    ),
    "info_match_progress": _labels(
        lambda at, past, coming: (
            (at.frame - past[-1]) / (coming[0] - past[-1]) if past and coming else None
        )
    ),
    "info_match_since": _labels(
        lambda at, past, coming: at.frame - past[-1] if past else None, ", default/d=-1"
    ),
    "info_match_until": _labels(
        lambda at, past, coming: coming[0] - at.frame if coming else None, ", default/d=-1"
    ),
}


def _wave(shape: Callable[[float, float, float], float]) -> FormulaFunction:
    """An oscillator; ``shape`` takes place, period and width in frames."""

    def apply(at: Moment, period: float, phase: float, *more: float) -> Value:
        amp, centre, limit, width = more
        if limit > 0 and at.frame - at.active > limit * period:
            return 0.0
        return centre + amp * shape(at.frame + phase, period, width)

    return _function("period/p, phase/ps=0, amp/a=1, centre/c=0, limit/li=0, pulse/pw=5", apply)


def _sine(place: float, period: float, _: float = 0.0) -> float:
    return math.sin(place * math.pi * 2 / period)


def _square(at: Moment, *given: float) -> Value:
    """The sign of a sine, which does not round to 0 where it should be, unless film is even."""
    return (_EVEN if at.film.even else _SIGNED).apply(at, *given)


_SIGNED = _wave(lambda place, period, _: 1.0 if _sine(place, period) >= 0 else -1.0)
_EVEN = _wave(lambda place, period, _: 1.0 if place / period % 1 < 0.5 else -1.0)


def _slide(at: Moment, start: float, end: float, span: float, offset: float) -> Value:
    share = offset if abs(offset) < 1 else (at.frame - at.active) / span if span else 0.0
    late = at.frame - at.active >= span != 0
    return end if late else start + (end - start) * (share if span else 0.0)


def _bez(at: Moment, *given: Any) -> Value:
    start, end, span, offset, name, delta = given[4:]
    way = start, start + delta if delta else end, span
    return _way(_points(name, given[:4]), way, offset, at.frame - at.active)


def _points(name: str, given: Any) -> Points:
    if name and name not in CURVES:
        raise BadValue(f"there is no curve {name!r}", hint=did_you_mean(name, CURVES))
    return CURVES[name] if name else given


def _way(curve: Points, way: tuple[float, float, float], offset: float, gone: float) -> float:
    """Along ``curve`` from start to end within span frames, or at the share ``offset`` of it."""
    start, end, span = way
    if span == 0:
        return start
    share = offset if abs(offset) < 1 else gone / span
    return end if share > 1 else start + bezier(share, curve) * (end - start)


def _draw(memory: dict[str, float], seed: float) -> float:
    """Return the next number of a call's own source, which is seeded once."""
    seed = memory.setdefault("seed", seed)
    count = memory["drawn"] = memory.get("drawn", -1.0) + 1.0
    return float(chance.rand(np.array([count]), seed)[0])


def _rand(at: Moment, low: float, high: float, seed: float, hold: float) -> Value:
    memory, turn = at.memory, math.floor((at.frame - at.active) / (hold or math.inf))
    if "value" not in memory or math.floor((memory["at"] - at.active) / (hold or math.inf)) < turn:
        memory["value"] = _draw(memory, seed) * (high - low) + low
        memory["at"] = float(at.frame)
    return memory["value"]


def _vibe(at: Moment, *given: Any) -> Value:
    _, shortest, longest, period, low, high, seed, name = given[4:]
    memory = at.memory
    if "to" not in memory or at.frame > memory["start"] + memory["period"]:
        memory["start"] = float(at.frame)
        memory["from"] = memory.get("to", at.active_value)
        memory["to"] = _draw(memory, seed) * (high - low) + low
        if math.isnan(period):
            period = math.floor(_draw(memory, seed) * (shortest - longest) + shortest)
        memory["period"] = float(period)
    length = memory["period"]
    share = (at.frame - memory["start"]) / length if length else 0.0
    way = memory["from"], memory["to"], length
    return _way(_points(name, given[:4]), way, share, at.frame - at.active)


def _noise(source: Callable[..., Any]) -> FormulaFunction:
    """Noise of ours between two ends: the source's own numbers are not reproduced."""

    def apply(at: Moment, smooth: float, low: float, high: float, *more: float) -> Value:
        seed = at.memory.setdefault("seed", more[0])
        place = np.array([at.frame / (smooth or 1) + more[1]])
        found = source(np.zeros(1), place, np.array([seed]))[0]
        return float((found * (high - low) + high + low) / 2)

    return _function("smooth/sm=10, min/n=0, max/x=1, seed/s=0, y=0", apply)


def _recompute_if(at: Moment, condition: float, value: float, _: float) -> Value:
    if condition > 0 or "value" not in at.memory:
        at.memory["value"] = value
    return at.memory["value"]


def _computed_at(at: Moment, frame: float, default: float) -> Value:
    if frame > at.frame:
        raise BadValue(f"computed_at({frame:g}) is asked at frame {at.frame}, before it")
    if frame < 0:
        return default
    return at.done[int(frame)] if frame.is_integer() and frame < len(at.done) else math.nan


def _start_of_beat(at: Moment, frame: float, mode: str) -> Value:
    rounding = {"d": math.floor, "u": math.ceil, "r": lambda x: math.floor(x + 0.5)}
    if mode not in rounding:
        raise BadValue(f"start_of_beat(): {mode!r} is no rounding", hint="known: 'd', 'u', 'r'")
    return float(rounding[mode](math.floor(frame / at.film.beat) * at.film.beat))


def _dangerous(at: Moment, name: str, frame: float) -> Value:
    values = at.others.get(name, ())
    known = frame.is_integer() and 0 <= frame < len(values)
    return (values[int(frame)] or -1.0) if known else -1.0


MOVED = ("\x02", "\x03")
"""What encloses a term that goes over from a prompt's text to the other one."""


def _posneg(before: str, after: str) -> FormulaFunction:
    """A term and its weight for one of a prompt's two texts; what belongs into the other one
    stands between `MOVED`.
    """

    def apply(at: Moment, term: str, weight: float, wanted: float, away: float) -> Value:
        if at.positive is None:
            raise BadValue("posneg() is for prompts alone")
        override = wanted if (weight > 0) == at.positive else away
        weighed = abs(weight) if math.isnan(override) else override
        made = f"{before}{term}:{weighed:.4f}{after}"
        return "" if weight == 0 else made if weight > 0 else made.join(MOVED)

    return _function("term/t:text, weight/w, posweight/pw=nan, negweight/nw=nan", apply)


def _plain(function: Callable[..., float], parameters: str = "v") -> FormulaFunction:
    return _function(parameters, lambda _, *given: function(*given))


def _rounded(rounding: Callable[[float], float]) -> FormulaFunction:
    def apply(value: float, places: float) -> float:
        scale = math.pow(10.0, places)
        return rounding(value * scale) / scale if math.isfinite(value * scale) else value

    return _plain(apply, "v, p=0")


_MATHS = (
    *("sin", "cos", "tan", "asin", "acos", "atan", "sqrt", "exp", "sinh", "cosh", "tanh"),
    *("asinh", "acosh", "atanh", "cbrt", "expm1", "log1p", "log10", "log2", "log"),
)
_CURVE = "x1=0.5, y1=0, x2=0.5, y2=1"
_WAY = "from/start/s=@active_value, to/end/t=@next_value, span/in/s=@span, offset/os=2"

FUNCTIONS: dict[str, FormulaFunction] = {
    "min": _plain(min, "a, b"),
    "max": _plain(max, "a, b"),
    "abs": _plain(abs),
    "round": _rounded(lambda v: math.floor(v + 0.5)),
    "floor": _rounded(math.floor),
    "ceil": _rounded(math.ceil),
    **{f"_{name}": _plain(getattr(math, name)) for name in _MATHS},
    "_sign": _plain(lambda v: math.copysign(1.0, v) if v else v),
    "_clz32": _plain(lambda v: float(32 - (int(v) & 0xFFFFFFFF).bit_length())),
    "sin": _wave(_sine),
    "tri": _wave(lambda place, period, _: math.asin(_sine(place, period)) * 2 / math.pi),
    "sq": FormulaFunction(_SIGNED.parameters, _square),
    "saw": _wave(lambda place, period, _: remainder(place, period) / period),
    "pulse": _wave(lambda place, period, width: float(remainder(place, period) < width)),
    "bez": _function(f"{_CURVE}, {_WAY}, curve/c='', delta/d=0", _bez),
    "slide": _function(_WAY, _slide),
    "rand": _function("min/n=0, max/x=1, seed/s=0, hold/h=1", _rand),
    "perlin": _noise(chance.perlin),
    "smrand": _noise(chance.simplex),
    "vibe": _function(
        f"{_CURVE}, offset/os=2, pmin=1, pmax=20, p=nan, min=0, max=1, seed/s=0, curve/c=''", _vibe
    ),
    "f2b": _function("v", lambda at, v: v / at.film.beat),
    "f2s": _function("v", lambda at, v: v / at.film.fps),
    "b2f": _function("v", lambda at, v: v * at.film.beat),
    "s2f": _function("v", lambda at, v: v * at.film.fps),
    "start_of_beat": _function("f=@frame, round/r='r'", _start_of_beat),
    "recompute_if": _function("if, compute/c, default/d=-1", _recompute_if),
    "computed_at": _function("f=@active, d=@default", _computed_at),
    "dangerous": _function("name/n:text, frame/f=@frame", _dangerous),
    "posneg": _posneg("(", ")"),
    "posneg_lora": _posneg("<lora:", ">"),
    **_LABELS,
}
