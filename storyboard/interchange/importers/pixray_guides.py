"""Guidance of Pixray's and clipit's settings beside prompt texts.

Pictures, spots, labels, directions and noise become prompts; a picture to begin with, one laid over
the canvas, and the pulls to them become ``init`` and the loss ``target``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from storyboard.errors import BadValue
from storyboard.interchange.importers.pixray_looks import CUTS, LOOKS, listed, look, seconds_of
from storyboard.interchange.importers.setting_values import beside, number, whole
from storyboard.interchange.importers.story_writer import Draft
from storyboard.story.prompts import parse_prompts

GUIDES = frozenset(
    (
        *("init_image", "init_image_alpha", "init_weight", "init_weight_dist", "init_weight_cos"),
        *("init_weight_pix", "image_prompts", "image_prompt_weight", "image_labels", "batches"),
        *("image_label_weight", "labels", "spot_prompts", "spot_prompts_off", "spot_file"),
        *("vector_prompts", "noise_prompt_seeds", "noise_prompt_weights", "target_images"),
        *("target_weight_pix", "true_target_image", "true_target_weight", "overlay_image"),
        *("overlay_every", "overlay_offset", "overlay_until", "overlay_alpha"),
        *LOOKS,
    )
)
"""The settings that are read here and in `pixray_looks`."""


def guide(draft: Draft, settings: Mapping[str, Any], total: int) -> None:
    """Add everything but the prompts' own words; ``total`` are the iterations of the film.

    Raises `BadValue` with the setting's name.
    """
    more = [*_pictures(draft, settings), *_directions(draft, settings), *_spots(draft, settings)]
    for shot in draft.shots:
        own = shot["prompt"] if isinstance(shot["prompt"], list) else [shot["prompt"]]
        shot["prompt"] = [*own, *more] if more else shot["prompt"]
    if settings.get("num_cuts") or settings.get("batches"):
        cuts = whole(settings, "num_cuts", CUTS, least=1)
        batch = max(1, cuts // whole(settings, "batches", 1, least=1))
        draft.settings |= {"cuts": cuts, **({"cut_batch": batch} if batch < cuts else {})}
    begun = _init(draft, settings)
    target = _target(draft, settings, begun)
    draft.settings |= {"losses": {"target": target}} if target else {}
    _overlay(draft, settings, begun, total)
    look(draft, settings, total)


def prompt(given: Any, **more: Any) -> dict[str, Any]:
    """Return a prompt with its weight and stop as a story writes it."""
    made: dict[str, Any] = {"text": given.text}
    made |= {} if given.weight == 1 else {"weight": given.weight}
    return made | ({} if given.stop == float("-inf") else {"stop": given.stop}) | more


def expanded(draft: Draft, name: str, given: Any) -> list[str]:
    """Return the files that a setting names with braces and stars (``a{1..3}.png``, ``frame*.png``)
    in order; those that do not lie beside the settings are noted.
    """
    found: list[str] = []
    for part in listed(given, "|"):
        for pattern in _unbraced(part.replace("\\", "/")):
            if any(sign in pattern for sign in "*?"):
                inside = not Path(pattern).is_absolute() and ".." not in Path(pattern).parts
                matches = sorted(draft.source.folder.glob(pattern)) if inside else []
                matches = [one for one in matches if draft.source.holds(one)]
                found += [one.relative_to(draft.source.folder).as_posix() for one in matches]
                if not matches:
                    draft.notes.left([f"{name} {pattern}"], "no file beside the settings fits it")
            elif (file := beside(draft, name, pattern)) is not None:
                found.append(file)
    return list(dict.fromkeys(found))[:MOST_FILES]


MOST_FILES = 64
"""Files that one pattern may stand for."""


def _unbraced(pattern: str) -> list[str]:
    """Return what braces stand for: ``a{1..3}`` is a1, a2, a3; ``{x,y}`` x and y."""
    match = re.search(r"\{([^{}]*)\}", pattern)
    if match is None:
        return [pattern]
    span = re.fullmatch(r"(\d{1,4})\.\.(\d{1,4})", match[1])
    if span:
        first, last = int(span[1]), int(span[2])
        count = range(first, min(last, first + MOST_FILES) + 1)
        parts = [str(n).zfill(len(span[1])) for n in count]
    else:
        parts = match[1].split(",")[:MOST_FILES]
    before, after = pattern[: match.start()], pattern[match.end() :]
    return [one for part in parts for one in _unbraced(before + part + after)][:MOST_FILES]


def _pictures(draft: Draft, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    weight = number(settings, "image_prompt_weight", 1.0)
    for name in expanded(draft, "image_prompts", settings.get("image_prompts")):
        yield {"image": name, **({"weight": weight} if weight != 1 else {})}
    labels = expanded(draft, "image_labels", settings.get("image_labels"))
    if labels:
        share = number(settings, "image_label_weight", 1.0)
        yield {"image": labels, **({"weight": share} if share != 1 else {})}
    for text in listed(settings.get("target_images"), "|"):
        given = parse_prompts(text)[0]
        if (file := beside(draft, "target_images", given.text)) is not None:
            made = prompt(given, view="whole")
            yield {"image": file, **{key: made[key] for key in made if key != "text"}}


def _directions(draft: Draft, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield labels, vectors and noise."""
    for text in listed(settings.get("labels"), "|"):
        for given in parse_prompts(text):
            made = prompt(given)
            yield {"labels": made.pop("text"), **made}
    for text in listed(settings.get("vector_prompts"), "|"):
        name, _, weight = text.partition(":")
        if name == "textoff":
            share = number({name: weight or 1}, name, 1.0) * 0.1
            yield {"vector": "textoff", "weight": float(f"{share:.6g}")}
        elif name.lower() not in ("none", "0"):
            yield from _vector(draft, name, weight)
    seeds = listed(settings.get("noise_prompt_seeds"), " ")
    weights = listed(settings.get("noise_prompt_weights"), " ")
    for seed, weight in zip(seeds, weights, strict=False):
        noise = whole({"noise_prompt_seeds": seed}, "noise_prompt_seeds", 0, least=0)
        share = number({"noise_prompt_weights": weight}, "noise_prompt_weights", 1.0)
        yield {"noise": noise % 2**31, "weight": share}


def _vector(draft: Draft, name: str, weight: str) -> Iterator[dict[str, Any]]:
    """Yield a file of embeddings as a prompt, where it lies here and can be read."""
    from storyboard.perceptors.vectors import read_vectors

    if not Path(name).suffix:
        draft.notes.left([f"vector_prompts {name}"], "write {more: ..., than: ...}")
        return
    if (file := beside(draft, "vector_prompts", name)) is not None:
        try:
            read_vectors(draft.source.folder / file)
        except BadValue as error:
            draft.notes.left([f"vector_prompts {name}"], error.message)
            return
        share = number({name: weight or 1}, name, 1.0) * 0.1
        yield {"vector": file, "weight": float(f"{share:.6g}")}


def _spots(draft: Draft, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield prompts for what is black in the mask, or white; black is the centre without one."""
    mask = beside(draft, "spot_file", settings.get("spot_file"))
    for name, dark in (("spot_prompts", True), ("spot_prompts_off", False)):
        outside = dark if mask else not dark
        where = {"mask": mask or "center", "outside": True} if outside else mask or "center"
        for text in listed(settings.get(name), "|"):
            yield from (prompt(given, where=where) for given in parse_prompts(text))


def _init(draft: Draft, settings: Mapping[str, Any]) -> str | None:
    """Begin with a picture; return its file."""
    found = expanded(draft, "init_image", settings.get("init_image"))
    if not found or not draft.shots:
        return None
    alpha = number(settings, "init_image_alpha", 255.0)
    share = {} if not 0 < alpha < 255 else {"weight": float(f"{alpha / 255:.3g}")}
    draft.shots[0]["init"] = {"image": found[-1], **share} if share else found[-1]
    return found[-1]


_PULLS: tuple[tuple[str, dict[str, str], float], ...] = (
    ("init_weight_pix", {}, 0.5),
    ("init_weight", {"measure": "latent", "distance": "spherical"}, 1.0),
    ("init_weight_dist", {"measure": "latent"}, 1.0),
    ("init_weight_cos", {"measure": "latent", "distance": "cosine"}, 1.0),
)
"""Pulls to the picture to begin with: a setting, the target's options, and what 1 of it is here."""


def _target(draft: Draft, settings: Mapping[str, Any], begun: str | None) -> dict[str, Any]:
    """Return the loss ``target`` that keeps the film near a picture, nothing without one."""
    pulls = [(name, begun, options, scale) for name, options, scale in _PULLS]
    other = settings.get("true_target_image")
    perceptual = {"measure": "perceptual"}
    if other and number(settings, "true_target_weight", 0.0):
        pulls.append(
            ("true_target_weight", beside(draft, "true_target_image", other), perceptual, 1.0)
        )
    aims = expanded(draft, "target_images", settings.get("target_images"))
    pulls.append(("target_weight_pix", aims[-1] if aims else None, {}, 1.0))
    found: dict[str, Any] = {}
    for name, file, options, scale in pulls:
        weight = number(settings, name, 0.0)
        if not weight or file is None:
            continue
        if found:
            draft.notes.left([name], "a story has one loss `target`; another one is taken over")
            continue
        if "latent" in options.values() and not _has_latents(draft):
            options = perceptual
            reason = "the story's drawer has no latents; measure: perceptual holds its shapes"
            draft.notes.add("carried", f"{name}: {reason}")
        found = {"image": file, "weight": float(f"{weight * scale:.6g}"), **options}
    return found


def _has_latents(draft: Draft) -> bool:
    from storyboard.drawers import drawers

    written = draft.settings.get("drawer", "")
    name = written["name"] if isinstance(written, dict) else written
    return bool(name) and drawers.record(name).latents


def _overlay(draft: Draft, settings: Mapping[str, Any], begun: str | None, total: int) -> None:
    """Lay a picture over the canvas every so often, as ``init`` does: it is painted on."""
    clipit = begun if settings.get("overlay_every") and not settings.get("overlay_image") else None
    given = expanded(draft, "overlay_image", settings.get("overlay_image"))
    file = given[-1] if given else clipit
    often = settings.get("overlay_every")
    every = _share("10 iterations" if often is None else often, total)
    if file is None or every is None or every <= 0:
        return
    if begun not in (None, file):
        draft.notes.left(
            ["init_image"], "the overlay takes its place; a shot begins with one picture"
        )
    if _share(settings.get("overlay_offset") or 0, total):
        draft.notes.left(["overlay_offset"], "the first frame has the overlay, and every so many")
    alpha = number(settings, "overlay_alpha", 0.0)
    shared = {"weight": float(f"{alpha / 255:.3g}")} if 0 < alpha < 255 else {}
    lengths = [Fraction(seconds_of(shot["duration"])) for shot in draft.shots]
    frames = max(1, round(every * sum(lengths) * draft.fps))
    until, start = _share(settings.get("overlay_until"), total), Fraction(0)
    for shot, length in zip(draft.shots, lengths, strict=True):
        made: dict[str, Any] = {"image": file, **shared, "every": f"{frames}f"}
        left = None if until is None else round((until * sum(lengths) - start) * draft.fps)
        if left is None or left > 0:
            shot["init"] = made if left is None else {**made, "until": f"{left}f"}
        start += length


def _share(given: Any, total: int) -> Fraction | None:
    """Return ``10 iterations``, ``10`` or ``5%`` as a share of the film; None for nothing."""
    match = re.fullmatch(
        r"(\d*\.?\d+)\s*(i|iter|iterations|p|%|percent)?", str(given).strip().lower()
    )
    if given is None or match is None:
        return None
    number_of = Fraction(match[1])
    return number_of / 100 if (match[2] or "i")[0] in "p%" else number_of / total
