"""Parseq's functions by name: what each takes, and what it gives at a moment.

Arguments stand by place, or all by name, with defaults. ``bez`` and ``slide`` lead from one value
to another, ``CURVES`` has the curves by name; ``info_match`` functions ask which keyframes are
called what.

"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from storyboard.curves.expressions import chance
from storyboard.errors import BadValue, did_you_mean
from storyboard.interchange.importers.parseq.formulas import FormulaCall, Node
from storyboard.interchange.importers.parseq.moments import (
    Moment,
    Value,
    bezier,
    points,
    remainder,
)
from storyboard.plan import Floats

Default = Callable[[Moment], Value]
Memory = dict[str, float]
Body = Callable[[Moment, list[Value], Memory], Value]

_COMPUTED: dict[str, Default] = {
    "active_value": lambda at: at.active_value,
    "next_value": lambda at: at.next_value,
    "span": lambda at: at.span,
    "active": lambda at: float(at.active),
    "frame": lambda at: float(at.frame),
    "default": lambda at: at.default,
}


@dataclass(frozen=True)
class FormulaParameter:
    """``names`` are all that it goes by; without a ``default`` it has to be given."""

    names: tuple[str, ...]
    text: bool
    default: Default | None


@dataclass(frozen=True)
class FormulaFunction:
    """A function of the language."""

    parameters: tuple[FormulaParameter, ...]
    apply: Body

    @property
    def known(self) -> list[str]:
        """All names of all parameters."""
        return [name for parameter in self.parameters for name in parameter.names]


def signature(text: str) -> tuple[FormulaParameter, ...]:
    """``"period/p, limit/li=0, curve/c=''"``: names, and after a sign a number, a text in single
    quotes, or ``@`` and what it is at the moment. ``regex/r:text`` is a text that has to be given.
    """
    return tuple(_parameter(part.strip()) for part in text.split(",") if part.strip())


def _parameter(part: str) -> FormulaParameter:
    names, has_default, default = part.partition("=")
    names, is_text, _ = names.partition(":")
    if not has_default:
        return FormulaParameter(tuple(names.split("/")), bool(is_text), None)
    if default.startswith("@"):
        return FormulaParameter(tuple(names.split("/")), False, _COMPUTED[default[1:]])
    text = default.startswith("'")
    fixed: Value = default.strip("'") if text else float(default)
    return FormulaParameter(tuple(names.split("/")), text, lambda _: fixed)


def matched(function: FormulaFunction, call: FormulaCall) -> list[Node | None]:
    """Return what is given for each parameter, or None. Raises `BadValue`."""
    named = bool(call.arguments and call.arguments[0][0])
    given = _by_name(function, call) if named else [node for _, node in call.arguments]
    count = len(function.parameters)
    if len(given) > count:
        many = "1 argument" if count == 1 else f"{count} arguments"
        raise BadValue(f"{call.name}() takes {many}, not {len(given)}", column=call.column)
    given += [None] * (count - len(given))
    for parameter, node in zip(function.parameters, given, strict=True):
        if node is None and parameter.default is None:
            raise BadValue(f"{call.name}() needs {_called(parameter)}", column=call.column)
    return given


def _by_name(function: FormulaFunction, call: FormulaCall) -> list[Node | None]:
    unknown = [name for name, _ in call.arguments if name not in function.known]
    if unknown:
        hint = did_you_mean(unknown[0], function.known) or _takes(function)
        message = f"{call.name}() has no argument {unknown[0]!r}"
        raise BadValue(message, hint=hint, column=call.column)
    found: list[Node | None] = []
    taken: set[int] = set()
    for parameter in function.parameters:
        nodes = [
            (k, node) for k, (name, node) in enumerate(call.arguments) if name in parameter.names
        ]
        if len(nodes) > 1 and not taken & {k for k, _ in nodes}:
            raise BadValue(f"{call.name}() has {_called(parameter)} twice", column=call.column)
        taken |= {k for k, _ in nodes}
        found.append(nodes[0][1] if nodes else None)
    return found


def _called(parameter: FormulaParameter) -> str:
    return " or ".join(repr(name) for name in parameter.names)


def _takes(function: FormulaFunction) -> str:
    return "it takes " + ", ".join("/".join(p.names) for p in function.parameters)


def checked(parameter: FormulaParameter, value: Value, call: FormulaCall) -> Value:
    """``value`` itself. Raises `BadValue` where it is a text for a number, or the reverse."""
    if isinstance(value, str) == parameter.text:
        return value
    wanted = "a text in quotes" if parameter.text else "a number"
    message = f"{call.name}(): {_called(parameter)} is {wanted}, not {value!r}"
    raise BadValue(message, column=call.column)


def numbers(given: Sequence[Value]) -> list[float]:
    """Arguments that are known to be numbers."""
    return [value for value in given if not isinstance(value, str)]


Answer = Callable[[Moment, "Matches"], float]


class Matches:
    """The keyframes whose label a pattern is found in, around a frame."""

    def __init__(self, at: Moment, pattern: str) -> None:
        found = _found(at.film.labels, pattern)
        self.past: list[int] = [frame for frame in found if frame <= at.frame]
        self.coming: list[int] = [frame for frame in found if frame > at.frame]

    @property
    def gap(self) -> float:
        """Frames from the last match to the next, or -1 where one of them is not there."""
        return float(self.coming[0] - self.past[-1]) if self.past and self.coming else -1.0


@lru_cache(maxsize=256)
def _found(labels: tuple[tuple[int, str | None], ...], pattern: str) -> tuple[int, ...]:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise BadValue(f"{pattern!r} is no pattern: {error}") from None
    return tuple(frame for frame, info in labels if info and expression.search(info))


def _matched(at: Moment, matches: Matches) -> float:
    rows = [frame for frame, _ in at.film.labels if frame <= at.frame]
    return float(bool(rows and matches.past and matches.past[-1] == rows[-1]))


def _progress(at: Moment, matches: Matches) -> float:
    gap = matches.gap
    return -1.0 if gap < 0 else (at.frame - matches.past[-1]) / gap


def _matching(answer: Answer) -> FormulaFunction:
    def apply(at: Moment, given: list[Value], _: Memory) -> Value:
        return answer(at, Matches(at, str(given[0])))

    return FormulaFunction(signature("regex/r:text"), apply)


def _distance(answer: Callable[[Moment, Matches], float | None]) -> FormulaFunction:
    """Frames to a match, or what is given for where there is none, -1 if nothing is."""

    def apply(at: Moment, given: list[Value], _: Memory) -> Value:
        found = answer(at, Matches(at, str(given[0])))
        return given[1] if found is None else found

    return FormulaFunction(signature("regex/r:text, default/d=-1"), apply)


_LAST = _matching(lambda _, found: float(found.past[-1]) if found.past else -1.0)

LABELS: dict[str, FormulaFunction] = {
    "info_match": _matching(_matched),
    "info_match_count": _matching(lambda _, found: float(len(found.past))),
    "info_match_prev": _LAST,
    "info_match_last": _LAST,
    "info_match_next": _matching(lambda _, found: float(found.coming[0]) if found.coming else -1.0),
    "info_match_gap": _matching(lambda _, found: found.gap),
    "info_match_progress": _matching(_progress),
    "info_match_since": _distance(
        lambda at, found: float(at.frame - found.past[-1]) if found.past else None
    ),
    "info_match_until": _distance(
        lambda at, found: float(found.coming[0] - at.frame) if found.coming else None
    ),
}


NO_SEED = 0.0
"""Where no seed is given the source takes the time of day; here every reading is the same."""

_CURVE = "x1=0.5, y1=0, x2=0.5, y2=1"
_OSCILLATOR = "period/p, phase/ps=0, amp/a=1, centre/c=0, limit/li=0, pulse/pw=5"
_NOISE = f"smooth/sm=10, min/n=0, max/x=1, seed/s={NO_SEED}, y=0"


def _oscillator(shape: Callable[[float, float, float], float]) -> FormulaFunction:
    """One that goes from -1 or 0 to 1; ``shape`` takes place, period and width in frames."""

    def apply(at: Moment, given: list[Value], _: Memory) -> Value:
        period, phase, amp, centre, limit, width = numbers(given)
        if limit > 0 and at.frame - at.active > limit * period:
            return 0.0
        return centre + amp * _defined(shape, at.frame + phase, period, width)

    return FormulaFunction(signature(_OSCILLATOR), apply)


def _defined(shape: Callable[..., float], *given: float) -> float:
    """Compute ``shape``, NaN where it is not defined."""
    try:
        return shape(*given)
    except (ValueError, ZeroDivisionError):
        return math.nan
    except OverflowError:
        return math.inf


def _square(at: Moment, given: list[Value], memory: Memory) -> Value:
    shape = _even if at.film.even else _signed
    return _oscillator(shape).apply(at, given, memory)


def _signed(place: float, period: float, _: float) -> float:
    """The sign of a sine, which does not round to 0 where it should be."""
    return 1.0 if _turned(place, period) >= 0 else -1.0


def _even(place: float, period: float, _: float) -> float:
    return 1.0 if place / period % 1 < 0.5 else -1.0


def _turned(place: float, period: float) -> float:
    return math.sin(place * math.pi * 2 / period)


def _slide(at: Moment, given: list[Value], _: Memory) -> Value:
    start, end, span, offset = numbers(given)
    gone = at.frame - at.active
    if span == 0:
        return start
    if gone >= span:
        return end
    return start + (end - start) / span * (offset * span if abs(offset) < 1 else gone)


def _bez(at: Moment, given: list[Value], _: Memory) -> Value:
    name = str(given[8])
    x1, y1, x2, y2, start, end, span, offset, delta = numbers(given)
    end = start + delta if delta else end
    curve = points(name) if name else (x1, y1, x2, y2)
    return _way(curve, (start, end, span), offset, at.frame - at.active)


def _way(
    curve: tuple[float, float, float, float],
    way: tuple[float, float, float],
    offset: float,
    gone: float,
) -> float:
    """Along ``curve`` from start to end within span frames, or at the share ``offset`` of it."""
    start, end, span = way
    if span == 0:
        return start
    share = offset if abs(offset) < 1 else gone / span
    return end if share > 1 else start + bezier(share, curve) * (end - start)


def _rand(at: Moment, given: list[Value], memory: Memory) -> Value:
    low, high, seed, hold = numbers(given)
    now = _defined(lambda: math.floor((at.frame - at.active) / hold))
    before = _defined(lambda: math.floor((memory.get("at", math.nan) - at.active) / hold))
    if "value" not in memory or before < now:
        memory["value"] = _draw(memory, seed) * (high - low) + low
        memory["at"] = float(at.frame)
    return memory["value"]


def _draw(memory: Memory, seed: float) -> float:
    """The next number of this place's own source, which is seeded once."""
    seed = memory.setdefault("seed", seed)
    count = memory["drawn"] = memory.get("drawn", -1.0) + 1.0
    return float(chance.rand(np.array([count]), seed)[0])


def _vibe(at: Moment, given: list[Value], memory: Memory) -> Value:
    name = str(given[11])
    x1, y1, x2, y2, _, shortest, longest, period, low, high, seed = numbers(given)
    until = memory.get("start", math.nan) + memory.get("period", math.nan)
    if math.isnan(until) or at.frame > until:
        memory["start"] = float(at.frame)
        memory["from"] = memory.get("to", at.active_value)
        memory["to"] = _draw(memory, seed) * (high - low) + low
        drawn = math.isnan(period)
        memory["period"] = (
            float(math.floor(_draw(memory, seed) * (shortest - longest) + shortest))
            if drawn
            else period
        )
    curve = points(name) if name else (x1, y1, x2, y2)
    length = memory["period"]
    share = (at.frame - memory["start"]) / length if length else 0.0
    return _way(curve, (memory["from"], memory["to"], length), share, at.frame - at.active)


def _noise(source: Callable[[Floats, Floats, Floats], Floats]) -> FormulaFunction:
    """Noise of ours between two ends: the source's own numbers are not reproduced."""

    def apply(at: Moment, given: list[Value], memory: Memory) -> Value:
        smooth, low, high, seed, y = numbers(given)
        seed = memory.setdefault("seed", seed)
        place = np.array([at.frame / (smooth or 1) + y])
        found = source(np.zeros(1), place, np.array([seed]))[0]
        return float((found * (high - low) + high + low) / 2)

    return FormulaFunction(signature(_NOISE), apply)


def _recompute_if(_: Moment, given: list[Value], memory: Memory) -> Value:
    condition, value, _default = numbers(given)
    if condition > 0 or "value" not in memory:
        memory["value"] = value
    return memory["value"]


def _computed_at(at: Moment, given: list[Value], _: Memory) -> Value:
    frame, default = numbers(given)
    if frame > at.frame:
        raise BadValue(f"computed_at({frame:g}) is asked at frame {at.frame}, before it")
    if frame < 0:
        return default
    return at.done[int(frame)] if frame.is_integer() and frame < len(at.done) else math.nan


def _start_of_beat(at: Moment, given: list[Value], _: Memory) -> Value:
    frame, mode = given
    rounding = {"d": math.floor, "u": math.ceil, "r": lambda x: math.floor(x + 0.5)}
    if mode not in rounding:
        raise BadValue(f"start_of_beat(): {mode!r} is no rounding", hint="known: 'd', 'u', 'r'")
    whole = math.floor(float(frame) / at.film.beat)
    return float(rounding[str(mode)](whole * at.film.beat))


def _dangerous(at: Moment, given: list[Value], _: Memory) -> Value:
    name, frame = str(given[0]), float(given[1])
    values = at.others.get(name, ())
    known = frame.is_integer() and 0 <= frame < len(values)
    return (values[int(frame)] or -1.0) if known else -1.0


def _posneg(before: str, after: str) -> FormulaFunction:
    """A term and its weight for one of a prompt's two texts; what belongs into the other one
    stands between `MOVED`.
    """

    def apply(at: Moment, given: list[Value], _: Memory) -> Value:
        if at.positive is None:
            raise BadValue("posneg() is for prompts alone")
        term, (weight, wanted, away) = str(given[0]), numbers(given[1:])
        override = (wanted if at.positive else away) if weight > 0 else None
        if override is None:
            override = away if at.positive else wanted
        weighed = abs(weight) if math.isnan(override) else override
        made = f"{before}{term}:{weighed:.4f}{after}"
        if weight == 0:
            return ""
        return made if weight > 0 else made.join(MOVED)

    return FormulaFunction(
        signature("term/t:text, weight/w, posweight/pw=nan, negweight/nw=nan"), apply
    )


MOVED = ("\x02", "\x03")
"""What encloses a term that goes over from the text it stands in to the other one."""


def _plain(function: Callable[..., float], parameters: str = "v") -> FormulaFunction:
    """One that needs nothing of the moment."""
    return FormulaFunction(
        signature(parameters), lambda _at, given, _: _defined(function, *numbers(given))
    )


def _timed(function: Callable[[float, Moment], float]) -> FormulaFunction:
    return FormulaFunction(signature("v"), lambda at, given, _: function(float(given[0]), at))


def _rounded(rounding: Callable[[float], float]) -> FormulaFunction:
    def apply(value: float, places: float) -> float:
        scale = math.pow(10.0, places)
        return rounding(value * scale) / scale if math.isfinite(value * scale) else value

    return _plain(apply, "v, p=0")


_MATHS: dict[str, Callable[[float], float]] = {
    **{n: getattr(math, n) for n in ("sin", "cos", "tan", "asin", "acos", "atan", "sqrt", "exp")},
    **{n: getattr(math, n) for n in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "cbrt")},
    **{n: getattr(math, n) for n in ("expm1", "log1p", "log10", "log2", "log")},
    "sign": lambda v: math.copysign(1.0, v) if v else v,
    "clz32": lambda v: float(32 - (int(v) & 0xFFFFFFFF).bit_length()),
}

FUNCTIONS: dict[str, FormulaFunction] = {
    "min": _plain(min, "a, b"),
    "max": _plain(max, "a, b"),
    "abs": _plain(abs),
    "round": _rounded(lambda v: math.floor(v + 0.5)),
    "floor": _rounded(math.floor),
    "ceil": _rounded(math.ceil),
    **{f"_{name}": _plain(function) for name, function in _MATHS.items()},
    "sin": _oscillator(lambda place, period, _: _turned(place, period)),
    "tri": _oscillator(lambda x, period, _: math.asin(_turned(x, period)) * 2 / math.pi),
    "sq": FormulaFunction(signature(_OSCILLATOR), _square),
    "saw": _oscillator(lambda x, period, _: remainder(x, period) / period),
    "pulse": _oscillator(lambda x, period, width: float(remainder(x, period) < width)),
    "bez": FormulaFunction(
        signature(
            f"{_CURVE}, from/start/s=@active_value, to/end/t=@next_value, span/in/s=@span, "
            "offset/os=2, curve/c='', delta/d=0"
        ),
        _bez,
    ),
    "slide": FormulaFunction(
        signature("from/start/s=@active_value, to/end/t=@next_value, span/in/s=@span, offset/os=2"),
        _slide,
    ),
    "rand": FormulaFunction(signature(f"min/n=0, max/x=1, seed/s={NO_SEED}, hold/h=1"), _rand),
    "perlin": _noise(chance.perlin),
    "smrand": _noise(chance.simplex),
    "vibe": FormulaFunction(
        signature(
            f"{_CURVE}, offset/os=2, pmin=1, pmax=20, p=nan, min=0, max=1, seed/s={NO_SEED}, "
            "curve/c=''"
        ),
        _vibe,
    ),
    "f2b": _timed(lambda v, at: v / at.film.beat),
    "f2s": _timed(lambda v, at: v / at.film.fps),
    "b2f": _timed(lambda v, at: v * at.film.beat),
    "s2f": _timed(lambda v, at: v * at.film.fps),
    "start_of_beat": FormulaFunction(signature("f=@frame, round/r='r'"), _start_of_beat),
    "recompute_if": FormulaFunction(signature("if, compute/c, default/d=-1"), _recompute_if),
    "computed_at": FormulaFunction(signature("f=@active, d=@default"), _computed_at),
    "dangerous": FormulaFunction(signature("name/n:text, frame/f=@frame"), _dangerous),
    "posneg": _posneg("(", ")"),
    "posneg_lora": _posneg("<lora:", ">"),
    **LABELS,
}
