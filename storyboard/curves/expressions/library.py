"""Every function that expressions may call, and what to suggest for a name that is unknown."""

from __future__ import annotations

from collections.abc import Collection

from storyboard.curves import keys
from storyboard.curves.expressions import chance, events
from storyboard.curves.expressions.errors import ExpressionError
from storyboard.curves.expressions.functions import Function
from storyboard.curves.expressions.pointwise import ARITHMETIC, WAVES
from storyboard.curves.expressions.signals import COMBINATORS, SHAPERS
from storyboard.curves.expressions.tokens import Token
from storyboard.errors import did_you_mean

GROUPS: dict[str, tuple[Function, ...]] = {
    "numbers": ARITHMETIC,
    "events": events.FUNCTIONS,
    "shapers": SHAPERS,
    "oscillators": WAVES,
    "chance": chance.FUNCTIONS,
    "curves": (*keys.FUNCTIONS, *COMBINATORS),
}
"""The functions by subject, in the order of the docs."""

FUNCTIONS: dict[str, Function] = {
    function.name: function for group in GROUPS.values() for function in group
}
"""Every function by its name."""


_NO_PREFIX = "functions need no prefix: write sin(x)"
_EASE = 'write ease("quad-in-out", u)'

ELSEWHERE = {
    "where": "write a if condition else b",
    "iff": "write a if condition else b",
    "mix": "write lerp(a, b, u)",
    "linear": "write lerp(a, b, u), or keys(...)",
    "interp": 'write keys("0:0, 2s:1")',
    "ln": "write log(x)",
    "log10": "write log(x) / log(10)",
    "log2": "write log(x) / log(2)",
    "sinh": "write (exp(x) - exp(-x)) / 2",
    "cosh": "write (exp(x) + exp(-x)) / 2",
    "tanh": "write 1 - 2/(exp(2*x) + 1)",
    "arcsin": "write asin(x)",
    "arccos": "write acos(x)",
    "arctan": "write atan(x)",
    "arctan2": "write atan2(y, x)",
    "frac": "write fract(x)",
    "clip": "write clamp(x, low, high)",
    "constrain": "write clamp(x, low, high)",
    "random": "write rand(x, seed)",
    "smrand": "write simplex(x, seed)",
    "vibe": "write wiggle(freq, amp)",
    "shake": "write wiggle(freq, amp)",
    "sq": "write square(period)",
    "triangle": "write tri(period)",
    "sawtooth": "write saw(period)",
    "osc": "write sine(period)",
    "bez": _EASE,
    "easein": _EASE,
    "easeout": _EASE,
    "easeinout": _EASE,
    "cubic_bezier": 'write ease("cubic-bezier(0.4, 0, 0.2, 1)", u)',
    "steps": 'write ease("steps(4)", u)',
    "slide": 'write keys("0:0, 2s:1")',
    "envelope": "write env(signal, attack, release)",
    "follow": "write env(signal, attack, release)",
    "lowpass": "write smooth(signal, window)",
    "average": "write smooth(signal, window)",
    "pulse_decay": "write decay(event, per_s)",
    "hawkes": "write decay(event, per_s)",
    "kick": "write decay(beat, 6), or a signal such as bass",
    "cumsum": "write integral(signal)",
    "accumulate": "write integral(signal)",
    "previous": "write prev(signal)",
    "time_since": "write since(event)",
    "time_until": "write until(event)",
    "loopout": "write loop(curve, length)",
    "bounce": 'write pingpong(curve, length), or ease("bounce-out", u)',
    "math": _NO_PREFIX,
    "np": _NO_PREFIX,
    "time": "write t for seconds of the film, shot_t for those of the shot",
    "sec": "write t",
    "frame": "write f",
    "max_f": "write duration*fps, or u for 0 to 1 over the shot",
    "progress": "write u",
    "whole_beat": "write floor(b)",
    "wb": "write floor(b)",
    "amplitude": "write rms",
    "volume": "write rms",
    "loudness": "write rms",
    "treble": "write high",
    "seconds_since_beat": "write since(beat)",
    "frames_since_beat": "write since(beat)*fps",
    "seconds_until_beat": "write until(beat)",
    "frames_until_beat": "write until(beat)*fps",
    "progress_until_beat": "write beat_phase",
}
"""What other tools call things, and what to write here."""


_MIDI = "{midi: song.mid}"


def unknown(kind: str, token: Token, known: Collection[str]) -> ExpressionError:
    """Return the complaint about a name, or a function, that is none of ``known``."""
    hint = (
        _dotted(token.text, known)
        or _missing_audio(token.text, known)
        or ELSEWHERE.get(token.text.lower())
        or did_you_mean(token.text, known)
        or f"known: {', '.join(known)}"
    )
    return ExpressionError(f"unknown {kind} {token.text!r}", column=token.column, hint=hint)


def _dotted(name: str, known: Collection[str]) -> str | None:
    prefix, _, last = name.rpartition(".")
    if prefix and last in FUNCTIONS:
        return f"functions need no prefix: write {last}"
    return "there is no attribute access" if prefix in known else None


def _missing_audio(name: str, known: Collection[str]) -> str | None:
    """Return a hint for a signal or event whose soundtrack the story lacks; None for other
    names.
    """
    from storyboard.audio import SIGNALS

    if name.startswith("midi."):
        has_midi = [one for one in known if one.startswith("midi.")]
        return did_you_mean(name, has_midi) if has_midi else f"{name} needs audio: {_MIDI}"
    stem, _, last = name.rpartition(".")
    if last not in (*SIGNALS, "onset", "section"):
        return None
    if not stem:
        return None if last in known else f"{name} needs audio: {{file: song.wav}}"
    has_audio = any(one in known for one in SIGNALS)
    inner = f"stems: {{{stem}: {stem}.wav}}"
    needed = inner if has_audio else f"file: song.wav, {inner}"
    return did_you_mean(name, [one for one in known if "." in one]) or (
        f"{name} needs audio: {{{needed}}}"
    )
