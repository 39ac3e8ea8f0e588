"""What to say of a name that nobody knows: the nearest right one, or what the story lacks."""

from __future__ import annotations

from collections.abc import Collection

from storyboard.errors import did_you_mean
from storyboard.timeline.expressions.functions import FUNCTIONS
from storyboard.timeline.expressions.moments import ExpressionError
from storyboard.timeline.expressions.tokens import Token
from storyboard.timeline.expressions.words import ELSEWHERE


def unknown(kind: str, token: Token, known: Collection[str]) -> ExpressionError:
    """The complaint about a name, or a function, that is none of ``known``."""
    hint = (
        _dotted(token.text, known)
        or _unheard(token.text, known)
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


def _unheard(name: str, known: Collection[str]) -> str | None:
    """What the story lacks for a signal, or an event of the soundtrack, that it names."""
    from storyboard.audio import SIGNALS

    stem, _, last = name.rpartition(".")
    if last not in (*SIGNALS, "onset", "section"):
        return None
    if not stem:
        return None if last in known else f"{name} needs audio: {{file: song.wav}}"
    is_heard = any(one in known for one in SIGNALS)
    inner = f"stems: {{{stem}: {stem}.wav}}"
    needed = inner if is_heard else f"file: song.wav, {inner}"
    return did_you_mean(name, [one for one in known if "." in one]) or (
        f"{name} needs audio: {{{needed}}}"
    )
