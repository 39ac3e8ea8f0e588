"""A Parseq field as a curve of a shot: a number, keys with easings, or an expression in seconds.

The values at the source's frames are what counts. Where the source's formulas, written in our
language, give them at every frame of the shot, these are the curve; else it is keys of the values.
Between two of its keyframes every name of a formula is a number or a straight line, so each such
stretch is a text of its own, and those that read alike are one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from storyboard.curves.clock import Clock
from storyboard.curves.curves import read_curve
from storyboard.curves.instants import Span
from storyboard.errors import BadValue
from storyboard.interchange.importers.foreign import (
    Binary,
    ForeignCall,
    ForeignChoice,
    ForeignName,
    ForeignNumber,
    Prefix,
)
from storyboard.interchange.importers.foreign import Node as Tree
from storyboard.interchange.importers.parseq.document import Document, Field
from storyboard.interchange.importers.parseq.formulas import Node
from storyboard.interchange.importers.parseq.functions import (
    CURVES,
    FUNCTIONS,
    LINE,
    Points,
    evaluate,
)
from storyboard.interchange.importers.parseq.moments import Moment
from storyboard.interchange.importers.sampled import Shot
from storyboard.interchange.importers.translate import (
    Untranslatable,
    in_our_words,
    knots,
    short,
    written,
)
from storyboard.plan import Floats

TOLERANCE = 2e-3
"""How far a written curve may lie from its source's values, as a share of their range."""

_TIMED = frozenset(("L", "C", "P", "f", "k", "s", "b", "wb"))
"""Names that change from frame to frame; the others are fixed from keyframe to keyframe."""
_SCALES = ("f2s", "f2b", "s2f", "b2f")
_SAME = frozenset(("min", "max", "abs", *(name for name in FUNCTIONS if name[0] == "_")))
_FIXED = _SAME | {*_SCALES, "round", "floor", "ceil"}
_WAVES = {"sin": "sine", "tri": "tri", "sq": "square", "saw": "saw", "pulse": "pulse"}
_SIGNS = {"^": "**", "&&": "and", "||": "or"}
_LOGICAL = ("and", "or", "<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True)
class ShotCurves:
    """Curves over one shot, whose frames count from the document's first."""

    document: Document
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
            try:
                curve = self._written(field, scale, offset)
            except Untranslatable:
                curve = None
            if curve is not None and self._agrees(curve, wanted):
                return curve, False
        places = knots(wanted, TOLERANCE * float(np.ptp(wanted)))
        return {self.shot.time(Fraction(k)): short(float(wanted[k]), 5) for k in places}, True

    def like(self, target: Floats, fields: Iterable[tuple[Field, Floats]]) -> tuple[Any, bool]:
        """Return `of` for the first field that is ``target`` but for its scale and offset."""
        wanted = self._part(target)
        for field, values in fields:
            own = self._part(values)
            if np.ptp(own) > 0 < np.ptp(wanted):
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
        span = Span(Clock(shot.fps, bpm), start, end)
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
            place, way = Fraction(start - first), _easing(field, start, end)
            held = field.keys.values[field.keys.active(start)]
            value = held if way == "hold" else field.keys.straight(start)
            value = short(value * scale + offset, 6)
            said = "" if way else _Translator(self.document, field, start).text(scale, offset)
            if said and said == text:
                continue
            if said and keys and ease != "hold":
                keys[self.shot.time(place - self.shot.fps / 10_000)] = [value, "hold"]
            named = value if way == ease else [value, way]
            keys[self.shot.time(place)] = [said, "hold"] if said else named
            ease, text = way or "hold", said
        if ease != "hold":
            last = field.keys.straight(stop) * scale + offset
            keys[self.shot.time(Fraction(self.shot.count))] = short(last, 6)
        return text if text and len(keys) == 1 else keys


def _easing(field: Field, start: int, end: int) -> str:
    """Return the easing that a formula is between two keys, or over a part of a straight line;
    none where it is an expression, or its curve is cut.
    """
    curve, k = curve_of(field.formula(start).tree), field.keys.active(start)
    if curve == "hold" or (curve and k + 1 == len(field.keys.frames)):
        return "hold"
    whole = curve == LINE or field.keys.frames[k : k + 2] == (start, end)
    return _easing_name(curve) if curve and whole else ""  # type: ignore[arg-type]


def _easing_name(curve: Points) -> str:
    numbers = ", ".join(map(written, curve))
    return "linear" if curve == LINE else f"cubic-bezier({numbers})"


def curve_of(node: Node) -> Points | str | None:
    """Return the curve from key to key that a formula is: control points, ``hold`` or None."""
    if node.kind == "name":
        held = ("S", "active_keyframe_value", "prev_keyframe_value")
        return LINE if node.text == "L" else "hold" if node.text in held else None
    if node.kind != "call" or node.text not in ("bez", "slide"):
        return None
    given = FUNCTIONS[node.text].bind(node)
    elsewhere = given if node.text == "slide" else [*given[4:8], given[9]]
    if any(part is not None for part in elsewhere):
        return None
    return LINE if node.text == "slide" else _control_points(given)


def _control_points(given: Sequence[Node | None]) -> Points | None:
    """Return the control points of a ``bez`` with these arguments, None where they may change."""
    if given[8] is not None:
        return CURVES.get(given[8].text)
    fixed = [0.5, 0.0, 0.5, 1.0]
    for n, node in enumerate(given[:4]):
        sign = -1.0 if node and node.kind == "minus" else 1.0
        bare = node.parts[0] if node and node.kind == "minus" else node
        if bare and (bare.kind != "number" or bare.text):
            return None
        fixed[n] = sign * bare.value if bare else fixed[n]
    return fixed[0], fixed[1], fixed[2], fixed[3]


class _Translator:
    """The formula of a field between two of its keyframes in our language: frames become seconds,
    beats stay beats. Raises `Untranslatable`.
    """

    def __init__(self, document: Document, field: Field, frame: int) -> None:
        self.film, self.first = document.film, document.first
        self.node = field.formula(frame).tree
        place = field.keys.active(frame)
        self.at = Moment(frame, field.keys, field.keys.frames[place], self.film)
        self.parts = {"t": "t", "b": "b"}
        t, b = ForeignName("t", 0), ForeignName("b", 0)
        count, beats = _product(t, self.film.fps), _sum(b, self.first / self.film.beat)
        self.names = {
            "f": _sum(count, self.first),
            "k": _sum(count, self.first - self.at.active),
            "s": _sum(t, self.first / self.film.fps),
            "b": beats,
            "wb": ForeignCall("floor", (beats,), 0),
        }
        self.names["L"] = self.way((None, None, None))

    def text(self, scale: float, offset: float) -> str:
        """Return ``scale`` times the formula, plus ``offset``."""
        tree = _product(self.tree(self.node), scale)
        if isinstance(tree, Binary) and (tree.sign, tree.left) == ("+", _literal(-offset)):
            return self.said(tree.right)
        return self.said(_sum(tree, offset))

    def said(self, tree: Tree) -> str:
        return in_our_words(tree, self.parts)

    def spelled(self, text: str) -> Tree:
        """Return a tree that reads ``text``."""
        name = f"part{len(self.parts)}"
        self.parts[name] = text
        return ForeignName(name, 0)

    def constant(self, node: Node | None, default: float | None = None) -> float:
        """Return the number that ``node`` is until the next keyframe, or the default.

        Raises `Untranslatable` where it changes.
        """
        if node is None and default is not None:
            return default
        if node is None or node.found("name") & _TIMED or node.found("call") - _FIXED:
            raise Untranslatable("a number that changes")
        try:
            return float(evaluate(node, self.at))
        except (BadValue, ValueError):
            raise Untranslatable("a text") from None

    def tree(self, node: Node | None, default: float = 0.0) -> Tree:
        """Return the tree of ``node`` in the grammar that `translate` writes."""
        try:
            return _literal(self.constant(node, default))
        except Untranslatable:
            if node is None:
                raise
        match node.kind:
            case "name" if node.text in self.names:
                return self.names[node.text]
            case "minus":
                return Prefix("-", self.tree(node.parts[0]))
            case "if":
                condition, then, *other = node.parts
                last = self.tree(other[0]) if other else _literal(0.0)
                return ForeignChoice(self.true(condition), self.tree(then), last)
            case "binary" if node.text != ":":
                logical = node.text in ("and", "or", "&&", "||")
                left, right = (self.true(p) if logical else self.tree(p) for p in node.parts)
                return Binary(_SIGNS.get(node.text, node.text), left, right)
            case "call" if node.text in FUNCTIONS:
                return self.call(node, FUNCTIONS[node.text].bind(node))
        raise Untranslatable(node.text)

    def true(self, node: Node) -> Tree:
        """Return a condition: in the source, what is above 0 holds."""
        tree = self.tree(node)
        logical = isinstance(tree, Binary) and tree.sign in _LOGICAL
        return tree if logical else Binary(">", tree, _literal(0.0))

    def call(self, call: Node, given: list[Node | None]) -> Tree:
        name = call.text
        if name in _WAVES:
            return self.wave(name, given)
        if name in ("bez", "slide"):
            delta = given[9] if name == "bez" else None
            curve = _control_points(given) if name == "bez" else LINE
            way = given[4:8] if name == "bez" else given
            if curve is None or way[3] is not None:
                raise Untranslatable("a way to a share")
            return self.way(way[:3], curve=curve, delta=delta)
        trees = tuple(self.tree(node) for node in given if node is not None)
        if name in _SCALES:
            many = _literal(self.film.fps if "s" in name else self.film.beat)
            return Binary("/" if name[0] == "f" else "*", trees[0], many)
        if name in ("round", "floor", "ceil"):
            scale = 10 ** self.constant(given[1], 0.0)
            inner = _sum(_product(trees[0], scale), 0.5 if name == "round" else 0.0)
            whole = ForeignCall("floor" if name == "round" else name, (inner,), 0)
            return whole if scale == 1 else Binary("/", whole, _literal(scale))
        if name not in _SAME:
            raise Untranslatable(name)
        return ForeignCall(name.strip("_"), trees, 0)

    def wave(self, name: str, given: Sequence[Node | None]) -> Tree:
        """Return an oscillator: a period in beats as beats, all else as seconds."""
        period, phase, amp, centre, limit, width = given
        frames, shift = self.constant(period), self.constant(phase, 0.0)
        times, wide = self.constant(limit, 0.0), self.constant(width, 5.0)
        if not frames or (name == "pulse" and not 0 < wide <= frames):
            raise Untranslatable("a pulse as wide as its period")
        beats = period is not None and period.kind == "number" and period.text == "b"
        said = f"{written(frames / self.film.beat)}b" if beats else _seconds(frames, self.film.fps)
        said += f", width={written(wide / frames)}" if name == "pulse" else ""
        said += ", low=0" if name == "saw" else ""
        turned = (shift + self.first) / frames % 1
        said += f", phase={written(turned)}" if turned else ""
        made, high = self.spelled(f"{_WAVES[name]}({said})"), self.tree(amp, 1.0)
        made = made if high == _literal(1.0) else Binary("*", high, made)
        made = made if centre is None else Binary("+", self.tree(centre), made)
        if times <= 0:
            return made
        last = _literal(self.at.active + math.floor(times * frames) + 0.5)
        return ForeignChoice(Binary("<", self.names["f"], last), made, _literal(0.0))

    def way(
        self, given: Sequence[Node | None], *, curve: Points = LINE, delta: Node | None = None
    ) -> Tree:
        """Return the way from a value to another within so many frames of the last keyframe."""
        start, end, span = given
        begin, stop = self.tree(start, self.at.active_value), self.tree(end, self.at.next_value)
        stop = Binary("+", begin, self.tree(delta)) if delta else stop
        frames = self.constant(span, self.at.span)
        if frames <= 0 or begin == stop:
            return begin
        since = (self.at.active - self.first) / self.film.fps
        gone = self.said(_sum(ForeignName("t", 0), -since))
        gone = f"({gone})" if since else gone
        gone = f"min({gone}/{written(frames / self.film.fps)}, 1)"
        eased = gone if curve == LINE else f'ease("{_easing_name(curve)}", {gone})'
        return self.spelled(f"lerp({self.said(begin)}, {self.said(stop)}, {eased})")


def _seconds(frames: float, fps: float) -> str:
    exact = Fraction(frames).limit_denominator(10**6) / Fraction(fps)
    whole = (exact * 10_000).denominator == 1
    return f"{written(float(exact))}s" if whole else f"{written(frames)}/{written(fps)}"


def _literal(value: float) -> Tree:
    return Prefix("-", ForeignNumber(-value)) if value < 0 else ForeignNumber(value)


def _product(tree: Tree, factor: float) -> Tree:
    return tree if factor == 1 else Binary("*", _literal(factor), tree)


def _sum(tree: Tree, term: float) -> Tree:
    sign = "+" if term > 0 else "-"
    return Binary(sign, tree, ForeignNumber(abs(term))) if term else tree
