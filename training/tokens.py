"""The tokeniser of the built-in models: open_clip's own, with merges that make our words whole."""

import gzip
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from open_clip.tokenizer import SimpleTokenizer

MERGES_FILE = "merges.txt.gz"
VOCABULARY_FILE = "vocabulary.txt"
PHRASES_FILE = "phrases.json"

Phrases = Mapping[str, Sequence[Sequence[str]]]
"""By group, the phrases that mean one thing."""


def learn_merges(words: list[str]) -> list[tuple[str, str]]:
    """Byte pair merges, most frequent first, until every word is a single symbol."""
    split = [[*word[:-1], word[-1] + "</w>"] for word in sorted(words)]
    merges: list[tuple[str, str]] = []
    while True:
        counts = Counter(pair for word in split for pair in pairwise(word))
        if not counts:
            return merges
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        split = [_merge(word, best) for word in split]


def _merge(word: list[str], pair: tuple[str, str]) -> list[str]:
    out: list[str] = []
    for symbol in word:
        if out and (out[-1], symbol) == pair:
            out[-1] += symbol
        else:
            out.append(symbol)
    return out


def write_tokenizer(directory: Path, words: list[str]) -> None:
    """Write the merges and the list of known words. The same words give the same bytes."""
    merges = learn_merges(words)
    text = "\n".join(["#version: storyboard", *(" ".join(pair) for pair in merges)])
    packed = gzip.compress(text.encode(), mtime=0)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MERGES_FILE).write_bytes(packed)
    (directory / VOCABULARY_FILE).write_text("\n".join(sorted(words)) + "\n")


def write_phrases(directory: Path, known: Phrases) -> None:
    """Write what `storyboard list words` prints."""
    lines = [
        f"{json.dumps(group)}: [\n"
        + ",\n".join(f"  {json.dumps(ways)}" for ways in entries)
        + "\n]"
        for group, entries in known.items()
    ]
    (directory / PHRASES_FILE).write_text("{" + ",\n".join(lines) + "}\n")


def load_tokenizer(directory: Path, *, context_length: int) -> SimpleTokenizer:
    """Return the tokeniser of a model directory."""
    return SimpleTokenizer(str(directory / MERGES_FILE), context_length=context_length)
