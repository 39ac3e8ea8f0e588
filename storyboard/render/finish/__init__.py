"""Finishing: what is done to the stored pictures on their way into the film.

The painted pictures lie on the disk as the perceptors saw them. What only the film shows comes
after: upscaling, frames in between, filters that nothing looks through, looks with a memory,
overlays and captions. None of it reaches the painting, so changing it repaints nothing.
`storyboard.render.finish.pipeline` has the order. Importing this package imports no torch; neither
does a film of the stored pictures as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan
from storyboard.render.finish.stretches import Read, film_frame, needed
from storyboard.timeline.effects import unseen_filters

__all__ = ["Read", "film_frame", "finished", "is_asked", "needed"]


def is_asked(plan: Plan) -> bool:
    """Return whether the film differs in anything from the stored pictures."""
    finish = plan.finish
    asked = (finish.size, finish.fps, finish.overlays, finish.captions)
    return any(asked) or any(map(unseen_filters, plan.shots))


def finished(plan: Plan, read: Read, *, first: int, stop: int) -> Iterator[Picture]:
    """Yield the film's frames ``first`` to before ``stop``, numbered as in ``plan.film``.

    The same bytes whether a frame is asked for alone, in a part, or in the whole film. ``read`` is
    asked for the frames of `needed`, each once a chain and in order.
    """
    if not is_asked(plan):
        yield from map(read, range(first, stop))
        return
    from storyboard.render.finish.pipeline import finished_chain
    from storyboard.render.finish.stretches import by_chain

    for start, end in by_chain(plan.film, first, stop):
        yield from finished_chain(plan, read, first=start, stop=end)
