"""Parseq's prompts as shots: ranges and fades, or, of a manifest, the texts of its frames."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from storyboard.interchange.importers import prompt_texts
from storyboard.interchange.importers.parseq.field_curves import FieldCurves
from storyboard.interchange.importers.parseq.field_moves import Fields
from storyboard.interchange.importers.parseq.prompt_ranges import (
    Filler,
    Range,
    WeighedWords,
    active,
    pieces,
    turns,
)
from storyboard.interchange.importers.sampled import Shot, seconds
from storyboard.interchange.importers.story_writer import Draft, prompt_value, shot_name
from storyboard.interchange.importers.translate import short
from storyboard.plan import Floats

NOTHING = "a landscape"
"""What stands for prompts where a document has none."""

MAX_TURNS = 100
"""More shots than this no prompt is cut into."""

_WEIGHED = re.compile(r"(.*?)\s*:\s*(-?[0-9.]+(?:e-?[0-9]+)?)\s*\Z", re.DOTALL)
_STRESSED = re.compile(r"\(([^():]*):\s*(-?[0-9.]+(?:e-?[0-9]+)?)\)")


@dataclass(frozen=True)
class PromptStretch:
    """Frames over which the same prompts count, and over how many of them they fade in."""

    first: int
    count: int
    prompts: tuple[Range, ...]
    fade: int = 0


def stretches(prompts: Sequence[Range], frames: range) -> list[PromptStretch]:
    """The film, cut wherever a prompt begins or ends; frames without any go on as before."""
    edges = {frames.start, frames.stop}
    for prompt in prompts:
        edges |= {prompt.first, prompt.last + 1}
    places = sorted(edge for edge in edges if frames.start <= edge <= frames.stop)
    found: list[PromptStretch] = []
    for start, stop in pairwise(places):
        here = tuple(active(prompts, start)) or (found[-1].prompts if found else ())
        if found and found[-1].prompts == here:
            found[-1] = replace(found[-1], count=found[-1].count + stop - start)
        else:
            found.append(PromptStretch(start, stop - start, here))
    if len(found) > 1 and not found[0].prompts:
        second = found.pop(1)
        found[0] = replace(second, first=found[0].first, count=found[0].count + second.count)
    return list(_faded(found))


def _faded(found: list[PromptStretch]) -> Iterator[PromptStretch]:
    """Merge fades: if one prompt fades out as the next fades in, the next shot begins and fades."""
    todo = list(found)
    while todo:
        here = todo.pop(0)
        if len(todo) > 1 and _crosses(here.prompts, todo[0], todo[1].prompts):
            going, coming = todo[0], todo[1]
            todo[:2] = [
                PromptStretch(
                    going.first, going.count + coming.count, coming.prompts, going.count - 1
                )
            ]
        yield here


def _crosses(before: tuple[Range, ...], both: PromptStretch, after: tuple[Range, ...]) -> bool:
    if len(before) != 1 or len(after) != 1 or set(both.prompts) != {*before, *after}:
        return False
    going, coming, fade = before[0], after[0], both.count - 1
    if coming.first != both.first or going.last != both.first + fade:
        return False
    if fade == 0:
        return "custom" not in (going.kind, coming.kind)
    return {going.kind, coming.kind} == {"linear"} and going.fade_out == coming.fade_in == fade


def add_ranges(draft: Draft, fields: Fields, prompts: Sequence[Range]) -> None:
    """A shot for every stretch of a document."""
    document = fields.document
    filler = Filler(document, {name: list(v) for name, v in fields.values.items()})
    if not prompts:
        draft.notes.left(["prompts"], f"there are none here; {NOTHING!r} stands for one")
        prompts = [Range(NOTHING, "", document.first, document.film.last)]
    for stretch in _cut(draft, stretches(prompts, document.frames), filler):
        shot = Shot(stretch.first - document.first, stretch.count, draft.fps)
        made = [
            piece
            for prompt in stretch.prompts
            for piece in _pieces(draft, _Beside(prompt, stretch, fields, filler), shot)
        ]
        _add(draft, shot, made)
        if stretch.fade:
            draft.shots[-1]["fade"] = seconds(Fraction(stretch.fade) / draft.fps)
    _tell_gaps(draft, prompts, document.frames)


def _cut(draft: Draft, found: list[PromptStretch], filler: Filler) -> Iterator[PromptStretch]:
    """The stretches, cut where formulas make other words of a prompt."""
    for stretch in found:
        frames = range(stretch.first, stretch.first + stretch.count)
        turned = sorted({n for prompt in stretch.prompts for n in turns(prompt, filler, frames)})
        if len(turned) > MAX_TURNS:
            shown = stretch.prompts[0].positive[:40]
            told = f"they change {len(turned)} times; they are as the shot begins"
            draft.notes.left([f"words of {shown!r}"], told)
            turned = []
        for start, stop in pairwise([frames.start, *turned, frames.stop]):
            fade = stretch.fade if start == stretch.first else 0
            yield replace(stretch, first=start, count=stop - start, fade=min(fade, stop - start))


def _tell_gaps(draft: Draft, prompts: Sequence[Range], frames: range) -> None:
    out = [p for p in prompts if p.first > frames[-1] or p.last < frames[0]]
    draft.notes.left([repr(p.positive[:40]) for p in out], "no frame of the film is theirs")
    empty = [n for n in frames if not active(prompts, n)]
    if empty:
        where = f"frame {empty[0]}" if len(empty) == 1 else f"frames {empty[0]} to {empty[-1]}"
        draft.notes.add("corrected", f"{where} have no prompt; the one beside goes on")


@dataclass(frozen=True)
class _Beside:
    """A prompt and what counts beside it."""

    prompt: Range
    stretch: PromptStretch
    fields: Fields
    filler: Filler

    @property
    def by_formula(self) -> bool:
        """Return True if a formula sets its share."""
        return self.prompt.kind == "custom" and len(self.stretch.prompts) > 1

    @property
    def share(self) -> Floats:
        """Its share at every frame of the film."""
        prompt, frames = self.prompt, self.fields.document.frames
        if len(self.stretch.prompts) == 1:
            return np.ones(len(frames))
        if self.by_formula:
            return self.filler.series(self.filler.tree(prompt.custom))
        return np.array([prompt.weight(frame) for frame in frames])


def _pieces(draft: Draft, beside: _Beside, shot: Shot) -> Iterator[dict[str, Any]]:
    """The prompts of a story that one of the source's is over a shot."""
    share = beside.share
    for piece in pieces(beside.prompt, beside.filler, beside.stretch.first):
        curve = _curve(draft, beside, piece, shot, share)
        if curve != 0 and piece.text:
            yield {"text": piece.text} if curve == 1 else {"text": piece.text, "weight": curve}


def _curve(draft: Draft, beside: _Beside, piece: WeighedWords, shot: Shot, share: Floats) -> Any:
    curves = FieldCurves(beside.fields.document, beside.fields.values, shot)
    own = share[shot.first : shot.first + shot.count]
    tree = piece.tree
    if tree is None and beside.by_formula:
        tree, target = beside.filler.tree(beside.prompt.custom), share
    elif tree is not None:
        target = beside.filler.series(tree) * share
    else:
        return curves.best(share * piece.share).curve
    whole = beside.by_formula and piece.tree is None
    if whole or bool(np.all(own == own[0])):
        scale = piece.share * (1.0 if whole else float(own[0]))
        found = curves.formula(tree, target * piece.share, scale=scale)
    else:
        found = curves.best(target * piece.share)
    if found.baked:
        draft.notes.add("baked", f"the weight of {piece.text!r}: what it is at the source's frames")
    return found.curve


def _add(draft: Draft, shot: Shot, made: list[dict[str, Any]]) -> None:
    prompts = made or [{"text": NOTHING}]
    if not made:
        draft.notes.left([f"the prompt at frame {shot.first}"], f"it is empty; {NOTHING!r} stands")
    leading = next((p for p in prompts if _leads(p)), prompts[0])
    name = shot_name(leading["text"])
    draft.add_shot(shot.first, shot.count, prompt_value(prompts), name=name)
    draft.spans.append(shot)


def _leads(prompt: dict[str, Any]) -> bool:
    weight = prompt.get("weight", 1)
    return not isinstance(weight, int | float) or weight > 0


def add_texts(draft: Draft, fields: Fields, texts: Sequence[str]) -> None:
    """A shot for every run of frames whose texts are the same but for their weights."""
    parts = [_parts(text) for text in texts]
    for words, run in groupby(range(len(texts)), key=lambda n: tuple(w for w, _ in parts[n])):
        places = list(run)
        shot = Shot(places[0], len(places), draft.fps)
        curves = FieldCurves(fields.document, fields.values, shot)
        made = []
        for k, text in enumerate(words):
            weights = np.array([part[k][1] if k < len(part) else 0.0 for part in parts])
            found = curves.best(weights)
            if found.baked:
                draft.notes.add("baked", f"the weight of {text!r}: what it is at every frame")
            if found.curve != 0:
                made.append(
                    {"text": text} if found.curve == 1 else {"text": text, "weight": found.curve}
                )
        _add(draft, shot, made)


def _parts(text: str) -> list[tuple[str, float]]:
    """Words and weights of a rendered text: ``a (cat:0.5): 0.7 AND b: 0.3 --neg c: 0.7 AND d``."""
    found: list[tuple[str, float]] = []
    wanted, _, away = text.partition("--neg")
    for side, sign in ((wanted, 1.0), (away, -prompt_texts.NEGATIVE_SHARE)):
        for part in re.split(r"\bAND\b", side):
            match = _WEIGHED.match(part)
            words, share = (match[1], float(match[2])) if match else (part, 1.0)
            found += _stressed(words.strip(), share * sign)
    return [(words, short(weight)) for words, weight in found if words]


def _stressed(words: str, share: float) -> list[tuple[str, float]]:
    """``a (cat:0.5)`` as what is plain and what has a weight of its own."""
    plain = re.sub(r"\s+", " ", _STRESSED.sub("", words)).strip(" ,")
    own = [(word.strip(), share * float(weight)) for word, weight in _STRESSED.findall(words)]
    return [(re.sub(r"[()\[\]]", "", plain).strip(), share), *own]
