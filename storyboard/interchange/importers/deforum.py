"""Deforum's settings, of the web UI and of the notebook, as a story.

Its camera moves the last picture once a frame; ours is a pose in time (`camera`). In 3D it moves
pixels by a depth that it guesses anew for every frame: here the picture is a plane at its depth 1,
which moves as its nearest pixels do, and roll is the angle that was asked for at every fov.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.camera_rates import Moves
from storyboard.interchange.importers.frame_schedules import ScheduleContext
from storyboard.interchange.importers.prompt_texts import Piece, keyed, without_empty, words_of
from storyboard.interchange.importers.sampled import Shot
from storyboard.interchange.importers.setting_values import (
    BOTH,
    FLAT,
    SPACE,
    add_clip,
    add_init,
    add_motion,
    add_prompts,
    add_shots,
    add_sound,
    animation_mode,
    at,
    beside,
    frame_count,
    keys_of,
    mask_prompts,
    number,
    prompt_of,
    prompt_piece,
    rate,
    report_still,
    texts_of,
    track,
    whole,
)
from storyboard.interchange.importers.story_writer import (
    Draft,
    Source,
    even_size,
    prompt_value,
    report_unused,
    shot_name,
)
from storyboard.interchange.importers.translate import short
from storyboard.interchange.importers.warps import moves_3d, pivoted

BORDERS = {
    "replicate": "replicate",
    "wrap": "wrap",
    "border": "replicate",
    "reflection": "reflect",
    "zeros": "zeros",
}
MODES = ("None", "2D", "3D", "Video Input", "Interpolation")
_SHIFTS = ("translation_x", "translation_y")


def import_deforum(settings: Mapping[str, Any], source: Source) -> Draft:
    """Return the story of a settings file. Raises `BadValue` with the setting's name."""
    frames = frame_count(settings, 120)
    manifest = _manifest(settings)
    if manifest is not None:
        return _of_manifest(manifest, settings, source)
    seed = whole(settings, "seed", -1)
    setting = ScheduleContext(frames, {"s": float(max(seed, 0))})
    draft = Draft(source, rate(settings, "fps", 15), (512, 512))
    sides = (settings.get(name, settings.get(other)) for name, other in _SIDES)
    draft.size = even_size((512 if side is None else side for side in sides), draft.notes)
    title = re.sub(r"[_\s]*\{[^}]*\}", "", str(settings.get("batch_name") or "")).strip()
    draft.head |= {"title": title} if title else {}
    mode = animation_mode(settings, draft.notes, "2D", MODES)
    _prompts(draft, settings, setting, mode=mode)
    if mode in ("2D", "3D"):
        moves = _moves_2d if mode == "2D" else _moves_3d
        add_motion(draft, moves(draft, settings, setting))
    report_still(draft.notes, settings, mode)
    _look(draft, settings, seed, three=mode == "3D")
    _start(draft, settings, setting, mode=mode)
    if "fps" not in settings:
        draft.notes.add("carried", "no fps is set; 15 as in the notebook (--fps)")
    if settings.get("add_soundtrack") not in ("None", None, False, "Init Video"):
        add_sound(draft, settings.get("soundtrack_path"))
    _tell(draft, settings, mode)
    return draft


def _manifest(settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the Parseq manifest that the settings hold, as data or as text; None without one."""
    given = settings.get("parseq_manifest")
    if isinstance(given, str) and given.lstrip().startswith("{"):
        from storyboard.interchange.importers.tools import read_data

        return at("parseq_manifest", lambda: read_data(given, "parseq_manifest"))  # type: ignore[no-any-return]
    return given if isinstance(given, Mapping) and given else None


def _of_manifest(manifest: Mapping[str, Any], settings: Mapping[str, Any], source: Source) -> Draft:
    """Return the story of the manifest, which takes the place of camera and prompts as in the
    source.
    """
    from storyboard.interchange.importers.parseq.story import import_parseq

    size = tuple(settings.get(name) or settings.get(other) or 512 for name, other in _SIDES)
    rows = manifest.get("rendered_frames") or [{}]
    silent = not manifest.get("prompts") and not any("deforum_prompt" in row for row in rows)
    own = settings.get("animation_prompts") or settings.get("prompts")
    if silent and isinstance(own, Mapping | str):
        manifest = {**manifest, "prompts": _as_ranges(own, rows)}
    if "fps" in settings and not (manifest.get("options") or {}).get("output_fps"):
        options = {**(manifest.get("options") or {}), "output_fps": settings["fps"]}
        manifest = {**manifest, "options": options}
    draft = import_parseq(manifest, source, size=size)  # type: ignore[arg-type]
    replaced = "the camera" if silent else "the camera and the prompts of the settings"
    draft.notes.add("carried", f"parseq_manifest: it replaces {replaced}, as in the source")
    if draft.settings.get("seed") is None and whole(settings, "seed", -1) >= 0:
        draft.settings["seed"] = whole(settings, "seed", -1)
    moved = {*SPACE, *FLAT, *BOTH, "animation_prompts", "prompts"}
    report_unused(draft.notes, {k: v for k, v in settings.items() if k not in moved}, USED)
    return draft


def _as_ranges(prompts: Any, rows: Any) -> list[dict[str, Any]]:
    """Return prompts by frame as Parseq's, each to the frame before the next."""
    texts = keyed(prompts, ScheduleContext(max(len(rows), 1)))
    ends = [*(frame - 1 for frame in list(texts)[1:]), max(len(rows) - 1, *texts)]
    return [
        {"positive": str(text), "from": frame, "to": end}
        for (frame, text), end in zip(texts.items(), ends, strict=True)
    ]


_SIDES = (("W", "width"), ("H", "height"))


def _prompts(
    draft: Draft, settings: Mapping[str, Any], setting: ScheduleContext, *, mode: str
) -> None:
    prompts = settings.get("animation_prompts") or settings.get("prompts")
    texts = at("prompts", lambda: keyed(prompts, setting, draft.notes))
    if isinstance(prompts, list) and len(prompts) > 1:
        draft.notes.add("carried", "prompts: a list without frames; they are spread over the film")
    added = settings.get("animation_prompts_positive", settings.get("positive_prompts")) or ""
    texts = texts if added else at("prompts", lambda: without_empty(texts, draft.notes))
    away = settings.get("animation_prompts_negative", settings.get("negative_prompts")) or ""

    def whole_text(text: Any) -> list[Piece]:
        wanted, _, avoided = str(text).partition("--neg")
        avoided = ", ".join(part.strip(" ,") for part in (avoided, str(away)) if part.strip(" ,"))
        joined = words_of(f"{wanted.strip()}{', ' if added else ''}{added}", draft.notes)
        avoided = words_of(avoided, draft.notes)
        return texts_of(joined + (f" --neg {avoided}" if avoided else ""))

    def make(text: Any, then: Any) -> tuple[Any, str]:
        pieces = whole_text(text)
        if mode != "Interpolation" or then is None:
            return prompt_of(pieces, draft, setting)
        going = [prompt_piece(p, draft, setting, share="(1 - u)") for p in pieces]
        coming = [prompt_piece(p, draft, setting, share="u") for p in whole_text(then)]
        return prompt_value([*going, *coming]), shot_name(pieces[0].text)

    add_shots(draft, texts, setting.frames, make)
    if len(draft.shots) > 1 and mode != "Interpolation":
        soft = "say fade: 1s in a shot, or under defaults:, for a softer way"
        draft.notes.add("carried", f"prompts change at once, as in the source; {soft}")
    if any("--neg" in str(text) for text in texts.values()) or away:
        draft.notes.add("carried", "negative prompts: prompts of weight -0.3, which push away")


def _moves_2d(draft: Draft, settings: Mapping[str, Any], setting: ScheduleContext) -> Moves:
    zoom, angle, right, down = (
        track(settings, name, default, setting, draft.notes)
        for name, default in (("zoom", 1.0), ("angle", 0.0), *((name, 0.0) for name in _SHIFTS))
    )
    pivots = [
        track(settings, f"transform_center_{axis}", 0.5, setting, draft.notes).values
        for axis in "xy"
    ]
    draft.notes.add(
        "corrected", "the pivot is the picture's true centre, half a pixel from the source's"
    )
    if all(np.ptp(values) == 0 for values in pivots):
        pivot = float(pivots[0][0]), float(pivots[1][0])
        return Moves(zoom, angle, right, down, draft.size, draft.fps, pivot)
    moved = pivoted(zoom, angle, (right, down), pivots=pivots, size=draft.size)
    return Moves(zoom, angle, *moved, draft.size, draft.fps)


def _moves_3d(draft: Draft, settings: Mapping[str, Any], setting: ScheduleContext) -> Moves:
    names = [*_SHIFTS, "translation_z", *(f"rotation_3d_{axis}" for axis in "xyz")]
    fov = "fov_schedule" if "fov_schedule" in settings else "fov"
    tracks = [track(settings, name, 0.0, setting, draft.notes) for name in names]
    draft.notes.add("corrected", "3D frames are not cut off to 8 bit, which darkens them each time")
    return moves_3d(draft, [*tracks, track(settings, fov, 70.0, setting, draft.notes)])


def _look(draft: Draft, settings: Mapping[str, Any], seed: int, *, three: bool) -> None:
    """Set seed, colours and borders."""
    if seed >= 0:
        draft.settings["seed"] = seed
    else:
        draft.notes.add("carried", "a seed of -1 is drawn anew each time; here seed: 0")
    behaviour = str(settings.get("seed_behavior") or "iter")
    if behaviour == "fixed":
        draft.settings["cut_hold"] = 1
        draft.notes.add("carried", "seed_behavior fixed: cut_hold: 1, the views stay as they are")
    else:
        every = "every frame has a seed of its own, hashed from the story's"
        draft.notes.add("carried", f"seed_behavior {behaviour}: {every}")
    coherence = settings.get("color_coherence")
    if "color_coherence" in settings:
        draft.settings["color_hold"] = 0 if coherence in (None, "None") else 1
        draft.notes.add(
            "carried", f"color_coherence {coherence}: color_hold: {draft.settings['color_hold']}"
        )
    border = str(settings.get("padding_mode" if three else "border") or "")
    if border:
        if border not in BORDERS:
            raise BadValue(f"border: {border!r} is unknown", hint="known: " + ", ".join(BORDERS))
        draft.settings["border"] = BORDERS[border]
    if three and settings.get("sampling_mode") in ("bicubic", "bilinear"):
        draft.settings["resample"] = settings["sampling_mode"]


def _start(
    draft: Draft, settings: Mapping[str, Any], setting: ScheduleContext, *, mode: str
) -> None:
    """Set pictures, clips and masks that frames start from."""
    if settings.get("use_looper"):
        _guide(draft, settings, setting)
    elif settings.get("use_init"):
        add_init(draft, "init_image", settings.get("init_image"))
    if settings.get("use_mask") or settings.get("use_mask_video"):
        _mask(draft, settings)
    if mode == "Video Input":
        add_clip(draft, settings.get("video_init_path"))
    else:
        _mix_clip(draft, settings, setting)


def _guide(draft: Draft, settings: Mapping[str, Any], setting: ScheduleContext) -> None:
    """Let the pictures of "Guided images" be prompts, each the stronger the nearer its frame."""
    images = settings.get("init_images")
    found = at("init_images", lambda: keyed(_as_mapping(images), setting))
    files = {frame: beside(draft, "init_images", path) for frame, path in found.items()}
    here = {frame: file for frame, file in files.items() if file is not None}
    if not here:
        return
    name = "image_strength_schedule"
    strength = track(settings, name, 0.75, setting, draft.notes).values
    frames = np.arange(setting.frames)
    for shot, span in zip(draft.shots, draft.spans, strict=True):
        inside = slice(span.first, span.first + span.count)
        made = []
        for place, file in enumerate(here.values()):
            share = np.interp(frames, list(here), np.eye(len(here))[place])
            weights = (share * strength)[inside]
            if np.any(weights > 0):
                made.append({"image": file, "weight": keys_of(weights, span)})
        add_prompts(shot, made)
    first = next(iter(here.values()))
    draft.shots[0]["init"] = first
    reason = "prompts that are pictures, each the stronger the nearer its frame"
    draft.notes.add("carried", f"init_images (guided images): {reason}; the first begins the film")


def _as_mapping(images: Any) -> Any:
    """Return pictures by frame, which may be written as the text of a JSON object."""
    if isinstance(images, str) and images.lstrip().startswith("{"):
        from storyboard.interchange.importers.tools import read_data

        return read_data(images, "init_images")
    return images


def _mask(draft: Draft, settings: Mapping[str, Any]) -> None:
    """Let all prompts be for the part of the frame that a picture, a clip or words say."""
    words = re.search(r"<([^<>]+)>", str(settings.get("mask_schedule") or ""))
    video = settings.get("use_mask_video")
    name = "video_mask_path" if video else "mask_file"
    file = None if words and not video else beside(draft, name, settings.get(name))
    if file is None and not words:
        return
    where: dict[str, Any] = {"mask": file} if file else {"words": words[1].strip()} if words else {}
    where |= {"outside": True} if settings.get("invert_mask") else {}
    blur = number(settings, "mask_overlay_blur", 0.0)
    if blur > 0 and file:
        where["soft"] = short(min(4 * blur / draft.size[1], 1.0), 3)
    mask_prompts(draft, where["mask"] if list(where) == ["mask"] else where)
    reason = "prompts are for its white part alone; what is black flows on unpainted"
    draft.notes.add("carried", f"mask {file or where['words']}: {reason}")


def _mix_clip(draft: Draft, settings: Mapping[str, Any], setting: ScheduleContext) -> None:
    """Mix the clip of "Hybrid video" into every frame, and let its motion carry the picture."""
    off = (None, False, "None", "")
    composite = settings.get("hybrid_composite") not in off
    motion = str(settings.get("hybrid_motion") or "None")
    if not composite and motion == "None":
        return
    flow = {"flow": "none"} if motion == "None" else {}
    mix: Any = 0
    if composite:
        name = "hybrid_comp_alpha_schedule"
        values = track(settings, name, 0.5, setting, draft.notes).values
        mix = keys_of(values, Shot(0, len(values), draft.fps))
    if not add_clip(draft, settings.get("video_init_path"), mix, **flow):
        return
    if composite:
        draft.notes.add("carried", "hybrid_composite: `video_mix`, the clip's share of a frame")
    if motion != "None":
        method = str(settings.get("hybrid_flow_method") or "")
        more = "; flow: raft is its method, with weights of its own" if "RAFT" in method else ""
        note = f"hybrid_motion {motion}: the picture follows the clip's optical flow{more}"
        draft.notes.add("carried", note)


def _tell(draft: Draft, settings: Mapping[str, Any], mode: str) -> None:
    cadence = whole(settings, "diffusion_cadence", 1)
    if cadence > 1:
        draft.notes.add(
            "corrected",
            f"diffusion_cadence {cadence}: every frame is painted, and none is missing at the end",
        )
    if mode == "None" or (mode == "Video Input" and "video" not in draft.settings):
        draft.notes.left([f"animation_mode {mode}"], "the camera stands still; see `video:`")
    if settings.get("enable_perspective_flip"):
        draft.notes.left(
            ["perspective_flip_theta, phi, gamma"], "the camera has tilt, yaw and roll instead"
        )
        draft.notes.add("corrected", "translations count also where the perspective flip is on")
    if settings.get("parseq_manifest"):
        why = "it replaces camera and prompts there; save what it names, import that --from parseq"
        draft.notes.left(["parseq_manifest"], why)
    report_unused(draft.notes, settings, USED)


USED = {
    *("max_frames", "seed", "fps", "W", "H", "width", "height", "batch_name", "animation_mode"),
    *("animation_prompts", "prompts", "animation_prompts_positive", "animation_prompts_negative"),
    *("positive_prompts", "negative_prompts", "zoom", "angle", "translation_x", "translation_y"),
    *("translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z", "fov_schedule", "fov"),
    *("transform_center_x", "transform_center_y", "seed_behavior", "color_coherence", "border"),
    *("padding_mode", "sampling_mode", "add_soundtrack", "soundtrack_path", "diffusion_cadence"),
    *("enable_perspective_flip", "seed_iter_N", "parseq_manifest", "use_init", "init_image"),
    *("use_mask", "mask_file", "invert_mask", "video_init_path", "hybrid_composite"),
    *("hybrid_comp_alpha_schedule", "hybrid_motion", "hybrid_flow_method", "use_looper"),
    *("init_images", "image_strength_schedule", "use_mask_video", "video_mask_path"),
    *("mask_schedule", "mask_overlay_blur"),
    *(f"perspective_flip_{name}" for name in ("theta", "phi", "gamma", "fv")),
}
"""What is read of a settings file; the rest is reported by name."""
