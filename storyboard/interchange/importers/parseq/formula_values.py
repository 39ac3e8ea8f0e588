"""Evaluate Parseq's formulas: its functions by name, what each takes, and the value of a tree.

::

    evaluate(parse("S + sin(p=4b)"), FormulaFrames(np.arange(9.0), keys, film)) -> (9,) floats

Arguments stand by place, or all by name, with defaults. ``bez`` and ``slide`` lead from one value
to another, ``CURVES`` has the curves by name; the ``info_match`` functions search the labels of
keyframes. What is random is hashed from the frame at which it is drawn and the seed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from storyboard.curves.easings import cubic_bezier
from storyboard.curves.expressions import chance
from storyboard.errors import BadValue, did_you_mean
from storyboard.interchange.importers.foreign import (
    SIGNS,
    Dialect,
    ForeignCall,
    ForeignName,
    ForeignNumber,
    ForeignText,
    Function,
    Node,
    names_in,
    value,
)
from storyboard.interchange.importers.parseq.formula_frames import FormulaFrames
from storyboard.plan import Floats

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


def bezier(x: Any, curve: Sequence[Any]) -> Any:
    """Return the height of the curve at ``x``, held before 0 and after 1. Raises `BadValue`."""
    x1, y1, x2, y2 = curve
    if not (np.min([x1, x2]) >= 0 and np.max([x1, x2]) <= 1):
        raise BadValue("x1 and x2 of a curve must lie in 0 to 1")
    inner = np.clip(x, 0.0, 1.0)
    ends = (inner == 0) | (inner == 1) | (x1 == y1) & (x2 == y2)
    return np.where(ends, inner, cubic_bezier(inner, x1, y1, x2, y2))


@dataclass(frozen=True)
class FormulaFunction:
    """``apply`` takes the frames and a value for each parameter. ``names`` are all that each goes
    by; one without a default has to be given.
    """

    apply: Callable[..., Any]
    names: tuple[tuple[str, ...], ...]
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
            message = f"{place} takes at most {count} arguments, got {len(call.arguments)}"
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


def _function(signature: str, apply: Callable[..., Any]) -> FormulaFunction:
    """Read ``"regex/r, limit/li=0, span/s=@span, curve/c=''"``: names, and defaults: numbers,
    names that every formula may read, texts in quotes.
    """
    names, defaults = [], list[Node | None]()
    for part in filter(None, signature.split(", ")):
        own, _, default = part.partition("=")
        names.append(tuple(own.split("/")))
        if not default:
            defaults.append(None)
        elif default[0] == "'":
            defaults.append(ForeignText(default.strip("'")))
        elif re.fullmatch(r"-?[0-9.]+|nan", default):
            defaults.append(ForeignNumber(float(default)))
        else:
            defaults.append(ForeignName(default, 0))
    return FormulaFunction(apply, tuple(names), tuple(defaults))


def evaluate(node: Node, at: FormulaFrames, names: Mapping[str, Any] | None = None) -> Any:
    """Return the value of ``node``: a number per frame, one number, or a text.

    ``names`` are read beside those of the frames. Raises `BadValue`, with the column if known.
    """
    wanted, film = names_in(node), at.film
    splines = {n: at.keys.through(at.frames, spline=n == "C") for n in wanted & {"C", "P"}}
    functions: dict[str, Function] = {
        name: (len(one.names), len(one.names), partial(one.apply, at))
        for name, one in FUNCTIONS.items()
    }
    for name, one in film.series.items():

        def read(frames: Any = at.frames, straight: float = 0.0, one: Any = one) -> Any:
            return one.at(frames, film.fps, straight=bool(straight))

        functions[name] = (0, 2, read)
    dialect = Dialect("Parseq", functions, {}, _SIGNS)
    try:
        return value(node, dialect, {**at.names(), **splines, **(names or {})})
    except (TypeError, ValueError):
        raise BadValue("a text stands where a number is expected, or the reverse") from None


def number(found: Any) -> Any:
    """Return a text as the number that it is, 0 where it is empty, NaN where it is none."""
    if not isinstance(found, str):
        return found
    try:
        return float(found) if found.strip() else 0.0
    except ValueError:
        return math.nan


def text(found: Any) -> str:
    """Return a number as the source writes it: ``2`` for 2.0, else the shortest that is exact."""
    if isinstance(found, str):
        return found
    if not math.isfinite(found):
        return "NaN" if math.isnan(found) else "Infinity" if found > 0 else "-Infinity"
    return str(int(found)) if found.is_integer() and abs(found) < 1e21 else repr(found)


def _numbers(sign: Callable[..., Any], left: Any, right: Any) -> Any:
    return sign(number(left), number(right))


def _compared(sign: Callable[..., Any], left: Any, right: Any) -> Any:
    texts = isinstance(left, str) and isinstance(right, str)
    return sign(left, right) if texts else _numbers(sign, left, right)


def _sum(left: Any, right: Any) -> Any:
    texts = isinstance(left, str) or isinstance(right, str)
    return text(left) + text(right) if texts else left + right


_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    **{sign: partial(_numbers, SIGNS[sign]) for sign in ("-", "*", "/", "**")},
    **{sign: partial(_compared, SIGNS[sign]) for sign in ("<", "<=", ">", ">=", "==", "!=")},
    "+": _sum,
    "%": partial(_numbers, np.fmod),
    ":": lambda left, right: f"({text(left)}:{text(right)})",
}


@lru_cache(maxsize=256)
def _matches(labels: tuple[tuple[int, str | None], ...], pattern: str) -> Floats:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise BadValue(f"invalid pattern {pattern!r}: {error}") from None
    return np.array([n for n, info in labels if info and expression.search(info)], dtype=float)


def _labels(answer: Callable[[Any, Any, Any], Any], more: str = "") -> FormulaFunction:
    """Return a function of the labels that match. ``answer`` takes the frames and those of the
    matches before and behind, NaN where there is none, which gives the default, or -1.
    """

    def apply(at: FormulaFrames, pattern: str, default: float = -1.0) -> Any:
        found = _matches(at.film.labels, pattern)
        place = np.searchsorted(found, at.frames, side="right")
        padded = np.concatenate([[math.nan], found, [math.nan]])
        answered = answer(at.frames, padded[place], padded[place + 1])
        return np.where(np.isnan(answered), default, answered)

    return _function(f"regex/r{more}", apply)


def _label_now(at: FormulaFrames, pattern: str) -> Any:
    """Return 1 where the last keyframe is a match."""
    rows = np.array([-1, *(frame for frame, _ in at.film.labels)])
    last = rows[np.searchsorted(rows, at.frames, side="right") - 1]
    return np.isin(last, _matches(at.film.labels, pattern))


def _label_count(at: FormulaFrames, pattern: str) -> Any:
    return np.searchsorted(_matches(at.film.labels, pattern), at.frames, side="right")


_LAST = _labels(lambda n, past, coming: past)
_LABELS: dict[str, FormulaFunction] = {
    "info_match": _function("regex/r", _label_now),
    "info_match_count": _function("regex/r", _label_count),
    **{"info_match_prev": _LAST, "info_match_last": _LAST},
    "info_match_next": _labels(lambda n, past, coming: coming),
    "info_match_gap": _labels(lambda n, past, coming: coming - past),
    "info_match_progress": _labels(lambda n, past, coming: (n - past) / (coming - past)),
    "info_match_since": _labels(lambda n, past, coming: n - past, ", default/d=-1"),
    "info_match_until": _labels(lambda n, past, coming: coming - n, ", default/d=-1"),
}


def _wave(shape: Callable[[Any, Any, Any], Any]) -> FormulaFunction:
    """Return an oscillator; ``shape`` takes place, period and width in frames."""

    def apply(at: FormulaFrames, period: Any, phase: Any, *more: Any) -> Any:
        amp, centre, limit, width = more
        over = (limit > 0) & (at.since > limit * period)
        return np.where(over, 0.0, centre + amp * shape(at.frames + phase, period, width))

    return _function("period/p, phase/ps=0, amp/a=1, centre/c=0, limit/li=0, pulse/pw=5", apply)


def _sine(place: Any, period: Any, _: Any = 0.0) -> Any:
    return np.sin(place * np.pi * 2 / period)


def _along(curve: Any, way: tuple[Any, Any, Any], offset: Any, gone: Any) -> Any:
    """Follow ``curve`` from start to end within span frames, or to the share ``offset`` of it."""
    start, end, span = way
    share = np.where(np.abs(offset) < 1, offset, gone / span)
    found = np.where(share > 1, end, start + bezier(share, curve) * (end - start))
    return np.where(span == 0, start, found)


def _slide(at: FormulaFrames, start: Any, end: Any, span: Any, offset: Any) -> Any:
    share = np.where(np.abs(offset) < 1, offset, at.since / span)
    late = (at.since >= span) & (span != 0)
    return np.where(late, end, start + (end - start) * np.where(span == 0, 0.0, share))


def _bez(at: FormulaFrames, *given: Any) -> Any:
    start, end, span, offset, name, delta = given[4:]
    way = start, np.where(delta == 0, end, start + delta), span
    return _along(_points(name, given[:4]), way, offset, at.since)


def _points(name: str, given: Any) -> Any:
    if name and name not in CURVES:
        raise BadValue(f"unknown curve {name!r}", hint=did_you_mean(name, CURVES))
    return CURVES[name] if name else given


def _rand(at: FormulaFrames, low: Any, high: Any, seed: Any, hold: Any) -> Any:
    """Return a random number for every ``hold`` frames from a keyframe on; 0 for one until the
    next.
    """
    turn = np.where(hold > 0, np.floor(at.since / hold) * hold, 0.0)
    return _random(at.active + turn, seed) * (high - low) + low


def _random(places: Any, seed: Any) -> Any:
    """Return a number in [0, 1) for each place."""
    found = chance.rand(*np.broadcast_arrays(np.asarray(places, float), np.asarray(seed, float)))
    return found if np.ndim(places) else found[0]


def _noise(source: Callable[..., Any]) -> FormulaFunction:
    """Return noise of ours between two ends: the source's own numbers are not reproduced."""

    def apply(at: FormulaFrames, smooth: Any, low: Any, high: Any, *more: Any) -> Any:
        place = np.atleast_1d(at.frames / np.where(smooth == 0, 1, smooth) + more[1])
        found = source(np.zeros(1), place, np.atleast_1d(more[0]))
        found = (found * (high - low) + high + low) / 2
        return found if np.ndim(at.frames) else found[0]

    return _function("smooth/sm=10, min/n=0, max/x=1, seed/s=0, y=0", apply)


def _recompute_if(at: FormulaFrames, condition: Any, values: Any, _: Any) -> Any:
    """Return the value of the last frame, counted from the first, at which the condition held."""
    if np.ndim(at.frames) == 0:
        raise BadValue("recompute_if() is for fields alone")
    holds, values = np.broadcast_arrays(condition, values, at.frames)[:2]
    places = np.where(holds > 0, np.arange(len(at.frames)), 0)
    return values[np.maximum.accumulate(places)]


MOVED = ("\x02", "\x03")
"""What encloses a term that goes over from a prompt's text to the other one."""


def _posneg(at: FormulaFrames, term: str, weight: float, wanted: float, away: float) -> str:
    """Return a term and its weight for one of a prompt's two texts; what belongs into the other
    one stands between `MOVED`.
    """
    if at.positive is None:
        raise BadValue("posneg() is for prompts alone")
    override = wanted if (weight > 0) == at.positive else away
    weighed = abs(weight) if math.isnan(override) else override
    made = f"({term}:{weighed:.4f})"
    return "" if weight == 0 else made if weight > 0 else made.join(MOVED)


def _plain(function: Callable[..., Any], parameters: str = "v") -> FormulaFunction:
    return _function(parameters, lambda _, *given: function(*given))


def _rounded(rounding: Callable[[Any], Any]) -> FormulaFunction:
    return _plain(lambda v, places: rounding(v * 10.0**places) / 10.0**places, "v, p=0")


_MATHS = {
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "cbrt")},
    **{name: name for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "sign")},
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}
_CURVE = "x1=0.5, y1=0, x2=0.5, y2=1"
_WAY = (
    "from/start/s=active_keyframe_value, to/end/t=next_keyframe_value, span/in/s=@span, offset/os=2"
)

FUNCTIONS: dict[str, FormulaFunction] = {
    "min": _plain(np.minimum, "a, b"),
    "max": _plain(np.maximum, "a, b"),
    "abs": _plain(np.abs),
    "round": _rounded(lambda v: np.floor(v + 0.5)),
    "floor": _rounded(np.floor),
    "ceil": _rounded(np.ceil),
    **{f"_{name}": _plain(getattr(np, ours)) for name, ours in _MATHS.items()},
    "sin": _wave(_sine),
    "tri": _wave(lambda place, period, _: np.arcsin(_sine(place, period)) * 2 / np.pi),
    "sq": _wave(lambda place, period, _: np.where(place / period % 1 < 0.5, 1.0, -1.0)),
    "saw": _wave(lambda place, period, _: np.fmod(place, period) / period),
    "pulse": _wave(lambda place, period, width: np.fmod(place, period) < width),
    "bez": _function(f"{_CURVE}, {_WAY}, curve/c='', delta/d=0", _bez),
    "slide": _function(_WAY, _slide),
    "rand": _function("min/n=0, max/x=1, seed/s=0, hold/h=1", _rand),
    "perlin": _noise(chance.perlin),
    "smrand": _noise(chance.simplex),
    "f2b": _function("v", lambda at, v: v / at.film.beat),
    "f2s": _function("v", lambda at, v: v / at.film.fps),
    "b2f": _function("v", lambda at, v: v * at.film.beat),
    "s2f": _function("v", lambda at, v: v * at.film.fps),
    "recompute_if": _function("if, compute/c, default/d=-1", _recompute_if),
    "posneg_lora": _function(
        "term/t, weight/w, posweight/pw=nan, negweight/nw=nan", lambda at, *given: ""
    ),
    "posneg": _function("term/t, weight/w, posweight/pw=nan, negweight/nw=nan", _posneg),
    **_LABELS,
}
