"""Pixray's and clipit's settings as a story, ``story_prompts`` and all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha512
from typing import Any

from storyboard.errors import BadValue
from storyboard.interchange.importers.pixray_guides import GUIDES, guide, prompt
from storyboard.interchange.importers.pixray_looks import listed
from storyboard.interchange.importers.setting_values import number, rate, whole
from storyboard.interchange.importers.story_writer import (
    Draft,
    Source,
    even_size,
    prompt_value,
    report_unused,
    shot_name,
)
from storyboard.story.prompts import parse_prompts
from storyboard.story.quality import QUALITIES

SECONDS = 15
"""How long a Pixray film is, however many iterations it took."""

CLIPIT_ASPECTS = {"square": (150, 150), "portrait": (128, 160), "widescreen": (200, 112)}
"""Of Pixray's ancestor, whose settings are known by `_CLIPIT`."""

_CLIPIT = ("use_pixeldraw", "use_clipdraw")
ASPECTS = {"square": (144, 144), "portrait": (128, 160), "widescreen": (192, 108)}
_SCALES = {"draft": 1, "normal": 2, "better": 3, "best": 4, "supreme": 5}
_ITERATIONS = {"draft": 200, "normal": 250, "better": 300, "best": 350, "supreme": 400}
_EZSIZES = {"small": 1, "medium": 2, "large": 4}
_DRAWERS = {"fast_pixel": "pixel", "use_pixeldraw": "pixel", "use_clipdraw": "clipdraw"}
USED = {
    *("prompts", "story_prompts", "story_transition", "iterations", "quality", "aspect", "scale"),
    *("ezsize", "size", "seed", "drawer", "use_pixeldraw", "use_clipdraw", "video_length", "fps"),
    *("make_video", "video", "skip_args", "vqgan_model", "animation_dir", "animation_alpha"),
    *GUIDES,
}


def import_pixray(settings: Mapping[str, Any], source: Source) -> Draft:
    """Return the story of a settings file. Raises `BadValue` with the setting's name."""
    draft = Draft(source, rate(settings, "fps", 12), (384, 216))
    quality = str(settings.get("quality") or "normal")
    if quality not in _SCALES:
        raise BadValue(f"quality: {quality!r} is unknown", hint="known: " + ", ".join(_SCALES))
    draft.size = even_size(_size(settings, quality), draft.notes)
    draft.settings["quality"] = quality if quality in QUALITIES else "sketch"
    _look(draft, settings, _scenes(draft, settings, quality))
    return draft


def _size(settings: Mapping[str, Any], quality: str) -> tuple[Any, Any]:
    size = settings.get("size")
    if size:
        sides = size.split() if isinstance(size, str) else size
        if not isinstance(sides, list) or len(sides) != 2:
            raise BadValue(f"size: {size!r} is no width and height")
        return sides[0], sides[1]
    aspect = str(settings.get("aspect") or "widescreen")
    aspects = CLIPIT_ASPECTS if any(key in settings for key in _CLIPIT) else ASPECTS
    if aspect not in aspects:
        raise BadValue(f"aspect: {aspect!r} is unknown", hint="known: " + ", ".join(aspects))
    usual = _EZSIZES.get(str(settings.get("ezsize")), _SCALES[quality])
    scale = number(settings, "scale", usual) or usual
    width, height = aspects[aspect]
    return int(width * scale), int(height * scale)


def _scenes(draft: Draft, settings: Mapping[str, Any], quality: str) -> int:
    """Add a shot per scene, whose share of the film is its share of the iterations; return the
    number of iterations.
    """
    scenes = [text for text in listed(settings.get("story_prompts"), "^") if text]
    own = " | ".join(listed(settings.get("prompts"), "|"))
    if not scenes and not own:
        raise BadValue("prompts: there are none", hint="prompts: a red forest | fog:0.5")
    transition = whole(settings, "story_transition", 100, least=1)
    total = whole(settings, "iterations", _ITERATIONS[quality], least=1)
    needed = transition * (len(scenes) - 1) + 1
    if scenes and total < needed:
        draft.notes.add(
            "corrected",
            f"iterations {total} would drop scenes; each of them has its {transition} here",
        )
        total = transition * len(scenes)
    length = Fraction(whole(settings, "video_length", SECONDS, least=1)) * draft.fps
    starts = [n * transition for n in range(len(scenes))] or [0]
    frames = [round(length * start / total) for start in [*starts, total]]
    for n, text in enumerate(scenes or [own]):
        pieces = [prompt(p) for p in parse_prompts(text)]
        first, last = frames[n], frames[n + 1]
        draft.add_shot(first, last - first, prompt_value(pieces), name=shot_name(pieces[0]["text"]))
    if scenes and own:
        draft.notes.left(["prompts"], "story_prompts take their place from the first iteration on")
    span = f"{total} iterations are {float(length / draft.fps):g} s, as its films are"
    draft.notes.add("carried", f"iterations: {span}; `steps` says how many a frame has")
    return total


def _look(draft: Draft, settings: Mapping[str, Any], total: int) -> None:
    _drawer(draft, settings)
    seed = settings.get("seed")
    if seed is not None and str(seed).isdigit():
        draft.settings["seed"] = int(str(seed))
    elif seed is not None:
        hashed = int.from_bytes(sha512(str(seed).encode()).digest(), "big") % 2**32
        draft.settings["seed"] = hashed
        draft.notes.add("carried", f"seed {seed}: {hashed}, as Pixray hashes it")
    _ring(draft, settings)
    guide(draft, settings, total)
    report_unused(draft.notes, settings, USED)


def _ring(draft: Draft, settings: Mapping[str, Any]) -> None:
    """Make the film of a ring of pictures, each blended with the one before it, a loop."""
    if not settings.get("animation_dir"):
        return
    draft.settings["loop"] = True
    draft.notes.add("carried", "animation_dir: the ring of pictures is a film that loops")
    if settings.get("animation_alpha") is not None:
        why = "`hold` keeps a frame to the one before it, and `loop: {fade}` closes the ring"
        draft.notes.left(["animation_alpha"], why)


def _drawer(draft: Draft, settings: Mapping[str, Any]) -> None:
    """Take over the drawer where it is here, with the model that it needs."""
    from storyboard.drawers import drawers

    flags = [name for name in ("use_pixeldraw", "use_clipdraw") if settings.get(name)]
    named = str(settings.get("drawer") or (flags[0] if flags else "vqgan"))
    drawer = _DRAWERS.get(named, named)
    if drawer not in drawers:
        draft.notes.left([f"drawer {named}"], "`storyboard list drawers` names those that are here")
        return
    options: dict[str, Any] = {}
    if drawer == "vqgan":
        model = str(settings.get("vqgan_model") or "imagenet_f16_16384")
        options["model"] = re.sub(r"_f\d+", "", model)
    missing = drawers.record(drawer).missing(drawers.resolve(drawer, options))
    if missing:
        draft.notes.left(
            [f"drawer {named}"], f"{missing[0].message.strip(': ')}; {missing[0].todo}"
        )
    else:
        draft.settings["drawer"] = {"name": drawer, **options} if options else drawer
