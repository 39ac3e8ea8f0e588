"""A Parseq field as a curve of a shot: a number, keys with easings, or an expression in seconds.

The values at the source's frames are what counts. Where the source's formulas, written in our
language, give them at every frame of the shot, these are the curve; else it is keys of the values.
Between two of its keyframes every name of a formula is a number or a straight line, so each such
stretch is a text of its own, and those that read alike are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from storyboard.curves.clock import Clock
from storyboard.curves.curves import read_curve
from storyboard.curves.instants import ShotScope
from storyboard.errors import BadValue
from storyboard.interchange.importers.foreign import (
    Binary,
    ForeignCall,
    ForeignName,
    ForeignNumber,
    ForeignText,
    Node,
    calls_in,
    names_in,
)
from storyboard.interchange.importers.parseq.formula_frames import FormulaFrames
from storyboard.interchange.importers.parseq.formula_values import (
    CURVES,
    FUNCTIONS,
    LINE,
    Points,
    evaluate,
)
from storyboard.interchange.importers.parseq.parseq_file import Field, ParseqDocument
from storyboard.interchange.importers.sampled import Shot
from storyboard.interchange.importers.translate import (
    Untranslatable,
    in_our_words,
    knots,
    short,
    within,
    written,
)
from storyboard.plan import Floats

TOLERANCE = 2e-3
"""How far a written curve may lie from its source's values, as a share of their range."""

_TIMED = frozenset(("L", "C", "P", "f", "k", "s", "b", "wb"))
"""Names that change from frame to frame; the others are fixed from keyframe to keyframe."""
_FIXED = {"min", "max", "abs", "round", "floor", "ceil", "f2s", "f2b", "s2f", "b2f"}
_WAVES = {"sin": "sine", "tri": "tri", "sq": "square", "saw": "saw", "pulse": "pulse"}


@dataclass(frozen=True)
class ShotCurves:
    """Curves over one shot, whose frames count from the document's first."""

    document: ParseqDocument
    shot: Shot

    def of(
        self, target: Floats, field: Field | None = None, *, scale: float = 1.0, offset: float = 0.0
    ) -> tuple[Any, bool]:
        """Return the curve of ``target``, which has a value for every frame of the film, and
        whether it is keys of those values: where ``scale`` times the field plus ``offset`` is
        another curve, or no field is given.
        """
        wanted = self._part(target)
        if np.ptp(wanted) <= 1e-9 * max(1.0, float(np.max(np.abs(wanted)))):
            return short(float(wanted[0])), False
        if field is not None:
            with suppress(Untranslatable):
                curve = self._written(field, scale, offset)
                if self._agrees(curve, wanted):
                    return curve, False
        places = knots(wanted, TOLERANCE * float(np.ptp(wanted)))
        return {self.shot.time(Fraction(k)): short(float(wanted[k]), 5) for k in places}, True

    def like(self, target: Floats) -> tuple[Any, bool]:
        """Return `of` for the first weight that is ``target`` but for its scale and offset."""
        wanted = self._part(target)
        for field in self.document.fields:
            own = self._part(self.document.values[field.name])
            if field.name.startswith("prompt_weight") and np.ptp(own) > 0 < np.ptp(wanted):
                scale, offset = (short(float(n), 4) for n in np.polyfit(own, wanted, 1))
                offset = offset if abs(offset) > 1e-4 * np.max(np.abs(wanted)) else 0.0
                found = self.of(target, field, scale=scale, offset=offset)
                if not found[1]:
                    return found
        return self.of(target)

    def _part(self, values: Floats) -> Floats:
        return values[self.shot.first : self.shot.first + self.shot.count]

    def _agrees(self, curve: Any, wanted: Floats) -> bool:
        shot, bpm = self.shot, Fraction(str(self.document.film.bpm))
        start, end = shot.first / shot.fps, (shot.first + shot.count) / shot.fps
        span = ShotScope(Clock(shot.fps, bpm), start, end)
        try:
            frames = span.frames(shot.first, shot.first + shot.count)
            found = read_curve(curve, names=span.names).sample(frames)
        except BadValue:
            return False
        return bool(np.max(np.abs(found - wanted)) <= TOLERANCE * float(np.ptp(wanted)))

    def _written(self, field: Field, scale: float, offset: float) -> Any:
        """Return keys, or the one expression that holds all the time. Raises `Untranslatable`."""
        first = self.document.first + self.shot.first
        stop = first + self.shot.count
        starts = {first, *field.keys.frames, *(formula.frame for formula in field.formulas)}
        frames = sorted(n for n in starts if first <= n < stop)
        keys: dict[str, Any] = {}
        ease, text = "linear", ""
        for start, end in pairwise([*frames, stop]):
            stretch = _Stretch(self.document, field, start)
            place, way = Fraction(start - first), stretch.easing(end)
            value = stretch.at.active_value if way == "hold" else field.keys.straight(start)
            value = short(value * scale + offset, 6)
            formula = "" if way else stretch.text(scale, offset)
            if formula and formula == text:
                continue
            if formula and keys and ease != "hold":
                keys[self.shot.time(place - self.shot.fps / 10_000)] = [value, "hold"]
            named = value if way == ease else [value, way]
            keys[self.shot.time(place)] = [formula, "hold"] if formula else named
            ease, text = way or "hold", formula
        if ease != "hold":
            last = field.keys.straight(stop) * scale + offset
            keys[self.shot.time(Fraction(self.shot.count))] = short(last, 6)
        return text if text and len(keys) == 1 else keys


class _Stretch:
    """The formula of a field between two of its keyframes in our language: frames become seconds,
    beats stay beats. Raises `Untranslatable`.
    """

    def __init__(self, document: ParseqDocument, field: Field, frame: int) -> None:
        self.film, self.first = document.film, document.first
        self.node = field.formula(frame).tree
        self.at = at = FormulaFrames(float(frame), field.keys, self.film)
        count, beats = f"{written(self.film.fps)}*t", _plus("b", self.first / self.film.beat)
        slope = (at.next_value - at.active_value) / (at.span or 1.0) * self.film.fps
        rise = f"{written(slope)}*t"
        line = _plus(rise, at.active_value - slope * (at.active - self.first) / self.film.fps)
        self.names: dict[str, Any] = {
            **{name: written(float(value)) for name, value in at.names().items()},
            "L": line if slope else written(float(at.active_value)),
            "f": _plus(count, self.first),
            "k": _plus(count, self.first - at.active),
            "s": _plus("t", self.first / self.film.fps),
            "b": beats,
            "wb": f"floor({beats})",
            **dict.fromkeys((f"{name}()" for name in _WAVES), self.wave),
            **dict.fromkeys(("bez()", "slide()"), self.way),
        }

    def easing(self, end: int) -> str:
        """Return the easing up to frame ``end`` that the formula is: over a part of a line, or all
        the way to the next key; none where it is an expression.
        """
        curve, at = None, self.at
        whole = (at.frames, at.active + at.span) == (at.active, end)
        match self.node:
            case ForeignName("L"):
                curve = LINE
            case ForeignName("S" | "active_keyframe_value" | "prev_keyframe_value"):
                return "hold"
            case ForeignCall("bez" | "slide", given):
                with suppress(Untranslatable):
                    way = [self.constant(node) for node in _way(given)]
                    same = way[:3] == [at.active_value, at.next_value, at.span]
                    curve = self.points(given) if same and way[3] >= 1 > any(way[4:]) else None
        if curve is None or not (whole or curve == LINE or not at.span):
            return ""
        return _easing_name(curve) if at.span else "hold"

    def points(self, given: Sequence[Node]) -> Points:
        """Return the curve of a ``bez`` or ``slide``."""
        if len(given) < len(FUNCTIONS["bez"].names):
            return LINE
        if not isinstance(given[8], ForeignText):
            raise Untranslatable("a curve that changes")
        x1, y1, x2, y2 = (self.constant(node) for node in given[:4])
        return CURVES.get(given[8].text, (x1, y1, x2, y2))

    def way(self, call: ForeignCall) -> tuple[str, int]:
        """Return a ``bez`` or ``slide``: from a value to another since the last keyframe."""
        start, end, *numbers = _way(call.arguments)
        begin, stop = (in_our_words(node, self.names) for node in (start, end))
        frames, share, *delta = map(self.constant, numbers)
        if abs(share) < 1 or any(delta):
            raise Untranslatable("a way to a share, or by a difference")
        if frames <= 0 or begin == stop:
            return within(start, self.names, 9), 9
        curve, since = self.points(call.arguments), (self.at.active - self.first) / self.film.fps
        gone = f"({_plus('t', -since)})" if since else "t"
        gone = f"min({gone}/{written(frames / self.film.fps)}, 1)"
        eased = gone if curve == LINE else f'ease("{_easing_name(curve)}", {gone})'
        return f"lerp({begin}, {stop}, {eased})", 9

    def text(self, scale: float, offset: float) -> str:
        """Return ``scale`` times the formula, plus ``offset``."""
        tree = self.node if scale == 1 else Binary("*", ForeignNumber(scale), self.node)
        if isinstance(tree, Binary) and tree.sign == "+":
            with suppress(Untranslatable):
                if self.constant(tree.left) == -offset:
                    return in_our_words(tree.right, self.names)
        sign = "+" if offset > 0 else "-"
        tree = Binary(sign, tree, ForeignNumber(abs(offset))) if offset else tree
        return in_our_words(tree, self.names)

    def constant(self, node: Node) -> float:
        """Return what ``node`` is until the next keyframe. Raises `Untranslatable`."""
        if names_in(node) & _TIMED or calls_in(node) - _FIXED:
            raise Untranslatable("a number that changes")
        try:
            return float(evaluate(node, self.at))
        except (BadValue, ValueError):
            raise Untranslatable("a text") from None

    def wave(self, call: ForeignCall) -> tuple[str, int]:
        """Return an oscillator: a period in beats as beats, all else as seconds."""
        period, phase, amp, centre, limit, width = call.arguments
        frames, shift, times, wide = map(self.constant, (period, phase, limit, width))
        if not frames or times > 0 or (call.name == "pulse" and not 0 < wide <= frames):
            raise Untranslatable("a wave that ends, or a pulse as wide as its period")
        beats = names_in(period) == {"@beat"}
        options = f"{written(frames / self.film.beat)}b" if beats else self.seconds(frames)
        options += f", width={written(wide / frames)}" if call.name == "pulse" else ""
        options += ", low=0" if call.name == "saw" else ""
        turned = (shift + self.first) / frames % 1
        options += f", phase={written(turned)}" if turned else ""
        text, level = f"{_WAVES[call.name]}({options})", 9
        if amp != ForeignNumber(1.0):
            text, level = f"{within(amp, self.names, 6)}*{text}", 6
        if centre != ForeignNumber(0.0):
            text, level = f"{within(centre, self.names, 5)} + {text}", 5
        return text, level

    def seconds(self, frames: float) -> str:
        exact = Fraction(frames).limit_denominator(10**6) / Fraction(self.film.fps)
        whole = (exact * 10_000).denominator == 1
        return (
            f"{written(float(exact))}s" if whole else f"{written(frames)}/{written(self.film.fps)}"
        )


def _way(given: Sequence[Node]) -> Sequence[Node]:
    """Return start, end, span and share of a ``slide``, or of a ``bez``, and its difference."""
    return given if len(given) < len(FUNCTIONS["bez"].names) else [*given[4:8], given[9]]


def _easing_name(curve: Points) -> str:
    return "linear" if curve == LINE else f"cubic-bezier({', '.join(map(written, curve))})"


def _plus(text: str, term: float) -> str:
    sign = "+" if term > 0 else "-"
    return f"{text} {sign} {written(abs(term))}" if term else text
