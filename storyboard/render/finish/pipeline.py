"""The order of finishing. Each stage takes pictures and gives pictures, see `shown.Shown`.

Pictures are in float from stage to stage and rounded to eight bits once, at the end. A stage that
the story does not ask for gives back the very pictures it was given.
"""

from __future__ import annotations

from collections.abc import Iterator

from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan
from storyboard.render.finish.between import between
from storyboard.render.finish.looks import filtered, remembered
from storyboard.render.finish.overlay import overlaid
from storyboard.render.finish.shown import Pictures, Shown
from storyboard.render.finish.stretches import Keep, Read, beginning, needed, unkept
from storyboard.render.finish.upscale import upscaled
from storyboard.render.pictures import from_8_bit, to_8_bit


def finished_chain(
    plan: Plan, read: Read, *, first: int, stop: int, keep: Keep = unkept, device: str = "cpu"
) -> Iterator[Picture]:
    """Yield the film's frames ``first`` to before ``stop``, which lie within one chain.

    Where a look has a memory, the frames since the memory began are gone through first.
    """
    begin = beginning(plan.film, first)
    pictures = stored(plan, read, begin, stop)
    pictures = upscaled(pictures, plan, keep=keep, device=device)
    pictures = between(pictures, plan, first=begin, stop=stop, keep=keep)
    pictures = filtered(pictures, plan.film)
    pictures = remembered(pictures, plan.film)
    pictures = (one for one in pictures if one.number >= first)
    pictures = overlaid(pictures, plan)
    for one in pictures:
        yield to_8_bit(one.picture)


def stored(plan: Plan, read: Read, first: int, stop: int) -> Pictures:
    """Yield the painted pictures that the film's frames are made of, in float."""
    for number in sorted(needed(plan, first, stop)):
        yield Shown(number, from_8_bit(read(number)))
