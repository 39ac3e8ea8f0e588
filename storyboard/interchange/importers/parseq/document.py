"""A Parseq document: keyframes, each field's values and formulas, and what they come to.

::

    document = read_document(data)           raises BadValue with field and frame
    values = render(document)                {"zoom": [1.0, 1.1, ...], ...}, a value a frame
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from storyboard.errors import BadValue
from storyboard.interchange.importers.parseq.arithmetic import Value, number
from storyboard.interchange.importers.parseq.moment import Film, Keys, Moment
from storyboard.interchange.importers.parseq.parser import parse
from storyboard.interchange.importers.parseq.series import read_series
from storyboard.interchange.importers.parseq.tree import Name, Node
from storyboard.interchange.importers.parseq.values import evaluate
from storyboard.interchange.importers.story_writer import checked_frames

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
STRAIGHT = Name("L", 1)


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

    film: Film
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
    film = Film(
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
    """A mistake's message with its column."""
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
