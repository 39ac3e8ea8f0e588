"""What the prompt languages of other tools hold beside words, taken out of a text and named.

The language is that of the A1111 web UI: https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/Features
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from storyboard.errors import BadValue
from storyboard.interchange.importers.writing import Notes

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
