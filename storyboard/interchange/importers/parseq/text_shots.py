"""The texts of Parseq's frames as shots.

The source gives every frame a text, ``a (cat:0.5): 0.7 AND b: 0.3 --neg c: 0.7 AND d``. A run of
frames whose words are the same is a shot; what changes from frame to frame are weights.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np

from storyboard.interchange.importers import prompt_texts
from storyboard.interchange.importers.parseq.field_curves import ShotCurves
from storyboard.interchange.importers.parseq.parseq_file import ParseqDocument
from storyboard.interchange.importers.sampled import Shot, seconds
from storyboard.interchange.importers.setting_values import at, finite
from storyboard.interchange.importers.story_writer import Draft, prompt_value, shot_name

NOTHING = "a landscape"
"""What stands for prompts where there are none."""

MAX_TURNS = 100
"""Into more shots no film is cut, unless it has less than two a second."""

_NUMBER = r"-?[0-9.]+(?:e[-+]?[0-9]+)?|NaN|-?Infinity"
_WEIGHED = re.compile(rf"(.*?)\s*:\s*({_NUMBER})\s*\Z", re.DOTALL)
_STRESSED = re.compile(rf"\(([^():]*):\s*({_NUMBER})\)")
_FILLED = re.compile(r"\.[0-9]{4,5}$")  # so the source writes the value of a formula


@dataclass(frozen=True)
class PromptText:
    """One of a frame's prompts: its positive and negative text, free of words whose weight moves;
    its share beside others; and the weight of those words, below 0 in the negative text.
    """

    wanted: str
    away: str
    share: float
    moving: Mapping[str, float]


Frames = list[tuple[PromptText, ...]]
"""The prompts of every frame."""


def add_shots(draft: Draft, document: ParseqDocument, texts: Sequence[str]) -> None:
    """Add a shot for every run of frames; a weight that is a field is written as that field is."""
    frames = _read(_without_gaps(draft, texts, document.first))
    for first, stop, fade in _faded(frames, _runs(draft, frames)):
        shot = Shot(first, stop - first, draft.fps)
        made = list(_prompts(draft, ShotCurves(document, shot), frames))
        leading = next((p for p in made if _leads(p)), made[0]) if made else {"text": NOTHING}
        name = shot_name(leading["text"])
        draft.add_shot(first, shot.count, prompt_value(made or [leading]), name=name)
        draft.spans.append(shot)
        if fade:
            draft.shots[-1]["fade"] = seconds(Fraction(min(fade, shot.count)) / draft.fps)


def _leads(prompt: dict[str, Any]) -> bool:
    weight = prompt.get("weight", 1)
    return not isinstance(weight, int | float) or weight > 0


def _without_gaps(draft: Draft, texts: Sequence[str], first: int) -> list[str]:
    """Return the texts; one that is empty is the one before it, or the first that is not."""
    empty = [n for n, text in enumerate(texts) if not text.strip()]
    if len(empty) == len(texts):
        draft.notes.left(["prompts"], f"there are none here; {NOTHING!r} stands for one")
        return [NOTHING] * len(texts)
    if empty:
        to = f"s {first + empty[0]} to {first + empty[-1]}" if empty[1:] else f" {first + empty[0]}"
        draft.notes.add("corrected", f"frame{to} have no prompt; the one beside goes on")
    found = [next(text for text in texts if text.strip())]
    for text in texts:
        found.append(text if text.strip() else found[-1])
    return found[1:]


def _read(texts: Sequence[str]) -> Frames:
    seen: dict[str, list[str]] = {}
    for words, weight in dict.fromkeys(_STRESSED.findall("\n".join(dict.fromkeys(texts)))):
        seen.setdefault(words.strip(), []).append(weight)
    moving = {words for words, found in seen.items() if found[1:] or _FILLED.search(found[0])}
    return [tuple(_read_frame(text, moving)) for text in texts]


def _read_frame(text: str, moving: set[str]) -> Iterator[PromptText]:
    wanted, _, away = text.partition("--neg")
    parts = [re.split(r"\bAND\b", side) for side in (wanted, away)]
    for pair in zip_longest(*parts, fillvalue=""):
        share, plain, weights = 1.0, [], {}
        for side, sign in zip(pair, (1.0, -prompt_texts.NEGATIVE_SHARE), strict=True):
            match = _WEIGHED.match(side)
            words, given = (match[1], float(match[2])) if match else (side, 1.0)
            share = given if sign > 0 else share
            for word, weight in _STRESSED.findall(words):
                if word.strip() in moving:
                    weights[word.strip()] = sign * float(weight)
                    words = words.replace(f"({word}:{weight})", "")
            plain.append(_tidied(words))
        yield PromptText(plain[0], plain[1], share, weights)


def _tidied(text: str) -> str:
    """Return ``text`` with one blank where there were several, and no comma without words."""
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"(?:\s*,)+(?=\s*,|\s*$)|^[\s,]+", "", text).strip()


def _words(frame: tuple[PromptText, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((prompt.wanted, prompt.away) for prompt in frame)


def _runs(draft: Draft, frames: Frames) -> list[tuple[int, int]]:
    """Return first frame and end of every run of the same words, or, where these are too many,
    of as many prompts.
    """
    most = max(MAX_TURNS, 2 * len(frames) / float(draft.fps))
    edges: list[int] = []
    for key in (_words, len):
        if edges:
            reason = f"they change {len(edges)} times; they are as the shot begins"
            draft.notes.left([f"words of {frames[0][0].wanted[:40]!r}"], reason)
        keys: list[Any] = [key(frame) for frame in frames]
        edges = [n for n in range(1, len(keys)) if keys[n] != keys[n - 1]]
        if len(edges) < most:
            break
    return list(pairwise([0, *edges, len(frames)]))


def _faded(frames: Frames, runs: list[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield the runs, and over how many frames they fade in.

    Where one prompt fades out as the next fades in, the next one's run begins, and fades.
    """
    k = 0
    while k < len(runs):
        first, stop = runs[k]
        coming = _coming(frames, runs[k - 1 : k + 2]) if k else None
        if coming is not None:
            for n in range(first, stop):
                frames[n] = (replace(frames[n][coming], share=1.0),)
            yield first, runs[k + 1][1], stop - first - 1
        else:
            yield first, stop, 0
        k += 1 if coming is None else 2


def _coming(frames: Frames, runs: list[tuple[int, int]]) -> int | None:
    """Return which of two prompts takes the place of the other evenly, over the second of three
    runs; None where that is not what happens.
    """
    if len(runs) < 3:
        return None
    before, both, after = (_words(frames[first]) for first, _ in runs)
    if both not in (before + after, after + before) or len(before) != 1 or len(after) != 1:
        return None
    coming, (first, stop) = int(both == before + after), runs[1]
    shares = np.array([[prompt.share for prompt in frame] for frame in frames[first:stop]])
    rise = np.linspace(0, 1, stop - first)
    even = np.allclose(shares[:, coming], rise, atol=1e-3)
    even = even and np.allclose(shares[:, 1 - coming], 1 - rise, atol=1e-3)
    return coming if even or stop - first == 1 else None


def _prompts(draft: Draft, curves: ShotCurves, frames: Frames) -> Iterator[dict[str, Any]]:
    """Yield the prompts of a story over a shot."""
    first, stop = curves.shot.first, curves.shot.first + curves.shot.count
    for k, prompt in enumerate(frames[first]):
        here = [frame[k] for frame in frames[first:stop]]
        share = np.array([one.share for one in here])
        text = f"{prompt.wanted} --neg {prompt.away}" if prompt.away else prompt.wanted
        pieces = [piece for piece in prompt_texts.pieces(text) if isinstance(piece.weight, float)]
        parts = [(piece.text, share * piece.weight) for piece in pieces]
        for word in dict.fromkeys(word for one in here for word in one.moving):
            parts.append((word, share * [one.moving.get(word, 0.0) for one in here]))
        for text, weights in parts:
            target = np.zeros(len(frames))
            target[first:stop] = at("prompts: a weight", lambda found=weights: finite(found))
            curve, baked = curves.like(target)
            if baked:
                reason = f"the weight of {text!r}: what it is at the source's frames"
                draft.notes.add("baked", reason)
            if text and curve != 0:
                yield {"text": text} if curve == 1 else {"text": text, "weight": curve}
