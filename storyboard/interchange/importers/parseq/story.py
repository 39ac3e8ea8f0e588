"""Parseq's documents and rendered manifests as stories: fields become curves, labels marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.foreign import calls_in
from storyboard.interchange.importers.parseq.formula_frames import FormulaFilm
from storyboard.interchange.importers.parseq.frame_moves import CARRIED, add_camera
from storyboard.interchange.importers.parseq.parseq_file import (
    FPS,
    ParseqDocument,
    Rows,
    positive,
    read_document,
    read_rows,
    render,
)
from storyboard.interchange.importers.parseq.prompt_ranges import filler, read_prompts, rendered
from storyboard.interchange.importers.parseq.text_shots import add_shots
from storyboard.interchange.importers.prompt_texts import without_tags
from storyboard.interchange.importers.sampled import seconds
from storyboard.interchange.importers.setting_values import at, finite, rate
from storyboard.interchange.importers.story_writer import (
    Draft,
    Notes,
    Source,
    even_size,
    report_unused,
)
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
_BY_CHANCE = ("perlin", "rand", "smrand", "vibe")


def import_parseq(
    settings: Mapping[str, Any], source: Source, *, size: tuple[int, int] | None = None
) -> Draft:
    """Return the story of a document or of a manifest. Raises `BadValue` with field and frame.

    ``size`` in pixels is not in the file, but in the settings that it belongs to.
    """
    options = dict(_mapping(settings.get("options")))
    output_fps = settings.get("output_fps") or options.get("output_fps") or options.get("input_fps")
    options["output_fps"] = output_fps or FPS
    draft = Draft(source, rate(options, "output_fps", int(FPS)), SIZE)
    draft.size = SIZE if size is None else even_size(size, draft.notes)
    if not output_fps:
        draft.notes.add("carried", f"no fps is set; {FPS:g} as in the source (--fps)")
    options["output_fps"] = float(draft.fps)
    settings = _without_tags({**settings, "options": options}, draft.notes)
    rows = read_rows(settings)
    document = _document(draft, settings, rows)
    for name, values in document.values.items():
        if name in CARRIED or name.startswith("prompt_weight"):
            at(name, lambda values=values: finite(values))
    title = _mapping(settings.get("meta")).get("docName")
    draft.head |= {"title": str(title)} if title else {}
    _beats(draft, options, document.film)
    _marks(draft, document)
    _seed(draft, document)
    _shots(draft, settings, document, rows)
    add_camera(draft, document)
    _tell(draft, settings, document)
    return draft


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _without_tags(given: Any, notes: Notes) -> Any:
    """Return ``given`` with prompts free of tags, which may count up frame by frame."""
    if isinstance(given, Mapping):
        keep = ("keyframes", "timeSeries", "options", "meta")
        return {
            key: one if key in keep else _without_tags(one, notes) for key, one in given.items()
        }
    if isinstance(given, list):
        return [_without_tags(one, notes) for one in given]
    return without_tags(given, notes) if isinstance(given, str) else given


def _document(draft: Draft, settings: Mapping[str, Any], rows: Rows | None) -> ParseqDocument:
    """Return the document with its values: those of its rendered frames, where it has them."""
    if settings.get("keyframes"):
        document = read_document(settings)
        fits = rows and (rows.first, len(rows.texts)) == (document.first, len(document.frames))
        known = rows.values if rows and fits else {}
        values = render(document, known)
        for name in sorted(values.keys() & known.keys()):
            theirs = known[name]
            if not np.all(np.abs(values[name] - theirs) <= 1e-4 * max(1.0, np.ptp(theirs))):
                reason = f"{name}: as its rendered frames have it, which its formulas do not give"
                draft.notes.add("carried", reason)
                values[name] = theirs
        return replace(document, values=values)
    if rows is None:
        raise BadValue("there are no keyframes and no rendered_frames")
    draft.notes.add("carried", "only rendered frames are here: curves are keys of them")
    bpm = positive("bpm", settings["options"].get("bpm") or 120)
    last = rows.first + len(rows.texts) - 1
    film = FormulaFilm(float(draft.fps), bpm, last=last)
    return ParseqDocument(film, rows.first, (), rows.values)


def _shots(
    draft: Draft, settings: Mapping[str, Any], document: ParseqDocument, rows: Rows | None
) -> None:
    """Add a shot for every run of frames with the same words."""
    prompts = read_prompts(settings.get("prompts"), document.first, document.film.last)
    off = [p for p in prompts if p.first > document.film.last or p.last < document.first]
    draft.notes.left([repr(p.positive[:40]) for p in off], "no frame of the film is theirs")
    if rows is not None and len(rows.texts) == len(document.frames) and any(rows.texts):
        add_shots(draft, document, rows.texts)
    else:
        fill = filler(document)
        add_shots(draft, document, [rendered(prompts, n, fill(n)) for n in document.frames])


def _beats(draft: Draft, options: Mapping[str, Any], film: FormulaFilm) -> None:
    if options.get("bpm") or film.labels:
        bpm = film.bpm
        draft.head["audio"] = {"bpm": int(bpm) if bpm.is_integer() else bpm}
        if not options.get("bpm"):
            draft.notes.add("carried", f"no bpm is set; {bpm:g} as in the source")
        draft.notes.add(
            "carried", "beats are of the film, as there; with a song: audio: {file: SONG, bpm: ...}"
        )
    for name in ("audioOffset", "audio_offset"):
        if options.get(name):
            draft.notes.left([f"{name} {options[name]}"], "say audio: {file: SONG, offset: 1s}")


def _marks(draft: Draft, document: ParseqDocument) -> None:
    """Add keyframes with a label as marks of its name, each name once."""
    marks: dict[str, str] = {}
    for frame, label in document.film.labels:
        if label:
            name = re.sub(r"[^A-Za-z0-9_]+", "_", label).strip("_") or "mark"
            if name[0].isdigit() or name in RESERVED_NAMES | _EVENTS:
                name = f"mark_{name}"
            number, free = 2, name
            while free in marks:
                number, free = number + 1, f"{name}_{number}"
            marks[free] = seconds(Fraction(frame - document.first) / draft.fps)
    if marks:
        draft.head["marks"] = marks
        draft.notes.add("carried", "labels of keyframes: marks")


def _seed(draft: Draft, document: ParseqDocument) -> None:
    values = document.values.get("seed")
    if values is None or not np.isfinite(values[0]):
        return
    if values[0] < 0:
        draft.notes.add("carried", "a seed of -1 is drawn anew each time; here seed: 0")
        return
    draft.settings["seed"] = int(values[0])
    draft.notes.add("carried", "seed: every frame has one of its own, hashed from the story's")
    if np.any(values % 1):
        draft.notes.left(["subseed, subseed_strength"], "no frame is between two seeds here")


def _tell(draft: Draft, settings: Mapping[str, Any], document: ParseqDocument) -> None:
    """Report what the document sets and the story does not."""
    notes, film = draft.notes, document.film
    if draft.size == SIZE:
        size = f"{SIZE[0]}x{SIZE[1]}"
        notes.add("carried", f"size: the source does not say; {size}, and its pixels are of that")
    carried = [n for n in document.values if n in CARRIED or n.startswith("prompt_weight")]
    calls = {
        call
        for one in document.fields
        for formula in one.formulas
        for call in calls_in(formula.tree)
        if one.name in carried
    }
    if "sq" in calls:
        notes.add("corrected", "sq() is high for exactly half its period, at every period")
    if chance := ", ".join(f"{name}()" for name in _BY_CHANCE if name in calls):
        reason = "other numbers within the same bounds; rendered frames keep the source's own"
        notes.add("carried", f"{chance}: {reason}")
    flips = [name for name in _FLIPS[:3] if np.any(document.absolute(name))]
    notes.left(flips, "the camera has tilt, yaw and roll instead")
    notes.left([n for n in ("near", "far") if n in document.values], "they have no effect")
    used = {*carried, *_FLIPS, "seed", "near", "far"}
    why = "no counterpart here; `hold`, `steps` and `lr` say how much is painted"
    notes.left(sorted(document.values.keys() - used), why)
    report_unused(notes, settings, _USED)
    report_unused(notes, settings["options"], _USED_OPTIONS)
    if film.cadence > 1:
        reason = f"cadence {film.cadence:g}: every frame is painted, none is a blend"
        notes.add("corrected", reason)
    if film.series:
        reason = "time series, as keys where formulas read them; `audio:` hears a sound"
        notes.add("carried", f"{', '.join(film.series)}: {reason}")
