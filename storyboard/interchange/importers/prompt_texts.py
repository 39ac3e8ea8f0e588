"""Prompts keyed by frames, and what their texts hold: ``--neg``, weights, backticked expressions.

::

    held(prompts, setting) -> list           what each frame shows, held until the next key
    mixed(prompts, setting) -> list          as the webui's Interpolation mode crosses them over
    filled(text, setting, frame) -> str      backticked expressions replaced by their values
    pieces(text) -> list[Piece]              what to show and how much, in our terms

What the prompt languages of other tools hold beside words is taken out of a text and named. The
language is that of the A1111 web UI:
https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/Features
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.foreign import ForeignNumber, Node, parse, value
from storyboard.interchange.importers.frame_schedules import ScheduleContext, read_frame
from storyboard.interchange.importers.story_writer import Notes

NEGATIVE_SHARE = 0.3
"""How strongly what stands behind ``--neg`` pushes away, beside prompts of weight 1."""

_BACKTICKS = re.compile(r"`([^`]*)`")
_WEIGHTED = re.compile(r"(.*?\S)\s*:\s*(-?\d*\.?\d+|`[^`]*`)(?=\s|$)\s*", re.DOTALL)
_EMPHASIS = re.compile(r"\(([^()]*?):\s*(-?\d*\.?\d+|`[^`]*`)\s*\)")
_ESCAPED = re.compile(r"\\([()\[\]{}<>])")
_BRACKETS = re.compile(r"(?<!\\)[()\[\]]")


@dataclass(frozen=True)
class Piece:
    """A text and its weight: a number, or an expression of the source."""

    text: str
    weight: float | Node = 1.0
    extra: bool = False


def keyed(prompts: Any, setting: ScheduleContext, notes: Notes | None = None) -> dict[int, Any]:
    """Return prompts by frame, in order; also of a text ``0: a | 50: b``. A list, which has no
    frames, is spread over the film.

    Those at no frame go to ``notes``. Raises `BadValue` where there are no others, or no notes.
    """
    if isinstance(prompts, str):
        parts = re.findall(r"(?:^|\|)\s*(\d+)\s*:\s*([^|]*)", prompts)
        prompts = dict(parts) if parts else {"0": prompts}
    if isinstance(prompts, Sequence):
        step = max(setting.frames // max(len(prompts), 1), 1)
        prompts = {str(n * step): text for n, text in enumerate(prompts)}
    if not isinstance(prompts, Mapping) or not prompts:
        raise BadValue("there are no prompts", hint='write {"0": "a red forest"}')
    found = _by_frame(prompts, setting, notes)
    return {frame: found[frame] for frame in sorted(found)}


def _by_frame(
    prompts: Mapping[Any, Any], setting: ScheduleContext, notes: Notes | None
) -> dict[int, Any]:
    found: dict[int, Any] = {}
    wrong: dict[str, BadValue] = {}
    for key, text in prompts.items():
        try:
            found[read_frame(key, setting)] = text
        except BadValue as error:
            wrong[str(key)[:40]] = error
    if wrong and (notes is None or not found):
        raise next(iter(wrong.values()))
    for key, reason in wrong.items():
        if notes is not None:
            notes.left([f"the prompt at {key!r}"], reason.message)
    return found


def held(prompts: Any, setting: ScheduleContext) -> list[Any]:
    """Return the prompt of every frame: each holds until the next key, the first back to the
    start.
    """
    texts = keyed(prompts, setting)
    frames = sorted(texts)
    last = np.searchsorted(frames, np.arange(setting.frames), side="right") - 1
    return [texts[frames[max(int(n), 0)]] for n in last]


def mixed(prompts: Any, setting: ScheduleContext) -> list[str]:
    """Return the prompt of every frame as the webui's Interpolation mode writes it.

    Between two keys both are joined with weights that change evenly; one without ``--neg`` has
    nothing behind it, where the webui stops.
    """
    texts = {frame: str(text) for frame, text in keyed(prompts, setting).items()}
    frames, shown = sorted(texts), held(prompts, setting)
    for start, stop in pairwise(frames):
        for frame in range(start + 1, min(stop, setting.frames)):
            share = (frame - start) / (stop - start)
            shown[frame] = _joined(texts[start], texts[stop], share)
    return [str(text) for text in shown]


def _joined(first: str, second: str, share: float) -> str:
    (here, away), (there, farther) = _sides(first), _sides(second)
    text = f" ({here}):{1 - share} AND  ({there}):{share}"
    if away.strip() or farther.strip():
        text += f" --neg  ({away}):{1 - share} AND  ({farther}):{share}"
    return text


def _sides(text: str) -> tuple[str, str]:
    wanted, _, away = text.partition("--neg")
    return wanted, away


def filled(text: str, setting: ScheduleContext, frame: int) -> str:
    """Return ``text`` with every backticked expression replaced by its value at ``frame``."""

    def replace(match: re.Match[str]) -> str:
        found = value(parse(match[1]), setting.dialect, setting.all_names(np.array([frame])))
        number = float(np.ravel(found)[0])
        whole = number.is_integer() and "/" not in match[1] and "." not in match[1]
        return str(int(number)) if whole else repr(number)

    return re.sub(r"\s+--neg", "--neg", _BACKTICKS.sub(replace, text))


def weights(prompts: Mapping[str, Any], frames: Sequence[float]) -> list[dict[str, float]]:
    """Return weights by text at each frame, from ``{text: {frame: weight}}``; straight between
    keys.
    """
    curves = {text: _straight(keys) for text, keys in prompts.items()}
    return [{text: float(np.interp(n, *keys)) for text, keys in curves.items()} for n in frames]


def _straight(keys: Any) -> tuple[list[float], list[float]]:
    if isinstance(keys, int | float):
        return [0.0], [float(keys)]
    pairs = sorted((float(frame), float(weight)) for frame, weight in keys.items())
    return [frame for frame, _ in pairs], [weight for _, weight in pairs]


def pieces(text: str) -> list[Piece]:
    """Parse a prompt's text: its parts with weights, and what is behind ``--neg``.

    ``a:1 b:-0.5`` are two parts. ``(cat:1.5)`` stays in its text and is asked for again with what
    is above 1; brackets without a number are taken off.
    """
    wanted, away = _sides(text)
    found = [piece for part in _parts(wanted) for piece in _emphasised(part)]
    for part in _parts(away):
        if not isinstance(part.weight, float):
            raise BadValue(f"a weight behind --neg cannot move: {text!r}")
        plain = _bare(_EMPHASIS.sub(r"\1", part.text))
        found += [Piece(plain, -NEGATIVE_SHARE * abs(part.weight))] if plain else []
    return found


def _parts(text: str) -> list[Piece]:
    """Return ``a:1 b:-0.5`` as its parts, where all of it reads so; else the text alone."""
    found = _WEIGHTED.findall(text) if not _EMPHASIS.search(text) else []
    if found and not _WEIGHTED.sub("", text).strip():
        return [Piece(part.strip(), _weight(weight)) for part, weight in found]
    return [Piece(text.strip())] if text.strip() else []


def _emphasised(piece: Piece) -> list[Piece]:
    stressed = [(word.strip(), _weight(w)) for word, w in _EMPHASIS.findall(piece.text)]
    whole = Piece(_bare(_EMPHASIS.sub(r"\1", piece.text)), piece.weight)
    more = [
        Piece(_bare(word), w - 1 if isinstance(w, float) else w, extra=True)
        for word, w in stressed
        if word and (not isinstance(w, float) or w > 1)
    ]
    return [whole, *more] if whole.text else more


def _bare(text: str) -> str:
    plain = _ESCAPED.sub(r"\1", _BRACKETS.sub("", text))
    return re.sub(r"\s+", " ", plain).strip(" ,")


def _weight(written: str) -> float | Node:
    """Return a number, or the tree of what stands in backticks."""
    if not written.startswith("`"):
        return float(written)
    tree = parse(written.strip("`"))
    return tree.value if isinstance(tree, ForeignNumber) else tree


_TAG = re.compile(r"\s*<\s*[A-Za-z_]\w*\s*:[^<>]*>")
_SWAP = re.compile(r"(?<!\\)\[(?:([^\[\]:|]*):)?([^\[\]:|]*):\s*(\d*\.?\d+)\s*\]")
_TURNS = re.compile(r"(?<!\\)\[([^\[\]|]*(?:\|[^\[\]|]*)+)\]")
_BREAK = re.compile(r"\s*,?\s*\bBREAK\b\s*,?\s*")
_WILDCARD = re.compile(r"__[\w/*-]+__")
_CHOICE = re.compile(r"(?<![${])\{([^{}|]*(?:\|[^{}|]*)+)\}")


def words_of(text: str, notes: Notes) -> str:
    """Return ``text`` without the tags and switches of the web UI's prompts, each named in
    ``notes``. Brackets, weights and ``--neg`` stay, for `prompt_texts` to read.
    """
    for tag in _TAG.findall(text):
        notes.left([tag.strip()], "no network is added to a perceptor")
    text = re.sub(r"^[\s,]+|(?<=,)\s*,+", "", _TAG.sub("", text))

    def swapped(found: re.Match[str]) -> str:
        before, after = (found[1] or "").strip(), found[2].strip()
        kept = after if not before or (after and float(found[3]) < 0.5) else before
        notes.left([found[0]], f"one text for the other within a picture: {kept!r} is taken")
        return kept

    def in_turns(found: re.Match[str]) -> str:
        notes.left([found[0]], "texts that take turns within a picture: all of them are asked for")
        return ", ".join(part.strip() for part in found[1].split("|"))

    def chosen(found: re.Match[str]) -> str:
        kept = found[1].split("|")[0].strip()
        notes.left([found[0]], f"one of several by chance: {kept!r} is taken")
        return kept

    def wildcard(found: re.Match[str]) -> str:
        notes.left([found[0]], "words from a file, by chance; they are taken as they stand")
        return re.sub(r"[\W_]+", " ", found[0]).strip()

    for pattern, make in ((_SWAP, swapped), (_TURNS, in_turns), (_CHOICE, chosen)):
        text = pattern.sub(make, text)
    text = _WILDCARD.sub(wildcard, text)
    if _BREAK.search(text):
        notes.left(["BREAK"], "a prompt is read in one piece")
        text = _BREAK.sub(", ", text)
    return text.strip(" ,") if text.strip(" ,") != text.strip() else text.strip()


def without_tags(text: str, notes: Notes) -> str:
    """Return ``text`` without ``<lora:name:0.7>`` and its like; each name is in ``notes`` once,
    whatever numbers follow it.
    """
    for tag in _TAG.findall(text):
        parts = tag.strip(" <>").split(":")
        notes.left([f"<{':'.join(parts[:2])}>"], "no network is added to a perceptor")
    return _TAG.sub("", text)


def without_empty(texts: Mapping[int, Any], notes: Notes) -> dict[int, Any]:
    """Return the prompts by frame that say something; the others are named in ``notes``.

    Raises `BadValue` where all are empty.
    """
    found: dict[int, Any] = {}
    for frame, given in texts.items():
        lines = [one for one in (given if isinstance(given, list) else [given]) if _says(one)]
        if lines:
            found[frame] = lines if isinstance(given, list) else given
    if not found:
        raise BadValue("every prompt is empty", hint='write {"0": "a red forest"}')
    empty = [frame for frame in texts if frame not in found]
    for frame in empty:
        other = "before" if any(known < frame for known in found) else "behind"
        notes.left([f"the prompt at frame {frame}"], f"it is empty; the one {other} it holds there")
    return found


def _says(text: Any) -> bool:
    return bool(text is not None and str(text).strip(" ,\n\t"))
