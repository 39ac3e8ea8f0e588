"""What several importers share: frames, shots from keyed prompts, sound, and what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from storyboard.errors import BadValue
from storyboard.story.importers import prompt_texts
from storyboard.story.importers.camera import Moves, shot_motion
from storyboard.story.importers.curves import Shot, Track, weight_text
from storyboard.story.importers.foreign_values import value
from storyboard.story.importers.prompt_texts import Piece
from storyboard.story.importers.schedules import Setting, read_schedule
from storyboard.story.importers.simplify import short
from storyboard.story.importers.translate import Untranslatable
from storyboard.story.importers.writing import Draft, prompt_value, shot_name
from storyboard.timeline.clock import parse_fps


def at(path: str, make: Any) -> Any:
    """What ``make()`` gives; a mistake in it is told with the setting's name."""
    try:
        return make()
    except BadValue as error:
        raise BadValue(f"{path}: {error.message}", hint=error.hint, column=error.column) from None


def whole(settings: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number that a source says, as a number or a text. Raises `BadValue`."""
    given = settings.get(name)
    try:
        return default if given in (None, "") else int(float(str(given)))
    except ValueError:
        raise BadValue(f"{name}: {given!r} is no number") from None


def rate(settings: Mapping[str, Any], names: Iterable[str], default: int) -> Fraction:
    """Frames a second, from the first of ``names`` that is said."""
    for name in names:
        if settings.get(name) not in (None, ""):
            return at(name, lambda n=name: parse_fps(settings[n]))  # type: ignore[no-any-return]
    return Fraction(default)


def track(settings: Mapping[str, Any], name: str, default: float, setting: Setting) -> Track:
    """The schedule of one setting, or its default where nothing is said."""
    given = settings.get(name)
    written = default if given in (None, "") else given

    def read() -> Track:
        schedule = read_schedule(written, setting)
        return Track(schedule.values(setting), schedule, names=setting.names)

    return at(name, read)  # type: ignore[no-any-return]


def add_shots(draft: Draft, prompts: Mapping[int, Any], frames: int, make: Any) -> None:
    """A shot from every key of ``prompts`` to the next; ``make(value, next value)`` its prompt.

    The first one reaches back to the start; what lies beyond the last frame is told.
    """
    inside = {max(frame, 0): text for frame, text in prompts.items() if frame < frames}
    beyond = [str(frame) for frame in prompts if frame >= frames]
    if beyond:
        draft.notes.left(["prompts at frame " + ", ".join(beyond)], f"the film has {frames} frames")
    starts = sorted(inside) or [0]
    texts = [inside.get(start, next(iter(prompts.values()))) for start in starts]
    starts[0] = 0
    following = [*prompts.values()][1:]
    for n, (first, end) in enumerate(zip(starts, [*starts[1:], frames], strict=True)):
        then = following[n] if n < len(following) else None
        prompt, name = make(texts[n], then)
        draft.add_shot(first, end - first, prompt, name=name)
        draft.spans.append(Shot(first, end - first, draft.fps))


def add_motion(draft: Draft, moves: Moves) -> None:
    """The camera of every shot."""
    for shot in draft.spans:
        draft.motions.append(shot_motion(moves, shot))


def prompt_of(pieces: list[Piece], draft: Draft, setting: Setting) -> tuple[Any, str]:
    """The story's prompt of these pieces, and a name for its shot."""
    made = [prompt_piece(piece, draft, setting) for piece in pieces]
    return prompt_value(made), shot_name(made[0]["text"])


def prompt_piece(
    piece: Piece, draft: Draft, setting: Setting, *, share: str = ""
) -> dict[str, Any]:
    """``{text, weight}``; ``share`` is a factor such as ``(1 - u)``."""
    if isinstance(piece.weight, float):
        weight: Any = short(piece.weight)
        text = share if weight == 1 and share else f"{weight:g}*{share}" if share else weight
    else:
        at("prompts", lambda: value(piece.weight, setting.dialect, setting.all_names(0.0)))
        text = _moving(piece, draft, setting)
        text = f"({text})*{share}" if share else text
    return {"text": piece.text} if text == 1 else {"text": piece.text, "weight": text}


def _moving(piece: Piece, draft: Draft, setting: Setting) -> str:
    names = {"max_f": float(setting.frames - 1), **setting.names}
    try:
        text = weight_text(piece.weight, draft.fps, names)  # type: ignore[arg-type]
    except Untranslatable as what:
        raise BadValue(f"prompts: the weight of {piece.text!r} reads {what}") from None
    return f"max(0, {text} - 1)" if piece.extra else text


def texts_of(text: str) -> list[Piece]:
    """The pieces of a prompt; a mistake is told as one of the prompts."""
    return at("prompts", lambda: prompt_texts.pieces(text))  # type: ignore[no-any-return]


def add_sound(draft: Draft, path: Any) -> None:
    """The soundtrack, where its file lies here; else how to add it."""
    if path in (None, "") or str(path).startswith(("http:", "https:")):
        if path:
            draft.notes.left(["soundtrack"], "it is on a server; save the file, then audio: FILE")
        return
    file = Path(str(path).replace("\\", "/"))
    for candidate in (draft.source.folder / file, draft.source.folder / file.name):
        if candidate.is_file():
            inside = not file.is_absolute() and candidate == draft.source.folder / file
            draft.head["audio"] = str(file) if inside else file.name
            return
    draft.notes.left(["soundtrack"], f"{file.name} is not beside the settings; then audio: FILE")
