"""Map the film's frames to the painted frames that they are made of.

The film's frame n shows the moment n / fps of the film; every ``every``-th one is painted. Cuts lie
where they would if each were painted, so near a cut a painted frame may belong to a shot that the
film does not show yet, or no longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from storyboard.filters import remembers
from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan, ShotPlan
from storyboard.timeline.effects import unseen_filters

Read = Callable[[int], Picture]
"""Gives a stored picture, (H, W, 3) uint8, by its number among the painted frames."""

Keep = Callable[[str, Callable[[], Picture]], Picture]
"""Gives the picture of a key, which covers all that it is made from: a kept one, or a new one."""


def unkept(key: str, make: Callable[[], Picture]) -> Picture:
    """Make the picture: the `Keep` that keeps none."""
    return make()


def every(plan: Plan) -> int:
    """Return how many frames the film has for each painted one."""
    return 1 if plan.finish.fps is None else int(plan.finish.fps / plan.fps)


def film_frame(plan: Plan, painted: int) -> int:
    """Return the film's frame at which a part begins, or ends, that does so at ``painted``.

    Where a shot begins with that painted frame, it is the first frame of that shot in the film.
    """
    film = plan.film
    if painted >= plan.frame_count:
        return film.frame_count
    for shot, shown in zip(plan.shots, film.shots, strict=True):
        if shot.first == painted:
            return shown.first
        if shot.first < painted < shot.stop:
            return min(max(painted * every(plan), shown.first), shown.stop)
    raise IndexError(f"frame {painted} of {plan.frame_count}")


def by_chain(film: Plan, first: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of the frames ``first`` to before ``stop`` between the cuts."""
    inside = [s for s in film.shots if max(s.first, first) < min(s.stop, stop)]
    for _, group in groupby(inside, key=lambda shot: shot.chain):
        shots = list(group)
        yield max(shots[0].first, first), min(shots[-1].stop, stop)


def beginning(film: Plan, number: int) -> int:
    """Return the frame with which to begin so that frame ``number`` has all its memory.

    That is ``number`` itself where no filter of its shot remembers, else the first frame of the
    first of the shots before it that do, back to the last cut.
    """
    shot = film.shot_at(number)
    while any(map(remembers, unseen_filters(shot))):
        number = min(number, shot.first)
        before = film.shots[shot.index - 1] if shot.index else None
        if before is None or before.chain != shot.chain:
            break
        shot = before
    return number


def round_before(plan: Plan, begin: int) -> range:
    """Return the frames at the end of a film that loops that a memory goes through before the frame
    ``begin``: since that memory began, where ``begin`` is the first frame and its filter remembers;
    else none.

    So the first frame shows what the last ones left behind, as any other frame does.
    """
    film = plan.film
    if plan.loop is None or begin > 0 or not any(map(remembers, unseen_filters(film.shot_at(0)))):
        return range(0)
    return range(beginning(film, film.frame_count - 1), film.frame_count)


def painted_of(plan: Plan, chain: int) -> tuple[int, int]:
    """Return the painted frames, first and stop, that a chain of the film is made of.

    One that is too short to have any shows what is painted just before it, or just after.
    """
    painted = [shot for shot in plan.shots if shot.frame_count]
    own: list[ShotPlan] = [shot for shot in painted if shot.chain == chain]
    if own:
        return own[0].first, own[-1].stop
    before = [shot for shot in painted if shot.chain < chain]
    return (before[-1].stop - 1, before[-1].stop) if before else (0, 1)


def neighbours(plan: Plan, number: int) -> tuple[int, int]:
    """Return the painted frames on both sides of the film's frame ``number``, never across a cut.

    Both are the same where ``number`` is painted itself, or at the end of a chain.
    """
    low, stop = painted_of(plan, plan.film.shot_at(number).chain)
    sides = number // every(plan), -(-number // every(plan))
    before, after = (min(max(side, low), stop - 1) for side in sides)
    return before, after


def needed(plan: Plan, first: int, stop: int) -> frozenset[int]:
    """Return the painted frames that the film's frames ``first`` to before ``stop`` are made of."""
    found = set[int]()
    for start, end in by_chain(plan.film, first, stop):
        begin = beginning(plan.film, start)
        found.update(round_before(plan, begin), painted_between(plan, begin, end))
    return frozenset(found)


def painted_between(plan: Plan, first: int, stop: int) -> range:
    """Return the painted frames from which those of the film from ``first`` to before ``stop``, of
    one chain, are made without a memory.
    """
    before, _ = neighbours(plan, first)
    _, after = neighbours(plan, stop - 1)
    return range(before, after + 1)
