"""Sources of a shot's prompts: texts, and the pictures and vectors that a story names.

Files are read here, whole, so that a torn one is an error of the story; nothing needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from storyboard.errors import BadValue
from storyboard.files import file_digest
from storyboard.media.picture_files import existing, read_picture
from storyboard.perceptors import embedding_width
from storyboard.plan import (
    ImagePrompt,
    PromptTrack,
    ShotPlan,
    Source,
    TextPrompt,
    VectorPrompt,
)
from storyboard.story.model import PromptSpec
from storyboard.story.source import KeyPath
from storyboard.timeline.cascade import Sayings
from storyboard.timeline.report import Report


def source_of(spec: PromptSpec, path: KeyPath, *, folder: Path, report: Report) -> Source:
    """Return what the prompt at ``path`` stands for; its file is looked for in ``folder``.

    Where the file cannot be used, ``report`` has the error and the file's name stands for it.
    """
    for key, written, read in (
        ("image", spec.image, _image),
        ("vector", spec.vector, _vector),
    ):
        if written is not None:
            with report.at((*path, key)):
                return _read(read, folder / written)
            return TextPrompt(written)
    return TextPrompt(spec.text or "")


def check_vectors(
    shot: ShotPlan, own: Sequence[PromptTrack], settings: Sayings, report: Report
) -> None:
    """Report the vectors that do not fit a perceptor of ``shot``, where its width is known.

    ``own`` are the shot's own prompts in their order, without those that it takes over.
    """
    if "prompt" not in settings:
        return
    path = settings["prompt"].path
    places = {track.source: (*path, n, "vector") for n, track in enumerate(own)}
    vectors = [source for source in shot.sources if isinstance(source, VectorPrompt)]
    for source in vectors:
        for name in shot.perceptors:
            with report.at(places.get(source, path)):
                _check_width(source, name)


def _check_width(source: VectorPrompt, perceptor: str) -> None:
    """Raise `BadValue` where ``source`` has no vector for ``perceptor``, or one too short."""
    from storyboard.perceptors.vectors import no_vector, vector_name, wrong_width

    widths = dict(source.widths)
    name, wanted = vector_name(perceptor, widths), embedding_width(perceptor)
    if name is None:
        raise no_vector(source.file, perceptor, widths)
    if wanted is not None and widths[name] != wanted:
        raise wrong_width(source.file, perceptor, widths[name], wanted)


_Reader = Callable[[Path], Source]


def _read(reader: _Reader, file: Path) -> Source:
    """Return what ``reader`` makes of ``file``, which is read once while it stays as it is.

    Raises `BadValue`.
    """
    state = existing(file).stat()
    try:
        return _once(reader, file, (state.st_mtime_ns, state.st_size))
    except PermissionError as error:
        raise BadValue(f"{file} cannot be read: {error.strerror}") from None


@lru_cache(maxsize=256)
def _once(reader: _Reader, file: Path, state: tuple[int, int]) -> Source:
    return reader(file)


def _image(file: Path) -> ImagePrompt:
    read_picture(file)
    return ImagePrompt(file, file_digest(file))


def _vector(file: Path) -> VectorPrompt:
    from storyboard.perceptors.vectors import read_vectors

    widths = tuple((name, len(vector)) for name, vector in read_vectors(file).items())
    return VectorPrompt(file, file_digest(file), widths)
