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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from storyboard.curves.expressions import chance
from storyboard.errors import BadValue, did_you_mean
from storyboard.interchange.importers.foreign import (
    Binary,
    ForeignCall,
    ForeignChoice,
    ForeignName,
    ForeignNumber,
    Node,
    Prefix,
)
from storyboard.interchange.importers.parseq.moments import (
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
class FormulaFunction:
    """``apply`` takes the moment and a value for each parameter. ``names`` are all that each goes
    by, ``texts`` those that are texts; without a default it has to be given.
    """

    apply: Callable[..., Value]
    names: tuple[tuple[str, ...], ...]
    texts: tuple[bool, ...]
    defaults: tuple[Node | None, ...]

    def bind(self, call: ForeignCall, names: Sequence[str]) -> ForeignCall:
        """Return the call with all its arguments in order. Raises `BadValue`."""
        place, count = f"{call.name}()", len(self.names)
        known = [name for one in self.names for name in one]
        for n, name in enumerate(names):
            if name and (name not in known or name in names[:n]):
                what = f"{name!r} twice" if name in known else f"no argument {name!r}"
                hint = did_you_mean(name, known) or f"it takes {', '.join(known)}"
                raise BadValue(f"{place} has {what}", hint=hint, column=call.column)
        if len(call.arguments) > count:
            many = "1 argument" if count == 1 else f"{count} arguments"
            message = f"{place} takes {many}, not {len(call.arguments)}"
            raise BadValue(message, column=call.column)
        given = dict(zip(names, call.arguments, strict=True)) if any(names) else {}
        bound = list(() if given else call.arguments)
        for own, default in list(zip(self.names, self.defaults, strict=True))[len(bound) :]:
            node = next((given[name] for name in own if name in given), default)
            if node is None:
                needed = " or ".join(map(repr, own))
                raise BadValue(f"{place} needs {needed}", column=call.column)
            bound.append(node)
        return replace(call, arguments=tuple(bound))


def _function(signature: str, apply: Callable[..., Value]) -> FormulaFunction:
    """Read ``"regex/r:text, limit/li=0, span/s=@span, curve/c=''"``: names, ``:text`` for a text
    that has to be given, and defaults: numbers, names that a moment knows, texts in quotes.
    """
    names, texts, defaults = [], [], []
    for part in filter(None, signature.split(", ")):
        own, given, default = part.partition("=")
        own, is_text, _ = own.partition(":")
        names.append(tuple(own.split("/")))
        texts.append(bool(is_text) or default[:1] == "'")
        name = '"' + default.strip("'") if texts[-1] else default
        is_number = re.fullmatch(r"-?[0-9.]+|nan", default) is not None
        node = ForeignNumber(float(default)) if is_number else ForeignName(name, 0)
        defaults.append(node if given else None)
    return FormulaFunction(apply, tuple(names), tuple(texts), tuple(defaults))


def evaluate(node: Node, at: Moment) -> Value:
    """Return the value of ``node``. Raises `BadValue`, with a column where it knows it."""
    match node:
        case ForeignNumber(value):
            return value
        case ForeignName(name, column):
            return name[1:] if name[0] == '"' else _named(name, at, column)
        case Prefix(_, operand):
            found = evaluate(operand, at)
            return f"-{found}" if isinstance(found, str) else -found
        case Binary(sign, left, right):
            return combine(sign, evaluate(left, at), evaluate(right, at))
        case ForeignChoice(condition, then, other):
            return evaluate(then if number(evaluate(condition, at)) > 0 else other, at)
        case ForeignCall():
            return _called(node, at)
    raise BadValue("a list has no meaning here")


def _named(name: str, at: Moment, column: int) -> Value:
    if name in ("C", "P"):
        return at.keys.through(at.frame, spline=name == "C")
    if name in at.names:
        return at.names[name]
    if name in at.film.series:
        return at.film.series[name].at(at.frame, at.film.fps)
    hint = did_you_mean(name, [*at.names, *at.film.series])
    raise BadValue(f"there is no {name!r} here", hint=hint, column=column)


def _called(call: ForeignCall, at: Moment) -> Value:
    function, series = FUNCTIONS.get(call.name), at.film.series
    given = [evaluate(node, at) for node in call.arguments]
    if function is None and call.name in series:
        frame, straight = [*map(number, given), 0.0, 0.0][:2]
        return series[call.name].at(frame, at.film.fps, straight=bool(straight))
    if function is None:
        hint = did_you_mean(call.name, [*FUNCTIONS, *series])
        raise BadValue(f"there is no function {call.name!r}", hint=hint, column=call.column)
    for value, is_text, names in zip(given, function.texts, function.names, strict=True):
        if isinstance(value, str) != is_text:
            wanted = "a text in quotes" if is_text else "a number"
            message = f"{call.name}(): {' or '.join(map(repr, names))} is {wanted}, not {value!r}"
            raise BadValue(message, column=call.column)
    at.memory = at.memories.setdefault(id(call), {})
    try:
        return function.apply(at, *given)
    except BadValue as error:
        raise BadValue(error.message, hint=error.hint, column=call.column) from None
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


def _labels(
    answer: Callable[[int, list[int], list[int]], float | None], more: str = ""
) -> FormulaFunction:
    """``answer`` takes the frame and the frames of matches up to it and of those to come; None is
    what is given as default, or -1.
    """

    def apply(at: Moment, pattern: str, default: float = -1.0) -> Value:
        found = _matches(at.film.labels, pattern)
        past, coming = ([n for n in found if (n > at.frame) == side] for side in (False, True))
        value = answer(at.frame, past, coming)
        return default if value is None else float(value)

    return _function(f"regex/r:text{more}", apply)


def _label_now(at: Moment, pattern: str) -> Value:
    """Return 1 where the last keyframe is a match."""
    rows = [frame for frame, _ in at.film.labels if frame <= at.frame]
    found = _matches(at.film.labels, pattern)
    return float(bool(rows) and rows[-1] in found)


_LAST = _labels(lambda _, past, coming: past[-1] if past else None)
_NEAR = ", default/d=-1"
_LABELS: dict[str, FormulaFunction] = {
    "info_match": _function("regex/r:text", _label_now),
    "info_match_count": _labels(lambda _, past, coming: len(past)),
    "info_match_prev": _LAST,
    "info_match_last": _LAST,
    "info_match_next": _labels(lambda _, past, coming: coming[0] if coming else None),
    "info_match_gap": _labels(
        lambda _, past, coming: coming[0] - past[-1] if past and coming else None
    ),
    "info_match_progress": _labels(
        lambda n, past, coming: (n - past[-1]) / (coming[0] - past[-1]) if past and coming else None
    ),
    "info_match_since": _labels(lambda n, past, coming: n - past[-1] if past else None, _NEAR),
    "info_match_until": _labels(lambda n, past, coming: coming[0] - n if coming else None, _NEAR),
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
_WAY = (
    "from/start/s=active_keyframe_value, to/end/t=next_keyframe_value, span/in/s=@span, offset/os=2"
)

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
    "sq": replace(_SIGNED, apply=_square),
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
    "start_of_beat": _function("f=f, round/r='r'", _start_of_beat),
    "recompute_if": _function("if, compute/c, default/d=-1", _recompute_if),
    "computed_at": _function("f=active_keyframe, d=@default", _computed_at),
    "dangerous": _function("name/n:text, frame/f=f", _dangerous),
    "posneg": _posneg("(", ")"),
    "posneg_lora": _posneg("<lora:", ">"),
    **_LABELS,
}
