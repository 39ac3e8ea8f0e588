"""Lyrics heard by Whisper (Radford et al., "Robust speech recognition via large-scale weak
supervision", 2022), with weights by path or from the cache of the Hugging Face hub.

::

    heard_lyrics(song, weights) -> file     an .lrc with a time for each word, kept in the cache
    downloaded_whisper() -> folder          weights that are on this machine already
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from storyboard.audio import cache
from storyboard.audio.analyse import decode_sides
from storyboard.audio.lyrics import Word
from storyboard.errors import BadValue
from storyboard.files import file_digest, path_digest, sha256, write_whole

VERSION = 1
"""Version of what is kept; increment it to listen anew."""

MODELS = ("large-v3-turbo", "large-v3", "large-v2", "medium", "small", "base", "tiny")
"""Names of the published weights, in the order in which they are looked for."""

_RATE = 16_000
_PAUSE_S, _LONGEST = 2, 42
"""A line ends where the next word begins so many seconds later, or where it would be longer than so
many letters."""


def heard_lyrics(song: Path, weights: Path) -> Path:
    """Return an ``.lrc`` file of the words that are sung in ``song``, as `read_lyrics` reads it.

    ``weights`` is a folder as transformers saves a Whisper. The file is kept by the digests of song
    and weights. Raises `BadValue` for a song or weights that cannot be read, and where no word is
    heard, and `StoryboardError` where the file cannot be written.
    """
    key = f"{VERSION} {file_digest(song)} {path_digest(weights)}"
    file = cache.folder() / "lyrics" / f"{sha256(key.encode())}.lrc"
    if not file.is_file():
        words = list(_words(song, weights))
        if not words:
            raise BadValue(f"no words were heard in {song.name}", hint="write an .lrc file")
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, lrc_of(words).encode())
    return file


def downloaded_whisper() -> Path | None:
    """Return the folder of the best Whisper in the hub's cache, None without one."""
    from huggingface_hub import try_to_load_from_cache

    for name in MODELS:
        found = try_to_load_from_cache(f"openai/whisper-{name}", "model.safetensors")
        if isinstance(found, str):
            return Path(found).parent
    return None


def lrc_of(words: Iterable[Word]) -> str:
    """Return words (a start and a text each) as lines of an ``.lrc`` with a time for each word.

    >>> print(lrc_of([Word(Fraction(1), "here"), Word(Fraction(3, 2), "comes"),
    ...               Word(Fraction(65), "The sun")]), end="")
    [00:01.00]<00:01.00>here <00:01.50>comes
    [01:05.00]<01:05.00>The sun
    """
    return "".join(f"[{_time(line[0].start)}]{_written(line)}\n" for line in _lines(words))


def _written(line: list[Word]) -> str:
    return " ".join(f"<{_time(word.start)}>{word.text}" for word in line)


def _lines(words: Iterable[Word]) -> Iterator[list[Word]]:
    line: list[Word] = []
    for word in words:
        letters = sum(len(one.text) + 1 for one in line) + len(word.text)
        is_over = bool(line) and line[-1].text[-1] in ".?!"
        if line and (is_over or letters > _LONGEST or word.start - line[-1].start > _PAUSE_S):
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def _time(second: Fraction) -> str:
    minutes, rest = divmod(round(second * 100), 6000)
    return f"{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"


def _words(song: Path, weights: Path) -> Iterator[Word]:
    """Yield what is sung, word by word, in order of time."""
    from transformers import pipeline

    samples = decode_sides(song, rate=_RATE).mean(axis=1)
    try:
        listen = pipeline(
            "automatic-speech-recognition",
            model=str(weights),
            model_kwargs={"use_safetensors": True},
        )
    except Exception as error:  # whatever transformers raises for a folder of another kind
        reason = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
        raise BadValue(f"{weights} holds no Whisper: {reason}") from error
    heard = listen({"raw": samples, "sampling_rate": _RATE}, return_timestamps="word")
    last = Fraction(0)
    for chunk in heard["chunks"]:
        text, start = _clean(chunk["text"]), chunk["timestamp"][0]
        if text and start is not None:
            last = max(last, Fraction(round(float(start) * 100), 100))
            yield Word(last, text)


def _clean(text: str) -> str:
    """Return ``text`` without what an ``.lrc`` would read as a time, and without odd characters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text.translate(str.maketrans("", "", "<>[]\ufffd")).strip()
