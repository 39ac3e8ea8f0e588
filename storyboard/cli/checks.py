"""Checks of the doctor: each is a function that answers a `Diagnosis`."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from storyboard.errors import BadValue, StoryboardError

LOW_DISK_GB = 2


@dataclass(frozen=True)
class Diagnosis:
    """The finding about one subject, and what to do about it.

    ``state`` is "bad" where nothing can be rendered before it is mended, "advice" where something
    beyond the first film needs it.
    """

    subject: str
    found: str
    state: Literal["good", "advice", "bad"] = "good"
    todo: str = ""


def python(_: Path) -> Diagnosis:
    """Check the version of the interpreter."""
    return Diagnosis("python", f"{platform.python_version()} in {sys.prefix}")


def torch(_: Path) -> Diagnosis:
    """Check PyTorch and the devices that it computes with."""
    try:
        import torch
    except (ImportError, OSError) as error:
        todo = "install it again: pip install --force-reinstall torch torchvision"
        return Diagnosis("torch", f"cannot be imported: {error}", "bad", todo)
    return Diagnosis("torch", f"{torch.__version__}, {torch.get_num_threads()} threads")


def device(_: Path) -> Diagnosis:
    """Check the device of `--device auto` with a small product."""
    import torch

    from storyboard.perceptors import available_devices, pick_device

    chosen = pick_device("auto")
    try:
        probe = torch.ones(8, 8, device=chosen)
        (probe @ probe).sum().item()
    except RuntimeError as error:
        todo = "render with --device cpu, or mend the driver"
        return Diagnosis("device", f"{chosen}: {error}".partition("\n")[0], "bad", todo)
    found = f"{chosen} (here: {', '.join(available_devices())})"
    if chosen.type == "cpu":
        todo = "the sketch preset is made for a CPU; the larger ones want a GPU"
        return Diagnosis("device", found, "advice", todo)
    return Diagnosis("device", found)


def ffmpeg(_: Path) -> Diagnosis:
    """Check ffmpeg by encoding and counting a film of two frames."""
    import numpy as np

    from storyboard.media import ffmpeg
    from storyboard.render.output.encode import Encoder, FilmSpec

    todo = "pip install --force-reinstall imageio-ffmpeg, or set STORYBOARD_FFMPEG to a program"
    try:
        program, version = ffmpeg.executable(), ffmpeg.version().split()[2]
        with tempfile.TemporaryDirectory() as folder:
            spec = FilmSpec(width=64, height=48, fps=Fraction(12), frame_count=2)
            with Encoder(Path(folder, "two.mp4"), spec) as encoder:
                for shade in (0, 255):
                    encoder.write(np.full((48, 64, 3), shade, np.uint8))
    except (StoryboardError, OSError) as error:
        return Diagnosis("ffmpeg", str(error), "bad", todo)
    return Diagnosis("ffmpeg", f"{version}, encodes ({program})")


def sketch(_: Path) -> Diagnosis:
    """Check the built-in perceptor by loading and running it."""
    from storyboard.perceptors import load

    try:
        size = tuple(load("sketch", device="cpu").embed_texts(["the sea"]).shape)
    except (StoryboardError, OSError, RuntimeError) as error:
        todo = "install storyboard again; its built-in weights are missing or torn"
        return Diagnosis("sketch", str(error), "bad", todo)
    return Diagnosis("sketch", f"built-in weights load; {size[1]} numbers an embedding")


def weights(_: Path) -> Diagnosis:
    """Check which presets can be used without downloading anything."""
    from storyboard.perceptors import parse_name
    from storyboard.perceptors.weights import is_here
    from storyboard.story.quality import QUALITIES

    names = dict.fromkeys(name for q in QUALITIES.values() for name in q.perceptors)
    gone = [name for name in names if not is_here(parse_name(name))]
    usable = [q.name for q in QUALITIES.values() if not set(q.perceptors) & set(gone)]
    found = f"here for quality {', '.join(usable)}"
    if not gone:
        return Diagnosis("weights", found)
    todo = f"the other presets fetch theirs on first use, which needs a network: {', '.join(gone)}"
    return Diagnosis("weights", found, "advice", todo)


EXTRAS = {
    "upscale": "spandrel",
    "interpolate": "onnxruntime",
    "lora": "peft",
    "stems": "demucs",
    "beats": "beat_this",
    "otio": "opentimelineio",
    "ray": "ray",
    "studio": "uvicorn",
}
"""Optional parts of the package, and the module that each brings."""


def extras(_: Path) -> Diagnosis:
    """Return which optional parts are installed."""
    gone = [name for name, module in EXTRAS.items() if find_spec(module) is None]
    here = [name for name in EXTRAS if name not in gone]
    found = f"installed: {', '.join(here) or 'none'}"
    if not gone:
        return Diagnosis("extras", found)
    todo = f"to install the others: pip install 'storyboard-film[{','.join(gone)}]'"
    return Diagnosis("extras", found, "advice", todo)


def disk(folder: Path) -> Diagnosis:
    """Check the free space for frames and checkpoints."""
    free = shutil.disk_usage(_existing_parent(folder)).free / 1e9
    found = f"{free:.1f} GB free for {folder}"
    if free < LOW_DISK_GB:
        todo = "make room, or render elsewhere with -o; a film keeps its frames beside it"
        return Diagnosis("disk", found, "advice", todo)
    return Diagnosis("disk", found)


def writing(folder: Path) -> Diagnosis:
    """Check the permission to write where films go."""
    parent = _existing_parent(folder)
    if os.access(parent, os.W_OK | os.X_OK):
        return Diagnosis("writing", f"{folder} can be written")
    return Diagnosis("writing", f"{parent} cannot be written", "bad", "render elsewhere with -o")


_LETTERS = "été à Noël, mañana, ŁßřÅ — “Ωλ” Жизнь שלום سلام"


def fonts(_: Path) -> Diagnosis:
    """Check the font of captions and previews, and some of its letters."""
    from storyboard.media.fonts import default_font, missing_letters

    try:
        lacking = missing_letters(_LETTERS, default_font())
    except (BadValue, ImportError) as error:
        todo = "pip install --force-reinstall matplotlib pillow"
        return Diagnosis("fonts", f"text cannot be drawn: {error}", "bad", todo)
    if lacking:
        return Diagnosis("fonts", f"DejaVu Sans lacks {lacking}", "advice", "set a font: FILE")
    return Diagnosis("fonts", "DejaVu Sans: Latin, Greek, Cyrillic, Hebrew, Arabic")


def _existing_parent(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.is_dir():
        folder = folder.parent
    return folder


CHECKS: tuple[Callable[[Path], Diagnosis], ...] = (
    python,
    ffmpeg,
    disk,
    writing,
    fonts,
    extras,
    torch,
)
"""What can be looked at on any machine."""

TORCH_CHECKS: tuple[Callable[[Path], Diagnosis], ...] = (device, sketch, weights)
"""What can be looked at where torch is well."""


def examine(folder: Path) -> list[Diagnosis]:
    """Return every finding about this machine, for films that go to ``folder``."""
    findings = [check(folder) for check in CHECKS]
    if findings[-1].state != "bad":
        findings += [check(folder) for check in TORCH_CHECKS]
    return findings
