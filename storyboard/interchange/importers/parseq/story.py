"""Parseq's documents and rendered manifests as stories: fields become curves, labels marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.parseq.document import (
    FPS,
    Document,
    Rows,
    number_above_0,
    read_document,
    read_rows,
    render,
)
from storyboard.interchange.importers.parseq.field_moves import CARRIED, Fields, add_camera
from storyboard.interchange.importers.parseq.formulas import calls_in
from storyboard.interchange.importers.parseq.moments import FormulaFilm
from storyboard.interchange.importers.parseq.prompt_ranges import read_prompts
from storyboard.interchange.importers.parseq.prompt_shots import add_ranges, add_texts
from storyboard.interchange.importers.prompt_texts import without_tags
from storyboard.interchange.importers.sampled import seconds
from storyboard.interchange.importers.setting_values import at, finite, rate
from storyboard.interchange.importers.story_writer import (
    Draft,
    Notes,
    Source,
    even_size,
    tell_unused,
)
from storyboard.plan import Floats
from storyboard.times import RESERVED_NAMES

SIZE = (512, 512)
_FLIPS = tuple(f"perspective_flip_{name}" for name in ("theta", "phi", "gamma", "fv"))
_EVENTS = frozenset(("beat", "bar", "onset", "section"))
_USED = {
    *("meta", "options", "prompts", "keyframes", "managedFields", "timeSeries", "output_fps"),
    *("rendered_frames", "rendered_frames_meta", "displayedFields", "displayFields"),
    *("keyframeLock", "docId", "versionId", "timestamp"),
}
_USED_OPTIONS = {
    *("input_fps", "output_fps", "bpm", "cadence", "unsaid", "audioOffset", "audio_offset"),
    *("cc_window_width", "cc_window_slide_rate", "cc_use_input"),
}
_FORGETFUL = frozenset(("rand", "smrand", "perlin", "vibe"))


def import_parseq(
    settings: Mapping[str, Any], source: Source, *, size: tuple[int, int] | None = None
) -> Draft:
    """The story of a document or of a manifest. Raises `BadValue` with field and frame.

    ``size`` in pixels is not in the file, but in the settings that it belongs to.
    """
    settings = _with_rate(settings)
    options = settings["options"]
    draft = Draft(source, rate(options, "output_fps", int(FPS)), SIZE)
    if size is not None:
        draft.size = even_size(size, draft.notes)
    settings = _without_tags(settings, draft.notes)
    if "unsaid" in options:
        draft.notes.add("carried", f"no fps is said; {FPS:g} as in the source (--fps)")
    rows = read_rows(settings)
    if settings.get("keyframes"):
        fields = _of_document(draft, settings, rows)
    elif rows is not None:
        fields = _of_rows(draft, options, rows)
    else:
        raise BadValue("there are no keyframes and no rendered_frames")
    _check(fields)
    title = _dict(settings.get("meta")).get("docName")
    draft.head |= {"title": str(title)} if title else {}
    _beats(draft, options, fields.document.film)
    _marks(draft, fields.document)
    _seed(draft, fields)
    prompts = read_prompts(
        settings.get("prompts"), fields.document.first, fields.document.film.last
    )
    if not settings.get("keyframes") and rows is not None and any(rows.texts):
        add_texts(draft, fields, rows.texts)
    else:
        add_ranges(draft, fields, prompts)
    add_camera(draft, fields)
    _tell(draft, settings, fields)
    return draft


def _without_tags(given: Any, notes: Notes) -> Any:
    """``given`` with the texts of its prompts free of tags, which may count up frame by frame."""
    if isinstance(given, Mapping):
        keep = ("keyframes", "timeSeries", "options", "meta")
        return {
            key: one if key in keep else _without_tags(one, notes) for key, one in given.items()
        }
    if isinstance(given, list):
        return [_without_tags(one, notes) for one in given]
    return without_tags(given, notes) if isinstance(given, str) else given


def _dict(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _with_rate(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with their options, among which frames a second that are said beside them."""
    options = dict(_dict(settings.get("options")))
    said = settings.get("output_fps") or options.get("output_fps") or options.get("input_fps")
    options["output_fps"] = said or FPS
    if not said:
        options["unsaid"] = True
    return {**settings, "options": options}


def _of_document(draft: Draft, settings: Mapping[str, Any], rows: Rows | None) -> Fields:
    options = {**settings["options"], "output_fps": float(draft.fps)}
    document = read_document({**settings, "options": options})
    document = replace(document, film=replace(document.film, even=True))
    values = {name: np.asarray(v, dtype=np.float64) for name, v in render(document).items()}
    if rows is None or rows.first != document.first or len(rows.texts) != len(document.frames):
        return Fields(document, values, {})
    return _as_rendered(draft, document, values, rows)


def _as_rendered(draft: Draft, document: Document, values: dict[str, Floats], rows: Rows) -> Fields:
    """The document, with what its own rendered frames have otherwise taken from there."""
    fields = []
    for field in document.fields:
        theirs = rows.fields.get(field.name)
        if theirs is None or _agree(values[field.name], theirs):
            fields.append(field)
            continue
        values[field.name] = theirs
        fields.append(rows.field(field.name))
        draft.notes.add(
            "carried",
            f"{field.name}: as its rendered frames have it, which its formulas do not give",
        )
    return Fields(replace(document, fields=tuple(fields)), values, rows.deltas)


def _agree(ours: Floats, theirs: Floats) -> bool:
    """Return True if both are equal, but for few frames where a square wave rounds otherwise."""
    return bool(np.all(np.abs(ours - theirs) <= 1e-4 * max(1.0, float(np.ptp(theirs)))))


def _of_rows(draft: Draft, options: Mapping[str, Any], rows: Rows) -> Fields:
    last = rows.first + len(rows.texts) - 1
    bpm = number_above_0("bpm", options.get("bpm") or 120)
    film = FormulaFilm(float(draft.fps), bpm, 1.0, (), last)
    draft.notes.add("carried", "only rendered frames are here: curves are keys of them")
    return Fields(rows.document(film), rows.fields, rows.deltas)


def _check(fields: Fields) -> None:
    """Raises `BadValue` where the camera or a weight is no number."""
    for name, values in fields.values.items():
        if name in CARRIED or name.startswith("prompt_weight"):
            at(name, lambda values=values: finite(values))


def _beats(draft: Draft, options: Mapping[str, Any], film: FormulaFilm) -> None:
    if options.get("bpm") or film.labels:
        bpm = film.bpm
        draft.head["audio"] = {"bpm": int(bpm) if bpm.is_integer() else bpm}
        if not options.get("bpm"):
            draft.notes.add("carried", f"no bpm is said; {bpm:g} as in the source")
        draft.notes.add(
            "carried", "beats are of the film, as there; with a song: audio: {file: SONG, bpm: ...}"
        )
    for name in ("audioOffset", "audio_offset"):
        if options.get(name):
            draft.notes.left([f"{name} {options[name]}"], "say audio: {file: SONG, offset: 1s}")


def _marks(draft: Draft, document: Document) -> None:
    """Keyframes with a label as marks of its name."""
    marks: dict[str, str] = {}
    for frame, label in document.film.labels:
        if label and frame > document.first - 1:
            when = Fraction(frame - document.first) / draft.fps
            marks[_mark_name(label, marks)] = seconds(when)
    if marks:
        draft.head["marks"] = marks
        draft.notes.add("carried", "labels of keyframes: marks")


def _mark_name(label: str, taken: Mapping[str, str]) -> str:
    """A label as the name of a mark: letters, digits and ``_``, each name once."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", label).strip("_") or "mark"
    if name[0].isdigit() or name in RESERVED_NAMES | _EVENTS:
        name = f"mark_{name}"
    number, free = 2, name
    while free in taken:
        number, free = number + 1, f"{name}_{number}"
    return free


def _seed(draft: Draft, fields: Fields) -> None:
    values = fields.values.get("seed")
    if values is None or not np.isfinite(values[0]):
        return
    if values[0] < 0:
        draft.notes.add("carried", "a seed of -1 is drawn anew each time; here seed: 0")
        return
    draft.settings["seed"] = int(values[0])
    draft.notes.add("carried", "seed: every frame has one of its own, hashed from the story's")
    if np.any(values % 1):
        draft.notes.left(["subseed, subseed_strength"], "no frame is between two seeds here")


def _tell(draft: Draft, settings: Mapping[str, Any], fields: Fields) -> None:
    """Report what the document sets and the story does not."""
    if draft.size == SIZE:
        size = f"{SIZE[0]}x{SIZE[1]}"
        told = f"size: the source does not say; {size}, and its pixels are of that"
        draft.notes.add("carried", told)
    _tell_formulas(draft, fields.document)
    used = {*CARRIED, *_FLIPS, "seed", "near", "far", *_weights(fields)}
    flips = [name for name in _FLIPS[:3] if np.any(fields.absolute(name))]
    draft.notes.left(flips, "the camera has tilt, yaw and roll instead")
    draft.notes.left([n for n in ("near", "far") if n in fields.values], "they have no effect")
    left = [name for name in fields.values if name not in used]
    draft.notes.left(
        sorted(left), "no counterpart here; `hold`, `steps` and `lr` say how much is painted"
    )
    tell_unused(draft.notes, settings, _USED)
    options = settings["options"]
    tell_unused(draft.notes, options, _USED_OPTIONS)
    if fields.document.film.cadence > 1:
        many = f"{fields.document.film.cadence:g}"
        draft.notes.add("corrected", f"cadence {many}: every frame is painted, none is a blend")
    heard = ", ".join(fields.document.film.series)
    if heard:
        told = f"{heard}: time series, as keys where formulas read them; `audio:` hears a sound"
        draft.notes.add("carried", told)


def _weights(fields: Fields) -> list[str]:
    return [name for name in fields.values if name.startswith("prompt_weight")]


def _tell_formulas(draft: Draft, document: Document) -> None:
    calls = {
        call
        for field in document.fields
        for formula in field.formulas
        for call in calls_in(formula.tree)
        if field.name in CARRIED or field.name.startswith("prompt_weight")
    }
    if "sq" in calls:
        draft.notes.add("corrected", "sq() is high for exactly half its period, at every period")
    if calls & _FORGETFUL:
        said = ", ".join(f"{name}()" for name in sorted(calls & _FORGETFUL))
        draft.notes.add(
            "carried",
            f"{said}: other numbers within the same bounds; rendered frames keep the source's own",
        )
