"""Parseq's functions by name."""

from __future__ import annotations

import math
from collections.abc import Callable

from storyboard.errors import BadValue
from storyboard.interchange.importers.parseq import chance
from storyboard.interchange.importers.parseq.arithmetic import Value, remainder, text
from storyboard.interchange.importers.parseq.curves import bezier, points
from storyboard.interchange.importers.parseq.labels import LABELS
from storyboard.interchange.importers.parseq.moment import Moment
from storyboard.interchange.importers.parseq.signatures import Function, Memory, numbers, signature

NO_SEED = 0.0
"""Where no seed is given the source takes the time of day; here every reading is the same."""

_CURVE = "x1=0.5, y1=0, x2=0.5, y2=1"
_OSCILLATOR = "period/p, phase/ps=0, amp/a=1, centre/c=0, limit/li=0, pulse/pw=5"
_NOISE = f"smooth/sm=10, min/n=0, max/x=1, seed/s={NO_SEED}, y=0"


def _oscillator(shape: Callable[[float, float, float], float]) -> Function:
    """One that goes from -1 or 0 to 1; ``shape`` takes place, period and width in frames."""

    def apply(at: Moment, given: list[Value], _: Memory) -> Value:
        period, phase, amp, centre, limit, width = numbers(given)
        if limit > 0 and at.frame - at.active > limit * period:
            return 0.0
        return centre + amp * _defined(shape, at.frame + phase, period, width)

    return Function(signature(_OSCILLATOR), apply)


def _defined(shape: Callable[..., float], *given: float) -> float:
    """What ``shape`` gives, NaN where it is not defined."""
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
    return chance.draws(text(seed), int(count))


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


def _noise(source: Callable[[float, float, float], float], reach: float) -> Function:
    def apply(at: Moment, given: list[Value], memory: Memory) -> Value:
        smooth, low, high, seed, y = numbers(given)
        seed = memory.setdefault("seed", seed)
        return source(at.frame / (smooth or 1), y, seed) * (high - low) * reach + (high + low) / 2

    return Function(signature(_NOISE), apply)


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


def _posneg(before: str, after: str) -> Function:
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

    return Function(signature("term/t:text, weight/w, posweight/pw=nan, negweight/nw=nan"), apply)


MOVED = ("\x02", "\x03")
"""What encloses a term that goes over from the text it stands in to the other one."""


def _plain(function: Callable[..., float], parameters: str = "v") -> Function:
    """One that needs nothing of the moment."""
    return Function(
        signature(parameters), lambda _at, given, _: _defined(function, *numbers(given))
    )


def _timed(function: Callable[[float, Moment], float]) -> Function:
    return Function(signature("v"), lambda at, given, _: function(float(given[0]), at))


def _rounded(rounding: Callable[[float], float]) -> Function:
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

FUNCTIONS: dict[str, Function] = {
    "min": _plain(min, "a, b"),
    "max": _plain(max, "a, b"),
    "abs": _plain(abs),
    "round": _rounded(lambda v: math.floor(v + 0.5)),
    "floor": _rounded(math.floor),
    "ceil": _rounded(math.ceil),
    **{f"_{name}": _plain(function) for name, function in _MATHS.items()},
    "sin": _oscillator(lambda place, period, _: _turned(place, period)),
    "tri": _oscillator(lambda x, period, _: math.asin(_turned(x, period)) * 2 / math.pi),
    "sq": Function(signature(_OSCILLATOR), _square),
    "saw": _oscillator(lambda x, period, _: remainder(x, period) / period),
    "pulse": _oscillator(lambda x, period, width: float(remainder(x, period) < width)),
    "bez": Function(
        signature(
            f"{_CURVE}, from/start/s=@active_value, to/end/t=@next_value, span/in/s=@span, "
            "offset/os=2, curve/c='', delta/d=0"
        ),
        _bez,
    ),
    "slide": Function(
        signature("from/start/s=@active_value, to/end/t=@next_value, span/in/s=@span, offset/os=2"),
        _slide,
    ),
    "rand": Function(signature(f"min/n=0, max/x=1, seed/s={NO_SEED}, hold/h=1"), _rand),
    "perlin": _noise(chance.perlin, 1.0),
    "smrand": _noise(chance.simplex, 0.5),
    "vibe": Function(
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
    "start_of_beat": Function(signature("f=@frame, round/r='r'"), _start_of_beat),
    "recompute_if": Function(signature("if, compute/c, default/d=-1"), _recompute_if),
    "computed_at": Function(signature("f=@active, d=@default"), _computed_at),
    "dangerous": Function(signature("name/n:text, frame/f=@frame"), _dangerous),
    "posneg": _posneg("(", ")"),
    "posneg_lora": _posneg("<lora:", ">"),
    **LABELS,
}
