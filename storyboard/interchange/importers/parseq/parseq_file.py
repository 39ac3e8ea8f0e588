"""Read Parseq's documents and manifests: keyframes, formulas by field, rendered frames.

::

    document = read_document(data)           raises BadValue with field and frame
    values = render(document)                {"zoom": [1.0, 1.1, ...], ...}, a value a frame
    rows = read_rows(data)                   a manifest's rendered frames; None without any
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.foreign import Node, calls_in, names_in
from storyboard.interchange.importers.parseq.formula_frames import (
    FormulaFilm,
    FormulaFrames,
    Keys,
    read_series,
)
from storyboard.interchange.importers.parseq.formula_values import evaluate, number
from storyboard.interchange.importers.parseq.formulas import parse
from storyboard.interchange.importers.story_writer import checked_frames
from storyboard.plan import Floats

BPM, FPS = 140.0, 20.0
"""What the source takes where a document does not say."""

DEFAULTS = {
    **{"zoom": 1.0, "transform_center_x": 0.5, "transform_center_y": 0.5, "fov": 40.0},
    **{"seed": -1.0, "scale": 7.0, "noise": 0.08, "strength": 0.6, "contrast": 1.0},
    **{"near": 200.0, "far": 10000.0, "perspective_flip_fv": 50.0},
    **{"prompt_weight_1": 1.0, "prompt_weight_8": 1.0},
}
"""What a field is that no keyframe says; 0 where it is not here."""

_NO_FIELDS = ("frame", "info", "subseed", "subseed_strength")


@dataclass(frozen=True)
class Formula:
    """A formula, from which frame on it counts."""

    frame: int
    tree: Node
    text: str = "L"


@dataclass(frozen=True)
class Field:
    """A field: its keys, and the formulas that run from key to key, the first at the start."""

    name: str
    keys: Keys
    formulas: tuple[Formula, ...]

    def formula(self, frame: int) -> Formula:
        """Return the one that counts at ``frame``."""
        place = bisect_right(self.formulas, frame, key=lambda formula: formula.frame)
        return self.formulas[max(place - 1, 0)]


@dataclass(frozen=True)
class Rows:
    """The rendered frames of a manifest, in order: a value a frame, and texts."""

    first: int
    values: Mapping[str, Floats]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class ParseqDocument:
    """Fields in the order in which they are evaluated, from frame ``first`` to ``film.last``.

    ``values`` hold a number a frame of each field, where they are known.
    """

    film: FormulaFilm
    first: int
    fields: tuple[Field, ...] = ()
    values: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def frames(self) -> range:
        """Return the numbers of all frames."""
        return range(self.first, self.film.last + 1)

    def field(self, name: str) -> Field | None:
        """Return the field of that name that has formulas, if there is one."""
        return next((field for field in self.fields if field.name == name), None)

    def absolute(self, name: str) -> Floats:
        """Return a field's values (frames,), or its default at all times."""
        found = self.values.get(name)
        return np.full(len(self.frames), DEFAULTS.get(name, 0.0)) if found is None else found

    def moving(self, *names: str) -> list[str]:
        """Return those of the fields that change."""
        return [name for name in names if np.ptp(self.absolute(name)) > 0]


def read_document(data: Mapping[str, Any]) -> ParseqDocument:
    """Return the document that a file holds, without values. Raises `BadValue`."""
    rows = _keyframes(data.get("keyframes"))
    options = data.get("options") or {}
    first, last = rows[0]["frame"], rows[-1]["frame"]
    checked_frames(last - first + 1)
    film = FormulaFilm(
        positive("output_fps", options.get("output_fps") or options.get("input_fps") or FPS),
        positive("bpm", options.get("bpm") or BPM),
        positive("cadence", options.get("cadence") or 1),
        tuple((row["frame"], str(row.get("info") or "") or None) for row in rows),
        last,
        read_series(data.get("timeSeries")),
    )
    names = data.get("managedFields") or _used(rows)
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise BadValue("managedFields: expected a list of fields")
    fields = tuple(_field(str(name), rows) for name in names if name not in _NO_FIELDS[:2])
    return ParseqDocument(film, first, fields)


def _keyframes(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise BadValue("keyframes: expected a list of keyframes")
    rows = []
    for n, row in enumerate(given):
        frame = _number(row.get("frame")) if isinstance(row, Mapping) else None
        if frame is None or frame < 0 or not frame.is_integer():
            raise BadValue(f"keyframes[{n}]: it is at no frame")
        rows.append({**row, "frame": int(frame)})
    return sorted(rows, key=lambda row: row["frame"])


def positive(name: str, given: Any) -> float:
    """Return a number above 0 that a document says. Raises `BadValue`."""
    found = _number(given)
    if found is None or found <= 0:
        raise BadValue(f"{name}: {given!r} is not a number above 0")
    return found


def _number(given: Any) -> float | None:
    """Return a number, also one that is written as a text; None for all else."""
    try:
        found = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _used(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the fields that any keyframe has a value or a formula for."""
    found: dict[str, None] = {}
    for name, given in ((name, given) for row in rows for name, given in row.items()):
        if name.endswith("_i") and isinstance(given, str) and given:
            found[name.removesuffix("_i")] = None
        elif _number(given) is not None or (name in DEFAULTS and given not in ("", None)):
            found[name] = None
    return list(found)


def _field(name: str, rows: Sequence[Mapping[str, Any]]) -> Field:
    given = {row["frame"]: row[name] for row in rows if row.get(name) not in (None, "")}
    for frame, value in given.items():
        if _number(value) is None:
            raise BadValue(f"{name}: at frame {frame}, {value!r} is not a number")
    keys = {frame: float(value) for frame, value in given.items()}
    values = list(keys.values()) or [DEFAULTS.get(name, 0.0)]
    keys = {rows[0]["frame"]: values[0], **keys}
    keys.setdefault(rows[-1]["frame"], values[-1])
    formulas = list(_formulas(name, rows))
    if not formulas or formulas[0].frame > rows[0]["frame"]:
        formulas.insert(0, Formula(rows[0]["frame"], parse("L")))
    return Field(name, Keys(tuple(keys), tuple(keys.values())), tuple(formulas))


def _formulas(name: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Formula]:
    for row in rows:
        text = str(row.get(f"{name}_i") or "")
        if text.strip():
            where = f"{name}: at frame {row['frame']}, {text!r}"
            yield Formula(row["frame"], parsed(text, where), text)


def parsed(text: str, where: str) -> Node:
    """Return the tree of a formula; an error says where the formula stands."""
    try:
        return parse(text)
    except BadValue as error:
        raise located(error, where) from None


def located(error: BadValue, where: str) -> BadValue:
    """Return ``error`` with the place of the formula and the column in it."""
    column = f" (column {error.column})" if error.column else ""
    return BadValue(f"{where}: {error.message}{column}", hint=error.hint)


def render(document: ParseqDocument, known: Collection[str] = ()) -> dict[str, Floats]:
    """Evaluate every field at every frame; one that cannot be is NaN if it is ``known`` otherwise.

    Raises `BadValue` with field and frame.
    """
    found = {}
    for one in document.fields:
        try:
            found[one.name] = _rendered(document, one)
        except BadValue:
            if one.name not in known:
                raise
            found[one.name] = np.full(len(document.frames), np.nan)
    return found


def _rendered(document: ParseqDocument, one: Field) -> Floats:
    frames = np.arange(document.first, document.film.last + 1.0)
    found = np.zeros(len(frames))
    starts = [formula.frame - document.first for formula in one.formulas]
    for formula, start, stop in zip(one.formulas, starts, [*starts[1:], len(frames)], strict=True):
        try:
            found[start:stop] = _run(
                document.film, one.keys, formula.tree, frames[start:stop], found[:start]
            )
        except BadValue as error:
            where = f"{one.name}: at frame {formula.frame}, {formula.text!r}"
            raise located(error, where) from None
    return found


def _run(film: FormulaFilm, keys: Keys, tree: Node, frames: Floats, before: Floats) -> Any:
    """Return the values of a formula at ``frames``, or its only one.

    One that reads its own last value is evaluated frame by frame, from its start if it remembers.
    """
    if "prev_computed_value" not in names_in(tree):
        return number(evaluate(tree, FormulaFrames(frames, keys, film)))
    values = [*before[-1:], 0.0][:1]
    for n in range(len(frames)):
        part = slice(0 if "recompute_if" in calls_in(tree) else n, n + 1)
        names = {"prev_computed_value": np.array(values)[part]}
        found = number(evaluate(tree, FormulaFrames(frames[part], keys, film), names))
        values.append(float(found[-1] if np.ndim(found) else found))
    return values[1:]


def read_rows(data: Mapping[str, Any]) -> Rows | None:
    """Return the rendered frames of a manifest, or None. Raises `BadValue`."""
    given = data.get("rendered_frames")
    if not given:
        return None
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise BadValue("rendered_frames: expected a list of frames")
    if not all(isinstance(row, Mapping) and _number(row.get("frame")) is not None for row in given):
        raise BadValue("rendered_frames: every frame has its number as 'frame'")
    rows = sorted(given, key=lambda row: float(row["frame"]))
    first = int(float(rows[0]["frame"]))
    checked_frames(len(rows))
    if [int(float(row["frame"])) for row in rows] != list(range(first, first + len(rows))):
        raise BadValue("rendered_frames: frames are missing, or there twice")
    names = [name for name in rows[0] if name not in _NO_FIELDS and not name.endswith("_pc")]
    columns = {name: column for name in names if (column := _column(rows, name)) is not None}
    deltas = {n.removesuffix("_delta"): v for n, v in columns.items() if n.endswith("_delta")}
    values = {name: column for name, column in columns.items() if not name.endswith("_delta")}
    for name in deltas.keys() - values.keys():
        steps = deltas[name][1:] - (1.0 if name == "zoom" else 0.0)
        values[name] = deltas[name][0] + np.concatenate([[0], np.cumsum(steps)])
    texts = tuple(str(row.get("deforum_prompt") or "") for row in rows)
    return Rows(first, values, texts)


def _column(rows: Sequence[Mapping[str, Any]], name: str) -> Floats | None:
    """Return a number of every frame, or None where it is words. Raises `BadValue`."""
    found = [_number(row.get(name)) for row in rows]
    if found[0] is None and isinstance(rows[0][name], str):
        return None
    for row, value in zip(rows, found, strict=True):
        if value is None:
            raise BadValue(f"{name}: at frame {row['frame']}, {row.get(name)!r} is not a number")
    return np.asarray(found, dtype=np.float64)
