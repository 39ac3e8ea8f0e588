"""Guidance of Pixray's and clipit's settings beside prompt texts.

Pictures, spots, labels, directions and noise become prompts; losses, filters, views and learning
rates are carried over in our measures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from storyboard.colors import read_color
from storyboard.errors import BadValue
from storyboard.interchange.importers.setting_values import add_init, beside, number, whole
from storyboard.interchange.importers.story_writer import Draft
from storyboard.story.prompts import parse_prompts

GUIDES = frozenset(
    (
        *("init_image", "image_prompts", "image_prompt_weight", "labels", "spot_prompts"),
        *("spot_prompts_off", "spot_file", "vector_prompts", "noise_prompt_seeds", "do_mono"),
        *("noise_prompt_weights", "custom_loss", "losses", "filters", "palette", "num_cuts"),
        *("batches", "saturation_weight", "symmetry_weight", "smoothness_weight", "palette_weight"),
        *("smoothness_type", "smoothness_edge_order", "edge_thickness", "edge_margins"),
        *("edge_color", "edge_color_weight", "edge_input_image", "gaussian_weight"),
        *("target_images", "init_weight_pix", "style_file"),
        *("gaussian_std", "gaussian_color", "wallpaper_type", "learning_rate"),
        "learning_rate_drops",
    )
)
"""The settings that are read here."""


def guide(draft: Draft, settings: Mapping[str, Any]) -> None:
    """Add everything but the prompts' own words. Raises `BadValue` with the setting's name."""
    more = [*_pictures(draft, settings), *_directions(draft, settings), *_spots(draft, settings)]
    for shot in draft.shots:
        own = shot["prompt"] if isinstance(shot["prompt"], list) else [shot["prompt"]]
        shot["prompt"] = [*own, *more] if more else shot["prompt"]
    if settings.get("num_cuts") or settings.get("batches"):
        cuts = whole(settings, "num_cuts", _CUTS, least=1)
        batch = max(1, cuts // whole(settings, "batches", 1, least=1))
        draft.settings |= {"cuts": cuts, **({"cut_batch": batch} if batch < cuts else {})}
    losses = _losses(draft, settings) | _filters(draft, settings) | _init(draft, settings)
    draft.settings |= {"losses": losses} if losses else {}
    _rate(draft, settings)


_CUTS = 40
"""Views of the picture where the source does not state how many."""


def listed(given: Any, sign: str) -> list[str]:
    """Return the parts of a setting, a list or a text, without empty ones."""
    parts = given if isinstance(given, list) else str(given or "").split(sign)
    return [str(part).strip() for part in parts if str(part).strip()]


def prompt(given: Any, **more: Any) -> dict[str, Any]:
    """Return a prompt with its weight and stop as a story writes it."""
    made: dict[str, Any] = {"text": given.text}
    made |= {} if given.weight == 1 else {"weight": given.weight}
    return made | ({} if given.stop == float("-inf") else {"stop": given.stop}) | more


def _pictures(draft: Draft, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    weight = number(settings, "image_prompt_weight", 1.0)
    for path in listed(settings.get("image_prompts"), "|"):
        if (file := beside(draft, "image_prompts", path)) is not None:
            yield {"image": file, **({"weight": weight} if weight != 1 else {})}
    for text in listed(settings.get("target_images"), "|"):
        given = parse_prompts(text)[0]
        if (file := beside(draft, "target_images", given.text)) is not None:
            made = prompt(given, view="whole")
            yield {"image": file, **{key: made[key] for key in made if key != "text"}}


def _directions(draft: Draft, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield labels, vectors and noise."""
    for text in listed(settings.get("labels"), "|"):
        for given in parse_prompts(text):
            yield prompt(given._replace(text=f"a photo of {given.text}"))
    for text in listed(settings.get("vector_prompts"), "|"):
        name, _, weight = text.partition(":")
        if name == "textoff":
            share = number({name: weight or 1}, name, 1.0) * 0.1
            yield {"vector": "textoff", "weight": float(f"{share:.6g}")}
        elif name not in ("none", "0"):
            draft.notes.left([f"vector_prompts {name}"], "write {more: ..., than: ...}")
    seeds = listed(settings.get("noise_prompt_seeds"), " ")
    weights = listed(settings.get("noise_prompt_weights"), " ")
    for seed, weight in zip(seeds, weights, strict=False):
        noise = whole({"noise_prompt_seeds": seed}, "noise_prompt_seeds", 0, least=0)
        share = number({"noise_prompt_weights": weight}, "noise_prompt_weights", 1.0)
        yield {"noise": noise % 2**31, "weight": share}


def _spots(draft: Draft, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield prompts for what is black in the mask, or white; black is the centre without one."""
    mask = beside(draft, "spot_file", settings.get("spot_file"))
    for name, dark in (("spot_prompts", True), ("spot_prompts_off", False)):
        outside = dark if mask else not dark
        where = {"mask": mask or "center", "outside": True} if outside else mask or "center"
        for text in listed(settings.get(name), "|"):
            yield from (prompt(given, where=where) for given in parse_prompts(text))


_SAME = {"saturation": 0.1, "symmetry": 1.0, "smoothness": 1.0, "gaussian": 1.0}
"""What Pixray's weight 1 of a loss is here."""

_SIDES = ("left", "right", "top", "bottom")


def _losses(draft: Draft, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the losses that are here, with the weights that they have here."""
    losses: dict[str, Any] = {}
    for text in listed(settings.get("custom_loss") or settings.get("losses"), ","):
        name, _, written = text.partition("->")[0].partition(":")
        given = number({name: written or settings.get(f"{name}_weight") or 1}, name, 1.0)
        if name in _SAME:
            scale, options = _SAME[name], _options(draft, settings, name)
        elif name == "palette" and (colors := _colors(draft, settings.get("palette"))):
            scale, options = whole(settings, "num_cuts", _CUTS, least=1) / 10, {"colors": colors}
        elif name == "style" and (file := beside(draft, "style_file", settings.get("style_file"))):
            scale, options = 1.0, {"image": file}
        elif name == "edge":
            scale = len(_SIDES) * number(settings, "edge_color_weight", 0.1)
            options = _options(draft, settings, name)
        else:
            draft.notes.left([f"custom_loss {name}"], "`storyboard list losses` has those here")
            continue
        weight = float(f"{given * scale:.6g}")
        losses[name] = {"weight": weight, **options} if options else weight
    return losses


def _options(draft: Draft, settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a loss's options as they are called here."""
    if name == "smoothness":
        kind = settings.get("smoothness_type")
        order = whole(settings, "smoothness_edge_order", 1, least=1)
        known = {"type": kind} if kind in ("clipped", "log") else {}
        return known | ({"order": order} if order == 2 else {})
    if name == "gaussian":
        std = listed(settings.get("gaussian_std"), ",")[-1:] or ["40"]
        width = number({"gaussian_std": std[0].strip(" ()[]")}, "gaussian_std", 40.0)
        color = _color(draft, settings, "gaussian_color")
        return {"width": float(f"{100 * width / draft.size[1]:.4g}"), **color}
    if name != "edge":
        return {}
    found: dict[str, Any] = _color(draft, settings, "edge_color")
    sides = re.split(r"[\s,]+", str(settings.get("edge_margins") or "").strip(" ()[]"))
    if len(sides) == len(_SIDES):
        sizes = [number({"edge_margins": one}, "edge_margins", 0.0) for one in sides]
        found |= dict(zip(_SIDES, sizes, strict=True))
    elif settings.get("edge_thickness"):
        found["thickness"] = number(settings, "edge_thickness", 5.0)
    image = beside(draft, "edge_input_image", settings.get("edge_input_image"))
    return found | ({"image": image} if image else {})


def _color(draft: Draft, settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a colour, a name or three levels up to 255, as the option ``color``."""
    given = settings.get(name)
    if not given:
        return {}
    levels = re.findall(r"\d+", str(given))
    three = len(levels) == 3 and not str(given).startswith("#")
    written = "#" + "".join(f"{min(int(n), 255):02x}" for n in levels) if three else str(given)
    try:
        read_color(written)
    except BadValue:
        draft.notes.left([f"{name} {given}"], "colours are names, #rgb and #rrggbb here")
        return {}
    return {"color": written}


_TILES = {"None": "both", "none": "both", "horizontal": "horizontal", "vertical": "vertical"}


def _filters(draft: Draft, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Add the filters that are here; return the loss that makes pictures tile, if one does."""
    names = [text.partition(":")[0] for text in listed(settings.get("filters"), ",")]
    colors = _colors(draft, settings.get("palette"))
    filters: dict[str, Any] = {}
    losses: dict[str, Any] = {}
    for name in names:
        tiles = _TILES.get(str(settings.get("wallpaper_type"))) if name == "wallpaper" else "both"
        if name == "lookup":
            filters[name] = {"colors": colors} if len(colors) > 1 else 1
        elif name in ("tiler", "wallpaper") and tiles:
            losses["tileable"] = 1 if tiles == "both" else {"weight": 1, "axis": tiles}
            reason = "its pictures meet without a seam; so the loss `tileable` makes them here"
            draft.notes.add("carried", f"filter {name}: {reason}")
        else:
            draft.notes.left([f"filter {name}"], "`storyboard list filters` has those here")
    if settings.get("do_mono"):
        filters |= {"grayscale": 1, "lookup": {"colors": ["black", "white"], "dither": 0.5}}
    if (
        settings.get("palette")
        and not {"lookup"} & set(names)
        and "palette" not in str(settings.get("custom_loss"))
    ):
        draft.notes.left(["palette"], "write filters: {lookup: {colors: [...]}}")
    draft.settings |= {"filters": filters} if filters else {}
    return losses


def _colors(draft: Draft, given: Any) -> list[str]:
    """Return the colours of a palette such as ``black->white``, ``red;blue``."""
    parts = given if isinstance(given, list) else re.split(r"\s*(?:->|;|,|\|)\s*", str(given or ""))
    colors: list[str] = []
    for part in filter(None, parts):
        written = str(part).partition("\\")[0].strip(" []'\"")
        try:
            read_color(written)
            colors.append(written)
        except BadValue:
            draft.notes.left([f"palette {part}"], "colours are names, #rgb and #rrggbb here")
    if "->" in str(given) and len(colors) > 1:
        colors = _ramp([read_color(color) for color in colors], _RAMP // (len(colors) - 1))
        draft.notes.add("carried", f"palette {given}: {len(colors)} shades of it")
    return colors


_RAMP = 16


def _ramp(stops: list[Any], shades: int) -> list[str]:
    """Return ``shades`` even steps from each stop to the next, as #rrggbb."""
    found = []
    for before, after in pairwise(stops):
        for step in range(shades):
            mixed = (a + (b - a) * step / shades for a, b in zip(before, after, strict=True))
            found.append("#" + "".join(f"{round(255 * level):02x}" for level in mixed))
    return [*found, "#" + "".join(f"{round(255 * level):02x}" for level in stops[-1])]


def _init(draft: Draft, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Begin with a picture; return the loss that keeps the film near it, if there is one."""
    weight = number(settings, "init_weight_pix", 0.0)
    files = [
        add_init(draft, "init_image", path) for path in listed(settings.get("init_image"), "|")[-1:]
    ]
    near = weight and files and files[0]
    return {"target": {"image": files[0], "weight": weight / 2}} if near else {}


_LEARNING_RATE = 0.2
"""The source's rate where it states none; ours counts in the drawer's own."""


def _rate(draft: Draft, settings: Mapping[str, Any]) -> None:
    """Carry over the learning rate, which each drop divides by ten."""
    shares = [_share(text) for text in listed(settings.get("learning_rate_drops"), ",")]
    drops = sorted(share for share in shares if share is not None and share < 100)
    rate = number(settings, "learning_rate", _LEARNING_RATE) / _LEARNING_RATE
    if drops and len(draft.shots) == 1:
        keys = {"0s": [float(f"{rate:.4g}"), "hold"]}
        later = {f"{share:g}%": float(f"{rate / 10**n:.4g}") for n, share in enumerate(drops, 1)}
        draft.settings["lr"] = keys | later
    elif settings.get("learning_rate"):
        draft.settings["lr"] = float(f"{rate:.4g}")
    if drops and len(draft.shots) > 1:
        draft.notes.left(["learning_rate_drops"], "write lr: {75%: [1, hold], 76%: 0.1} in a shot")


def _share(text: str) -> float | None:
    """Return a drop in percent of the iterations; None where it counts them."""
    match = re.fullmatch(r"([\d.]+)\s*(?:%|p|percent)?", text.strip(" []"))
    return float(match[1]) if match else None
