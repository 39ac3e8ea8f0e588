"""Where in a story's text a shot's prompts, times and curves are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from storyboard.curves.clock import Clock
from storyboard.errors import BadValue
from storyboard.plan import POSE_FIELDS
from storyboard.story.guidance import SOURCES
from storyboard.story.source import KeyPath
from storyboard.timeline.slots import PlacedShot
from storyboard.times import parse_time


@dataclass(frozen=True)
class PromptPlace:
    """A prompt's text and where it is written; ``own`` is False for one that other shots share."""

    path: KeyPath
    text: str
    own: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the place for the page."""
        return {"path": list(self.path), "text": self.text, "own": self.own}


def value_at(data: Any, path: KeyPath) -> Any:
    """Return what is written at ``path``, None where nothing is."""
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def prompt_places(data: Mapping[str, Any], path: KeyPath) -> list[PromptPlace]:
    """Return the texts of the prompts of the shot at ``path``; those of the ``defaults`` or of the
    story where it has none of its own.
    """
    for base, own in ((path, True), (("defaults",), False), ((), False)):
        found = list(_texts(value_at(data, base), base, own=own))
        if found:
            return found
    return []


def _texts(written: Any, path: KeyPath, *, own: bool) -> Iterator[PromptPlace]:
    if isinstance(written, str):
        yield PromptPlace(path, written, own)
    elif isinstance(written, list):
        for place, item in enumerate(written):
            text = item.get("text") if isinstance(item, Mapping) else item
            if isinstance(text, str):
                inner = ("text",) if isinstance(item, Mapping) else ()
                yield PromptPlace((*path, place, *inner), text, own)
    elif isinstance(written, Mapping):
        key = "text" if written.keys() & set(SOURCES) else "prompt"
        if isinstance(written.get(key), str | list | dict):
            yield from _texts(written[key], (*path, key), own=own)


@dataclass(frozen=True)
class CurveKey:
    """A key of a curve: ``at`` in film seconds, ``time`` as it is written at the end of ``path``;
    ``value`` is None for an expression.
    """

    path: KeyPath
    time: str
    at: float
    value: float | None
    ease: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the key for the page."""
        return {**vars(self), "path": list(self.path)}


@dataclass(frozen=True)
class WrittenCurve:
    """A curve that counts in a shot, as it is written at ``path``: ``form`` is keys, number or
    text (an expression); ``own`` is False where other shots share it.
    """

    name: str
    path: KeyPath
    form: str
    text: str
    own: bool
    keys: tuple[CurveKey, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the curve for the page."""
        keys = [key.to_json() for key in self.keys]
        return {**vars(self), "path": list(self.path), "keys": keys}


def written_curves(
    data: Mapping[str, Any], slot: PlacedShot, clock: Clock
) -> Iterator[WrittenCurve]:
    """Yield the camera's curves of a shot, those that it inherits included, by what counts."""
    seen = set[str]()
    for base in (slot.path, ("defaults",), ()):
        motion = value_at(data, (*base, "motion"))
        for name, written in motion.items() if isinstance(motion, Mapping) else ():
            if name in seen or name.removesuffix("_per_s") not in POSE_FIELDS:
                continue
            seen.add(name)
            path = (*base, "motion", name)
            yield _curve(name, path, written, slot, clock)


def _curve(name: str, path: KeyPath, written: Any, slot: PlacedShot, clock: Clock) -> WrittenCurve:
    own = path[: len(slot.path)] == slot.path and slot.path != ()
    if not isinstance(written, Mapping):
        form = "text" if isinstance(written, str) else "number"
        return WrittenCurve(name, path, form, str(written), own)
    keys = tuple(_keys(path, written, slot, clock))
    return WrittenCurve(name, path, "keys", "", own, tuple(sorted(keys, key=lambda k: k.at)))


def _keys(
    path: KeyPath, written: Mapping[str, Any], slot: PlacedShot, clock: Clock
) -> Iterator[CurveKey]:
    for time, value in written.items():
        if time == "ease":
            continue
        try:
            after = clock.time_in_shot(parse_time(time), slot.start, slot.end)
        except BadValue:
            continue
        number, ease = key_parts(value)
        yield CurveKey((*path, time), time, float(slot.start + after), number, ease)


def key_parts(written: Any) -> tuple[float | None, str | None]:
    """Return the number of a key and its easing; None for an expression, and for no easing."""
    ease = None
    if isinstance(written, Mapping):
        written, ease = written.get("value"), written.get("ease")
    elif isinstance(written, list):
        written, ease = (*written, None, None)[:2]
    is_number = isinstance(written, int | float) and not isinstance(written, bool)
    return float(written) if is_number else None, ease if isinstance(ease, str) else None


@dataclass(frozen=True)
class Border:
    """The border at which a shot ends: ``fixed`` says why it cannot be moved, empty where it can.

    ``way`` is until, duration, default, key or last.
    """

    at: Fraction
    way: str = ""
    fixed: str = ""


def border_after(data: Mapping[str, Any], slots: tuple[PlacedShot, ...], index: int) -> Border:
    """Return the border between the shots ``index`` and ``index + 1``."""
    slot = slots[index]
    if index + 1 >= len(slots):
        return Border(slot.end, "last", "the film ends here")
    following = slots[index + 1].path
    if slot.path[:1] == ("lyrics",):
        return Border(slot.end, "", "the lyrics say when this shot ends")
    if slot.path[:1] == ("prompts",):
        if isinstance(following[-1], int):
            return Border(slot.end, "", "these prompts share the time evenly; give them times")
        return Border(slot.end, "key")
    shot = value_at(data, slot.path)
    if isinstance(shot, Mapping) and shot.get("until") is not None:
        return Border(slot.end, "until")
    own = isinstance(shot, Mapping) and shot.get("duration") is not None
    return Border(slot.end, "duration" if own else "default")
