"""Movements by name: what film makers call a camera's way, written as curves.

A movement is a function that is given its parameters and gives curves by the camera's keys, in the
form in which a story writes them: numbers, expressions, keys. They are added to what the story
writes itself (zooms multiplied). ``catalogue.py`` declares the parameters. Other packages add their
own in the entry point group ``storyboard.movements``.

Every one is a function of time alone, in seconds, never of the frame; those that come and go, such
as an orbit, count the time of the film, so that they go on smoothly from shot to shot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from storyboard.catalogue import Catalogue
from storyboard.errors import BadValue
from storyboard.motion.catalogue import RECORDS
from storyboard.options import Options

Curves = Mapping[str, Any]
"""Curves as a story writes them, by the keys of ``motion`` (``pan_x``, ``zoom_per_s`` ...)."""

Movement = Callable[..., Curves]

SOFT = "smoothstep(0, 1, u)"
"""From 0 to 1 over the shot, gently."""


def dolly_in(*, amount: str) -> Curves:
    """Return the camera goes ahead by a share of the way."""
    return {"dolly": f"{amount}*{SOFT}"}


def dolly_zoom(*, amount: str) -> Curves:
    """Return the angle widens while the camera comes nearer, so that the pivot keeps its size; on a
    flat picture the lens shows the same.
    """
    return {"fov": f"40*exp(0.9*{amount}*{SOFT})", "lens": f"-0.5*{amount}*{SOFT}"}


def orbit(*, angle: str, height: str, period: float) -> Curves:
    """Round the pivot on an ellipse."""
    turn = f"tau*t/{period}"
    return {"orbit_x": f"{angle}*sin({turn})", "orbit_y": f"{height}*cos({turn})"}


def handheld(*, amount: str, speed: float, seed: float) -> Curves:
    """Return two sizes of tremor, slow sway and quick hand, each of them its own."""

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
    """Turn without end about the pivot."""
    return {"rotate_per_s": per_s}


def swing(*, angle: str, period: float, above: float) -> Curves:
    """Return a pendulum that hangs from above the picture."""
    return {
        "rotate": f"{angle}*sin(tau*t/{period})",
        "pivot_x": 0.5,
        "pivot_y": 0.5 - above,
    }


def heartbeat(*, amount: str, count: str) -> Curves:
    """Return two strokes of the zoom each time that ``count`` passes a whole number."""

    def stroke(late: float) -> str:
        since = f"fract({count} - {late})"
        return f"1.7*exp(-9*{since})*smoothstep(0, 0.06, {since})"  # 1 at its height

    return {"zoom": f"1 + {amount}*({stroke(0)} + 0.6*{stroke(0.28)})"}


def tunnel(*, speed: str, spin: str, wander: str, seed: float) -> Curves:
    """Fly into the depth, turning, towards a point that wanders.

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
    """Return a tremor as strong as a signal."""
    if signal is None:
        raise BadValue("shake_on needs a signal", hint="such as {shake_on: {signal: bass}}")

    def tremor(size: float, number: int) -> str:
        return f"{size}*{amount}*{signal}*noise({speed}*t, seed + {seed} + {number})"

    return {"pan_x": tremor(1, 41), "pan_y": tremor(1.5, 42), "roll": tremor(60, 43)}


def whip_pan(*, x: str, y: str, at: float, length: float) -> Curves:
    """Pan to another place in a moment."""
    begin = f"({at}*duration - {length}/2)"
    way = f"smoothstep(0, 1, (shot_t - {begin})/{length})"
    return {"pan_x": f"{x}*{way}", "pan_y": f"{y}*{way}"}


movements: Catalogue[Movement] = Catalogue(
    "movement", "storyboard.movements", RECORDS, former_group="storyboard.motions"
)


def option_table(name: str) -> Options:
    """Return the parameters of a movement. Raises `UnknownName`."""
    return movements.record(name).options
