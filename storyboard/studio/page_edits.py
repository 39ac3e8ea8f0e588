"""What the page asks to be changed, as edits of the story's text.

Every function takes the story as it was read and returns the new text; `UsageError` says why
something cannot be done. Times are film seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from storyboard.curves.clock import Clock
from storyboard.errors import UsageError, did_you_mean
from storyboard.story.edits import with_item, with_key, with_value, without
from storyboard.story.source import KeyPath
from storyboard.studio.places import border_after, key_parts, prompt_places, value_at
from storyboard.studio.reading import ReadFilm, Reading, read
from storyboard.studio.written_times import length, moment, rounded
from storyboard.timeline.slots import PlacedShot
from storyboard.times import check_mark_name


@dataclass(frozen=True)
class Target:
    """A moment that something is moved to: ``at`` film seconds, and the beat or the mark that this
    is, where the pointer was drawn to one.
    """

    at: Fraction
    beat: int | None = None
    mark: str | None = None

    @classmethod
    def of(cls, wanted: Mapping[str, Any], clock: Clock) -> Target:
        """Read what the page sent. Raises `UsageError`."""
        beat, mark = wanted.get("beat"), wanted.get("mark")
        if isinstance(beat, int) and clock.beats is not None:
            return cls(clock.beats.moment(beat), beat=beat)
        if isinstance(mark, str) and mark in clock.marks:
            return cls(clock.marks[mark], mark=mark)
        return cls(rounded(_number(wanted, "at")))


def _number(wanted: Mapping[str, Any], key: str) -> float:
    value = wanted.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e6:
        raise UsageError(f"{key!r} must be a number")
    return float(value)


def _film(reading: Reading) -> ReadFilm:
    if reading.film is None:
        raise UsageError("the story has errors; correct them in the text first")
    return reading.film


def _slot(film: ReadFilm, wanted: Mapping[str, Any]) -> tuple[int, PlacedShot]:
    index = wanted.get("shot")
    if not isinstance(index, int) or not 0 <= index < len(film.when.slots):
        raise UsageError(f"there is no shot {index}")
    return index, film.when.slots[index]


def set_value(reading: Reading, wanted: Mapping[str, Any]) -> str:
    """Set one value: ``path``, ``value``."""
    path, value = wanted.get("path"), wanted.get("value")
    is_path = isinstance(path, list) and path and all(isinstance(p, str | int) for p in path)
    if not is_path or not isinstance(value, str | int | float | bool):
        raise UsageError("a value needs a path and a text, number or truth value")
    return with_value(reading.text, tuple(path or ()), value)


def set_prompt(reading: Reading, wanted: Mapping[str, Any]) -> str:
    """Set the ``text`` of a ``shot``'s prompt number ``prompt``; a shot without one of its own gets
    it.
    """
    film = _film(reading)
    _, slot = _slot(film, wanted)
    text, number = wanted.get("text"), wanted.get("prompt", 0)
    if not isinstance(text, str) or not text.strip():
        raise UsageError("a prompt is empty; write what the picture should show")
    if slot.path[:1] == ("lyrics",):
        raise UsageError("these shots are made of the lyrics; their prompt is lyrics.prompt")
    places = prompt_places(reading.data, slot.path)
    path: KeyPath = (*slot.path, "prompt")
    if isinstance(number, int) and 0 <= number < len(places) and places[number].own:
        path = places[number].path
    return with_value(reading.text, path, " ".join(text.split()))


def move_border(reading: Reading, wanted: Mapping[str, Any]) -> str:
    """Move the end of a ``shot`` to a `Target`.

    The next shot begins there and still ends where it ended; with ``ripple`` it keeps its length,
    and all that comes after it moves along.
    """
    film = _film(reading)
    index, slot = _slot(film, wanted)
    border = border_after(reading.data, film.when.slots, index)
    if border.fixed:
        raise UsageError(border.fixed)
    target, following = Target.of(wanted, film.when.clock), film.when.slots[index + 1]
    frame = 1 / film.plan.fps
    latest = film.plan.duration if wanted.get("ripple") else following.end
    if not slot.start + frame <= target.at <= latest - frame:
        raise UsageError("a shot would be left without a frame there")
    if border.way == "key":
        return _moved_key(reading.text, following.path, target, film)
    text = _with_end(reading, index, target, film)
    if wanted.get("ripple"):
        return text
    after = border_after(reading.data, film.when.slots, index + 1)
    if after.way in ("duration", "default"):
        ends = (target.at, _written_end(film, index + 1))
        text = _with_length(text, reading, following, ends, film)
    return text


def _with_end(reading: Reading, index: int, target: Target, film: ReadFilm) -> str:
    """Return the text in which the shot ``index`` ends at ``target``."""
    slot, clock = film.when.slots[index], film.when.clock
    until = value_at(reading.data, (*slot.path, "until"))
    if until is None:
        return _with_length(reading.text, reading, slot, (_written_start(slot), target.at), film)
    shown = target.mark or moment(target.at, until, clock, whole=clock.end)
    return with_value(reading.text, (*slot.path, "until"), shown)


def _written_start(slot: PlacedShot) -> Fraction:
    """Return when a shot starts as it is written, before ``snap`` moves it."""
    return slot.start - (slot.moved or 0)


def _written_end(film: ReadFilm, index: int) -> Fraction:
    """Return when the shot ``index`` ends as it is written."""
    slots = film.when.slots
    return _written_start(slots[index + 1]) if index + 1 < len(slots) else slots[index].end


def _with_length(
    text: str, reading: Reading, slot: PlacedShot, ends: tuple[Fraction, Fraction], film: ReadFilm
) -> str:
    """Return ``text`` in which the shot at ``slot`` lasts from one to the other of ``ends``."""
    clock = film.when.clock
    path: KeyPath = (*slot.path, "duration")
    like = value_at(reading.data, path)
    if like is None:
        like = value_at(reading.data, ("defaults", "duration"))
    return with_value(text, path, length(*ends, like, clock, whole=clock.end))


def _moved_key(text: str, path: KeyPath, target: Target, film: ReadFilm) -> str:
    """Return ``text`` in which the prompt keyed at ``path`` begins at ``target``."""
    clock, key = film.when.clock, str(path[-1])
    like = "0:00" if key in clock.marks else key
    return with_key(text, path, target.mark or str(moment(target.at, like, clock, whole=clock.end)))


def set_mark(reading: Reading, wanted: Mapping[str, Any]) -> str:
    """Set the mark ``name`` to a `Target`."""
    film, name = _film(reading), wanted.get("name")
    if not isinstance(name, str):
        raise UsageError("a mark has a name")
    check_mark_name(name)
    path: KeyPath = ("marks", name)
    old = value_at(reading.data, path)
    if isinstance(old, Mapping):
        raise UsageError(f"{name} is a set of marks; change it in the text")
    target = Target.of({**wanted, "mark": None}, film.when.clock)
    like = "0:00" if old is None else old
    return with_value(reading.text, path, moment(target.at, like, film.when.clock))


def split(reading: Reading, wanted: Mapping[str, Any]) -> str:
    """Split a ``shot`` in two at a `Target`; both have its prompt."""
    film = _film(reading)
    index, slot = _slot(film, wanted)
    clock, target = film.when.clock, Target.of(wanted, film.when.clock)
    frame = 1 / film.plan.fps
    if not slot.start + frame <= target.at <= slot.end - frame:
        raise UsageError("a shot can be split between its first and its last frame")
    first = next((place.text for place in prompt_places(reading.data, slot.path)), None)
    if first is None or slot.path[:1] not in (("shots",), ("prompts",)):
        raise UsageError("this shot can only be split in the text")
    if slot.path[0] == "prompts":
        return _split_keyed(reading, slot, target, first, clock)
    text, end = _with_end(reading, index, target, film), {}
    shot = value_at(reading.data, slot.path)
    if isinstance(shot, Mapping) and shot.get("until") is not None:
        end = {"until": shot["until"]}
    elif index + 1 < len(film.when.slots) or shot.get("duration") is not None:
        end = {
            "duration": length(target.at, _written_end(film, index), shot.get("duration"), clock)
        }
    return with_item(text, ("shots",), index + 1, {**end, "prompt": first})


def _split_keyed(
    reading: Reading, slot: PlacedShot, target: Target, prompt: str, clock: Clock
) -> str:
    key = str(slot.path[-1])
    if isinstance(slot.path[-1], int):
        raise UsageError("these prompts share the time evenly; give them times in the text")
    like = "0:00" if key in clock.marks else key
    shown = target.mark or str(moment(target.at, like, clock, whole=clock.end))
    return with_value(reading.text, ("prompts", shown), prompt, after=key)


def remove_shot(reading: Reading, wanted: Mapping[str, Any]) -> str:
    """Remove a ``shot``; the one before it lasts until its end, of the first the next begins with
    the film.
    """
    film = _film(reading)
    index, slot = _slot(film, wanted)
    if len(film.when.slots) == 1 or slot.path[:1] not in (("shots",), ("prompts",)):
        raise UsageError("this shot can only be removed in the text")
    text = reading.text
    if slot.path[0] == "prompts":
        if index == 0 and isinstance(slot.path[-1], str):
            following = film.when.slots[1].path
            return with_key(without(text, slot.path), following, str(slot.path[-1]))
        return without(text, slot.path)
    if index:
        end = Target(_written_end(film, index))
        before = border_after(reading.data, film.when.slots, index - 1)
        last = index + 1 == len(film.when.slots)
        text = _taken_over(reading, index, end, film, last=last) if not before.fixed else text
    return without(text, slot.path)


def _taken_over(reading: Reading, index: int, end: Target, film: ReadFilm, *, last: bool) -> str:
    """Return the text in which the shot before ``index`` ends where that one ends."""
    before, shot = film.when.slots[index - 1], value_at(reading.data, film.when.slots[index].path)
    until = shot.get("until") if isinstance(shot, Mapping) else None
    own = value_at(reading.data, (*before.path, "until"))
    if own is not None and until is not None:
        return with_value(reading.text, (*before.path, "until"), until)
    if last and until is not None:
        renamed = value_at(reading.data, (*before.path, "duration"))
        if renamed is not None:
            text = with_key(reading.text, (*before.path, "duration"), "until")
            return with_value(text, (*before.path, "until"), until)
    return _with_end(reading, index - 1, end, film)


def set_key(reading: Reading, wanted: Mapping[str, Any]) -> str:
    """Set a key of a camera's curve: in ``shot``, the ``curve`` (zoom, rotate ...) is ``value`` at
    the film second ``at``; ``time`` is the key that is moved, None for a new one.
    """
    film = _film(reading)
    _, slot = _slot(film, wanted)
    path = _curve_path(reading, slot, str(wanted.get("curve")))
    value, clock = _digits(_number(wanted, "value")), film.when.clock
    after = Target.of(wanted, clock).at - slot.start
    after = min(max(after, Fraction(0)), slot.end - slot.start)
    written = value_at(reading.data, path)
    if isinstance(written, str):
        raise UsageError("this curve is an expression; change it in the text")
    if not isinstance(written, Mapping):
        return _new_keys(reading.text, path, written, {_time(after, "0s", slot, clock): value})
    time = wanted.get("time")
    if not isinstance(time, str) or time not in written:
        like = next((key for key in written if key != "ease"), "0s")
        shown = _time(after, like, slot, clock)
        return with_value(reading.text, (*path, shown), value)
    return _moved_curve_key(
        reading.text, path, written, (time, _time(after, time, slot, clock)), value
    )


def _moved_curve_key(
    text: str, path: KeyPath, written: Mapping[str, Any], times: tuple[str, str], value: float
) -> str:
    """Return ``text`` with the key at the first of ``times`` moved to the second, at ``value``."""
    old, new = times
    number, _ = key_parts(written[old])
    if number is None:
        raise UsageError("the value of this key is an expression; change it in the text")
    inner: KeyPath = ()
    if isinstance(written[old], Mapping):
        inner = ("value",)
    elif isinstance(written[old], list):
        inner = (0,)
    if number != value:
        text = with_value(text, (*path, old, *inner), value)
    return text if new == old else with_key(text, (*path, old), new)


def _new_keys(text: str, path: KeyPath, constant: Any, keys: Mapping[str, float]) -> str:
    """Return ``text`` in which a curve that is one number, or not written, has keys."""
    if constant is None:
        constant = 1 if str(path[-1]).startswith("zoom") else 0
    return with_value(text, path, {"0s": constant, **keys})


def remove_key(reading: Reading, wanted: Mapping[str, Any]) -> str:
    """Remove the key ``time`` of a ``shot``'s ``curve``; the last one that is left stays as the
    curve's value.
    """
    film = _film(reading)
    _, slot = _slot(film, wanted)
    path, time = _curve_path(reading, slot, str(wanted.get("curve"))), str(wanted.get("time"))
    written = value_at(reading.data, path)
    if not isinstance(written, Mapping) or time not in written:
        raise UsageError(f"there is no key {time}")
    if len([key for key in written if key != "ease"]) == 1:
        number, _ = key_parts(written[time])
        return with_value(reading.text, path, _digits(number or 0.0))
    return without(reading.text, (*path, time))


def _curve_path(reading: Reading, slot: PlacedShot, name: str) -> KeyPath:
    """Return where the curve that counts in a shot is written, or would be."""
    own: KeyPath = (*slot.path, "motion", name)
    for path in (own, ("defaults", "motion", name), ("motion", name)):
        if value_at(reading.data, path) is not None:
            return path
    return own if slot.path[:1] == ("shots",) or not slot.path else ("defaults", "motion", name)


def _time(after: Fraction, like: str, slot: PlacedShot, clock: Clock) -> str:
    """Return how a key's time is written that lies ``after`` seconds from the start of the shot."""
    if like.endswith(("b", "bar", "bars", "beat", "beats")) and clock.beats is not None:
        return str(length(slot.start, slot.start + after, like, clock))
    return str(length(slot.start, slot.start + after, like, clock, whole=slot.end - slot.start))


def _digits(number: float) -> float:
    """Return ``number`` with the four digits that a hand can set; whole ones as such."""
    short = float(f"{number:.4g}")
    return int(short) if short.is_integer() else short


Edit = Callable[[Reading, Mapping[str, Any]], str]

EDITS: dict[str, tuple[Edit, str]] = {
    "value": (set_value, "a value set"),
    "prompt": (set_prompt, "a prompt changed"),
    "border": (move_border, "a border moved"),
    "mark": (set_mark, "a mark set"),
    "split": (split, "a shot split"),
    "remove": (remove_shot, "a shot removed"),
    "key": (set_key, "a key set"),
    "remove_key": (remove_key, "a key removed"),
}
"""What the page can do to a story, by name, and what that is called."""


def edited(reading: Reading, wanted: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text after the edit that ``wanted`` names as ``kind``, and what was done.

    Raises `UsageError` where it cannot be done, also where the story would have errors then.
    """
    kind = str(wanted.get("kind"))
    if kind not in EDITS:
        raise UsageError(f"unknown edit {kind!r}; {did_you_mean(kind, EDITS) or ''}")
    edit, label = EDITS[kind]
    return edit(reading, wanted), label


def checked(text: str, before: Reading, file: Any) -> Reading:
    """Return the reading of an edited ``text``. Raises `UsageError` for one with more errors than
    there were ``before``, so that no gesture breaks a story.
    """
    after = read(text, file)
    if after.errors > before.errors:
        first = next(p for p in after.problems if p.severity == "error")
        raise UsageError(f"that would be an error: {first.message}")
    return after
