"""Losses, filters, palettes and learning rates of Pixray's and clipit's settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from storyboard.color_lists import read_colors
from storyboard.colors import read_color, surveyed
from storyboard.errors import BadValue
from storyboard.interchange.importers.setting_values import beside, number, whole
from storyboard.interchange.importers.story_writer import Draft

LOOKS = frozenset(
    (
        *("custom_loss", "losses", "filters", "palette", "target_palette", "num_cuts", "do_mono"),
        *("saturation_weight", "symmetry_weight", "smoothness_weight", "palette_weight"),
        *("smoothness_type", "smoothness_edge_order", "edge_thickness", "edge_margins"),
        *("edge_color", "edge_color_weight", "edge_input_image", "gaussian_weight", "style_file"),
        *("gaussian_std", "gaussian_color", "wallpaper_type", "enforce_smoothness"),
        *("enforce_smoothness_type", "enforce_saturation", "enforce_palette_annealing"),
        *("learning_rate", "learning_rate_drops", "optimiser", "cut_pow", "auto_stop"),
        *("transparent", "transparent_weight", "alpha_weight"),
    )
)
"""The settings that are read here."""

CUTS = 40
"""Views of the picture where the source does not state how many."""


def listed(given: Any, sign: str) -> list[str]:
    """Return the parts of a setting, a list or a text, without empty ones."""
    parts = given if isinstance(given, list) else str(given or "").split(sign)
    return [str(part).strip() for part in parts if str(part).strip()]


def look(draft: Draft, settings: Mapping[str, Any], total: int) -> None:
    """Add losses, filters and rates; ``total`` are the iterations of the film. Raises `BadValue`
    with the setting's name.
    """
    found = _losses(draft, settings) | _enforced(draft, settings, total)
    found |= _filters(draft, settings)
    if found:
        draft.settings["losses"] = {**found, **draft.settings.get("losses", {})}
    _rate(draft, settings)
    if settings.get("transparent"):
        reason = "pictures are painted without holes; losses: {edge: ...} keeps a border one colour"
        draft.notes.left(["transparent"], reason)
    if str(settings.get("optimiser") or "Adam") != "Adam":
        reason = "there is one optimiser (Adam without momentum); `lr` is its rate"
        draft.notes.left([f"optimiser {settings['optimiser']}"], reason)
    if settings.get("cut_pow"):
        draft.notes.left(
            ["cut_pow"], "it does nothing in Pixray; views differ in size by themselves"
        )
    if settings.get("auto_stop"):
        reason = "a frame of more than 25 steps ends by itself when its loss has settled"
        draft.notes.add("carried", f"auto_stop: {reason}")


_SAME = {"saturation": 0.1, "symmetry": 1.0, "smoothness": 1.0, "gaussian": 1.0}
"""What Pixray's weight 1 of a loss is here."""

_MODELS = {
    "aesthetic": "write losses: {aesthetic: {model: head.safetensors}} with a model of yours",
    "resmem": "write losses: {memorability: {model: head.safetensors}} with a model of yours",
}
"""Losses that need weights, and what to write with them."""

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
            scale, options = whole(settings, "num_cuts", CUTS, least=1) / 10, {"colors": colors}
        elif name in _MODELS:
            draft.notes.left([f"custom_loss {name}"], _MODELS[name])
            continue
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
            filters[name] = {"colors": colors} if colors else 1
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


def _refuse_outside(palette: Any, draft: Draft) -> None:
    """Raise `BadValue` where ``palette`` names a file that may not be read."""
    for part in palette.split(";") if isinstance(palette, str) else palette:
        name = str(part).partition("\\")[0].strip()
        if name.startswith("@") and not draft.source.holds(draft.source.folder / name[1:].strip()):
            message = f"{name[1:]} lies outside the settings' folder; --allow-outside takes it"
            raise BadValue(message)


def _colors(draft: Draft, given: Any) -> Any:
    """Return a palette in our palette language, which is Pixray's but that names are xkcd's there;
    nothing where it cannot be read.
    """
    if not given:
        return []
    if isinstance(given, list):
        written: Any = [_named(str(one)) for one in given]
    else:
        written = "; ".join(map(_section, listed(given, ";")))
    try:
        _refuse_outside(written, draft)
        read_colors(written, draft.source.folder)
    except BadValue as error:
        draft.notes.left([f"palette {given}"], error.message)
        return []
    if "xkcd:" in str(written) and "xkcd:" not in str(given):
        draft.notes.add("carried", f"palette {given}: {written}; Pixray's names are xkcd's")
    return written


def _named(text: str) -> str:
    """Return a palette whose bare names are read as xkcd's, where both ways to read them differ.

    >>> _named("red->white;[black]")
    'xkcd:red->white;[black]'
    """
    known = surveyed()

    def chosen(found: re.Match[str]) -> str:
        name = found[0].strip()
        if name not in known or _same(name):
            return found[0]
        return found[0].replace(name, f"xkcd:{name}")

    return re.sub(r"(?<![\w:@#./])[A-Za-z][A-Za-z ]*(?![\w./:])", chosen, text)


def _section(text: str) -> str:
    """Return a section of a palette; a colour alone is a ramp from black to it."""
    alone = not any(sign in text for sign in ("->", "[", "@", "\\"))
    return _named(text) + ("\\16" if alone else "")


def _same(name: str) -> bool:
    try:
        return read_color(name) == read_color(f"xkcd:{name}")
    except BadValue:
        return False


def _enforced(draft: Draft, settings: Mapping[str, Any], total: int) -> dict[str, Any]:
    """Return clipit's losses that grow: ``iteration / value`` times the loss."""
    found: dict[str, Any] = {}
    for name, scale in (("smoothness", 1.0), ("saturation", 0.1)):
        slow = number(settings, f"enforce_{name}", 0.0)
        if slow <= 0:
            continue
        last = float(f"{scale * total / slow:.4g}")
        if len(draft.shots) == 1:
            weight: Any = {"0s": 0, "100%": last}
        else:
            weight = last / 2
            draft.notes.add("carried", f"enforce_{name}: half of what it grows to, in every scene")
        kind = settings.get(f"enforce_{name}_type")
        found[name] = {"weight": weight, "type": kind} if kind in ("clipped", "log") else weight
    colors = _colors(draft, settings.get("target_palette"))
    slow = number(settings, "enforce_palette_annealing", 5000.0)
    if colors and slow > 0 and "palette" not in found:
        last = whole(settings, "num_cuts", CUTS, least=1) / 10 * total / slow
        found["palette"] = {"colors": colors, "weight": float(f"{last:.4g}")}
        draft.notes.add("carried", "target_palette: its loss as strong as at the end")
    return found


_LEARNING_RATE = 0.2
"""The source's rate where it states none; ours counts in the drawer's own."""


def _rate(draft: Draft, settings: Mapping[str, Any]) -> None:
    """Carry over the learning rate, which each drop divides by ten."""
    shares = [_share(text) for text in listed(settings.get("learning_rate_drops"), ",")]
    drops = sorted(share for share in shares if share is not None and share < 100)
    rate = number(settings, "learning_rate", _LEARNING_RATE) / _LEARNING_RATE
    if drops and len(draft.shots) == 1:
        draft.settings["lr"] = _dropping(rate, drops, (0.0, 100.0))
    elif drops:
        _drop_in_shots(draft, rate, drops)
    elif settings.get("learning_rate"):
        draft.settings["lr"] = float(f"{rate:.4g}")


def _dropping(rate: float, drops: list[float], span: tuple[float, float]) -> Any:
    """Return the rate over a shot, which lasts from one percent of the film to another."""
    first, last = span
    past = sum(drop <= first for drop in drops)
    inside = [drop for drop in drops if first < drop < last]
    begin = float(f"{rate / 10**past:.4g}")
    if not inside:
        return begin
    later = {
        f"{100 * (drop - first) / (last - first):.6g}%": float(f"{rate / 10**n:.4g}")
        for n, drop in enumerate(inside, past + 1)
    }
    return {"0s": [begin, "hold"], **later}


def _drop_in_shots(draft: Draft, rate: float, drops: list[float]) -> None:
    """Give every shot its part of a rate that drops over the film."""
    lengths = [seconds_of(shot["duration"]) for shot in draft.shots]
    whole_s, begun = sum(lengths), 0.0
    for shot, length in zip(draft.shots, lengths, strict=True):
        span = 100 * begun / whole_s, 100 * (begun + length) / whole_s
        shot["lr"] = _dropping(rate, drops, span)
        begun += length


def seconds_of(written: str) -> float:
    """Return a duration as a draft writes it, ``2.5s`` or ``10/3s``, in seconds."""
    return float(Fraction(written.removesuffix("s")))


def _share(text: str) -> float | None:
    """Return a drop in percent of the iterations; None where it counts them."""
    match = re.fullmatch(r"([\d.]+)\s*(?:%|p|percent)?", text.strip(" []"))
    return float(match[1]) if match else None
