"""Shared parts of importers: frames, shots from keyed prompts, sound, and what is left out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.errors import BadValue, did_you_mean
from storyboard.files import is_file
from storyboard.interchange.importers import prompt_texts
from storyboard.interchange.importers.camera_rates import Moves, shot_motion
from storyboard.interchange.importers.foreign import value
from storyboard.interchange.importers.frame_schedules import ScheduleContext, read_schedule
from storyboard.interchange.importers.prompt_texts import Piece
from storyboard.interchange.importers.sampled import ScheduleTrack, Shot, weight_text
from storyboard.interchange.importers.story_writer import (
    Draft,
    Notes,
    checked_frames,
    prompt_value,
    shot_name,
)
from storyboard.interchange.importers.translate import Untranslatable, knots, short
from storyboard.media.frame_rates import parse_fps
from storyboard.plan import Floats

MOST = 2**63 - 1
"""No source counts further: seeds, frames and steps are below it."""


def at(path: str, make: Any) -> Any:
    """Return the result of ``make()``; an error in it is raised with the setting's name."""
    try:
        return make()
    except BadValue as error:
        raise BadValue(f"{path}: {error.message}", hint=error.hint, column=error.column) from None


def number(settings: Mapping[str, Any], name: str, default: float) -> float:
    """Return a number that a source says, as a number or a text. Raises `BadValue`."""
    given = settings.get(name)
    try:
        found = default if given in (None, "") else float(str(given))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise BadValue(f"{name}: {given!r} is not a number")
    return found


FLAT = {"zoom": 1.0, "angle": 0.0}
SPACE = ("translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")
BOTH = ("translation_x", "translation_y")


def animation_mode(
    settings: Mapping[str, Any], notes: Notes, default: str, known: Sequence[str]
) -> str:
    """Return what moves the picture. A file's ``None`` is no value; where the file does not state
    it, which its tool may not save, its schedules do, and ``notes`` has what was inferred.

    Raises `BadValue` for a mode that is not ``known``.
    """
    if "animation_mode" not in settings:
        deep = [name for name in SPACE if moves(settings.get(name))]
        flat = [name for name in (*FLAT, *BOTH) if moves(settings.get(name), FLAT.get(name, 0.0))]
        mode = "3D" if deep else "2D" if flat else default
        why = f", as it has {', '.join(deep or flat)}" if deep or flat else ""
        hint = "; write animation_mode into the file to have it read otherwise" if why else ""
        notes.add("carried", f"the file states no animation_mode: read as {mode}{why}{hint}")
        return mode
    given = settings["animation_mode"] or "None"
    if given not in known:
        hint = did_you_mean(str(given), known) or f"known: {', '.join(known)}"
        raise BadValue(f"animation_mode: unknown mode {given!r}", hint=hint)
    return str(given)


def report_still(notes: Notes, settings: Mapping[str, Any], mode: str) -> None:
    """Name in ``notes`` the schedules that move something and do not count in ``mode``."""
    off = {"2D": SPACE, "3D": tuple(FLAT)}.get(mode, (*SPACE, *FLAT, *BOTH))
    idle = [name for name in off if moves(settings.get(name), FLAT.get(name, 0.0))]
    notes.left(idle, f"in the animation_mode {mode} they do not move the picture")


def moves(given: Any, rest: float = 0.0) -> bool:
    """Return whether a schedule says anything but ``rest``, as far as its numbers show."""
    if given in (None, ""):
        return False
    values = re.findall(r"\d+\s*:\s*\(?\s*([^,()]+(?:\([^()]*\)[^,()]*)*)", str(given)) or [
        str(given)
    ]
    return any(not _is(value, rest) for value in values)


def _is(written: str, number: float) -> bool:
    try:
        return float(written.strip(" '\"")) == number
    except ValueError:
        return False


def frame_count(settings: Mapping[str, Any], default: int) -> int:
    """Return ``max_frames``, of which a film has one at least. Raises `BadValue`."""
    frames = whole(settings, "max_frames", default, least=1)
    return checked_frames(frames)


def whole(settings: Mapping[str, Any], name: str, default: int, *, least: int | None = None) -> int:
    """Return a whole number that a source sets, truncated, and at least ``least``."""
    found = int(number(settings, name, default))
    if found > MOST:
        raise BadValue(f"{name}: {found:.3g} is too many")
    if least is not None and found < least:
        raise BadValue(f"{name}: {found} is too small; at least {least}")
    return found


def rate(settings: Mapping[str, Any], name: str, default: int) -> Fraction:
    """Return frames a second. Raises `BadValue`."""
    given = settings.get(name)
    if given in (None, ""):
        return Fraction(default)
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise BadValue(f"{name}: {given!r} is not a number")
    return at(name, lambda: parse_fps(given))  # type: ignore[no-any-return]


def track(
    settings: Mapping[str, Any], name: str, default: float, setting: ScheduleContext, notes: Notes
) -> ScheduleTrack:
    """Return the schedule of one setting, or its default where it is unset or cannot be read; the
    latter is set in ``notes``, as the other tool would have failed there.
    """
    given = settings.get(name)
    try:
        return _read_track(default if given in (None, "") else given, setting)
    except BadValue as error:
        twice = re.search(r"\d+\s*:\s*\d+\s*:", str(given))
        reason = "a key stands twice: write 0: (...), 30: (...)" if twice else error.hint
        hint = f" ({reason})" if reason else ""
        notes.left([f"{name} {str(given)[:60]}"], f"{error.message}{hint}; it stays {default:g}")
        return _read_track(default, setting)


def _read_track(written: Any, setting: ScheduleContext) -> ScheduleTrack:
    schedule = read_schedule(written, setting)
    return ScheduleTrack(finite(schedule.values(setting)), schedule, names=setting.names)


def finite(values: Floats) -> Floats:
    """Return ``values``. Raises `BadValue` with the first frame where one is not finite."""
    if not np.all(np.isfinite(values)):
        frame = int(np.argmin(np.isfinite(values)))
        raise BadValue(f"at frame {frame} it is {values[frame]}")
    return values


def add_shots(draft: Draft, prompts: Mapping[int, Any], frames: int, make: Any) -> None:
    """Add a shot from every key of ``prompts`` to the next; ``make(value, next value)`` its prompt.

    The first one reaches back to the start; what lies beyond the last frame is reported.
    """
    inside = {max(frame, 0): text for frame, text in prompts.items() if frame < frames}
    beyond = [str(frame) for frame in prompts if frame >= frames]
    if beyond:
        draft.notes.left(["prompts at frame " + ", ".join(beyond)], f"the film has {frames} frames")
    starts = sorted(inside) or [0]
    texts = [inside.get(start, next(iter(prompts.values()))) for start in starts]
    starts[0] = 0
    following = [*prompts.values()][1:]
    for n, (first, end) in enumerate(zip(starts, [*starts[1:], frames], strict=True)):
        then = following[n] if n < len(following) else None
        prompt, name = make(texts[n], then)
        draft.add_shot(first, end - first, prompt, name=name)
        draft.spans.append(Shot(first, end - first, draft.fps))


def add_motion(draft: Draft, moves: Moves) -> None:
    """Add the camera of every shot. Raises `BadValue` where a zoom is not above zero."""
    wrong = moves.zoom.values <= 0
    if np.any(wrong):
        frame = int(np.argmax(wrong))
        value = moves.zoom.values[frame]
        raise BadValue(f"zoom: at frame {frame} it is {value:g}", hint="1 leaves the size as it is")
    for shot in draft.spans:
        draft.motions.append(shot_motion(moves, shot))


def prompt_of(pieces: list[Piece], draft: Draft, setting: ScheduleContext) -> tuple[Any, str]:
    """Return the story's prompt of these pieces, and a name for its shot."""
    made = [prompt_piece(piece, draft, setting) for piece in pieces]
    return prompt_value(made), shot_name(made[0]["text"])


def prompt_piece(
    piece: Piece, draft: Draft, setting: ScheduleContext, *, share: str = ""
) -> dict[str, Any]:
    """Return ``{text, weight}``; ``share`` is a factor such as ``(1 - u)``."""
    if isinstance(piece.weight, float):
        weight: Any = short(piece.weight)
        text = share if weight == 1 and share else f"{weight:g}*{share}" if share else weight
    else:
        at("prompts", lambda: value(piece.weight, setting.dialect, setting.all_names(0.0)))
        text = _moving(piece, draft, setting)
        text = f"({text})*{share}" if share else text
    return {"text": piece.text} if text == 1 else {"text": piece.text, "weight": text}


def _moving(piece: Piece, draft: Draft, setting: ScheduleContext) -> str:
    names = {"max_f": float(setting.frames - 1), **setting.names}
    try:
        text = weight_text(piece.weight, draft.fps, names)  # type: ignore[arg-type]
    except Untranslatable as what:
        raise BadValue(f"prompts: the weight of {piece.text!r} reads {what}") from None
    return f"max(0, {text} - 1)" if piece.extra else text


def texts_of(text: str) -> list[Piece]:
    """Return the pieces of a prompt; an error is reported as one of the prompts."""
    return at("prompts", lambda: prompt_texts.pieces(text))  # type: ignore[no-any-return]


def beside(draft: Draft, name: str, path: Any) -> str | None:
    """Return a file that a setting names, as a story in the settings' folder names it; None, which
    is noted, where it is not there, or lies elsewhere and the source does not allow that.
    """
    if path in (None, "", "None"):
        return None
    if str(path).startswith(("http:", "https:")):
        draft.notes.left([name], "it is on a server; save the file beside the settings")
        return None
    file, folder = Path(str(path).replace("\\", "/")), draft.source.folder
    found = [one for one in (file, Path(file.name)) if is_file(folder / one)]
    allowed = [one for one in found if draft.source.holds(folder / one)]
    if allowed:
        return str(allowed[0])
    reason = f"{file.name} is not beside the settings"
    if found:
        reason = f"{file} lies outside the settings' folder; --allow-outside takes it"
    draft.notes.left([name], reason)
    return None


def add_init(draft: Draft, name: str, path: Any, weight: float = 1.0) -> str | None:
    """Begin the first shot with a picture; return its file, None where it does not lie here."""
    file = beside(draft, name, path)
    if file is not None and draft.shots:
        draft.shots[0]["init"] = file if weight == 1 else {"image": file, "weight": short(weight)}
    return file


def add_clip(
    draft: Draft, path: Any, mix: Any = None, *, name: str = "video_init_path", **options: Any
) -> bool:
    """Let every frame start from a clip that the setting ``name`` names; ``mix`` is its share,
    ``options`` are others of ``video``. Return whether it lies here.
    """
    file = beside(draft, name, path)
    if file is not None:
        draft.settings["video"] = {"file": file, "at_end": "hold", **options}
        draft.settings |= {} if mix is None else {"video_mix": mix}
    return file is not None


def keys_of(values: Floats, span: Shot) -> Any:
    """Return ``values``, one a frame of ``span``, as a number or as keys between straight lines."""
    if len(values) == 0 or np.ptp(values) == 0:
        return short(float(values[0]), 5) if len(values) else 0
    places = knots(values, 1e-3)
    return {span.time(Fraction(k)): short(float(values[k]), 5) for k in places}


def add_prompts(shot: dict[str, Any], more: Sequence[Mapping[str, Any]]) -> None:
    """Add prompts to those of a shot."""
    own = shot["prompt"] if isinstance(shot["prompt"], list) else [shot["prompt"]]
    shot["prompt"] = [*own, *more]


def mask_prompts(draft: Draft, where: Any) -> None:
    """Let all prompts be for the part of the frame that ``where`` says."""
    for shot in draft.shots:
        own = shot["prompt"] if isinstance(shot["prompt"], list) else [shot["prompt"]]
        made = [{"text": one} if isinstance(one, str) else one for one in own]
        shot["prompt"] = [{**one, "where": where} for one in made]


def add_sound(draft: Draft, path: Any) -> None:
    """Add the soundtrack, where its file lies here; else it is noted."""
    file = beside(draft, "soundtrack", path)
    if file is not None:
        draft.head["audio"] = file
