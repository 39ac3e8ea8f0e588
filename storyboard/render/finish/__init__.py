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
from storyboard.render.finish.stretches import Keep, Read, film_frame, needed, unkept
from storyboard.timeline.effects import unseen_filters

__all__ = [
    "Keep",
    "Read",
    "film_frame",
    "finished",
    "finishing_device",
    "is_asked",
    "needed",
    "require_networks",
    "unkept",
]


def require_networks(plan: Plan) -> None:
    """Raise `BadValue` where the network that enlarges cannot be used: before any painting."""
    if plan.finish.upscale is not None:
        from storyboard.render.finish.network import load_network

        load_network(plan.finish.upscale.file)


def is_asked(plan: Plan) -> bool:
    """Return whether the film differs in anything from the stored pictures."""
    finish = plan.finish
    asked = (finish.size, finish.fps, finish.overlays, finish.captions)
    return any(asked) or any(map(unseen_filters, plan.shots))


def finishing_device(plan: Plan, wanted: str) -> str:
    """Return the device, ``wanted`` or the best, of the network that enlarges; else the CPU."""
    if plan.finish.upscale is None:
        return "cpu"
    from storyboard.perceptors import pick_device

    return str(pick_device(wanted))


def finished(
    plan: Plan,
    read: Read,
    *,
    first: int,
    stop: int,
    keep: Keep = unkept,
    device: str = "cpu",
) -> Iterator[Picture]:
    """Yield the film's frames ``first`` to before ``stop``, numbered as in ``plan.film``.

    The same bytes whether a frame is asked for alone, in a part, or in the whole film. ``read`` is
    asked for the frames of `needed`, each once a chain and in order. Pictures that a network makes,
    on ``device``, go through ``keep``.
    """
    if not is_asked(plan):
        yield from map(read, range(first, stop))
        return
    from storyboard.render.finish.pipeline import finished_chain
    from storyboard.render.finish.stretches import by_chain

    for start, end in by_chain(plan.film, first, stop):
        yield from finished_chain(plan, read, first=start, stop=end, keep=keep, device=device)
