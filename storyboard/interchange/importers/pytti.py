"""PyTTI's configurations as a story: scenes, movement in seconds, bands of the soundtrack.

A scene's prompts have a weight, a mask and a stop, each an expression in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.camera_rates import Moves
from storyboard.interchange.importers.foreign import (
    PYTHON,
    ForeignNumber,
    Items,
    Node,
    names_in,
    parse,
    value,
)
from storyboard.interchange.importers.frame_schedules import (
    FrameSchedule,
    ScheduleContext,
    ScheduleKey,
)
from storyboard.interchange.importers.prompt_texts import words_of
from storyboard.interchange.importers.sampled import ScheduleTrack, Shot, seconds, still
from storyboard.interchange.importers.setting_values import (
    add_clip,
    add_init,
    add_motion,
    add_sound,
    at,
    beside,
    finite,
    number,
    rate,
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
from storyboard.interchange.importers.translate import Untranslatable, in_our_words, short

CUTOFF = "0.5000873264"
"""The share of a mask that PyTTI takes where none is written."""

MASKS = {"r": "right", "l": "left", "d": "bottom", "u": "top"}
"""Halves of the picture as they are called here."""

_DEPTHS = {"n": "what is near", "f": "what is far"}


@dataclass(frozen=True)
class ScenePrompt:
    """A prompt as PyTTI reads it, every part as text: weight, cutoff and stop may move."""

    text: str
    weight: str = "1"
    mask: str = "a"
    cutoff: str = CUTOFF
    stop: str = "-inf"


def read_prompt(text: str) -> ScenePrompt:
    """Return ``text:weight_mask_cutoff:stop``; what stands in square brackets is not split."""
    parts = [part.strip() for part in _split(text, ":")]
    weight, stop = (*parts[1:3], "1", "-inf")[:2] if len(parts) > 1 else ("1", "-inf")
    if len(parts) == 2:
        stop = "-inf"
    words = [part.strip() for part in _split(weight, "_")]
    mask = words[1] if len(words) > 1 and words[1] else "a"
    cutoff = words[2] if len(words) > 2 and words[2] else CUTOFF
    return ScenePrompt(parts[0], words[0] or "1", mask, cutoff, stop or "-inf")


def read_scenes(settings: Mapping[str, Any]) -> list[list[ScenePrompt]]:
    """Return every scene's prompts, with prefix and suffix put around its text."""
    prefix, suffix = (str(settings.get(f"scene_{end}") or "") for end in ("prefix", "suffix"))
    written = str(settings.get("scenes") or "")
    scenes = [part for part in _split(written, "||") if part.strip()]
    if not scenes:
        raise BadValue(
            "there are no scenes", hint="scenes: a cat | rain || a dog", path=("scenes",)
        )
    whole = (prefix + scene + suffix for scene in scenes)
    return [[read_prompt(p) for p in _split(scene, "|") if p.strip()] for scene in whole]


def _split(text: str, sign: str) -> Iterator[str]:
    """Yield the parts of ``text`` between ``sign`` outside square and round brackets."""
    depth, start, place = 0, 0, 0
    while place < len(text):
        letter = text[place]
        depth += (letter in "[(") - (letter in "])")
        if depth <= 0 and text.startswith(sign, place):
            yield text[start:place]
            place = start = place + len(sign)
        else:
            place += 1
    yield text[start:]


def names_of(tree: Node) -> set[str]:
    """Return the names an expression reads beside Python's constants: ``t`` and the bands."""
    return {PYTHON.bare(name) for name in names_in(tree)} - set(PYTHON.constants)


INFILLS = {"mirror": "reflect", "wrap": "wrap", "black": "zeros", "smear": "replicate"}
_MOVES = ("translate_x", "translate_y", "rotate_2d", "zoom_x_2d", "zoom_y_2d")
USED = {
    *("scenes", "scene_prefix", "scene_suffix", "steps_per_scene", "steps_per_frame"),
    *("frames_per_second", "interpolation_steps", "pre_animation_steps", "width", "height"),
    *("input_audio", "input_audio_offset", "input_audio_filters"),
    *("seed", "infill_mode", "sampling_mode", "animation_mode", "file_namespace", "defaults"),
    *("init_image", "direct_image_prompts", "direct_init_weight", "semantic_init_weight"),
    *("video_path", "frame_stride", "direct_stabilization_weight"),
    *("semantic_stabilization_weight", "edge_stabilization_weight"),
    *("depth_stabilization_weight", "flow_stabilization_weight"),
    *_MOVES,
    *("translate_z_3d", "rotate_3d"),
}


def import_pytti(settings: Mapping[str, Any], source: Source) -> Draft:
    """Return the story of a configuration. Raises `BadValue` with the setting's name."""
    draft = Draft(source, rate(settings, "frames_per_second", 12), (180, 112))
    size = (settings.get("width") or 180, settings.get("height") or 112)
    draft.size = even_size(size, draft.notes)
    per_frame = whole(settings, "steps_per_frame", 50, least=1)
    per_scene = whole(settings, "steps_per_scene", 100, least=1)
    pre = whole(settings, "pre_animation_steps", 100, least=0)
    bands = _bands(draft, settings)
    _scenes(draft, settings, bands, steps=(per_frame, per_scene, pre))
    draft.settings |= {"steps": per_frame, "steps_first": max(pre, per_frame)}
    fade = Fraction(whole(settings, "interpolation_steps", 0), per_frame) / draft.fps
    if fade and len(draft.shots) > 1:
        draft.settings["fade"] = seconds(fade)
    _camera(draft, settings)
    _look(draft, settings, bands)
    return draft


def _bands(draft: Draft, settings: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the song's bands that expressions may read: those of
    ``input_audio_filters``, where the song lies beside the settings; else they are named.
    """
    given = settings.get("input_audio_filters")
    filters = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    bands: dict[str, Any] = {}
    for one in filters:
        name = str(one.get("variable_name") or "")
        center, width = (number(one, key, 0.0) for key in ("f_center", "f_width"))
        if re.fullmatch(r"[A-Za-z_]\w*", name) and 0 < width / 2 < center:
            bands[name] = {"center": short(center), "width": short(width)}
        else:
            draft.notes.left([f"the band {name!r}"], "it is no band of tones, or has no name")
    add_sound(draft, settings.get("input_audio"))
    file = draft.head.get("audio")
    if file is None:
        draft.notes.left(bands, "bands of a song that is not here; see `audio: {bands: ...}`")
        return frozenset()
    start = number(settings, "input_audio_offset", 0.0)
    begins = {"start": seconds(Fraction(str(short(start))))} if start > 0 else {}
    if bands or begins:
        draft.head["audio"] = {"file": file, **begins, **({"bands": bands} if bands else {})}
    return frozenset(bands)


def _scenes(
    draft: Draft, settings: Mapping[str, Any], bands: frozenset[str], *, steps: tuple[int, int, int]
) -> None:
    """Add a shot per scene; the steps before the film moves are those of its first frame."""
    per_frame, per_scene, pre = steps
    scenes = at("scenes", lambda: read_scenes(settings))
    starts = [max(n * per_scene - pre, 0) // per_frame for n in range(len(scenes))]
    end = max((len(scenes) * per_scene - pre) // per_frame, starts[-1] + 1)
    for prompts, first, last in zip(scenes, starts, [*starts[1:], end], strict=True):
        pieces = [_prompt(draft, prompt, bands) for prompt in prompts]
        name = shot_name(pieces[0].get("text") or Path(pieces[0]["image"]).stem)
        if last > first:
            draft.add_shot(first, last - first, prompt_value(pieces), name=name)
            draft.spans.append(Shot(first, last - first, draft.fps))
        else:
            draft.notes.left([f"scene {name!r}"], "it is over before the film moves")


def _prompt(draft: Draft, prompt: ScenePrompt, bands: frozenset[str]) -> dict[str, Any]:
    text = words_of(prompt.text, draft.notes) if prompt.text[:1] != "[" else prompt.text
    made: dict[str, Any] = {"text": text or prompt.text}
    weight = _or_left(draft, f"the weight of {prompt.text!r}", prompt.weight, bands)
    made |= {} if weight in (1, None) else {"weight": weight}
    if prompt.stop != "-inf":
        stop = _or_left(draft, f"the stop of {prompt.text!r}", prompt.stop, frozenset())
        if stop is None:
            return made
        if isinstance(stop, str):
            draft.notes.left([f"the stop of {prompt.text!r}"], "a stop does not move here")
        else:
            made["stop"] = stop
    if prompt.mask != "a":
        made |= _where(draft, prompt)
    if prompt.text.startswith("["):
        return _picture(draft, prompt.text, made)
    return made


def _where(draft: Draft, prompt: ScenePrompt) -> dict[str, Any]:
    """Return the part of the frame that a prompt is for: a half, a mask's file, or words."""
    name, other = prompt.mask.removeprefix("-"), prompt.mask.startswith("-")
    if name in _DEPTHS:
        reason = f"it shows {_DEPTHS[name]} only there"
        draft.notes.left([f"mask {prompt.mask} of {prompt.text!r}"], reason)
        return {}
    if name.startswith("["):
        other = other or name.startswith("[-")
        file = beside(draft, f"mask of {prompt.text!r}", name.strip("[]- "))
        where = {"mask": file} if file else None
    else:
        where = {"mask": MASKS[name]} if name in MASKS else {"words": name}
    if where is None:
        return {}
    return {"where": {**where, "outside": True} if other else where.get("mask", where)}


def _picture(draft: Draft, written: str, made: dict[str, Any]) -> dict[str, Any]:
    """Return the prompt ``[file]`` as ``image: file`` where the file lies here, else as its
    name.
    """
    file = beside(draft, f"the picture {written}", written.strip("[] "))
    if file is not None:
        del made["text"]
        return {"image": file, **made}
    made["text"] = re.sub(r"\W+", " ", written).strip() or "a picture"
    return made


def _or_left(draft: Draft, what: str, text: str, bands: frozenset[str]) -> Any:
    """Return `_moving`, or None where it cannot be read, which is noted: the rest goes on without
    it.
    """
    try:
        return _moving(text, bands)
    except BadValue as error:
        draft.notes.left([what], error.message)
        return None


def _moving(text: str, bands: frozenset[str]) -> Any:
    """Return a number, or an expression in film seconds and bands in our language."""
    tree = parse(text)
    try:
        if not names_of(tree):
            return short(float(value(tree, PYTHON, {})))
        value(tree, PYTHON, dict.fromkeys(names_of(tree), 0.5))
        return in_our_words(tree, {"t": "t", **{name: name for name in bands}})
    except Untranslatable as what:
        raise BadValue(f"{text!r} reads {what}, which has no counterpart") from None


def _camera(draft: Draft, settings: Mapping[str, Any]) -> None:
    mode = str(settings.get("animation_mode") or "off")
    set_names = [n for n in (*_MOVES, "translate_z_3d", "rotate_3d") if _says(settings.get(n))]
    if mode == "2D":
        add_motion(draft, _moves(draft, settings))
    elif mode == "3D" and set_names:
        draft.notes.left(
            set_names, "its 3D moves pixels by a guessed depth; see `dolly`, `orbit` and `depth:`"
        )
    elif set_names and mode not in ("2D", "3D"):
        draft.notes.left(set_names, f"in the animation_mode {mode} they do not move the picture")
    if mode == "Video Source":
        stride = number(settings, "frame_stride", 1.0)
        options = {} if stride == 1 else {"speed": short(stride)}
        if not add_clip(draft, settings.get("video_path"), name="video_path", **options):
            draft.notes.left([f"animation_mode {mode}"], "see `video:` in docs/story.md")


def _says(given: Any) -> bool:
    return str(given or "0").replace(" ", "") not in ("0", "0.0", "[1,0,0,0]", "False")


def _moves(draft: Draft, settings: Mapping[str, Any]) -> Moves:
    frames = draft.spans[-1].first + draft.spans[-1].count
    setting = ScheduleContext(frames, {}, PYTHON, rate=float(draft.fps))
    x, y, turn, zoom_x, zoom_y = (_track(draft, settings, name, setting) for name in _MOVES)
    width, height = draft.size
    zoom = width / (width - zoom_x.values)
    if not np.allclose(zoom_x.values * height, zoom_y.values * width, atol=1e-6 * width):
        draft.notes.add("corrected", "zoom_y_2d: the picture is magnified evenly, by zoom_x_2d")
    if width != height and np.any(turn.values):
        draft.notes.add("corrected", "turns do not shear a picture that is not square")
    down = ScheduleTrack(-y.values, y.schedule, -1.0, y.names, y.rate)
    return Moves(ScheduleTrack(zoom), turn, x, down, draft.size, draft.fps)


def _track(
    draft: Draft, settings: Mapping[str, Any], name: str, setting: ScheduleContext
) -> ScheduleTrack:
    given = settings.get(name)
    if given in (None, ""):
        return still(0.0, setting.frames)
    try:
        return _read_track(draft, given, name, setting)
    except BadValue as error:
        draft.notes.left([name], error.message.removeprefix(f"{name}: "))
        return still(0.0, setting.frames)


def _read_track(draft: Draft, given: Any, name: str, setting: ScheduleContext) -> ScheduleTrack:
    tree = parse(str(given))
    if isinstance(tree, Items):
        raise BadValue(f"{name}: expected one number, got a list")
    unknown = sorted(names_of(tree) - {"t"})
    if unknown:
        draft.notes.left([name], f"it hears {', '.join(unknown)}; see `audio: bands`")
        return still(0.0, setting.frames)
    entry = ScheduleKey(0, tree.value if isinstance(tree, ForeignNumber) else tree)
    schedule = FrameSchedule((entry,), str(given))
    values = at(name, lambda: finite(schedule.values(setting)))
    return ScheduleTrack(values, schedule, rate=setting.rate)


_HELD = {
    "direct_stabilization_weight": "hold",
    "semantic_stabilization_weight": "steady",
}
"""Weights that keep a frame near the one before, and the loss that does it here."""

_UNHELD = {
    "edge_stabilization_weight": "no loss compares edges with the frame before; see `hold`",
    "depth_stabilization_weight": "no loss guesses depths; see `hold` and `depth:`",
    "flow_stabilization_weight": "the camera carries the picture over; see `hold` and `video:`",
}


def _stabilise(draft: Draft, settings: Mapping[str, Any], bands: frozenset[str]) -> None:
    """Carry over what keeps frames near the one before, and near pictures."""
    for name, loss in _HELD.items():
        found = _weight(draft, name, settings.get(name), bands)
        if found == {"weight": found.get("weight")} and loss == "hold":
            draft.settings["hold"] = found["weight"]
        elif found:
            draft.settings.setdefault("losses", {})[loss] = found
    for name, why in _UNHELD.items():
        if _says(settings.get(name)):
            draft.notes.left([name], why)
    _aims(draft, settings, bands)


_INIT_WEIGHTS = {
    "direct_init_weight": dict[str, str](),
    "semantic_init_weight": {"measure": "embedding"},
}
"""Pulls to the picture to begin with, and the options of the loss ``target`` for them."""


def _aims(draft: Draft, settings: Mapping[str, Any], bands: frozenset[str]) -> None:
    """Let the picture come to the one to begin with, or to the first of direct_image_prompts."""
    begun = draft.shots[0].get("init") if draft.shots else None
    aims: list[tuple[str, str | None, Any, dict[str, str]]] = [
        (name, begun, settings.get(name), options) for name, options in _INIT_WEIGHTS.items()
    ]
    for part in _split(str(settings.get("direct_image_prompts") or ""), "|"):
        if part.strip():
            path, _, weight = part.strip().partition(":")
            file = beside(draft, "direct_image_prompts", path.strip("[] "))
            aims.append(("direct_image_prompts", file, weight or "1", {}))
    for name, file, given, options in aims:
        found = _weight(draft, name, given, bands)
        if not found or file is None:
            continue
        losses = draft.settings.setdefault("losses", {})
        if "target" in losses:
            draft.notes.left([name], "a story has one loss `target`; another one is taken over")
        else:
            losses["target"] = {"image": file, **found, **options}


def _weight(draft: Draft, name: str, given: Any, bands: frozenset[str]) -> dict[str, Any]:
    """Return ``weight`` and ``where`` of ``weight_mask``; nothing for no weight."""
    if not _says(given):
        return {}
    prompt = read_prompt(f"{name}:{given}")
    weight = _or_left(draft, name, prompt.weight, bands)
    if weight in (None, 0):
        return {}
    return {"weight": weight, **({} if prompt.mask == "a" else _where(draft, prompt))}


def _look(draft: Draft, settings: Mapping[str, Any], bands: frozenset[str]) -> None:
    seed = settings.get("seed")
    if isinstance(seed, int):
        draft.settings["seed"] = abs(seed)
        if seed < 0:
            draft.notes.add("carried", f"seed {seed}: seeds are not below zero here")
    add_init(draft, "init_image", settings.get("init_image"))
    _stabilise(draft, settings, bands)
    infill = settings.get("infill_mode")
    if infill in INFILLS:
        draft.settings["border"] = INFILLS[infill]
    if settings.get("sampling_mode") in ("bicubic", "bilinear"):
        draft.settings["resample"] = settings["sampling_mode"]
    report_unused(draft.notes, settings, USED)
