"""Curves of the ``keyframed`` library: keys with a method each, loops, sums, products, groups.

::

    read_curve(written, method) -> Curve        raises BadValue
    curve(frame) -> float                       or an array, where its keys hold lists
    operate(given, method) -> Curve             {"op": "add", "curves": [...]}, {"hawkes": ...} ...

A key's method rules the way to the next key and is carried on to later keys; the default is
``previous``. Where no key is at 0, one of value 0 is there.

`import_keyframed` makes a story of them: a prompt for each, or a move of the camera.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from storyboard.errors import BadValue, did_you_mean
from storyboard.interchange.importers.sampled import seconds
from storyboard.interchange.importers.setting_values import rate
from storyboard.interchange.importers.story_writer import (
    Draft,
    Source,
    checked_frames,
    prompt_value,
)
from storyboard.interchange.importers.translate import knots, short
from storyboard.plan import POSE_FIELDS, Floats

Value = Any
Share = Callable[[float], float]

METHODS: dict[str, Share] = {
    "previous": lambda u: 0.0,
    "next": lambda u: 1.0,
    "linear": lambda u: u,
    "eased_lerp": lambda u: math.sin(u * math.pi / 2) ** 2,
    "sin": lambda u: math.sin(u * math.pi / 2),
}
"""How much of the way to the next key is done at ``u`` of it, by the method's name."""

_OTHER_NAMES = {
    "sin2": "eased_lerp",
    "sin^2": "eased_lerp",
    "eased": "eased_lerp",
    "lerp": "linear",
}


@dataclass(frozen=True)
class KeyframedCurve:
    """Keys by time, ascending, with a method each; ``loop`` and ``bounce`` repeat them."""

    times: tuple[float, ...]
    values: tuple[Value, ...]
    methods: tuple[str, ...]
    loop: bool = False
    bounce: bool = False
    duration: float | None = None

    @property
    def length(self) -> float:
        """Return the time of the last key, unless a duration is set."""
        return self.times[-1] if self.duration is None else self.duration

    def __call__(self, frame: float) -> Value:
        """Return the value at ``frame``, whole or not."""
        at = self._folded(frame)
        right = bisect_right(self.times, at)
        left = max(right - 1, 0)
        if at in self.times or right == len(self.times):
            return self.values[left]
        u = (at - self.times[left]) / (self.times[right] - self.times[left])
        share = METHODS[self.methods[left]](u)
        return share * self.values[right] + (1 - share) * self.values[left]

    def _folded(self, frame: float) -> float:
        length = self.length
        if self.loop and frame >= self.times[-1]:
            return frame % (length + 1)
        if self.bounce and length:
            return length - abs(frame % (2 * length) - length)
        return frame

    def part(self, start: float, stop: float) -> KeyframedCurve:
        """Return the piece from ``start`` to ``stop``, both included, moved to 0; its end holds."""
        inner = [n for n, time in enumerate(self.times) if start < time < stop]
        kept = {0.0: (self(start), self.method_at(start))}
        kept |= {self.times[n] - start: (self.values[n], self.methods[n]) for n in inner}
        kept[stop - start] = (self(stop), self.method_at(stop))
        return KeyframedCurve(tuple(kept), *map(tuple, zip(*kept.values(), strict=True)))  # type: ignore[arg-type]

    def method_at(self, time: float) -> str:
        """Return the method of the key at or before ``time``."""
        return self.methods[max(bisect_right(self.times, time) - 1, 0)]

    def then(self, other: KeyframedCurve) -> KeyframedCurve:
        """Return ``other`` behind this one, a frame after its end."""
        later = tuple(time + self.length + 1 for time in other.times)
        return KeyframedCurve(
            self.times + later, self.values + other.values, self.methods + other.methods
        )


def read_curve(written: Any, method: str = "previous", *, first: bool = False) -> KeyframedCurve:
    """Return a curve from a number, a mapping of times to values, or a list of [time, value,
    method].

    A value may also be ``{value, interpolation}``. ``first`` gives time 0 the first key's value
    instead of 0. Raises `BadValue`.
    """
    if isinstance(written, KeyframedCurve):
        return written
    if isinstance(written, int | float):
        return KeyframedCurve((0.0,), (float(written),), (_method(method),))
    keys = _keys(written)
    if not keys:
        keys = [(0.0, 0.0, None)]
    if keys[0][0] > 0:
        start = keys[0][1] if first else keys[0][1] * 0
        keys.insert(0, (0.0, start, None))
    current, methods = _method(method), list[str]()
    for _, _, own in keys:
        current = current if own is None else _method(own)
        methods.append(current)
    return KeyframedCurve(tuple(k[0] for k in keys), tuple(k[1] for k in keys), tuple(methods))


def _keys(written: Any) -> list[tuple[float, Value, str | None]]:
    rows: list[Any]
    if isinstance(written, Mapping):
        rows = [[time, *_parts(value)] for time, value in written.items()]
    elif isinstance(written, list | tuple):
        rows = [list(row) if isinstance(row, list | tuple) else [row] for row in written]
    else:
        raise BadValue(f"{written!r} is not a curve", hint="write {0: 1, 30: 0.5}")
    if any(len(row) not in (2, 3) for row in rows):
        raise BadValue("a key is [time, value] or [time, value, method]")
    try:
        keys = [(float(r[0]), _value(r[1]), r[2] if len(r) == 3 else None) for r in rows]
    except (TypeError, ValueError):
        raise BadValue("a key's time and value are numbers") from None
    return sorted(keys, key=lambda key: key[0])


def _parts(value: Any) -> list[Any]:
    if not isinstance(value, Mapping):
        return [value]
    method = value.get("interpolation", value.get("interpolation_method"))
    return [value.get("value"), method]


def _value(written: Any) -> Value:
    many = isinstance(written, list | tuple)
    return np.asarray(written, dtype=np.float64) if many else float(written)


def _method(name: Any) -> str:
    known = _OTHER_NAMES.get(str(name), str(name))
    if known not in METHODS:
        hint = did_you_mean(known, METHODS) or "known: " + ", ".join(METHODS)
        raise BadValue(f"unknown interpolation {name!r}", hint=hint)
    return known


Function = Callable[[float], Value]


def sine(given: Mapping[str, Any]) -> Function:
    """Return ``amplitude * sin(2 pi t / wavelength + phase)``; ``frequency`` is 1 / wavelength."""
    wavelength = float(given["wavelength"]) if "wavelength" in given else 1 / given["frequency"]
    amplitude, phase = float(given.get("amplitude", 1)), float(given.get("phase", 0))
    return lambda t: amplitude * math.sin(2 * math.pi * t / wavelength + phase)


def hawkes(given: Mapping[str, Any]) -> Function:
    """Return impulses of 1 that decay: the sum of ``exp(-decay (t - event))`` over events so
    far.
    """
    decay, events = float(given["decay"]), [float(event) for event in given["events"]]
    return lambda t: float(sum(math.exp(-decay * (t - e)) for e in events if t >= e))


_REDUCTIONS: dict[str, Callable[[Value, Value], Value]] = {
    "add": lambda a, b: a + b,
    "sum": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "subtract": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "multiply": lambda a, b: a * b,
    "prod": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "divide": lambda a, b: a / b,
    "max": np.maximum,
    "min": np.minimum,
}


def operate(given: Any, method: str = "previous") -> Function:
    """Return the curve that a table's or file's mapping describes, as a function of the frame.

    Raises `BadValue` for what is no curve.
    """
    if isinstance(given, Mapping):
        for name, make in _NAMED.items():
            if name in given:
                return make(given, method)
    return read_curve(given, method)


def _operation(given: Mapping[str, Any], method: str) -> Function:
    name = str(given["op"])
    if name in ("append", "slice"):
        return _cut_or_joined(given, method)
    sides = given.get("curves") or [given["a"], given["b"]]
    curves = [operate(side, method) for side in sides]
    if name.startswith("r") and name[1:] in _REDUCTIONS:
        return _reduced(name[1:], curves)
    return _reduced(name, curves)


def _cut_or_joined(given: Mapping[str, Any], method: str) -> KeyframedCurve:
    curve = read_curve(given["curve"], method)
    if given["op"] == "slice":
        start, stop = given.get("slice") or (given.get("start"), given.get("stop"))
        start = float(start or 0)
        return curve.part(start, max(curve.length if stop is None else float(stop), start))
    other = given["with"]
    return curve.then(curve if other == "itself" else read_curve(other, method))


def _reduced(name: str, curves: list[Function]) -> Function:
    if name in ("mean", "average"):
        return lambda t: sum(curve(t) for curve in curves) / len(curves)
    if name not in _REDUCTIONS:
        hint = did_you_mean(name, _REDUCTIONS) or "known: " + ", ".join(_REDUCTIONS)
        raise BadValue(f"unknown operation {name!r}", hint=hint)
    return lambda t: reduce(_REDUCTIONS[name], (curve(t) for curve in curves))


def _group(given: Mapping[str, Any], method: str) -> Function:
    members = given.get("group", given.get("parameters"))
    if not isinstance(members, Mapping):
        raise BadValue("a group is a mapping of names to curves")
    parts = {name: operate(member, method) for name, member in members.items()}
    weight = operate(given.get("weight", 1), method)
    if given.get("reduction"):
        total = _reduced(str(given["reduction"]), list(parts.values()))
        return lambda t: total(t) * weight(t)
    return lambda t: {name: part(t) * weight(t) for name, part in parts.items()}


def _file_curve(given: Mapping[str, Any], method: str) -> Function:
    plain = read_curve(given["curve"], method)
    duration = given.get("duration")
    if duration is not None and not (isinstance(duration, int | float) and duration < math.inf):
        raise BadValue(f"duration: {duration!r} is not a number")
    return KeyframedCurve(
        plain.times,
        plain.values,
        plain.methods,
        loop=bool(given.get("loop")),
        bounce=bool(given.get("bounce")),
        duration=None if duration is None else float(duration),
    )


_NAMED: dict[str, Callable[[Mapping[str, Any], str], Function]] = {
    "op": _operation,
    "sine": lambda given, _: sine(given["sine"]),
    "hawkes": lambda given, _: hawkes(given["hawkes"]),
    "smooth": lambda given, _: read_curve(given["smooth"], "eased_lerp"),
    "step": lambda given, _: read_curve(given["step"], "previous"),
    "linear": lambda given, _: read_curve(given["linear"], "linear"),
    "group": _group,
    "parameters": _group,
    "curve": _file_curve,
}


FPS = 12
_EASES = {"previous": "hold", "linear": "linear", "eased_lerp": "sine-in-out", "sin": "sine-out"}
_TOLERANCE = 1e-3


def import_keyframed(settings: Mapping[str, Any], source: Source) -> Draft:
    """Return the story of a curve or of a group of curves. Raises `BadValue`.

    A member of the group that is called as a camera's value (``zoom``, ``rotate``, ``pan_x`` ...)
    moves the camera; any other one is a prompt, and its name is what to show.
    """
    draft = Draft(source, rate(settings, "fps", FPS), (512, 288))
    members = _members(settings)
    frames = checked_frames(math.ceil(max(map(_length, members.values())) + 1))
    weight = operate(settings.get("weight", 1))
    camera: dict[str, Any] = {}
    prompts = []
    for name, member in members.items():
        curve = _written(draft, name, (operate(member), weight), count=frames)
        if name in POSE_FIELDS:
            camera[name] = curve
        else:
            prompts.append({"text": name} if curve == 1 else {"text": name, "weight": curve})
    if not prompts:
        prompts = [{"text": "a landscape"}]
        draft.notes.left(["prompts"], "these are curves alone; 'a landscape' stands for a prompt")
    draft.add_shot(0, frames, prompt_value(prompts), name="film")
    if camera:
        draft.shots[0]["motion"] = camera
    if "fps" not in settings:
        draft.notes.add("carried", f"a frame is 1/{FPS} s; the source does not say (--fps)")
    return draft


def _members(settings: Mapping[str, Any]) -> dict[str, Any]:
    if "parameters" not in settings:
        return {str(settings.get("label") or "a landscape"): dict(settings)}
    members = settings["parameters"]
    if not isinstance(members, Mapping) or not members:
        raise BadValue("parameters: expected a mapping of names to curves")
    return {str(name): member for name, member in members.items()}


def _length(member: Any) -> float:
    """Return the last key of a curve, or of all that it is made of."""
    if isinstance(member, Mapping):
        if "parameters" in member:
            return max(map(_length, member["parameters"].values()), default=0.0)
        curve = operate(member)
        return curve.length if isinstance(curve, KeyframedCurve) else 0.0
    return 0.0


def _written(draft: Draft, name: str, parts: tuple[Function, Function], *, count: int) -> Any:
    """Return the product of curve and weight as a number or keys; baked where no keys of ours say
    it.
    """
    curve, weight = parts
    heavy = (
        weight.values[0] if isinstance(weight, KeyframedCurve) and len(weight.times) == 1 else None
    )
    plain = isinstance(curve, KeyframedCurve) and not (curve.loop or curve.bounce)
    if (
        plain
        and heavy is not None
        and isinstance(curve, KeyframedCurve)
        and "next" not in curve.methods
    ):
        return _keyed(curve, heavy, draft.fps)
    values = _sampled(parts, count)
    draft.notes.add("baked", f"{name}: what it is at the source's frames")
    places = knots(values, _TOLERANCE * max(float(np.ptp(values)), 1e-9))
    return {seconds(Fraction(n) / draft.fps): short(float(values[n])) for n in places}


def _sampled(parts: tuple[Function, Function], count: int) -> Floats:
    curve, weight = parts
    values = [curve(n) * weight(n) for n in range(count)]
    if any(np.ndim(v) for v in values):
        raise BadValue("a curve of lists has no counterpart")
    return np.asarray(values, dtype=np.float64)


def _keyed(curve: KeyframedCurve, weight: float, fps: Fraction) -> Any:
    if any(np.ndim(value) for value in curve.values):
        raise BadValue("a curve of lists has no counterpart")
    values = [short(float(value) * weight) for value in curve.values]
    if len(set(values)) == 1:
        return values[0]
    keys: dict[str, Any] = {}
    ease = "linear"
    for time, value, method in zip(curve.times, values, curve.methods, strict=True):
        own = _EASES[method]
        keys[seconds(Fraction(time) / fps)] = value if own == ease else [value, own]
        ease = own
    return keys
