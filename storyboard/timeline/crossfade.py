"""Prompts over time: how those of two shots cross over.

::

    fade_shares(shape, progress) -> (going, coming) shares that sum to 1
    cross(going, coming, progress=, shape=) -> tuple[PromptTrack, ...]

``progress`` is 0 where the incoming shot starts and 1 from the end of its fade on, one number per
frame of the incoming shot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from storyboard.errors import BadValue, did_you_mean
from storyboard.plan import Floats, Mask, PromptTrack, Source
from storyboard.story.prompts import FADE_SHAPES


def fade_shares(shape: str, progress: Floats) -> tuple[Floats, Floats]:
    """Return shares of the outgoing and the incoming prompts; they sum to 1 at every instant.

    ``slerp`` gives the shares of prompts that have no partner to turn into. Raises `BadValue`
    for an unknown shape.
    """
    if shape not in FADE_SHAPES:
        hint = did_you_mean(shape, FADE_SHAPES) or "known: " + ", ".join(FADE_SHAPES)
        raise BadValue(f"unknown fade shape {shape!r}", hint=hint)
    p = np.clip(progress, 0.0, 1.0)
    if shape == "cut":
        coming = np.ones_like(p)
    else:
        coming = p * p * (3.0 - 2.0 * p) if shape == "smooth" else p
    return 1.0 - coming, coming


def cross(
    going: Sequence[PromptTrack],
    coming: Sequence[PromptTrack],
    *,
    progress: Floats,
    shape: str = "linear",
) -> tuple[PromptTrack, ...]:
    """Return the tracks of a shot whose prompts ``coming`` take over from those ``going``.

    All tracks have one weight per frame of the incoming shot, of the length of ``progress``;
    ``going`` is what the previous shot wants, usually its last weights held. The sum of weights
    goes from the one side's to the other's without a dip or a hump. With ``slerp`` the n-th
    outgoing prompt turns into the n-th incoming one of equal sign, stop and mask; others fade.
    Prompts of the same source, stop and mask become one track; a track that never weighs anything
    is left out.
    """
    out_share, in_share = fade_shares(shape, progress)
    pairs = _partners(going, coming) if shape == "slerp" else []
    paired = {id(track) for pair in pairs for track in pair}
    tracks = [t for old, new in pairs for t in _turn(old, new, np.clip(progress, 0.0, 1.0))]
    for side, share in ((coming, in_share), (going, out_share)):
        tracks += [replace(t, weights=t.weights * share) for t in side if id(t) not in paired]
    return tuple(t for t in _merged(tracks) if np.any(t.weights))


def _partners(
    going: Sequence[PromptTrack], coming: Sequence[PromptTrack]
) -> list[tuple[PromptTrack, PromptTrack]]:
    """Return pairs that can turn into each other, in order; a prompt that stays needs no
    partner.
    """
    staying = {*map(_identity, going)} & {*map(_identity, coming)}
    free = [track for track in coming if _identity(track) not in staying]
    pairs = []
    for old in going:
        if old.toward is not None or _identity(old) in staying:
            continue
        kind = _kind(old)
        place = next((n for n, new in enumerate(free) if _kind(new) == kind), None)
        if place is not None:
            pairs.append((old, free.pop(place)))
    return pairs


_Identity = tuple[Source, float, Mask | None]


def _identity(track: PromptTrack) -> _Identity:
    """Return what makes two tracks one prompt."""
    return track.source, track.stop, track.mask


def _kind(track: PromptTrack) -> tuple[bool, float, Mask | None]:
    """Return what two prompts must share to turn into each other: both attract or both repel, stop
    alike and are for the same part of the frame.
    """
    return bool(np.sum(track.weights) < 0.0), track.stop, track.mask


def _turn(old: PromptTrack, new: PromptTrack, progress: Floats) -> list[PromptTrack]:
    """Return one track on the great circle from ``old`` to ``new``, then ``new`` alone."""
    there = progress >= 1.0
    weights = (1.0 - progress) * old.weights + progress * new.weights
    turning = replace(
        old, weights=np.where(there, 0.0, weights), toward=new.source, mixes=progress.copy()
    )
    return [turning, replace(new, weights=np.where(there, new.weights, 0.0))]


def _merged(tracks: Sequence[PromptTrack]) -> list[PromptTrack]:
    """Return tracks of equal source, stop and mask added up, in the order of their first
    appearance.
    """
    merged: list[PromptTrack] = []
    places: dict[_Identity, int] = {}
    for track in tracks:
        place = places.get(_identity(track))
        if track.toward is None and place is not None:
            weights = merged[place].weights + track.weights
            merged[place] = replace(track, weights=weights)
            continue
        if track.toward is None:
            places[_identity(track)] = len(merged)
        merged.append(track)
    return merged
