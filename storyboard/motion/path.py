"""The camera's way from one frame of a plan to another, across the borders of shots.

Every shot measures its poses anew, so two shots cannot be compared by their poses: the camera goes
on from the last frame of one shot to its *exit*, then from the *entry* of the next to its first.
"""

from __future__ import annotations

from collections.abc import Iterable

from storyboard.errors import UsageError
from storyboard.motion.bends import bends
from storyboard.motion.matrices import relative
from storyboard.motion.moves import IDENTITY, Matrix, Move
from storyboard.plan import Plan, Pose

Leg = tuple[Pose, Pose]
Place = tuple[int, Pose]


def move(plan: Plan, a: int, b: int) -> Move:
    """Return the move from the picture of frame ``a`` to the view of frame ``b``.

    Convention: as `storyboard.motion.matrices.matrix`; ``move(plan, b, a)`` is its inverse, and
    ``move(plan, b, c) @ move(plan, a, b) = move(plan, a, c)``. Hand it to `warp` with the picture
    of frame ``a``: the frame loop keeps its anchor's number and asks for one move, so that
    however many frames lie between, the anchor is resampled once.

    Args:
        plan: the film; its width and height give the aspect.
        a: number of the frame whose picture exists.
        b: number of the frame wanted; before or after ``a``.

    Raises:
        UsageError: a cut lies between the two, so no move leads from one to the other.
    """
    if b < a:
        return move(plan, b, a).inverse()
    return travel(legs(plan, a, b), plan.width / plan.height)


def travel(legs: Iterable[Leg], aspect: float) -> Move:
    """Return the moves along the legs as one, the first leg applied first."""
    total = IDENTITY
    for start, end in legs:
        total = between(start, end, aspect) @ total
    return total


def between(a: Pose, b: Pose, aspect: float) -> Move:
    """Return the move from the picture seen at pose ``a`` to that seen at pose ``b``.

    Convention: as `storyboard.motion.matrices.relative`, with what no matrix does undone at ``a``
    before it and done at ``b`` after it; equal poses give `IDENTITY`.
    """
    undone = (bend.inverse() for bend in reversed(bends(a, aspect)))
    return Move.of(*undone, Matrix(relative(a, b, aspect)), *bends(b, aspect))


def legs(plan: Plan, a: int, b: int) -> list[Leg]:
    """Return the stretches (pose, pose) of the camera from frame ``a`` to frame ``b`` (``a <= b``).

    One within a shot; across shots ``last -> exit``, all of any shot too short to have a frame, and
    ``entry -> first``. Raises `UsageError` where a cut lies between.
    """
    here, there = plan.frames[a], plan.frames[b]
    if here.shot.chain != there.shot.chain:
        raise UsageError(f"frames {a} and {b} are separated by a cut")
    return way(plan, (here.shot.index, here.pose), (there.shot.index, there.pose))


def way(plan: Plan, a: Place, b: Place) -> list[Leg]:
    """Return `legs` from place to place: each a shot's index and a pose of it, ``a``'s shot not
    later.
    """
    (here, start), (there, end) = a, b
    if here == there:
        return [(start, end)]
    return [
        (start, plan.shots[here].exit),
        *((shot.entry, shot.exit) for shot in plan.shots[here + 1 : there]),
        (plan.shots[there].entry, end),
    ]
