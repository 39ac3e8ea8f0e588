"""Disco Diffusion's settings as a story: Deforum's ancestor, with splines and lists of prompts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.camera_rates import Moves
from storyboard.interchange.importers.deforum import BORDERS
from storyboard.interchange.importers.frame_schedules import (
    DEGREES,
    ScheduleContext,
    read_schedule,
    splines,
)
from storyboard.interchange.importers.prompt_texts import Piece, keyed, without_empty, words_of
from storyboard.interchange.importers.sampled import ScheduleTrack, still
from storyboard.interchange.importers.setting_values import (
    add_clip,
    add_init,
    add_motion,
    add_shots,
    animation_mode,
    at,
    finite,
    frame_count,
    number,
    prompt_of,
    rate,
    report_still,
    texts_of,
    whole,
)
from storyboard.interchange.importers.story_writer import Draft, Source, even_size, report_unused
from storyboard.interchange.importers.translate import short
from storyboard.interchange.importers.warps import moves_3d

_MOVES_2D = (("zoom", 1.0), ("angle", 0.0), ("translation_x", 0.0), ("translation_y", 0.0))
_MOVES_3D = (
    "translation_x",
    "translation_y",
    "translation_z",
    *(f"rotation_3d_{a}" for a in "xyz"),
)
USED = {
    *("max_frames", "seed", "set_seed", "width_height", "width", "height", "batch_name", "fps"),
    *("animation_mode", "text_prompts", "key_frames", "interp_spline", "fov", "padding_mode"),
    *("skip_steps", "init_scale", "frames_scale", "frames_skip_steps", "steps"),
    *("init_image", "video_init_path", "cut_overview", "cut_innercut", "cutn_batches"),
    *("sampling_mode", "turbo_mode", "turbo_steps", *_MOVES_3D, *(n for n, _ in _MOVES_2D)),
}


MODES = ("None", "2D", "3D", "Video Input")


def import_disco(settings: Mapping[str, Any], source: Source) -> Draft:
    """Return the story of a settings file. Raises `BadValue` with the setting's name."""
    draft = Draft(source, rate(settings, "fps", 12), (1280, 768))
    usual = "None" if frame_count(settings, 1) == 1 else "2D"
    mode = animation_mode(settings, draft.notes, usual, MODES)
    setting = ScheduleContext(frame_count(settings, 1) if mode != "None" else 1)
    size = settings.get("width_height") or [settings.get(s, d) for s, d in _SIZE]
    draft.size = even_size(size, draft.notes)
    title = str(settings.get("batch_name") or "").strip()
    draft.head |= {"title": title} if title else {}
    if mode == "None":
        draft.notes.add("carried", "animation_mode None: a still, as a film of one frame")
    _prompts(draft, settings, setting)
    if mode in ("2D", "3D"):
        add_motion(draft, _moves(draft, settings, setting, mode=mode))
        padding = str(settings.get("padding_mode") or "border")
        draft.settings["border"] = BORDERS.get(padding, "reflect") if mode == "3D" else "wrap"
    report_still(draft.notes, settings, mode)
    _start(draft, settings)
    if mode == "Video Input":
        add_clip(draft, settings.get("video_init_path"))
    _cuts(draft, settings)
    _look(draft, settings, mode)
    return draft


_SIZE = (("width", 1280), ("height", 768))


def _prompts(draft: Draft, settings: Mapping[str, Any], setting: ScheduleContext) -> None:
    given = settings.get("text_prompts")
    texts = at(
        "text_prompts", lambda: without_empty(keyed(given, setting, draft.notes), draft.notes)
    )

    def make(given: Any, _then: Any) -> tuple[Any, str]:
        lines = given if isinstance(given, list) else [given]
        words = [words_of(str(line), draft.notes) for line in lines]
        return prompt_of([_piece(line) for line in words if line], draft, setting)

    add_shots(draft, texts, setting.frames, make)


def _piece(line: str) -> Piece:
    """Return ``text:weight``; what is no number behind the last colon is text."""
    text, colon, weight = line.rpartition(":")
    try:
        return Piece(text.strip(), float(weight)) if colon else Piece(line.strip())
    except ValueError:
        return texts_of(line)[0]


def _moves(
    draft: Draft, settings: Mapping[str, Any], setting: ScheduleContext, *, mode: str
) -> Moves:
    kind = str(settings.get("interp_spline") or "Linear")
    if kind not in DEGREES:
        known = ", ".join(DEGREES)
        draft.notes.left([f"interp_spline {kind}"], f"it is unknown (known: {known}); Linear here")
        kind = "Linear"

    def read(name: str, default: float) -> ScheduleTrack:
        given = settings.get(name)
        if given in (None, "") or (settings.get("key_frames") is False and mode == "2D"):
            return still(default if given in (None, "") else _number(name, given), setting.frames)
        try:
            return _track(given, setting, kind)
        except BadValue as error:
            draft.notes.left(
                [f"{name} {str(given)[:60]}"], f"{error.message}; it stays {default:g}"
            )
            return still(default, setting.frames)

    draft.notes.add(
        "corrected", "the pivot is the picture's true centre, half a pixel from the source's"
    )
    if mode == "2D":
        zoom, angle, right, down = (read(name, default) for name, default in _MOVES_2D)
        return Moves(zoom, angle, right, down, draft.size, draft.fps)
    fov = still(_number("fov", settings.get("fov") or 40), setting.frames)
    return moves_3d(draft, [*(read(name, 0.0) for name in _MOVES_3D), fov])


def _track(given: Any, setting: ScheduleContext, kind: str) -> ScheduleTrack:
    schedule = read_schedule(given, setting)
    values = finite(splines(schedule, setting, kind))
    straight = kind == "Linear" and np.allclose(values, schedule.values(setting))
    return ScheduleTrack(values, schedule if straight or not schedule.numeric else None)


def _number(name: str, given: Any) -> float:
    try:
        return float(str(given).partition(":")[2].strip(" ()") or given)
    except ValueError:
        raise BadValue(f"{name}: {given!r} is not a number") from None


def _start(draft: Draft, settings: Mapping[str, Any]) -> None:
    """Begin with a picture, as far as the steps that are skipped leave it; hold frames together."""
    steps, skipped = (number(settings, name, default) for name, default in _STEPS)
    share = min(max(skipped / steps, 0.0), 1.0) if steps > 0 else 0.0
    given = settings.get("init_image")
    if given not in (None, "", "None") and share == 0:
        draft.notes.left(["init_image"], "with skip_steps 0 nothing of it stays")
    elif (file := add_init(draft, "init_image", given, share)) is not None:
        note = f"skip_steps {skipped:g} of {steps:g}: `init` with a weight of {share:.3g}"
        draft.notes.add("carried", note)
        scale = number(settings, "init_scale", 0.0) / USUAL_SCALE
        if scale > 0:
            target = {"image": file, "weight": short(scale, 4), "measure": "perceptual"}
            draft.settings["losses"] = {"target": target}
    scale = number(settings, "frames_scale", 0.0)
    if scale > 0 and frame_count(settings, 1) > 1:
        draft.settings["hold"] = short(scale / USUAL_HOLD, 4)
        note = f"frames_scale {scale:g}: hold: {scale / USUAL_HOLD:.4g}; {USUAL_HOLD:g} is usual"
        draft.notes.add("carried", note)


_STEPS = (("steps", 250.0), ("skip_steps", 0.0))
USUAL_SCALE, USUAL_HOLD = 1000.0, 1500.0
"""``init_scale`` and ``frames_scale`` of the notebook: a target, and a hold, of 1 here."""


def _cuts(draft: Draft, settings: Mapping[str, Any]) -> None:
    """Set the number of cutouts: the mean of a schedule such as ``[12]*400+[4]*600``, and
    batches.
    """
    views = 0.0
    for name in ("cut_overview", "cut_innercut"):
        runs = re.findall(r"\[(\d+)\]\s*\*\s*(\d+)", str(settings.get(name) or ""))
        steps = sum(int(count) for _, count in runs)
        views += sum(int(many) * int(count) for many, count in runs) / steps if steps else 0.0
    if views >= 1:
        batches = whole(settings, "cutn_batches", 1, least=1)
        draft.settings |= {"cuts": round(views) * batches}
        draft.settings |= {"cut_batch": round(views)} if batches > 1 else {}
        reason = f"{round(views)} on average, {batches} times: cuts: {round(views) * batches}"
        draft.notes.add("carried", f"cut_overview, cut_innercut: {reason}")


def _look(draft: Draft, settings: Mapping[str, Any], mode: str) -> None:
    seed = settings.get("seed", settings.get("set_seed"))
    if str(seed).isdigit():
        draft.settings["seed"] = int(str(seed))
    else:
        draft.notes.add("carried", "the seed is drawn anew each time; here seed: 0")
    if "fps" not in settings:
        draft.notes.add("carried", "no fps is set; 12 as in the notebook")
    if settings.get("turbo_mode") and mode == "3D":
        draft.notes.add("corrected", "turbo_mode: every frame is painted, none is blended")
    report_unused(draft.notes, settings, USED)
