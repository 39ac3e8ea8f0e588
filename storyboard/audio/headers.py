"""How many samples a WAV, Ogg Vorbis, FLAC or MP3 file states to hold, read from its headers alone.

Of a plain WAV or Ogg Vorbis file that is what it holds, found sooner than ffmpeg starts. Whatever
is not as usual in a file is left to ffmpeg.
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
    before its own end, as a download that broke off does; ``counted`` is False where the number is
    only stated, and what follows may differ.
    """

    frames: int
    rate: int
    torn: bool = False
    counted: bool = True

    @property
    def duration(self) -> Fraction:
        """Seconds, exact."""
        return Fraction(self.frames, self.rate)


def read_header(path: Path) -> Header | None:
    """What ``path`` says of itself; None where that is not plain, for a library to find out."""
    with path.open("rb") as file:
        try:
            mark = _behind_tags(file)
            reader = _mp3 if mark[:1] == b"\xff" else _READERS.get(mark)
            header = reader(file) if reader else None
        except struct.error:  # the file ends within a header
            return None
    return header if header and header.rate else None


def _behind_tags(file: BinaryIO) -> bytes:
    """The first four bytes behind ID3 tags, which stand before a sound of any kind."""
    position = 0
    while (mark := file.read(4))[:3] == b"ID3":
        _, flags, *size = struct.unpack("<6B", file.read(6))
        length = sum(byte << 7 * place for place, byte in enumerate(reversed(size)))
        position += 10 + length + (10 if flags & 0x10 else 0)
        file.seek(position)
    return mark


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
            torn = there < size < _UNKNOWN_SIZE  # a writer that broke off leaves a size of 0
            return Header(min(size, there) // step, rate, torn) if step and size else None
        position += 8 + size + size % 2
    return None


def _flac(file: BinaryIO) -> Header | None:
    """STREAMINFO comes first: rate in 20 bits from byte 10 on, the samples in the last 36 of 64."""
    kind, _, packed = struct.unpack(">B13sQ", file.read(22))
    rate, frames = packed >> 44, packed & (1 << 36) - 1
    return Header(frames, rate, counted=False) if kind & 0x7F == 0 and frames else None


def _mp3(file: BinaryIO) -> Header | None:
    """The frames that a Xing or Info tag states, without what the encoder put before and after.

    Without such a tag an MP3 states nothing. `Rates of MPEG 1, 2 and 2.5
    <http://www.mp3-tech.org/programmer/frame_header.html>`_.
    """
    file.seek(-4, 1)
    (head,) = struct.unpack(">I", file.read(4))
    version, layer, rate = head >> 19 & 3, head >> 17 & 3, head >> 10 & 3
    if head >> 21 != 0x7FF or version == 1 or layer != 1 or rate == 3:
        return None
    mono, first = head >> 6 & 3 == 3, version == 3
    file.seek((17 if mono else 32) if first else (9 if mono else 17), 1)
    name, flags = struct.unpack(">4sI", file.read(8))
    if name not in (b"Xing", b"Info") or not flags & 1:
        return None
    (frames,) = struct.unpack(">I", file.read(4))
    file.seek(sum(size for bit, size in ((2, 4), (4, 100), (8, 4)) if flags & bit), 1)
    encoder, _, *pads = struct.unpack(">4s17s3B", file.read(24))
    padding = (pads[0] << 4) + (pads[1] >> 4) + ((pads[1] & 15) << 8) + pads[2]
    samples = frames * (1152 if first else 576)
    samples -= padding if encoder in (b"LAME", b"Lavf", b"Lavc") else 0
    hertz = (44100, 48000, 32000)[rate] >> {3: 0, 2: 1, 0: 2}[version]
    return Header(samples, hertz, counted=False) if samples > 0 else None


@dataclass(frozen=True)
class _Page:
    """An Ogg page: where its content starts, and the sample up to which it is decoded, or -1."""

    flags: int
    sample: int
    stream: int
    number: int
    body: int
    end: int


def _ogg(file: BinaryIO) -> Header | None:
    """One Vorbis stream: its last whole page says how many samples there are.

    Not where a page is missing, or another stream or something else follows.
    """
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
    if not usual or last is None or last.stream != first.stream or not _is_whole(file, length):
        return None
    return Header(last.sample, rate, torn=not last.flags & _ENDS)


def _is_whole(file: BinaryIO, length: int) -> bool:
    """Whether the pages are of one stream, one after the other, and reach to the end of the file,
    where the last one may be cut off.
    """
    number, stream, end = 0, None, 0
    for page in _pages(file, 0):
        if page.number != number or stream not in (None, page.stream):
            return False
        number, stream, end = number + 1, page.stream, page.end
    file.seek(end)
    rest = file.read(len(b"OggS"))
    return end >= length or (length - end < _LARGEST_PAGE and b"OggS".startswith(rest))


def _pages(file: BinaryIO, position: int) -> Iterator[_Page]:
    """The pages from ``position`` on, without reading their content."""
    while True:
        file.seek(position)
        head = file.read(_PAGE_HEAD.size)
        if len(head) < _PAGE_HEAD.size:
            return
        mark, _, flags, sample, stream, number, _, count = _PAGE_HEAD.unpack(head)
        sizes = file.read(count)
        if mark != b"OggS" or len(sizes) < count:
            return
        body = position + _PAGE_HEAD.size + count
        position = body + sum(sizes)
        yield _Page(flags, sample, stream, number, body, position)


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
