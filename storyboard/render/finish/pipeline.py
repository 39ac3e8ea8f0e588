"""The order of finishing. Each stage takes pictures and gives pictures, see `shown.Shown`.

Pictures are in float from stage to stage and rounded to eight bits once, at the end. A stage that
the story does not ask for gives back the very pictures it was given.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan
from storyboard.render.finish.between import between
from storyboard.render.finish.looks import filtered, remembered
from storyboard.render.finish.overlay import overlaid
from storyboard.render.finish.shown import Pictures, Shown
from storyboard.render.finish.stretches import (
    Keep,
    Read,
    beginning,
    painted_between,
    round_before,
    unkept,
)
from storyboard.render.finish.upscale import upscaled
from storyboard.render.pictures import from_8_bit, to_8_bit


def finished_chain(
    plan: Plan, read: Read, *, first: int, stop: int, keep: Keep = unkept, device: str = "cpu"
) -> Iterator[Picture]:
    """Yield the film's frames ``first`` to before ``stop``, which lie within one chain.

    Where a look has a memory, the frames since the memory began are gone through first; in a film
    that loops, before its first frame those at its end.
    """
    begin = beginning(plan.film, first)
    last_round = round_before(plan, begin)
    pictures: Pictures = chain.from_iterable(
        _without_memory(plan, read, frames, keep=keep, device=device)
        for frames in (last_round, range(begin, stop))
        if frames
    )
    pictures = remembered(pictures, plan.film)
    pictures = islice(pictures, len(last_round) + first - begin, None)
    pictures = overlaid(pictures, plan)
    for one in pictures:
        yield to_8_bit(one.picture)


def _without_memory(plan: Plan, read: Read, frames: range, *, keep: Keep, device: str) -> Pictures:
    """Yield frames of one chain through all stages before those with a memory."""
    first, stop = frames.start, frames.stop
    pictures = stored(plan, read, first, stop)
    pictures = upscaled(pictures, plan, keep=keep, device=device)
    pictures = between(pictures, plan, first=first, stop=stop, keep=keep)
    return filtered(pictures, plan.film)


def stored(plan: Plan, read: Read, first: int, stop: int) -> Pictures:
    """Yield the painted pictures that the film's frames of one chain are made of, in float."""
    for number in painted_between(plan, first, stop):
        yield Shown(number, from_8_bit(read(number)))
