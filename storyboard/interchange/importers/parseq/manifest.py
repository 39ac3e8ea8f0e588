"""Parseq's rendered frames: what a manifest says frame by frame.

::

    rows = read_rows(data)                    None where there are none; raises BadValue
    rows.fields -> {"zoom": Floats, ...}      absolute values
    rows.deltas -> {"zoom": Floats, ...}      as Deforum takes them, frame from frame
    rows.texts -> tuple[str, ...]             the prompt of every frame, "" where there is none
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.parseq.document import Document, Field, Formula, numeric
from storyboard.interchange.importers.parseq.moment import Film, Keys
from storyboard.interchange.importers.parseq.tree import Name
from storyboard.interchange.importers.story_writer import checked_frames
from storyboard.plan import Floats

RENDERED = Formula(0, Name("rendered", 1), "rendered_frames")
"""The formula of a field that is known frame by frame alone."""

_NO_FIELDS = ("frame", "subseed", "subseed_strength", "info")


@dataclass(frozen=True)
class Rows:
    """Every rendered frame, in order, from ``first`` on."""

    first: int
    fields: Mapping[str, Floats]
    deltas: Mapping[str, Floats]
    texts: tuple[str, ...]

    def document(self, film: Film) -> Document:
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
    columns = {name: _column(rows, name) for name in rows[0] if name not in _NO_FIELDS}
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
