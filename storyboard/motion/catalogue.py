"""The built-in movements: where each is, what it does, and its parameters.

A ``curve`` arrives as the text of an expression in brackets, everything else as what it is.
"""

from __future__ import annotations

from storyboard.catalogue import Record
from storyboard.options import Option

_HERE = "storyboard.motion.movements:"

_SEED = Option(0.0, "number", "another one gives another tremor", still=True)
_SPEED = Option(1.0, "number", "how fast, as a factor", 0, 100, still=True)

RECORDS = {
    "dolly_in": Record(
        _HERE + "dolly_in",
        "towards the picture over the shot, softly",
        {"amount": Option("0.4", "curve", "share of the way to the picture")},
    ),
    "dolly_zoom": Record(
        _HERE + "dolly_zoom",
        "the middle keeps its size while the space around it stretches",
        {"amount": Option("0.5", "curve", "how much; negative the other way")},
    ),
    "drift": Record(
        _HERE + "drift",
        "slow wandering, as if afloat",
        {
            "amount": Option("1", "curve", "how far, as a factor"),
            "speed": _SPEED,
            "seed": _SEED,
        },
    ),
    "handheld": Record(
        _HERE + "handheld",
        "the small tremor of a camera in the hand",
        {
            "amount": Option("1", "curve", "how far, as a factor"),
            "speed": _SPEED,
            "seed": _SEED,
        },
    ),
    "heartbeat": Record(
        _HERE + "heartbeat",
        "a double stroke of the zoom, once a second or beat",
        {
            "amount": Option("0.08", "curve", "how much larger the picture gets"),
            "count": Option("t", "curve", "what it beats with: t once a second, beat once a beat"),
        },
    ),
    "orbit": Record(
        _HERE + "orbit",
        "round the pivot, looking at it",
        {
            "angle": Option("15", "curve", "degrees to either side"),
            "height": Option("5", "curve", "degrees up and down"),
            "period": Option(8.0, "number", "seconds of a round", 0.01, 1e6, still=True),
        },
    ),
    "shake_on": Record(
        _HERE + "shake_on",
        "shakes as hard as a signal is loud",
        {
            "signal": Option(None, "curve", "how hard: any signal or expression"),
            "amount": Option("0.02", "curve", "frame widths where the signal is 1"),
            "speed": Option(12.0, "number", "shakes a second", 0, 1000, still=True),
            "seed": _SEED,
        },
    ),
    "spin": Record(
        _HERE + "spin", "turns on and on", {"per_s": Option("20", "curve", "degrees a second")}
    ),
    "swing": Record(
        _HERE + "swing",
        "a pendulum that hangs from above the picture",
        {
            "angle": Option("6", "curve", "degrees to either side"),
            "period": Option(4.0, "number", "seconds there and back", 0.01, 1e6, still=True),
            "above": Option(
                1.0,
                "number",
                "frame heights above the middle where it hangs",
                -100,
                100,
                still=True,
            ),
        },
    ),
    "tunnel": Record(
        _HERE + "tunnel",
        "into the depth, turning, towards a point that wanders",
        {
            "speed": Option("1.4", "curve", "zoom a second"),
            "spin": Option("12", "curve", "degrees a second"),
            "wander": Option("6", "curve", "degrees that the camera looks about"),
            "seed": _SEED,
        },
    ),
    "whip_pan": Record(
        _HERE + "whip_pan",
        "over to another place in a moment",
        {
            "x": Option("1", "curve", "frame widths to the right"),
            "y": Option("0", "curve", "frame heights up"),
            "at": Option(
                0.5,
                "number",
                "when it is half-way: 0 at the shot's start, 1 at its end",
                0,
                1,
                still=True,
            ),
            "length": Option(0.4, "number", "seconds that it takes", 0.001, 1e6, still=True),
        },
    ),
}
"""Every built-in movement, by name."""
