"""Easings: how a value goes from one key to the next.

An easing maps u in [0, 1], an array of any shape, to the share of the way that is done: 0 at 0 and
1 at 1; ``back`` and ``elastic`` overshoot in between. The CSS names are the curves of the CSS
Easing Functions specification; sine, quad ... bounce are Robert Penner's.

::

    easings                   the registry; other packages add to it through storyboard.easings
    easing(name) -> Easing    also reads easeInOutQuad, cubic-bezier(0.4, 0, 0.2, 1), steps(4)
    known_easing(name)        the same, with a `BadValue` for a name that there is not
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from storyboard.errors import BadValue, UnknownName, did_you_mean
from storyboard.plan import Floats
from storyboard.registry import Registry

Easing = Callable[[Floats], Floats]

easings: Registry[Easing] = Registry("easing", "storyboard.easings", {})


@easings.register("linear", summary="even speed")
def linear(u: Floats) -> Floats:
    """Return ``u``: even speed."""
    return u


@easings.register("hold", summary="stays until the next key, then jumps")
@easings.register("step", summary="the same as hold")
def hold(u: Floats) -> Floats:
    """Stays until the next key, then jumps."""
    return np.where(u < 1.0, 0.0, 1.0)


@easings.register("smooth", summary="slow at both ends: 3u^2 - 2u^3")
def smooth(u: Floats) -> Floats:
    """Slow at both ends, the cubic Hermite step."""
    return u * u * (3.0 - 2.0 * u)


def cubic_bezier(u: Floats, x1: float, y1: float, x2: float, y2: float) -> Floats:
    """Return the CSS curve through (0, 0), (x1, y1), (x2, y2), (1, 1); x1 and x2 lie in [0, 1]."""
    low, high = np.zeros_like(u), np.ones_like(u)
    for _ in range(52):
        middle = (low + high) / 2
        before = _bezier(middle, x1, x2) < u
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return _bezier(high, y1, y2)


def _bezier(s: Floats, a: float, b: float) -> Floats:
    """Return one coordinate of the curve at parameter ``s``."""
    return ((1.0 + 3.0 * a - 3.0 * b) * s + 3.0 * b - 6.0 * a) * s * s + 3.0 * a * s


def _through(x1: float, y1: float, x2: float, y2: float) -> Easing:
    return lambda u: cubic_bezier(u, x1, y1, x2, y2)


def _power(n: int) -> Easing:
    return lambda u: u**n


def _sine(u: Floats) -> Floats:
    return 1.0 - np.cos(u * np.pi / 2)


def _expo(u: Floats) -> Floats:
    return np.where(u <= 0.0, 0.0, 2.0 ** (10.0 * (u - 1.0)))


def _circ(u: Floats) -> Floats:
    return 1.0 - np.sqrt(np.maximum(0.0, 1.0 - u * u))


def _back(overshoot: float) -> Easing:
    return lambda u: u * u * ((overshoot + 1.0) * u - overshoot)


def _elastic(period: float) -> Easing:
    def swing(u: Floats) -> Floats:
        phase = (u - 1.0 - period / 4) * 2.0 * np.pi / period
        wave = -(2.0 ** (10.0 * (u - 1.0))) * np.sin(phase)
        return np.where(u <= 0.0, 0.0, np.where(u >= 1.0, 1.0, wave))

    return swing


def _bounce(u: Floats) -> Floats:
    return 1.0 - _bounce_out(1.0 - u)


def _bounce_out(u: Floats) -> Floats:
    k = 7.5625
    last = k * (u - 2.625 / 2.75) ** 2 + 0.984375
    third = np.where(u < 2.5 / 2.75, k * (u - 2.25 / 2.75) ** 2 + 0.9375, last)
    second = np.where(u < 2.0 / 2.75, k * (u - 1.5 / 2.75) ** 2 + 0.75, third)
    return np.where(u < 1.0 / 2.75, k * u * u, second)


def _reversed(ease_in: Easing) -> Easing:
    return lambda u: 1.0 - ease_in(1.0 - u)


def _both(ease_in: Easing) -> Easing:
    def both(u: Floats) -> Floats:
        first = ease_in(np.minimum(2.0 * u, 1.0)) / 2
        return np.where(u < 0.5, first, 1.0 - ease_in(np.minimum(2.0 - 2.0 * u, 1.0)) / 2)

    return both


_CSS = {
    "ease": ((0.25, 0.1, 0.25, 1.0), "quick start, slow end"),
    "ease-in": ((0.42, 0.0, 1.0, 1.0), "slow start"),
    "ease-out": ((0.0, 0.0, 0.58, 1.0), "slow end"),
    "ease-in-out": ((0.42, 0.0, 0.58, 1.0), "slow start and end"),
}

_FAMILIES: dict[str, tuple[Easing, str]] = {
    "sine": (_sine, "a quarter of a sine wave"),
    "quad": (_power(2), "power 2"),
    "cubic": (_power(3), "power 3"),
    "quart": (_power(4), "power 4"),
    "quint": (_power(5), "power 5"),
    "expo": (_expo, "doubles ten times over"),
    "circ": (_circ, "a quarter of a circle"),
    "back": (_back(1.70158), "goes a tenth too far the other way"),
    "elastic": (_elastic(0.3), "swings like a spring"),
    "bounce": (_bounce, "bounces like a ball"),
}

# Penner's own in-out forms overshoot more, so that they overshoot as far in half the time.
_BOTH_ENDS = {"back": _back(1.70158 * 1.525), "elastic": _elastic(0.45)}

for _name, (_points, _summary) in _CSS.items():
    easings.register(_name, summary=f"CSS: {_summary}")(_through(*_points))
for _name, (_ease_in, _summary) in _FAMILIES.items():
    easings.register(f"{_name}-in", summary=f"{_summary}, at the start")(_ease_in)
    easings.register(f"{_name}-out", summary=f"{_summary}, at the end")(_reversed(_ease_in))
    easings.register(f"{_name}-in-out", summary=f"{_summary}, at both ends")(
        _both(_BOTH_ENDS.get(_name, _ease_in))
    )


def easing(name: str) -> Easing:
    """Return the easing called ``name``; ``easeInOutQuad`` and ``ease_in_out_quad`` are
    ``quad-in-out``.

    ``cubic-bezier(x1, y1, x2, y2)`` is the CSS curve, ``steps(n)`` goes in n equal jumps, the last
    one at the end, and ``steps(n, start)`` the first one at once. Raises `UnknownName` with the
    nearest names, or `BadValue` for a malformed curve.

    >>> easing("smooth")(np.array([0.0, 0.25, 1.0])).tolist()
    [0.0, 0.15625, 1.0]
    """
    if name in easings:
        return easings.get(name)
    if re.match(r"cubic[-_]bezier\b", name):
        return _custom(name)
    if re.match(r"steps\b", name):
        return _steps(name)
    return easings.get(_usual_spelling(name))


def known_easing(name: str) -> Easing:
    """Return `easing`, which raises `BadValue` with the nearest name where there is none of that
    name.
    """
    try:
        return easing(name)
    except UnknownName as error:
        hint = did_you_mean(error.name, error.known)
        raise BadValue(f"unknown easing {error.name[:60]!r}", hint=hint) from None


def _steps(text: str) -> Easing:
    """Read ``steps(n)``, ``steps(n, end)`` or ``steps(n, start)``, as in CSS."""
    match = re.fullmatch(r"steps\(\s*([1-9][0-9]{0,5})\s*(?:,\s*(?:jump-)?(start|end)\s*)?\)", text)
    if match is None:
        raise BadValue(f"invalid easing {text[:60]!r}", hint="write steps(4), or steps(4, start)")
    count, first = int(match[1]), float(match[2] == "start")

    def stepped(u: Floats) -> Floats:
        # a whole step is one also where rounding has left it a little short
        done = np.floor(u * count + 1e-9) + np.where(u > 0.0, first, 0.0)
        return np.clip(done / count, 0.0, 1.0)

    return stepped


def _custom(text: str) -> Easing:
    """Read ``cubic-bezier(x1, y1, x2, y2)``."""
    number = r"\s*([+-]?[0-9]{0,6}\.?[0-9]{1,12})\s*"
    match = re.fullmatch(rf"cubic[-_]bezier\({','.join([number] * 4)}\)", text)
    if match is None:
        raise BadValue(f"invalid easing {text[:60]!r}", hint="write cubic-bezier(0.4, 0, 0.2, 1)")
    x1, y1, x2, y2 = (float(n) for n in match.groups())
    if not (0.0 <= x1 <= 1.0 and 0.0 <= x2 <= 1.0):
        raise BadValue(f"{text}: the first and third number lie between 0 and 1")
    return _through(x1, y1, x2, y2)


def _usual_spelling(name: str) -> str:
    """Return ``easeInOutQuad`` as ``quad-in-out``; any other text as it is."""
    words = [w.lower() for w in re.findall(r"[A-Z]?[a-z]+", name)]
    family = [w for w in words if w in _FAMILIES]
    ends = [w for w in words if w in ("in", "out")]
    usual = "-".join([*family, *ends])
    known = len(family) == 1 and set(words) <= {"ease", "in", "out", family[0]}
    return usual if known and usual in easings else name
