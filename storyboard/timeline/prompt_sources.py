"""Sources of a shot's prompts: texts, and the pictures, clips and vectors that a story names.

Files are read here, whole, so that a torn one is an error of the story; nothing needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from storyboard.curves.instants import SampleTimes
from storyboard.errors import BadValue, did_you_mean
from storyboard.files import file_digest
from storyboard.media.picture_files import existing, read_picture
from storyboard.perceptors import embedding_width
from storyboard.plan import (
    NAMED,
    TEMPLATES,
    ClipPrompt,
    DifferencePrompt,
    ImagePrompt,
    ImagesPrompt,
    LabelsPrompt,
    NamedPrompt,
    NoisePrompt,
    PromptTrack,
    ShotPlan,
    Source,
    TextPrompt,
    VectorPrompt,
)
from storyboard.story.guidance import MOST_LABELS, PromptSpec
from storyboard.story.source import KeyPath
from storyboard.timeline.cascade import SettingsByName
from storyboard.timeline.report import Report
from storyboard.timeline.video import clip_times, is_clip


@dataclass(frozen=True)
class Reader:
    """Reads the sources of a shot's prompts: files in ``folder``, clips at the frames ``at``;
    ``shot`` is the shot's index.
    """

    at: SampleTimes
    folder: Path
    report: Report
    shot: int = 0

    def source(self, spec: PromptSpec, path: KeyPath) -> Source:
        """Return what the prompt at ``path`` stands for.

        Where its file cannot be used, the report has the error, and a text stands for it.
        """
        self._check_keys(spec, path)
        if spec.image is not None:
            with self.report.at((*path, "image")):
                return self._images(spec.image, spec.view or "both", (*path, "image"))
            return TextPrompt(" ".join(spec.image))
        if spec.labels is not None:
            with self.report.at((*path, "labels")):
                return self._labels(spec.labels, spec.templates or TEMPLATES)
            return TextPrompt(" ".join(spec.labels))
        if spec.vector is not None:
            with self.report.at((*path, "vector")):
                return self._vector(spec.vector)
            return TextPrompt(spec.vector)
        if spec.noise is not None:
            return NoisePrompt(spec.noise)
        if spec.more is not None:
            return DifferencePrompt(spec.more, spec.than or "")
        return TextPrompt(spec.text or "")

    def _check_keys(self, spec: PromptSpec, path: KeyPath) -> None:
        """Report a key that has nothing to stand beside, or lacks what it stands beside."""
        if spec.view is not None and spec.image is None:
            self.report.error((*path, "view"), "view belongs to image", hint="say image: photo.jpg")
        if spec.templates is not None and spec.labels is None:
            hint = "write labels: a house"
            self.report.error((*path, "templates"), "templates belong to labels", hint=hint)
        if (spec.more is None) != (spec.than is None):
            hint = "say {more: a sharp photo, than: a blurred photo}"
            there, lacks = ("more", "than") if spec.than is None else ("than", "more")
            self.report.error((*path, there), f"{there!r} needs {lacks!r} beside it", hint=hint)

    def _images(self, names: tuple[str, ...], view: str, path: KeyPath) -> Source:
        """Return one picture, one clip, or several pictures. Raises `BadValue`."""
        if len(names) == 1 and is_clip(Path(names[0])):
            file = self.folder / names[0]
            times = clip_times(file, path, self.at, self.report)
            return ClipPrompt(file, file_digest(file), times, view)
        images = tuple(replace(_read(_image, self.folder / name), view=view) for name in names)
        if not images:
            raise BadValue("there is no file in the list")
        return images[0] if len(images) == 1 else ImagesPrompt(images)

    def _labels(self, written: tuple[str, ...], templates: tuple[str, ...]) -> LabelsPrompt:
        """Return the labels written, those of files in the files' place. Raises `BadValue`."""
        found = [
            label
            for one in written
            for label in (read_labels(self.folder / one) if one.endswith(".txt") else [one])
        ]
        labels = tuple(dict.fromkeys(found))
        if len(labels) > MOST_LABELS:
            raise BadValue(f"{len(labels)} labels; {MOST_LABELS} are the most")
        return LabelsPrompt(labels, templates)

    def _vector(self, name: str) -> Source:
        """Return a file's vector, or one that is built in. Raises `BadValue`."""
        if name in NAMED:
            return NamedPrompt(name)
        if not Path(name).suffix:
            hint = did_you_mean(name, NAMED) or f"built in: {', '.join(NAMED)}; or name a file"
            raise BadValue(f"there is no vector {name!r}", hint=hint)
        return _read(_vector, self.folder / name)


def read_labels(file: Path) -> list[str]:
    """Return the labels in ``file``, one a line, without blank lines and those that begin with #.

    Raises `BadValue` for a file that is missing, larger than `MOST_BYTES`, not UTF-8, or empty.
    """
    if existing(file).stat().st_size > MOST_BYTES:
        raise BadValue(f"{file} is larger than {MOST_BYTES // 1024} KiB", hint=_A_LINE)
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise BadValue(f"{file} is not text in UTF-8", hint=_A_LINE) from None
    except OSError as error:
        raise BadValue(f"{file} cannot be read: {error.strerror}") from None
    labels = [line for line in lines if line and not line.startswith("#")]
    if not labels or any("\0" in label for label in labels):
        raise BadValue(f"{file} holds no labels", hint=_A_LINE)
    return labels


MOST_BYTES = 64 * 1024
"""Of a file of labels."""

_A_LINE = "a label a line, such as house"


def check_vectors(
    shot: ShotPlan,
    find_own: Callable[[], Sequence[PromptTrack]],
    settings: SettingsByName,
    report: Report,
) -> None:
    """Report the vectors that do not fit a perceptor of ``shot``, where its width is known.

    ``find_own`` returns the shot's own prompts in their order, without those that it takes over.
    """
    vectors = [source for source in shot.sources if isinstance(source, VectorPrompt)]
    if not vectors or "prompt" not in settings:
        return
    path = settings["prompt"].path
    places = {track.source: (*path, n, "vector") for n, track in enumerate(find_own())}
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


_Read = TypeVar("_Read", ImagePrompt, VectorPrompt)


def _read(reader: Callable[[Path], _Read], file: Path) -> _Read:
    """Return what ``reader`` makes of ``file``, which is read once while it stays as it is.

    Raises `BadValue`.
    """
    state = existing(file).stat()
    try:
        found: _Read = _once(reader, file, (state.st_mtime_ns, state.st_size))
    except PermissionError as error:
        raise BadValue(f"{file} cannot be read: {error.strerror}") from None
    return found


@lru_cache(maxsize=256)
def _once(reader: Callable[[Path], _Read], file: Path, state: tuple[int, int]) -> _Read:
    return reader(file)


def _image(file: Path) -> ImagePrompt:
    read_picture(file)
    return ImagePrompt(file, file_digest(file))


def _vector(file: Path) -> VectorPrompt:
    from storyboard.perceptors.vectors import read_vectors

    widths = tuple((name, len(vector)) for name, vector in read_vectors(file).items())
    return VectorPrompt(file, file_digest(file), widths)
