"""Non-projective camera effects: swirl, ripple, lens distortion.

Each maps the plane onto itself and keeps the distance from a centre or the direction to it, so it
has an exact inverse: a swirl by the opposite one, the two others by solving for one distance. As
with the rest of a pose their values are absolute: between two frames with the same swirl nothing
swirls, and a picture that moves under it moves as if behind bent glass.

Convention: points as in `storyboard.motion.moves`; angles in degrees, counter-clockwise, y down;
radii within are half heights from the centre, so circles stay circles at 16:9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from storyboard.plan import Pose

Spot = tuple[float, float]
"""A place in the frame, normalised."""

_ROUNDS = 40
"""What no radius needs more of, even if all are halvings: a half height becomes 1e-12 of one."""


@dataclass(frozen=True)
class Swirl:
    """Turns the frame about ``centre`` by ``degrees * exp(-(r / radius)^2)``; ``radius`` in half
    heights.
    """

    degrees: float
    radius: float
    centre: Spot
    aspect: float

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        """Implement `storyboard.motion.moves.Step.back`."""
        x, y = _from(self.centre, points, self.aspect)
        fading = torch.exp(-(x * x + y * y) / self.radius**2)
        angle = math.radians(self.degrees) * fading
        cos, sin = angle.cos(), angle.sin()
        # the way back turns clockwise, and y is down
        return _to(self.centre, x * cos - y * sin, x * sin + y * cos, self.aspect), None

    def inverse(self) -> Swirl:
        """Implement `storyboard.motion.moves.Step.inverse`."""
        return replace(self, degrees=-self.degrees)


@dataclass(frozen=True)
class Ripple:
    """Rings about ``centre``: a point at distance r goes to r + height s sin(2 pi (r / length -
    phase)) with s = r^2 / (r^2 + length^2), which leaves the centre in place.

    ``height`` and ``length`` in half heights; the map is one to one while ``|height|`` is at most
    `storyboard.motion.STEEPEST_RIPPLE` of ``length``.
    """

    height: float
    length: float
    phase: float
    centre: Spot
    aspect: float
    inverted: bool = False

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        """Implement `storyboard.motion.moves.Step.back`."""
        find = self._out if self.inverted else self._in
        return _radially(find, self.centre, points, self.aspect), None

    def inverse(self) -> Ripple:
        """Implement `storyboard.motion.moves.Step.inverse`."""
        return replace(self, inverted=not self.inverted)

    def _out(self, r: Tensor) -> Tensor:
        return self._out_and_slope(r)[0]

    def _in(self, seen: Tensor) -> Tensor:
        reach = abs(self.height)
        return _solved(self._out_and_slope, seen, (seen - reach).clamp(min=0), seen + reach)

    def _out_and_slope(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """Return the distance to which r is mapped, and the derivative there."""
        wave = 2 * math.pi * (r / self.length - self.phase)
        square, full = r * r, r * r + self.length**2
        share, growth = square / full, 2 * r * self.length**2 / (full * full)
        height, sine = self.height, wave.sin()
        turning = share * wave.cos() * (2 * math.pi / self.length)
        return r + height * share * sine, 1 + height * (growth * sine + turning)


@dataclass(frozen=True)
class LensDistortion:
    """A lens about the middle: r goes to asinh(k r) / k with k^2 = 6 strength (a barrel), or, for a
    negative strength, to sinh(k r) / k with k^2 = -6 strength (a pincushion); r is 1 in the corner.

    Near the middle that is r - strength r^3, the usual first term; the two are each other's
    inverse, and neither ends or folds anywhere.
    """

    strength: float
    aspect: float

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        """Implement `storyboard.motion.moves.Step.back`."""
        corner = math.hypot(self.aspect, 1)
        k = math.sqrt(6 * abs(self.strength)) / corner

        def undone(r: Tensor) -> Tensor:
            # beyond exp(30) no picture is that large; sinh would leave all numbers
            return (k * r).clamp(max=30).sinh() / k if self.strength > 0 else (k * r).asinh() / k

        return _radially(undone, (0.0, 0.0), points, self.aspect), None

    def inverse(self) -> LensDistortion:
        """Implement `storyboard.motion.moves.Step.inverse`."""
        return replace(self, strength=-self.strength)


Bend = Swirl | Ripple | LensDistortion


def bends(pose: Pose, aspect: float) -> tuple[Bend, ...]:
    """Return the effects that ``pose`` applies after its matrix, in order; empty if none."""
    centre = (2 * pose.pivot_x - 1, 2 * pose.pivot_y - 1)
    found: list[Bend] = []
    if pose.swirl:
        found.append(Swirl(pose.swirl, 2 * pose.swirl_radius, centre, aspect))
    if pose.ripple:
        waves = 2 * pose.ripple, 2 * pose.ripple_length, pose.ripple_phase
        found.append(Ripple(*waves, centre, aspect))
    if pose.lens:
        found.append(LensDistortion(pose.lens, aspect))
    return tuple(found)


def _from(centre: Spot, points: Tensor, aspect: float) -> tuple[Tensor, Tensor]:
    return (points[0] - centre[0]) * aspect, points[1] - centre[1]


def _to(centre: Spot, x: Tensor, y: Tensor, aspect: float) -> Tensor:
    return torch.stack([x / aspect + centre[0], y + centre[1]])


def _radially(
    change: Callable[[Tensor], Tensor], centre: Spot, points: Tensor, aspect: float
) -> Tensor:
    """Map every point's distance from the centre by ``change``, keeping its direction."""
    x, y = _from(centre, points, aspect)
    r = torch.hypot(x, y).clamp(min=1e-12)
    scale = change(r) / r
    return _to(centre, x * scale, y * scale, aspect)


def _solved(
    rising: Callable[[Tensor], tuple[Tensor, Tensor]], wanted: Tensor, low: Tensor, high: Tensor
) -> Tensor:
    """Solve ``rising(x) = wanted`` elementwise, each between its ``low`` and ``high``.

    ``rising`` returns value and slope. Newton's method, with bisection wherever a step would leave
    the bracket, which shrinks every round.
    """
    at = wanted.clamp(low, high)
    for _ in range(_ROUNDS):
        value, slope = rising(at)
        miss = value - wanted
        if float(miss.abs().max()) < 1e-12:
            break
        low, high = torch.where(miss < 0, at, low), torch.where(miss < 0, high, at)
        newton = at - miss / slope
        at = torch.where((newton >= low) & (newton <= high), newton, (low + high) / 2)
    return at
