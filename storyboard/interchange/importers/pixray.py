"""Pixray's and clipit's settings as a story, ``story_prompts`` and all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha512
from itertools import pairwise
from typing import Any

from storyboard.colors import read_color
from storyboard.errors import BadValue
from storyboard.files import is_file
from storyboard.interchange.importers.setting_values import number, rate, whole
from storyboard.interchange.importers.story_writer import (
    Draft,
    Source,
    even_size,
    prompt_value,
    shot_name,
    tell_unused,
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
    *("init_image", "make_video", "video", "skip_args", "vqgan_model", "custom_loss", "filters"),
    *("palette", "num_cuts", "batches", "image_prompts", "saturation_weight"),
    *("symmetry_weight", "smoothness_weight"),
}


def import_pixray(settings: Mapping[str, Any], source: Source) -> Draft:
    """The story of a settings file. Raises `BadValue` with the setting's name."""
    draft = Draft(source, rate(settings, "fps", 12), (384, 216))
    quality = str(settings.get("quality") or "normal")
    if quality not in _SCALES:
        raise BadValue(f"quality: {quality!r} is unknown", hint="known: " + ", ".join(_SCALES))
    draft.size = even_size(_size(settings, quality), draft.notes)
    draft.settings["quality"] = quality if quality in QUALITIES else "sketch"
    _scenes(draft, settings, quality)
    _look(draft, settings)
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


def _scenes(draft: Draft, settings: Mapping[str, Any], quality: str) -> None:
    """A shot a scene: as much of the film as it has of the iterations."""
    scenes = [text for text in _listed(settings.get("story_prompts"), "^") if text]
    own = " | ".join(_listed(settings.get("prompts"), "|"))
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
        pieces = [_prompt(p) for p in parse_prompts(text)]
        first, last = frames[n], frames[n + 1]
        draft.add_shot(first, last - first, prompt_value(pieces), name=shot_name(pieces[0]["text"]))
    if scenes and own:
        draft.notes.left(["prompts"], "story_prompts take their place from the first iteration on")
    span = f"{total} iterations are {float(length / draft.fps):g} s, as its films are"
    draft.notes.add("carried", f"iterations: {span}; `steps` says how many a frame has")


def _listed(given: Any, sign: str) -> list[str]:
    parts = given if isinstance(given, list) else str(given or "").split(sign)
    return [str(part).strip() for part in parts if str(part).strip()]


def _prompt(prompt: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"text": prompt.text}
    made |= {} if prompt.weight == 1 else {"weight": prompt.weight}
    return made | ({} if prompt.stop == float("-inf") else {"stop": prompt.stop})


def _look(draft: Draft, settings: Mapping[str, Any]) -> None:
    _drawer(draft, settings)
    seed = settings.get("seed")
    if seed is not None and str(seed).isdigit():
        draft.settings["seed"] = int(str(seed))
    elif seed is not None:
        hashed = int.from_bytes(sha512(str(seed).encode()).digest(), "big") % 2**32
        draft.settings["seed"] = hashed
        draft.notes.add("carried", f"seed {seed}: {hashed}, as Pixray hashes it")
    _guide(draft, settings)
    for name in ("init_image", "image_prompts"):
        _picture(draft, settings, name)
    tell_unused(draft.notes, settings, USED)


_CUTS = 40
"""Views of the picture where the source does not state how many."""

_LOSSES = {"saturation": 0.1, "symmetry": 1.0, "smoothness": 1.0}
"""What Pixray's weight 1 of a loss is here."""


def _guide(draft: Draft, settings: Mapping[str, Any]) -> None:
    """Losses, views and the filter."""
    losses = _losses(draft, settings)
    draft.settings |= {"losses": losses} if losses else {}
    if settings.get("num_cuts") or settings.get("batches"):
        cuts = whole(settings, "num_cuts", _CUTS, least=1)
        batch = max(1, cuts // whole(settings, "batches", 1, least=1))
        draft.settings |= {"cuts": cuts, **({"cut_batch": batch} if batch < cuts else {})}
    filters = _listed(settings.get("filters"), ",")
    if "lookup" in filters:
        draft.settings["filters"] = {"lookup": _colors(draft, settings.get("palette"))}
    elif settings.get("palette"):
        draft.notes.left(["palette"], "write filters: {lookup: {colors: [...]}}")
    others = [f"filter {name}" for name in filters if name != "lookup"]
    draft.notes.left(others, "`storyboard list filters` has those here")


def _losses(draft: Draft, settings: Mapping[str, Any]) -> dict[str, float]:
    """The losses that are here, with the weights that they have here."""
    losses: dict[str, float] = {}
    for written in _listed(settings.get("custom_loss"), ","):
        name, _, weight = written.partition(":")
        given = {name: weight or settings.get(f"{name}_weight") or 1}
        if name in _LOSSES:
            losses[name] = float(f"{number(given, name, 1.0) * _LOSSES[name]:.6g}")
        else:
            draft.notes.left([f"custom_loss {name}"], "`storyboard list losses` has those here")
    return losses


def _colors(draft: Draft, given: Any) -> Any:
    """The filter with the colours of a palette such as ``black->white``, ``red;blue``."""
    if not given:
        return 1
    parts = given if isinstance(given, list) else re.split(r"\s*(?:->|;|,|\|)\s*", str(given))
    colors: list[Any] = []
    for part in parts:
        written = str(part).partition("\\")[0].strip(" []'\"")
        try:
            read_color(written)
            colors.append(written)
        except BadValue:
            draft.notes.left([f"palette {part}"], "colours are names, #rgb and #rrggbb here")
    ramp = "->" in str(given) and len(colors) > 1
    if ramp:
        shades = _RAMP // (len(colors) - 1)
        colors = _ramp([read_color(color) for color in colors], shades)
        draft.notes.add("carried", f"palette {given}: {len(colors)} shades of it")
    return {"colors": colors} if len(colors) > 1 else 1


_RAMP = 16


def _ramp(stops: list[Any], shades: int) -> list[str]:
    """``shades`` even steps from each stop to the next, as #rrggbb."""
    found = []
    for before, after in pairwise(stops):
        for step in range(shades):
            mixed = (a + (b - a) * step / shades for a, b in zip(before, after, strict=True))
            found.append("#" + "".join(f"{round(255 * level):02x}" for level in mixed))
    return [*found, "#" + "".join(f"{round(255 * level):02x}" for level in stops[-1])]


def _picture(draft: Draft, settings: Mapping[str, Any], name: str) -> None:
    """A picture beside the settings: what the film begins with, or a prompt."""
    for written in _listed(settings.get(name), "|"):
        file = written.partition(":")[0]
        if not is_file(draft.source.folder / file):
            draft.notes.left([f"{name} {file}"], "the picture is not beside the settings")
        elif name == "image_prompts":
            for shot in draft.shots:
                own = shot["prompt"] if isinstance(shot["prompt"], list) else [shot["prompt"]]
                shot["prompt"] = [*own, {"image": file}]
        else:
            draft.settings["video"] = {"file": file, "at_end": "hold"}
            draft.settings["video_mix"] = {"0s": 1, "1s": 0}
            draft.notes.add("carried", f"init_image {file}: a clip that goes within a second")


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
