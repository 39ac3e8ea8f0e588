"""The story inside the film: what `show` reads back from a file.

A film carries its title, a comment for people, and under ``storyboard`` a JSON object with the
canonical story, the seeds and the versions that made it. MP4, MOV and WebM hold these as tags, a
PNG as text chunks, a GIF as a comment block.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

import storyboard
from storyboard.errors import EncodeFailed, UsageError
from storyboard.media import ffmpeg
from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan

_PACKAGES = ("torch", "open_clip_torch", "kornia", "numpy")
_GIF_MARK = b"storyboard "


def versions() -> dict[str, str]:
    """Return the versions that decide what a story looks like, by name."""
    found = {"storyboard": storyboard.__version__, "python": sys.version.split()[0]}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def film_tags(plan: Plan, *, embed: bool = True) -> dict[str, str]:
    """Return the tags of the film of ``plan``; without ``embed`` only its title."""
    title = plan.title.encode(errors="replace").decode()  # a file's name may be no text
    if not embed:
        return {"title": title}
    content = {
        "story": plan.story,
        "seed": plan.seed,
        "shot_seeds": {shot.name: shot.seed for shot in plan.shots},
        "plan": plan.digest,
        "quality": plan.quality.name,
        "versions": versions(),
    }
    comment = (
        f"Made with Storyboard {storyboard.__version__}, seed {plan.seed}, quality "
        f"{plan.quality.name}. `storyboard show` prints the story that is inside this file."
    )
    body = json.dumps(content, ensure_ascii=True, sort_keys=True)
    return {"title": title, "comment": comment, "storyboard": body}


def read_embedded(path: str | Path) -> dict[str, Any]:
    """Read the metadata embedded in ``path``: ``story`` (YAML), ``seed``, ``versions`` ...

    ``path`` is a film, a picture, or a folder of pictures. Raises `UsageError` if it is missing,
    is neither film nor picture, or has no story embedded.
    """
    path = Path(path)
    if path.is_dir():
        pictures = sorted(path.glob("*.png"))
        if not pictures:
            raise UsageError(f"there is no picture in {path}")
        path = pictures[0]
    try:
        body = _read_body(path)
    except (OSError, EncodeFailed):
        message = f"{path} is not a readable video or image file (it may be truncated)"
        raise UsageError(message) from None
    try:
        content = json.loads(body) if body else None
    except ValueError:
        content = None
    if not isinstance(content, dict) or "story" not in content:
        raise UsageError(f"{path} holds no story; was it made with `--no-embed`, or re-encoded?")
    return content


def _read_body(path: Path) -> str | None:
    if path.suffix.lower() == ".png" and path.is_file():
        with Image.open(path, formats=("PNG",)) as picture:
            return picture.info.get("storyboard")
    if path.suffix.lower() == ".gif" and path.is_file():
        return _read_gif(path.read_bytes())
    return ffmpeg.probe(path).metadata.get("storyboard")


def png_bytes(picture: Picture, tags: Mapping[str, str] | None = None) -> bytes:
    """Return ``picture``, (H, W, 3) uint8 RGB, as a PNG file with ``tags`` as text chunks."""
    chunks = PngInfo()
    for key, value in (tags or {}).items():
        chunks.add_itxt(key, value)
    file = io.BytesIO()
    # level 1 takes a third of the time of the default for a tenth more bytes
    Image.fromarray(picture).save(file, format="PNG", pnginfo=chunks, compress_level=1)
    return file.getvalue()


def stamp_gif(path: Path, tags: Mapping[str, str]) -> None:
    """Put ``tags["storyboard"]`` into the GIF at ``path`` as a comment block.

    ffmpeg writes none. The block goes right behind the header and its global colour table, where
    the format (GIF89a, section 24) allows it.
    """
    data = path.read_bytes()
    table = 3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0
    split = 13 + table
    body = _GIF_MARK + tags["storyboard"].encode("ascii")
    blocks = (body[i : i + 255] for i in range(0, len(body), 255))
    comment = b"!\xfe" + b"".join(bytes([len(b)]) + b for b in blocks) + b"\0"
    path.write_bytes(data[:split] + comment + data[split:])


def _read_gif(data: bytes) -> str | None:
    start = data.find(b"!\xfe")
    if start < 0:
        return None
    at, body = start + 2, b""
    while at < len(data) and data[at]:
        body += data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    if not body.startswith(_GIF_MARK):
        return None
    return body.removeprefix(_GIF_MARK).decode("ascii", errors="replace")
