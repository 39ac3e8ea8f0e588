"""Parseq's formulas in our language: frames become seconds, beats stay beats.

::

    Words(film, first=0).text(parse("S + sin(p=4b, a=2)")) -> str       raises Untranslatable
    curve_of(parse('bez(c="easeInSine")')) -> (0.12, 0, 0.39, 0)      "hold" for S, None for others

``L`` and ``S`` are not set here, but by the keys that they run between (`field_curves`). What
remembers (``rand``, ``recompute_if`` ...) or asks for labels is written as keys, frame by frame.

"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from storyboard.errors import BadValue
from storyboard.interchange.importers.parseq.document import evaluate
from storyboard.interchange.importers.parseq.formula_functions import FUNCTIONS, matched
from storyboard.interchange.importers.parseq.formulas import (
    FormulaBinary,
    FormulaCall,
    FormulaChoice,
    FormulaMinus,
    FormulaName,
    FormulaNumber,
    FormulaText,
    Node,
    calls_in,
    names_in,
    parts,
)
from storyboard.interchange.importers.parseq.moments import (
    CURVES,
    FormulaFilm,
    Keys,
    Moment,
    Points,
)
from storyboard.interchange.importers.translate import Untranslatable, written

LINE: Points = (0.0, 0.0, 1.0, 1.0)
_USUAL = (0.5, 0.0, 0.5, 1.0)


def bez_points(
    given: Sequence[Node | None], constant: Callable[[Node], float | None]
) -> Points | None:
    """The control points of a ``bez`` with these arguments, or None where they change."""
    name = given[8]
    if isinstance(name, FormulaText):
        return CURVES.get(name.value)
    fixed = [
        default if node is None else constant(node)
        for node, default in zip(given[:4], _USUAL, strict=True)
    ]
    if name is not None or any(number is None for number in fixed):
        return None
    x1, y1, x2, y2 = (float(number or 0.0) for number in fixed)
    return x1, y1, x2, y2


def easing_of(curve: Points | str) -> str:
    """Return a story's name of a curve, or of a ``hold``."""
    if isinstance(curve, str):
        return curve
    if curve == LINE:
        return "linear"
    return f"cubic-bezier({', '.join(written(number) for number in curve)})"


_CHOICE, _OR, _AND, _COMPARED, _SUM, _TIMES, _SIGN, _POWER, _ATOM = 0, 1, 2, 4, 5, 6, 7, 8, 9
_LEVELS = {
    **dict.fromkeys(("or", "||"), _OR),
    **dict.fromkeys(("and", "&&"), _AND),
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), _COMPARED),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys("*/%", _TIMES),
    "^": _POWER,
}
_SIGNS = {"||": "or", "&&": "and", "^": "**"}
_SAME = ("sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt", "sign")
_CONSTANTS = ("PI", "E", "SQRT2", "SQRT1_2", "LN2", "LN10", "LOG2E", "LOG10E")
_FIXED = frozenset(("fps", "bpm", "cadence", "last_frame", "final_frame", *_CONSTANTS))
OSCILLATORS = {"sin": "sine", "tri": "tri", "sq": "square", "saw": "saw", "pulse": "pulse"}
"""What they are called here."""
_WRITTEN: dict[str, Callable[..., str]] = {
    "min": "min({}, {})".format,
    "max": "max({}, {})".format,
    "abs": "abs({})".format,
    **{f"_{name}": f"{name}({{}})".format for name in _SAME},
    "_log10": "(log({})/log(10))".format,
    "_log2": "(log({})/log(2))".format,
}

ACTIVE_VALUE = "@"
"""The value of the key that counts, where it is one alone."""

Said = tuple[str, int]
"""A text and how tightly it holds together."""


@dataclass(frozen=True)
class FormulaWords:
    """The meanings of a formula's names here. ``first`` is the frame at our second 0; ``names`` are
    texts for names that a shot gives a meaning of its own.
    """

    film: FormulaFilm
    first: int = 0
    names: Mapping[str, str] = field(default_factory=dict)

    def text(self, node: Node) -> str:
        """``node`` in our language. Raises `Untranslatable`."""
        return self._said(node)[0]

    def _within(self, node: Node, level: int) -> str:
        text, own = self._said(node)
        return text if own >= level else f"({text})"

    def _said(self, node: Node) -> Said:
        fixed = self.constant(node)
        if fixed is not None:
            return written(fixed), _SIGN if fixed < 0 else _ATOM
        match node:
            case FormulaName(name):
                return self._name(name)
            case FormulaMinus(operand):
                return f"-{self._within(operand, _SIGN)}", _SIGN
            case FormulaBinary(sign, left, right):
                return self._binary(sign, left, right)
            case FormulaChoice(condition, then, other):
                parts = self._within(then, _OR), self._true(condition)
                last = "0" if other is None else self._within(other, _OR)
                return f"{parts[0]} if {parts[1]} else {last}", _CHOICE
            case FormulaCall():
                return self._call(node)
        raise Untranslatable("a text")

    def constant(self, node: Node) -> float | None:
        """The number that ``node`` is throughout, or None."""
        active = self.names.get("active_keyframe")
        known = _FIXED if active is None else _FIXED | {"active_keyframe", "prev_keyframe"}
        if calls_in(node) - {"b2f", "s2f", "f2s", "f2b"} or names_in(node) - known:
            return None
        try:
            found = evaluate(node, Moment(0, Keys((0,), (0.0,)), int(active or 0), self.film))
        except BadValue:
            return None
        return None if isinstance(found, str) else found

    def _name(self, name: str) -> Said:
        pace = written(self.film.fps)
        late = f" + {self.first}" if self.first else ""
        frame = f"{pace}*t{late}" if pace != "1" else f"t{late}"
        known = {"f": frame, **self.names}
        if not self.first:
            known |= {"s": "t", "b": "b", "wb": "floor(b)"}
        if name not in known:
            raise Untranslatable(name)
        text = known[name]
        if text.startswith("keys("):
            return text, _ATOM
        return text, _SUM if " " in text else _TIMES if "*" in text else _ATOM

    def _binary(self, sign: str, left: Node, right: Node) -> Said:
        if sign not in _LEVELS:
            raise Untranslatable(sign)
        level, ours = _LEVELS[sign], _SIGNS.get(sign, sign)
        if level <= _AND:
            return f"{self._true(left)} {ours} {self._true(right)}", level
        strict = level in (_COMPARED, _POWER)
        before = self._within(left, level + 1 if strict else level)
        after = self._within(right, _SIGN if level == _POWER else level + 1)
        blank = " " if level <= _SUM else ""
        return f"{before}{blank}{ours}{blank}{after}", level

    def _true(self, node: Node) -> str:
        """A condition: there, what is above 0 holds."""
        if isinstance(node, FormulaBinary) and _LEVELS.get(node.sign, _ATOM) <= _COMPARED:
            text, level = self._said(node)
            return text if level == _COMPARED else f"({text})"
        return f"{self._within(node, _SUM)} > 0"

    def _call(self, call: FormulaCall) -> Said:
        if call.name not in FUNCTIONS:
            raise Untranslatable(call.name)
        given = matched(FUNCTIONS[call.name], call)
        if call.name in OSCILLATORS:
            return self._oscillator(call.name, given), _ATOM
        if call.name in ("bez", "slide"):
            return self._way(call.name, given), _ATOM
        if call.name in ("round", "floor", "ceil"):
            return self._rounded(call.name, given)
        if call.name in ("f2s", "f2b", "s2f", "b2f") and given[0] is not None:
            return self._converted(call.name, given[0])
        if call.name not in _WRITTEN:
            raise Untranslatable(call.name)
        texts = [self.text(node) for node in given if node is not None]
        return _WRITTEN[call.name](*texts), _ATOM

    def _converted(self, name: str, node: Node) -> Said:
        many = {"f2s": self.film.fps, "s2f": self.film.fps}.get(name, self.film.beat)
        sign = "/" if name.startswith("f2") else "*"
        return f"{self._within(node, _TIMES)}{sign}{written(many)}", _TIMES

    def _rounded(self, name: str, given: list[Node | None]) -> Said:
        value, places = given
        digits = 0.0 if places is None else self.constant(places)
        if value is None or digits is None:
            raise Untranslatable("a rounding that changes")
        scale = written(10**digits)
        inner = self.text(value) if digits == 0 else f"{self._within(value, _TIMES)}*{scale}"
        ours, inner = ("floor", f"{inner} + 0.5") if name == "round" else (name, inner)
        return (f"{ours}({inner})", _ATOM) if digits == 0 else (f"{ours}({inner})/{scale}", _TIMES)

    def _oscillator(self, name: str, given: list[Node | None]) -> str:
        period, phase, amp, centre, limit, width = given
        length = None if period is None else self.constant(period)
        shift, times = self._number(phase, 0.0), self._number(limit, 0.0)
        if period is None or not length or shift is None or times is None:
            raise Untranslatable(f"{name} whose period, phase or limit changes")
        turned = (shift + self.first) / length
        parts = [self._length(period, length)]
        if name == "pulse":
            wide = self._number(width, 5.0)
            if wide is None or not 0 < wide <= length:
                raise Untranslatable("a pulse as wide as its period")
            parts += [f"width={written(wide / length)}"]
        parts += [f"phase={written(turned % 1)}"] if turned % 1 else []
        made = f"{OSCILLATORS[name]}({', '.join([*parts, *self._reach(name, amp, centre)])})"
        return self._limited(made, times * length) if times > 0 else made

    def _way(self, name: str, given: list[Node | None]) -> str:
        """From a value to another, within so many frames of the key that counts."""
        curve = bez_points(given, self.constant) if name == "bez" else LINE
        start, end, span, offset = given[4:8] if name == "bez" else given
        if curve is None or offset is not None or "active_keyframe" not in self.names:
            raise Untranslatable("a way that counts from several keys, or to a share")
        begun = self._given(start, ACTIVE_VALUE)
        stop = self._given(end, "next_keyframe_value")
        if name == "bez" and given[9] is not None:
            stop = f"{begun} + {self._within(given[9], _TIMES)}"
        gone = self._gone(span)
        if gone is None:
            return begun
        way = gone if curve == LINE else f'ease("{easing_of(curve)}", {gone})'
        return f"lerp({begun}, {stop}, {way})"

    def _gone(self, span: Node | None) -> str | None:
        """The share of a way that is done; None where it has no length."""
        active, ahead = int(self.names["active_keyframe"]), int(self.names["next_keyframe"])
        frames = float(ahead - active) if span is None else self.constant(span)
        if frames is None or frames < 0:
            raise Untranslatable("a way whose length changes")
        since, pace = (active - self.first) / self.film.fps, self.film.fps
        gone = f"(t - {written(since)})" if since else "t"
        return f"min({gone}/{written(frames / pace)}, 1)" if frames else None

    def _given(self, node: Node | None, name: str) -> str:
        return self.text(FormulaName(name, 1) if node is None else node)

    def _limited(self, text: str, frames: float) -> str:
        """Return what is 0 so many frames after the key that counts."""
        active = self.names.get("active_keyframe")
        if active is None:
            raise Untranslatable("a limit that counts from several keys")
        return f"({text} if {self._name('f')[0]} < {int(active) + math.floor(frames)}.5 else 0)"

    def _reach(self, name: str, amp: Node | None, centre: Node | None) -> list[str]:
        """Return how far it goes: about its centre, or, of saws and pulses, up from there."""
        high = "1" if amp is None else self.text(amp)
        middle = "0" if centre is None else self.text(centre)
        if name not in ("saw", "pulse"):
            said = [("amp", high, "1"), ("center", middle, "0")]
            return [f"{word}={text}" for word, text, default in said if text != default]
        numbers = self._number(amp, 1.0), self._number(centre, 0.0)
        if numbers[0] is not None and numbers[1] is not None:
            return [f"low={written(numbers[1])}", f"high={written(numbers[0] + numbers[1])}"]
        return [f"low={middle}", f"high=({middle}) + ({high})"]

    def _number(self, node: Node | None, default: float) -> float | None:
        return default if node is None else self.constant(node)

    def _length(self, period: Node, frames: float) -> str:
        """A period: beats as beats, all else as seconds."""
        if isinstance(period, FormulaNumber) and period.unit == "b":
            return f"{written(period.value)}b"
        exact = Fraction(frames).limit_denominator(10**6) / Fraction(self.film.fps)
        short = exact.limit_denominator(10**6)
        if (short * 10_000).denominator == 1:
            return f"{written(float(short))}s"
        return f"{written(frames)}/{written(self.film.fps)}"


_AROUND = {"k", "active_keyframe", "prev_keyframe", "next_keyframe", "next_keyframe_value"}


def counts_from_keys(node: Node) -> bool:
    """Return True if a formula means something else from key to key: by a name, a
    limit, or a way of its own."""
    limited = any(
        name in ("limit", "li") or place == 4
        for part in parts(node)
        if isinstance(part, FormulaCall) and part.name in OSCILLATORS
        for place, (name, _) in enumerate(part.arguments)
    )
    return limited or bool(names_in(node) & _AROUND) or bool(calls_in(node) & {"bez", "slide"})


def curve_of(node: Node) -> Points | str | None:
    """The curve from key to key that a formula is: control points, or ``hold``; None if none."""
    match node:
        case FormulaName("L"):
            return LINE
        case FormulaName("S" | "active_keyframe_value" | "prev_keyframe_value"):
            return "hold"
        case FormulaCall("slide", ()):
            return LINE
        case FormulaCall("bez"):
            given = matched(FUNCTIONS["bez"], node)
            elsewhere = any(part is not None for part in (*given[4:8], given[9]))
            return None if elsewhere else bez_points(given, FormulaWords(FormulaFilm()).constant)
    return None
