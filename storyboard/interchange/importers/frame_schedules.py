"""Keyframe strings, ``0:(1.04), 30:(1+0.02*sin(t))``, as every Deforum-like tool reads them.

::

    schedule = read_schedule(text, setting)      raises BadValue with what is wrong and where
    schedule.values(setting) -> Floats           one value per frame
    schedule.texts(setting) -> list[str]         for what holds words: samplers, checkpoints

Semantics: between two numbers the value runs straight; an expression counts at every frame from
its key up to the next key; from a number to an expression it runs straight to what the expression
is at its own key. Before the first and after the last key their values hold. Of two keys at one
frame the last one counts. What a source cannot read although its meaning is plain (no key at 0, a
bare number, commas within functions, pi) is read all the same; see docs/importing.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.foreign import (
    NUMEXPR,
    Dialect,
    Items,
    Node,
    names_in,
    parse,
    value,
)
from storyboard.plan import Floats

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)\Z")
_MISSING_COMMA = re.compile(r"\)\s*\"?[\w(]")


@dataclass(frozen=True)
class ScheduleContext:
    """The context of a schedule: how many frames there are, and what its names mean.

    ``t`` is added by `Schedule.values`: the frame, or, with a ``rate``, the seconds of a film of so
    many frames a second. ``max_f`` is the number of the last frame, ``s`` the seed.
    """

    frames: int
    names: Mapping[str, Any] = field(default_factory=dict)
    dialect: Dialect = NUMEXPR
    rate: float = 1.0

    def all_names(self, frames: Any) -> dict[str, Any]:
        """Return the names at ``frames``, a number or an array of them."""
        picked = {
            name: np.asarray(known)[np.clip(frames, 0, len(known) - 1).astype(int)]
            if isinstance(known, np.ndarray)
            else known
            for name, known in self.names.items()
        }
        return {"max_f": float(self.frames - 1), **picked, "t": frames / self.rate}


@dataclass(frozen=True)
class ScheduleKey:
    """A key: its frame and a number or an expression."""

    frame: int
    value: float | Node

    def at(self, frames: Any, setting: ScheduleContext) -> Floats:
        """Return the value at ``frames``, an array."""
        if isinstance(self.value, float):
            return np.full(len(frames), self.value)
        found = value(self.value, setting.dialect, setting.all_names(frames))
        return np.broadcast_to(np.asarray(found, dtype=np.float64), (len(frames),))


@dataclass(frozen=True)
class FrameSchedule:
    """The keys of a string in the order of their frames, one a frame."""

    entries: tuple[ScheduleKey, ...]
    text: str = ""

    @property
    def numeric(self) -> bool:
        """Return True where every key is a number."""
        return all(isinstance(entry.value, float) for entry in self.entries)

    @property
    def names(self) -> set[str]:
        """Return every name that its expressions read."""
        trees = (entry.value for entry in self.entries if not isinstance(entry.value, float))
        return set().union(*map(names_in, trees))

    def values(self, setting: ScheduleContext) -> Floats:
        """Return one value per frame, from 0 to ``setting.frames - 1``.

        A key beyond the last frame is run towards. Raises `BadValue` where a name is unknown.
        """
        places, heights = (np.concatenate(part) for part in zip(*self._knots(setting), strict=True))
        return np.asarray(np.interp(np.arange(setting.frames), places, heights))

    def _knots(self, setting: ScheduleContext) -> Iterator[tuple[Floats, Floats]]:
        """Yield frames and values that straight lines join: every key, every frame of an
        expression.
        """
        ends = [*(entry.frame for entry in self.entries[1:]), setting.frames]
        for entry, end in zip(self.entries, ends, strict=True):
            stop = entry.frame + 1 if isinstance(entry.value, float) else min(end, setting.frames)
            frames = np.arange(entry.frame, max(stop, entry.frame + 1), dtype=np.float64)
            yield frames, entry.at(frames, setting)


def read_schedule(written: Any, setting: ScheduleContext) -> FrameSchedule:
    """Read a keyframe string, a mapping of frames to values, or a bare number or expression."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return FrameSchedule((ScheduleKey(0, float(written)),), str(written))
    keys: dict[int, ScheduleKey] = {}
    for place, key, text in _pairs(written):
        frame = read_frame(key, setting)
        keys[frame] = ScheduleKey(frame, _number_or_tree(text, place))
    if not keys:
        raise BadValue("the schedule is empty", hint="write 0:(1)")
    return FrameSchedule(tuple(keys[frame] for frame in sorted(keys)), str(written))


def read_frame(key: Any, setting: ScheduleContext) -> int:
    """Return the frame of a key: a number, or an expression in ``max_f`` and ``s``, cut off to a
    whole.
    """
    text = _unquoted(str(key))
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    found = value(parse(text), setting.dialect, setting.all_names(np.zeros(1)))
    frame = float(np.ravel(found)[0])
    if not np.isfinite(frame):
        raise BadValue(f"the key {text!r} is at no frame")
    return int(frame)


def _pairs(written: Any) -> Iterator[tuple[int, str, str]]:
    """Yield column, key and value of every key of a string or mapping."""
    if isinstance(written, Mapping):
        yield from ((1, str(key), str(item)) for key, item in written.items())
        return
    text = str(written)
    if not text.strip():
        raise BadValue("the schedule is empty", hint="write 0:(1)")
    for start, part in _split(text, ","):
        if not part.strip():
            continue
        pieces = list(_split(part, ":"))
        if len(pieces) == 1:
            if part.strip() != text.strip():
                raise BadValue(f"{part.strip()!r} has no frame", hint="write 30:(1)", column=start)
            yield start, "0", part
            continue
        yield start + pieces[1][0] - 1, pieces[0][1], part[pieces[1][0] - 1 :]


def _split(text: str, sign: str) -> Iterator[tuple[int, str]]:
    """Yield column and text of the parts of ``text`` between ``sign`` outside brackets and
    quotes.
    """
    depth, quote, start = 0, "", 0
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == sign and depth == 0:
            yield start + 1, text[start:place]
            start = place + 1
    yield start + 1, text[start:]


def _number_or_tree(text: str, column: int) -> float | Node:
    """Return the value of a key. Only what looks like a plain number is one, as in the sources."""
    bare = _unbracketed(text.strip())
    if _NUMBER.match(bare):
        return float(bare)
    try:
        tree = parse(bare)
        if isinstance(tree, Items):
            raise BadValue("expected one number, got a list")
        return tree
    except BadValue as error:
        hint = error.hint
        if _MISSING_COMMA.search(text):
            hint = "keys are separated by commas: 0:(0), 30:(10)"
        where = column + text.find(bare) + (error.column or 1) - 1
        raise BadValue(f"{text.strip()!r}: {error.message}", hint=hint, column=where) from None


def _unbracketed(text: str) -> str:
    """Return ``text`` without a pair of brackets that holds all of it, and without quotes."""
    if text.startswith("(") and text.endswith(")"):
        depths, depth = [], 0
        for letter in text:
            depth += (letter == "(") - (letter == ")")
            depths.append(depth)
        if 0 not in depths[:-1]:
            return _unbracketed(text[1:-1].strip())
    return text.strip("\"'") if text[:1] in ("'", '"') else text


def _unquoted(text: str) -> str:
    return _unbracketed(text.strip().strip("\"'").strip()).strip("\"'").strip()


DEGREES = {"Linear": 1, "Quadratic": 2, "Cubic": 3}
"""Of the curves of Disco Diffusion, by their names there."""


def splines(schedule: FrameSchedule, setting: ScheduleContext, kind: str) -> Floats:
    """Return values of a schedule whose numbers are joined by a spline, as Disco Diffusion can.

    ``Quadratic`` and ``Cubic`` are interpolating splines of degree 2 and 3 through all keys and,
    with the value of the nearest key, the first and the last frame; three keys or fewer make a
    cubic one quadratic, two or fewer either one linear. A key beyond the last frame counts there.
    """
    last = setting.frames - 1
    moved = {min(e.frame, last): ScheduleKey(min(e.frame, last), e.value) for e in schedule.entries}
    entries = tuple(moved[frame] for frame in sorted(moved))
    degree = DEGREES.get(kind)
    if degree is None:
        raise BadValue(f"unknown interpolation {kind!r}", hint="known: Linear, Quadratic, Cubic")
    degree = min(degree, max(len(entries) - 1, 1))
    if degree == 1 or not schedule.numeric:
        return FrameSchedule(entries).values(setting)
    from scipy.interpolate import make_interp_spline

    points = {0: entries[0].value, last: entries[-1].value, **{e.frame: e.value for e in entries}}
    frames = sorted(points)
    spline = make_interp_spline(frames, [points[frame] for frame in frames], k=degree)
    return np.asarray(spline(np.arange(setting.frames)), dtype=np.float64)
