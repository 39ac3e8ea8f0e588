"""A Parseq document or manifest: keyframes, each field's values and formulas, and what they give.

::

    evaluate(parse("S + sin(p=4b)"), moment) -> 1.5        a number, or a text
    document = read_document(data)           raises BadValue with field and frame
    values = render(document)                {"zoom": [1.0, 1.1, ...], ...}, a value a frame
    rows = read_rows(data)                   a manifest's rendered frames; None without any
    rows.fields, rows.deltas, rows.texts     values, their differences, the prompt of every frame

No part of a formula is ever run by Python: names and functions are those of two tables.

"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from storyboard.errors import BadValue, did_you_mean
from storyboard.interchange.importers.parseq.formula_functions import FUNCTIONS, checked, matched
from storyboard.interchange.importers.parseq.formulas import (
    FormulaBinary,
    FormulaCall,
    FormulaChoice,
    FormulaMinus,
    FormulaName,
    FormulaNumber,
    FormulaText,
    Node,
    parse,
)
from storyboard.interchange.importers.parseq.moments import (
    VARIABLES,
    FormulaFilm,
    Keys,
    Moment,
    Value,
    combine,
    number,
    read_series,
)
from storyboard.interchange.importers.story_writer import checked_frames
from storyboard.plan import Floats


def evaluate(node: Node, at: Moment) -> Value:
    """The value of ``node``. Raises `BadValue` with the column of the part that has none."""
    match node:
        case FormulaNumber(value, unit):
            return value * {"": 1.0, "f": 1.0, "s": at.film.fps, "b": at.film.beat}[unit]
        case FormulaText(words):
            return words
        case FormulaName(name, column):
            return _value_of_name(name, at, column)
        case FormulaMinus(operand):
            found = evaluate(operand, at)
            return f"-{found}" if isinstance(found, str) else -found
        case FormulaBinary(sign, left, right, column):
            return _placed(lambda: combine(sign, evaluate(left, at), evaluate(right, at)), column)
        case FormulaChoice():
            return _chosen(node, at)
        case FormulaCall():
            return _called(node, at)


def _placed(make: Callable[[], Value], column: int) -> Value:
    """Return the result of ``make()``; an error without a place gets this one."""
    try:
        return make()
    except BadValue as error:
        place = error.column or column
        raise BadValue(error.message, hint=error.hint, column=place) from None


def _chosen(node: FormulaChoice, at: Moment) -> Value:
    if number(evaluate(node.condition, at)) > 0:
        return evaluate(node.then, at)
    return 0.0 if node.other is None else evaluate(node.other, at)


def _value_of_name(name: str, at: Moment, column: int) -> Value:
    if name in VARIABLES:
        return VARIABLES[name](at)
    if name in at.names:
        return at.names[name]
    if name in at.film.series:
        return at.film.series[name].at(at.frame, at.film.fps)
    hint = did_you_mean(name, [*VARIABLES, *at.names, *at.film.series])
    raise BadValue(f"there is no {name!r} here", hint=hint, column=column)


def _heard(call: FormulaCall, at: Moment) -> Value:
    """A series at a frame, held, or straight where a second argument is not 0."""
    given = [number(evaluate(node, at)) for _, node in call.arguments]
    frame, straight = [*given, 0.0, 0.0][:2]
    return at.film.series[call.name].at(frame, at.film.fps, straight=bool(straight))


def _called(call: FormulaCall, at: Moment) -> Value:
    function = FUNCTIONS.get(call.name)
    if function is None and call.name in at.film.series:
        return _heard(call, at)
    if function is None:
        hint = did_you_mean(call.name, [*FUNCTIONS, *at.film.series])
        raise BadValue(f"there is no function {call.name!r}", hint=hint, column=call.column)
    given = []
    for parameter, node in zip(function.parameters, matched(function, call), strict=True):
        if node is not None:
            given.append(checked(parameter, evaluate(node, at), call))
        elif parameter.default is not None:
            given.append(parameter.default(at))
    memory = at.memory.setdefault(id(call), {})
    return _placed(lambda: function.apply(at, given, memory), call.column)


BPM, FPS = 140.0, 20.0
"""What the source takes where a document does not say."""

DEFAULTS = {
    **{"zoom": 1.0, "transform_center_x": 0.5, "transform_center_y": 0.5, "fov": 40.0},
    **{"seed": -1.0, "scale": 7.0, "noise": 0.08, "strength": 0.6, "contrast": 1.0},
    **{"near": 200.0, "far": 10000.0, "perspective_flip_fv": 50.0},
    **{"prompt_weight_1": 1.0, "prompt_weight_8": 1.0},
}
"""What a field is that no keyframe says; 0 where it is not here."""

_NO_FIELDS = frozenset(("frame", "info"))
STRAIGHT = FormulaName("L", 1)


@dataclass(frozen=True)
class Formula:
    """A formula, from which frame on it counts."""

    frame: int
    tree: Node
    text: str = "L"


@dataclass(frozen=True)
class Field:
    """One field: its keys, and the formulas that run from key to key, the first at the start."""

    name: str
    keys: Keys
    formulas: tuple[Formula, ...]

    def formula(self, frame: int) -> Formula:
        """The one that counts at ``frame``."""
        return self.formulas[max(bisect_right(self._starts, frame) - 1, 0)]

    @cached_property
    def _starts(self) -> list[int]:
        return [formula.frame for formula in self.formulas]


@dataclass(frozen=True)
class Document:
    """Fields in the order in which they are worked out, from frame ``first`` to ``film.last``."""

    film: FormulaFilm
    first: int
    fields: tuple[Field, ...]

    @property
    def frames(self) -> range:
        """Every frame of the film."""
        return range(self.first, self.film.last + 1)


def read_document(data: Mapping[str, Any]) -> Document:
    """The document that a file holds. Raises `BadValue`."""
    rows = _rows(data.get("keyframes"))
    options = data.get("options")
    options = options if isinstance(options, Mapping) else {}
    first, last = rows[0]["frame"], rows[-1]["frame"]
    checked_frames(last - first + 1)
    labels = tuple((row["frame"], _label(row.get("info"))) for row in rows)
    fps = options.get("output_fps") or options.get("input_fps") or FPS
    film = FormulaFilm(
        number_above_0("output_fps", fps),
        number_above_0("bpm", options.get("bpm") or BPM),
        number_above_0("cadence", options.get("cadence") or 1),
        labels,
        last,
        read_series(data.get("timeSeries")),
    )
    names = data.get("managedFields") or _said(rows)
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise BadValue("managedFields: a list of fields is expected")
    fields = tuple(_field(str(name), rows) for name in names if name not in _NO_FIELDS)
    return Document(film, first, fields)


def _rows(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise BadValue("keyframes: a list of keyframes is expected")
    rows = []
    for n, row in enumerate(given):
        frame = numeric(row.get("frame")) if isinstance(row, Mapping) else None
        if frame is None or frame < 0 or not frame.is_integer():
            raise BadValue(f"keyframes[{n}]: it is at no frame")
        rows.append({**row, "frame": int(frame)})
    return sorted(rows, key=lambda row: row["frame"])


def _label(given: Any) -> str | None:
    return str(given) if given not in (None, "") else None


def number_above_0(name: str, given: Any) -> float:
    """A number that a document says. Raises `BadValue`."""
    found = numeric(given)
    if found is None or found <= 0:
        raise BadValue(f"{name}: {given!r} is no number above 0")
    return found


def numeric(given: Any) -> float | None:
    """A number, also one that is written as a text; None for all else."""
    if given is None or given == "" or isinstance(given, bool):
        return None
    try:
        found = float(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _said(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fields that any keyframe has a value or a formula for."""
    found: dict[str, None] = {}
    for row in rows:
        for name, given in row.items():
            is_formula = name.endswith("_i") and isinstance(given, str) and given
            is_value = numeric(given) is not None or (name in DEFAULTS and given not in ("", None))
            if is_formula or is_value:
                found[name.removesuffix("_i") if is_formula else name] = None
    return list(found)


def _field(name: str, rows: Sequence[Mapping[str, Any]]) -> Field:
    for row in rows:
        if row.get(name) not in (None, "") and numeric(row[name]) is None:
            raise BadValue(f"{name}: at frame {row['frame']}, {row[name]!r} is no number")
    keys = {row["frame"]: v for row in rows if (v := numeric(row.get(name))) is not None}
    values = list(keys.values()) or [DEFAULTS.get(name, 0.0)]
    keys.setdefault(rows[0]["frame"], values[0])
    keys.setdefault(rows[-1]["frame"], values[-1])
    frames = sorted(keys)
    own = Keys(tuple(frames), tuple(keys[frame] for frame in frames))
    return Field(name, own, tuple(_formulas(name, rows)))


def _formulas(name: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Formula]:
    first = str(rows[0].get(f"{name}_i") or "")
    if not first.strip():
        yield Formula(rows[0]["frame"], STRAIGHT)
    for row in rows:
        text = str(row.get(f"{name}_i") or "")
        if text.strip():
            yield Formula(row["frame"], _parsed(f"{name}: at frame {row['frame']}", text), text)


def _parsed(where: str, text: str) -> Node:
    try:
        return parse(text)
    except BadValue as error:
        raise BadValue(f"{where}, {text!r}: {told(error)}", hint=error.hint) from None


def told(error: BadValue) -> str:
    """An error's message with its column."""
    return error.message + (f" (column {error.column})" if error.column else "")


Values = dict[str, list[Value]]


def render(document: Document) -> Values:
    """Every field's value at every frame. Raises `BadValue` with field and frame."""
    found: Values = {}
    for field in document.fields:
        values: list[Value] = []
        found[field.name] = values
        memory: dict[int, dict[str, float]] = {}
        for frame in document.frames:
            active = field.keys.frames[field.keys.active(frame)]
            names: dict[str, Value] = {"prev_computed_value": values[-1] if values else 0.0}
            moment = Moment(
                frame, field.keys, active, document.film, names, values, found, memory,
                default=DEFAULTS.get(field.name, 0.0),
            )  # fmt: skip
            values.append(number(_worked_out(field, moment)))
    return found


def _worked_out(field: Field, moment: Moment) -> Value:
    formula = field.formula(moment.frame)
    try:
        return evaluate(formula.tree, moment)
    except BadValue as error:
        where = f"{field.name}: at frame {moment.frame}, {formula.text!r}"
        raise BadValue(f"{where}: {told(error)}", hint=error.hint) from None


RENDERED = Formula(0, FormulaName("rendered", 1), "rendered_frames")
"""The formula of a field that is known frame by frame alone."""

_NOT_RENDERED = ("frame", "subseed", "subseed_strength", "info")


@dataclass(frozen=True)
class Rows:
    """Every rendered frame, in order, from ``first`` on."""

    first: int
    fields: Mapping[str, Floats]
    deltas: Mapping[str, Floats]
    texts: tuple[str, ...]

    def document(self, film: FormulaFilm) -> Document:
        """The same as a document of fields without formulas."""
        fields = tuple(self.field(name) for name in self.fields)
        return Document(film, self.first, fields)

    def field(self, name: str) -> Field:
        """One of the fields, by its values at the first and the last frame."""
        values = self.fields[name]
        frames = sorted({self.first, self.first + len(values) - 1})
        keys = Keys(tuple(frames), tuple(float(values[n - self.first]) for n in frames))
        return Field(name, keys, (Formula(self.first, RENDERED.tree, RENDERED.text),))


def read_rows(data: Mapping[str, Any]) -> Rows | None:
    """The rendered frames of a manifest, or None. Raises `BadValue`."""
    given = data.get("rendered_frames")
    if not given:
        return None
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise BadValue("rendered_frames: a list of frames is expected")
    if not all(isinstance(row, Mapping) and numeric(row.get("frame")) is not None for row in given):
        raise BadValue("rendered_frames: every frame has its number as 'frame'")
    rows = sorted(given, key=lambda row: float(row["frame"]))
    frames = [int(float(row["frame"])) for row in rows]
    checked_frames(len(frames))
    if frames != list(range(frames[0], frames[0] + len(frames))):
        raise BadValue("rendered_frames: frames are missing, or there twice")
    columns = {name: _column(rows, name) for name in rows[0] if name not in _NOT_RENDERED}
    numbers = {name: column for name, column in columns.items() if column is not None}
    deltas = {n.removesuffix("_delta"): v for n, v in numbers.items() if n.endswith("_delta")}
    fields = {n: v for n, v in numbers.items() if not n.endswith(("_delta", "_pc"))}
    for name in deltas.keys() - fields.keys():
        grown = 1.0 if name == "zoom" else 0.0
        fields[name] = deltas[name][0] + np.concatenate([[0], np.cumsum(deltas[name][1:] - grown)])
    texts = tuple(str(row.get("deforum_prompt") or "") for row in rows)
    return Rows(frames[0], fields, deltas, texts)


def _column(rows: Sequence[Mapping[str, Any]], name: str) -> Floats | None:
    """A number of every frame, or None where it is words. Raises `BadValue`."""
    if isinstance(rows[0][name], str) and numeric(rows[0][name]) is None:
        return None
    found = [numeric(row.get(name)) for row in rows]
    if any(value is None for value in found):
        row = rows[found.index(None)]
        if row.get(name) is None and name.endswith("_pc"):
            return None
        raise BadValue(f"{name}: at frame {row['frame']}, {row.get(name)!r} is no number")
    return np.asarray(found, dtype=np.float64)
