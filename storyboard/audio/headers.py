"""How many samples a WAV, FLAC or Ogg Vorbis file holds, read from its headers alone.

libsndfile tells the same of these and of many more, but takes longer to import than all else that
``check`` does with a soundtrack. Whatever is not as usual in a file is left to it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

# A WAV that was written to a pipe says a size like this one, as it could not know its own.
_UNKNOWN_SIZE = 0x7FFF0000
_PAGE_HEAD = struct.Struct("<4sBBqIIIB")
_LARGEST_PAGE = _PAGE_HEAD.size + 255 + 255 * 255
_BEGINS, _ENDS = 2, 4
_PLAIN_WAV = (1, 3, 0xFFFE)  # whole numbers, floats, and either with channels told: no packing


@dataclass(frozen=True)
class Header:
    """What a sound file says of itself.

    ``frames`` counts samples of one channel, ``rate`` is in Hz; ``torn`` says that the file ends
    before its own end, as a download that broke off does.
    """

    frames: int
    rate: int
    torn: bool = False

    @property
    def duration(self) -> Fraction:
        """Seconds, exact."""
        return Fraction(self.frames, self.rate)


def read_header(path: Path) -> Header | None:
    """What ``path`` says of itself; None where that is not plain, for a library to find out."""
    with path.open("rb") as file:
        reader = _READERS.get(file.read(4))
        try:
            header = reader(file) if reader else None
        except struct.error:  # the file ends within a header
            return None
    return header if header and header.rate else None


def _wav(file: BinaryIO) -> Header | None:
    """RIFF: chunks of (name, size, content padded to an even size) after the first twelve bytes."""
    if file.read(8)[4:] != b"WAVE":
        return None
    length = file.seek(0, 2)
    rate = step = 0
    position = 12
    while position + 8 <= length:
        file.seek(position)
        name, size = struct.unpack("<4sI", file.read(8))
        if name == b"fmt ":
            coding, _, rate, _, step = struct.unpack("<HHIIH", file.read(14))
            if coding not in _PLAIN_WAV:
                return None
        if name == b"data":
            there = length - position - 8
            torn = there < size < _UNKNOWN_SIZE
            return Header(min(size, there) // step, rate, torn) if step else None
        position += 8 + size + size % 2
    return None


def _flac(file: BinaryIO) -> Header | None:
    """STREAMINFO comes first: rate in 20 bits from byte 10 on, the samples in the last 36 of 64."""
    kind, _, packed = struct.unpack(">B13sQ", file.read(22))
    rate, frames = packed >> 44, packed & (1 << 36) - 1
    return Header(frames, rate) if kind & 0x7F == 0 and frames else None


@dataclass(frozen=True)
class _Page:
    """An Ogg page: where its content starts, and the sample up to which it is decoded, or -1."""

    flags: int
    sample: int
    stream: int
    body: int
    end: int


def _ogg(file: BinaryIO) -> Header | None:
    """One Vorbis stream: its last whole page says how many samples there are."""
    length = file.seek(0, 2)
    pages = _pages(file, 0)
    first = next(pages, None)
    start = next((page for page in pages if page.sample > 0 or page.flags & _BEGINS), None)
    if first is None or start is None or start.stream != first.stream or start.end > length:
        return None
    file.seek(first.body)
    kind, _, rate = struct.unpack("<7s5sI", file.read(16))
    last = _last_page(file, length)
    usual = kind == b"\x01vorbis" and start.sample < 4 * rate  # later: a piece of a longer stream
    if not usual or last is None or last.stream != first.stream:
        return None
    return Header(last.sample, rate, torn=not last.flags & _ENDS)


def _pages(file: BinaryIO, position: int) -> Iterator[_Page]:
    """The pages from ``position`` on, without reading their content."""
    while True:
        file.seek(position)
        head = file.read(_PAGE_HEAD.size)
        if len(head) < _PAGE_HEAD.size:
            return
        mark, _, flags, sample, stream, _, _, count = _PAGE_HEAD.unpack(head)
        sizes = file.read(count)
        if mark != b"OggS" or len(sizes) < count:
            return
        body = position + _PAGE_HEAD.size + count
        position = body + sum(sizes)
        yield _Page(flags, sample, stream, body, position)


def _last_page(file: BinaryIO, length: int) -> _Page | None:
    """The last page that is whole and on which a sound ends."""
    start = max(length - 2 * _LARGEST_PAGE, 0)
    file.seek(start)
    tail = file.read()
    at = len(tail)
    while (at := tail.rfind(b"OggS", 0, at)) >= 0:
        page = next(_pages(file, start + at), None)
        if page is not None and page.end <= length and page.sample > 0:
            return page
    return None


_READERS = {b"RIFF": _wav, b"fLaC": _flac, b"OggS": _ogg}
