"""Movements by name: what film makers call a camera's way, written as curves.

A movement is a function that is given its parameters and gives curves by the camera's keys, in the
form in which a story writes them: numbers, expressions, keys. They are added to what the story
writes itself (zooms multiplied). ``OPTIONS`` declares the parameters: a ``curve`` arrives as the
text of an expression in brackets, everything else as what it is. Other packages add their own in
the entry point group ``storyboard.motions``.

Every one is a function of time alone, in seconds, never of the frame; those that come and go, such
as an orbit, count the time of the film, so that they go on smoothly from shot to shot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from storyboard.errors import BadValue
from storyboard.options import Option, Options, table_of
from storyboard.registry import Registry

Curves = Mapping[str, Any]
"""Curves as a story writes them, by the keys of ``motion`` (``pan_x``, ``zoom_per_s`` ...)."""

Movement = Callable[..., Curves]

SOFT = "smoothstep(0, 1, u)"
"""From 0 to 1 over the shot, gently."""


def dolly_in(*, amount: str) -> Curves:
    """The camera goes ahead by a share of the way."""
    return {"dolly": f"{amount}*{SOFT}"}


def dolly_zoom(*, amount: str) -> Curves:
    """The angle widens while the camera comes nearer, so that the pivot keeps its size; on a flat
    picture the lens shows the same.
    """
    return {"fov": f"40*exp(0.9*{amount}*{SOFT})", "lens": f"-0.5*{amount}*{SOFT}"}


def orbit(*, angle: str, height: str, period: float) -> Curves:
    """Round the pivot on an ellipse."""
    turn = f"tau*t/{period}"
    return {"orbit_x": f"{angle}*sin({turn})", "orbit_y": f"{height}*cos({turn})"}


def handheld(*, amount: str, speed: float, seed: float) -> Curves:
    """Two sizes of tremor, slow sway and quick hand, each of them its own."""

    def tremor(size: float, number: int) -> str:
        slow = f"noise({0.9 * speed}*t, seed + {seed} + {number})"
        quick = f"noise({3.7 * speed}*t, seed + {seed} + {number + 1})"
        return f"{size}*{amount}*({slow} + 0.3*{quick})"

    return {
        "pan_x": tremor(0.012, 11),
        "pan_y": tremor(0.016, 13),
        "roll": tremor(0.8, 15),
        "zoom": f"1 + {tremor(0.01, 17)}",
    }


def drift(*, amount: str, speed: float, seed: float) -> Curves:
    """Slow wandering in all that a camera can do."""

    def wander(size: float, number: int) -> str:
        return f"{size}*{amount}*noise({0.13 * speed}*t, seed + {seed} + {number})"

    return {
        "pan_x": wander(0.12, 21),
        "pan_y": wander(0.12, 22),
        "rotate": wander(6, 23),
        "zoom": f"exp({wander(0.12, 24)})",
    }


def spin(*, per_s: str) -> Curves:
    """On and on about the pivot."""
    return {"rotate_per_s": per_s}


def swing(*, angle: str, period: float, above: float) -> Curves:
    """A pendulum that hangs from above the picture."""
    return {
        "rotate": f"{angle}*sin(tau*t/{period})",
        "pivot_x": 0.5,
        "pivot_y": 0.5 - above,
    }


def heartbeat(*, amount: str, count: str) -> Curves:
    """Two strokes of the zoom each time that ``count`` passes a whole number."""

    def stroke(late: float) -> str:
        since = f"fract({count} - {late})"
        return f"1.7*exp(-9*{since})*smoothstep(0, 0.06, {since})"  # 1 at its height

    return {"zoom": f"1 + {amount}*({stroke(0)} + 0.6*{stroke(0.28)})"}


def tunnel(*, speed: str, spin: str, wander: str, seed: float) -> Curves:
    """Into the depth, turning, towards a point that wanders.

    The camera looks about: a wandering pivot would be magnified by all the zoom that has come
    together, and after ten seconds tear the picture away.
    """
    return {
        "zoom_per_s": speed,
        "rotate_per_s": spin,
        "yaw": f"{wander}*noise(0.3*t, seed + {seed} + 31)",
        "tilt": f"{wander}*noise(0.3*t, seed + {seed} + 32)",
    }


def shake_on(*, signal: str | None, amount: str, speed: float, seed: float) -> Curves:
    """A tremor as strong as a signal."""
    if signal is None:
        raise BadValue("shake_on needs a signal", hint="such as {shake_on: {signal: bass}}")

    def tremor(size: float, number: int) -> str:
        return f"{size}*{amount}*{signal}*noise({speed}*t, seed + {seed} + {number})"

    return {"pan_x": tremor(1, 41), "pan_y": tremor(1.5, 42), "roll": tremor(60, 43)}


def whip_pan(*, x: str, y: str, at: float, length: float) -> Curves:
    """Over to another place in a moment."""
    begin = f"({at}*duration - {length}/2)"
    way = f"smoothstep(0, 1, (shot_t - {begin})/{length})"
    return {"pan_x": f"{x}*{way}", "pan_y": f"{y}*{way}"}


_HERE = "storyboard.motion.movements:"

motions: Registry[Movement] = Registry(
    "movement",
    "storyboard.motions",
    {
        "dolly_in": (_HERE + "dolly_in", "towards the picture over the shot, softly"),
        "dolly_zoom": (
            _HERE + "dolly_zoom",
            "the middle keeps its size while the space around it stretches",
        ),
        "drift": (_HERE + "drift", "slow wandering, as if afloat"),
        "handheld": (_HERE + "handheld", "the small tremor of a camera in the hand"),
        "heartbeat": (_HERE + "heartbeat", "a double stroke of the zoom, once a second or beat"),
        "orbit": (_HERE + "orbit", "round the pivot, looking at it"),
        "shake_on": (_HERE + "shake_on", "shakes as hard as a signal is loud"),
        "spin": (_HERE + "spin", "turns on and on"),
        "swing": (_HERE + "swing", "a pendulum that hangs from above the picture"),
        "tunnel": (_HERE + "tunnel", "into the depth, turning, towards a point that wanders"),
        "whip_pan": (_HERE + "whip_pan", "over to another place in a moment"),
    },
)

_SEED = Option(0.0, "number", "another one gives another tremor")
_SPEED = Option(1.0, "number", "how fast, as a factor", 0, 100)

OPTIONS: dict[str, Options] = {
    "dolly_in": {"amount": Option("0.4", "curve", "share of the way to the picture")},
    "dolly_zoom": {"amount": Option("0.5", "curve", "how much; negative the other way")},
    "drift": {
        "amount": Option("1", "curve", "how far, as a factor"),
        "speed": _SPEED,
        "seed": _SEED,
    },
    "handheld": {
        "amount": Option("1", "curve", "how far, as a factor"),
        "speed": _SPEED,
        "seed": _SEED,
    },
    "heartbeat": {
        "amount": Option("0.08", "curve", "how much larger the picture gets"),
        "count": Option("t", "curve", "what it beats with: t once a second, beat once a beat"),
    },
    "orbit": {
        "angle": Option("15", "curve", "degrees to either side"),
        "height": Option("5", "curve", "degrees up and down"),
        "period": Option(8.0, "number", "seconds of a round", 0.01, 1e6),
    },
    "shake_on": {
        "signal": Option(None, "curve", "how hard: any signal or expression"),
        "amount": Option("0.02", "curve", "frame widths where the signal is 1"),
        "speed": Option(12.0, "number", "shakes a second", 0, 1000),
        "seed": _SEED,
    },
    "spin": {"per_s": Option("20", "curve", "degrees a second")},
    "swing": {
        "angle": Option("6", "curve", "degrees to either side"),
        "period": Option(4.0, "number", "seconds there and back", 0.01, 1e6),
        "above": Option(1.0, "number", "frame heights above the middle where it hangs", -100, 100),
    },
    "tunnel": {
        "speed": Option("1.4", "curve", "zoom a second"),
        "spin": Option("12", "curve", "degrees a second"),
        "wander": Option("6", "curve", "degrees that the camera looks about"),
        "seed": _SEED,
    },
    "whip_pan": {
        "x": Option("1", "curve", "frame widths to the right"),
        "y": Option("0", "curve", "frame heights up"),
        "at": Option(
            0.5, "number", "when it is half-way: 0 at the shot's start, 1 at its end", 0, 1
        ),
        "length": Option(0.4, "number", "seconds that it takes", 0.001, 1e6),
    },
}
"""The parameters of the built-in movements, by movement."""


def option_table(name: str) -> Options:
    """The parameters of a movement. Raises `UnknownName`."""
    return table_of(name, OPTIONS, motions)
