"""A Parseq field as a curve of a shot: a number, keys with easings, or an expression in seconds.

::

    curves = FieldCurves(document, values, shot)
    curves.field(field, scale, offset) -> Written       what is written, and whether it was baked

What is written is planned and compared with the source's own values at every frame of the shot;
where it is another curve, keys of those values take its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from storyboard.curves.clock import Clock
from storyboard.curves.curves import read_curve
from storyboard.curves.instants import Span
from storyboard.errors import BadValue
from storyboard.interchange.importers.parseq.document import Document, Field, Formula
from storyboard.interchange.importers.parseq.formulas import FormulaName, Node, names_in
from storyboard.interchange.importers.parseq.moments import Points
from storyboard.interchange.importers.parseq.translation import (
    ACTIVE_VALUE,
    LINE,
    FormulaWords,
    counts_from_keys,
    curve_of,
    easing_of,
)
from storyboard.interchange.importers.sampled import Shot
from storyboard.interchange.importers.translate import Untranslatable, knots, short, written
from storyboard.plan import Floats

TOLERANCE = 2e-3
"""How far a written curve may lie from its source's values, as a share of their range."""

MAX_KEYS = 60
"""Most keys that anybody reads; else the values are given by as few lines as keep the tolerance."""


@dataclass(frozen=True)
class Written:
    """A curve as a story writes it; ``baked`` where it is the source's values and no formula."""

    curve: Any
    baked: bool = False

    @property
    def still(self) -> bool:
        """It is one number."""
        return isinstance(self.curve, int | float)


@dataclass(frozen=True)
class FieldCurves:
    """Curves over one shot, whose frames count from the document's first."""

    document: Document
    values: Mapping[str, Floats]
    shot: Shot

    def field(self, field: Field, *, scale: float = 1.0, offset: float = 0.0) -> Written:
        """``scale`` times the field, plus ``offset``."""
        return self.best(
            self.values[field.name] * scale + offset,
            lambda: linear(self._words(field).text(self._only(field)), scale, offset),
            lambda: _single(self._keyed(field, scale, offset)),
        )

    def formula(self, node: Node, target: Floats, *, scale: float = 1.0) -> Written:
        """``scale`` times a formula outside of fields, which reads fields; ``target`` is that."""
        fields = {field.name: field for field in self.document.fields}
        if isinstance(node, FormulaName) and node.name in fields:
            return self.field(fields[node.name], scale=scale)
        read = names_in(node) & set(fields)

        def said() -> Any:
            names = {name: self._inline(fields[name]) for name in read}
            words = FormulaWords(self.document.film, self.document.first, names)
            return linear(words.text(node), scale, 0.0)

        return self.best(target, said)

    def best(self, target: Floats, *candidates: Callable[[], Any]) -> Written:
        """The first candidate that is the target over the shot, else keys of the target."""
        wanted = target[self.shot.first : self.shot.first + self.shot.count]
        if np.ptp(wanted) <= 1e-9 * max(1.0, float(np.max(np.abs(wanted)))):
            return Written(short(float(wanted[0])))
        for candidate in candidates:
            try:
                curve = candidate()
            except Untranslatable:
                continue
            if self._agrees(curve, wanted):
                return Written(curve)
        return Written(self._baked(wanted), baked=True)

    def _baked(self, wanted: Floats) -> dict[str, float]:
        places = knots(wanted, TOLERANCE * float(np.ptp(wanted)))
        return {self.shot.time(Fraction(k)): short(float(wanted[k]), 5) for k in places}

    def _agrees(self, curve: Any, wanted: Floats) -> bool:
        try:
            found = read_curve(curve, names=self._span.names).sample(
                self._span.frames(self.shot.first, self.shot.first + self.shot.count)
            )
        except BadValue:
            return False
        return bool(np.max(np.abs(found - wanted)) <= TOLERANCE * float(np.ptp(wanted)))

    @cached_property
    def _span(self) -> Span:
        shot, bpm = self.shot, Fraction(str(self.document.film.bpm))
        end = Fraction(shot.first + shot.count) / shot.fps
        return Span(Clock(shot.fps, bpm), Fraction(shot.first) / shot.fps, end)

    def _frame(self, place: int) -> int:
        """The document's number of a frame of the shot."""
        return self.document.first + self.shot.first + place

    def _only(self, field: Field) -> Node:
        """The one formula of the shot. Raises `Untranslatable`."""
        last = self._frame(self.shot.count - 1)
        formula = field.formula(self._frame(0))
        if field.formula(last) is not formula or curve_of(formula.tree) is not None:
            raise Untranslatable("several formulas")
        return formula.tree

    def _words(self, field: Field, place: int | None = None) -> FormulaWords:
        """A field's own names: its keys, and those around a place of the shot, or around all of
        it where they are the same.
        """
        names = {}
        for name, ways in (("L", "linear"), ("S", "hold"), ("active_keyframe_value", "hold")):
            names[name] = self._quoted(field, ways)
        first = self._frame(place or 0)
        last = first if place is not None else self._frame(self.shot.count - 1)
        keys = field.keys
        if keys.active(first) == keys.active(last):
            at, ahead = keys.frames[keys.active(first)], keys.following(first)
            names |= {"active_keyframe": str(at), "prev_keyframe": str(at)}
            names |= {"next_keyframe": str(keys.frames[ahead])}
            names |= {"next_keyframe_value": written(keys.values[ahead])}
            names |= {ACTIVE_VALUE: written(keys.values[keys.active(first)])}
            pace = f"{written(self.document.film.fps)}*t"
            late = self.document.first - at
            names["k"] = f"{pace} {'+' if late > 0 else '-'} {abs(late)}" if late else pace
        return FormulaWords(self.document.film, self.document.first, names)

    def _inline(self, field: Field) -> str:
        """A field within an expression. Raises `Untranslatable` where it is no expression."""
        curve = self.field(field).curve
        if isinstance(curve, int | float):
            return written(curve)
        if isinstance(curve, str):
            return f"({curve})"
        return _keys_text(curve)

    def _quoted(self, field: Field, ease: str) -> str:
        """Straight lines or steps between a field's keys, within an expression."""
        plain = Field(field.name, field.keys, (Formula(0, _WAYS[ease]),))
        keys = self._keyed(plain, 1.0, 0.0)
        values = {value[0] if isinstance(value, list) else value for value in keys.values()}
        return written(values.pop()) if len(values) == 1 else _keys_text(keys)

    def _keyed(self, field: Field, scale: float, offset: float) -> dict[str, Any]:
        """Keys at the field's own, each with its formula as easing. Raises `Untranslatable`."""
        keys: dict[str, Any] = {}
        ease, before = "linear", ""
        for place, value, way in self._stops(field):
            if isinstance(value, str):
                if value == before:
                    continue
                shown: Any = linear(value, scale, offset)
            else:
                shown = short(value * scale + offset, 6)
            before = value if isinstance(value, str) else ""
            keys[self.shot.time(Fraction(place))] = [shown, way] if way not in ("", ease) else shown
            ease = way or ease
        return keys

    def _stops(self, field: Field) -> Iterator[tuple[Fraction, float | str, str]]:
        """Place in the shot, value or expression, and easing of every key."""
        own, starts = set(field.keys.frames), {formula.frame for formula in field.formulas}
        last: Node | None = None
        for place in range(self.shot.count):
            frame = self._frame(place)
            tree = field.formula(frame).tree
            curve = curve_of(tree)
            counts_keys = curve is not None or counts_from_keys(tree)
            if place and frame not in (own | starts if counts_keys else starts):
                continue
            before = None if last is None else curve_of(last)
            if before not in (None, "hold", curve) and (curve is None or frame not in own):
                yield place - self.shot.fps / 10_000, field.keys.straight(frame), "hold"
            if curve is None:
                yield Fraction(place), self._words_of(field, tree, place), "hold"
            else:
                yield Fraction(place), *self._begun(field, frame, curve)
            last = tree
        yield from self._end(field)

    def _begun(self, field: Field, frame: int, curve: Points | str) -> tuple[float | str, str]:
        """Value and easing at the start of a way from key to key, or in the midst of it."""
        own, k = field.keys.frames, field.keys.active(frame)
        if curve == LINE or curve == "hold" or frame in own or frame > own[-1]:
            straight = curve == LINE
            return field.keys.straight(frame) if straight else field.keys.values[k], easing_of(
                curve
            )
        values, pace = field.keys.values, float(self.shot.fps)
        since = (own[k] - self.document.first) / pace
        gone = f"(t - {written(since)})" if since else "t"
        gone = f"{gone}/{written((own[k + 1] - own[k]) / pace)}"
        ends = f"{written(values[k])}, {written(values[k + 1])}"
        return f'lerp({ends}, ease("{easing_of(curve)}", {gone}))', "hold"

    def _words_of(self, field: Field, tree: Node, place: int) -> str:
        plain = Field(field.name, field.keys, (Formula(0, tree),))
        return self._words(plain, place).text(tree)

    def _end(self, field: Field) -> Iterator[tuple[Fraction, float | str, str]]:
        """Return where the last way of the shot leads to."""
        last = self._frame(self.shot.count - 1)
        curve = curve_of(field.formula(last).tree)
        ahead = field.keys.frames[field.keys.following(last)]
        if curve is None or curve == "hold" or ahead <= last:
            return
        cut = curve == LINE and ahead > last + 1
        stop = last + 1 if cut else ahead
        yield Fraction(stop - self._frame(0)), field.keys.straight(stop), ""


def _single(keys: Mapping[str, Any]) -> Any:
    """The one expression that holds all the time, or the keys."""
    first = next(iter(keys.values()))
    return first[0] if len(keys) == 1 and isinstance(first, list) else keys


def linear(text: str, scale: float, offset: float) -> str:
    """``scale`` times an expression, plus ``offset``."""
    made = text if scale == 1 else f"{written(scale)}*({text})"
    if not offset:
        return made
    taken = f"{written(-offset)} + "
    if scale == 1 and text.startswith(taken) and not _LOOSE.search(text):
        return text.removeprefix(taken)
    bare = f"({made})" if scale == 1 and " if " in made else made
    return f"{bare} {'+' if offset > 0 else '-'} {written(abs(offset))}"


_LOOSE = re.compile(r" (?:if|and|or|[<>]=?|[=!]=) ")
"""What binds looser than a sum."""

_WAYS: dict[str, Node] = {"linear": FormulaName("L", 1), "hold": FormulaName("S", 1)}


def _keys_text(keys: Mapping[str, Any]) -> str:
    """Keys within an expression. Raises `Untranslatable` where a value is no number."""
    said = []
    for time, value in keys.items():
        number, *ease = value if isinstance(value, list) else [value]
        if not isinstance(number, int | float) or any("(" in name for name in ease):
            raise Untranslatable("an expression among keys")
        said.append(" ".join([f"{time}: {written(number)}", *ease]))
    if len(said) > MAX_KEYS:
        raise Untranslatable("more keys than anybody reads")
    return f'keys("{", ".join(said)}")'
