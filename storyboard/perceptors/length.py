"""Prompts that are too long for a perceptor, found without its tokenizer and without torch."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from storyboard.perceptors.names import CONFIG, Name, folder_of
from storyboard.perceptors.pretrained import package

CONTEXT = 77
"""Tokens that a model reads where its configuration says nothing else."""

_ENDS = 2  # every text is marked at its start and its end
# What CLIP's tokenizer takes apart before anything else: at least a token each.
_PIECES = re.compile(r"'(?:s|t|re|ve|m|ll|d)|[^\W\d_]+|\d|(?:[^\s\w]|_)+", re.IGNORECASE)


def tokens_over(name: Name, text: str) -> int:
    """Return the least number of tokens by which ``text`` exceeds model ``name``; 0 if perhaps
    none.

    Words, digits and marks are counted. A rare word is several tokens, so that a text may be too
    too long all the same; the loaded model counts exactly.
    """
    limits = _context(name)
    if limits is None:
        return 0
    context, is_clips = limits
    pieces = _PIECES.findall(text) if is_clips else text.split()
    return max(len(pieces) + _ENDS - context, 0)


def _context(name: Name) -> tuple[int, bool] | None:
    """Return the model's context length, and True if its tokenizer is CLIP's; None if unknown."""
    folder, source = folder_of(name), package()
    if folder is not None:
        return _read_context(folder / CONFIG)
    if name.kind in ("pretrained", "checkpoint") and source is not None:
        return _read_context(source / "model_configs" / f"{name.source}.json")
    return None


@cache
def _read_context(file: Path) -> tuple[int, bool] | None:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        text = config.get("model_cfg", config)["text_cfg"]
        return int(text.get("context_length", CONTEXT)), "hf_tokenizer_name" not in text
    except (OSError, ValueError, KeyError):
        return None
