"""What the page is about: one story, what it says, its film, and its render."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

from PIL import Image

from storyboard.audio.peaks import Peaks, peak_rate, peaks
from storyboard.errors import StoryboardError, UsageError
from storyboard.plan import Plan, ShotPlan
from storyboard.render.store.folder import OutputPaths, output_paths
from storyboard.render.store.frame_store import FolderStore
from storyboard.render.store.work_folders import find_work_folder, note_work_folder
from storyboard.studio.document import Change, Document, version_of
from storyboard.studio.film_data import curve_data, film_data, is_inside, problem_data, view_data
from storyboard.studio.page_edits import checked, edited
from storyboard.studio.reading import ReadFilm, Reading, read
from storyboard.studio.renders import Renders, shot_numbers

WIDTHS = (160, 480, 960)
"""Widths in pixels at which frames are shown; 0 is their own."""


@dataclass
class Studio:
    """A story that is open. ``project`` is the only folder of which files are shown.

    Methods may be called from several threads. Raises `StoryboardError` where the story cannot be
    read at all.
    """

    file: Path
    project: Path
    read_only: bool = False
    document: Document = field(init=False)
    renders: Renders = field(init=False)
    _reading: Reading | None = None

    def __post_init__(self) -> None:
        self.file, self.project = self.file.resolve(), self.project.resolve()
        if not self.file.is_relative_to(self.project):
            raise UsageError(f"{self.file} is not in the folder {self.project}")
        self.document = Document(self.file, self.read_only)
        self.renders = Renders(self.file)
        self._lock = RLock()

    @property
    def reading(self) -> Reading:
        """Return what the story says as it is now."""
        with self._lock:
            text = self.document.text
            if self._reading is None or self._reading.text != text:
                self._reading = read(text, self.file)
                self._follow(self._reading)
            return self._reading

    def _follow(self, reading: Reading) -> None:
        """Have `renders` follow the folder of the film that ``reading`` makes."""
        if reading.film is not None:
            outputs = reading.film.story.outputs
            self.renders.output = outputs[0] if outputs else None
            self.renders.attach(self.paths(reading.film.plan).folder)

    def paths(self, plan: Plan) -> OutputPaths:
        """Return where the film of ``plan`` goes, and its frames."""
        return output_paths(plan, work=find_work_folder(plan, self.file))

    @property
    def film(self) -> ReadFilm:
        """Return the film. Raises `UsageError` while the story has errors."""
        film = self.reading.film
        if film is None:
            raise UsageError("the story has errors; correct them first")
        return film

    def state(self) -> dict[str, Any]:
        """Return all that the page shows."""
        with self._lock:
            reading, document = self.reading, self.document
            done, undone = document.done, document.undone
            return {
                "name": self.file.name,
                "version": version_of(reading.text),
                "text": reading.text,
                "read_only": self.read_only,
                "undo": done[-1].label if done else None,
                "redo": undone[-1].label if undone else None,
                "last": done[-1].to_json() if done else None,
                **self._read_state(reading),
                "frames": self.frames(),
                "render": self.render_status(),
            }

    def _read_state(self, reading: Reading) -> dict[str, Any]:
        problems = [problem_data(problem) for problem in reading.problems]
        return {"problems": problems, "film": film_data(reading, self.project)}

    def check(self, text: str) -> dict[str, Any]:
        """Return what ``text`` would be as the story: its problems, and its film."""
        return self._read_state(read(text, self.file))

    def save(self, text: str, *, base: str) -> Change:
        """Write ``text`` as the story. Raises as `Document.write`."""
        with self._lock:
            return self.document.write(text, "text edited", base=base)

    def edit(self, wanted: Mapping[str, Any], *, base: str) -> Change:
        """Do what ``wanted`` says, see `storyboard.studio.page_edits`. Raises as `Document.write`,
        and `UsageError` for what cannot be done; the story is then as it was.
        """
        with self._lock:
            reading = self.reading
            text, label = edited(reading, wanted)
            after = checked(text, reading, self.file)
            change = self.document.write(text, label, base=base)
            self._reading = after
            return change

    def sound(self) -> dict[str, Any]:
        """Return the moments that listening finds: sections, onsets and bars of the film."""
        film = self.film
        events = film.when.sound.events if film.plan.audio else {}
        return {
            f"{name}s": [round(float(t), 4) for t in events[name].times] if name in events else []
            for name in ("section", "onset", "bar")
        }

    def peaks(self) -> Peaks:
        """Return the peaks of the soundtrack's file, (n, 2) in -127..127."""
        plan = self.film.plan
        if plan.audio is None:
            raise UsageError("the story has no soundtrack")
        return peaks(plan.audio.file, rate=peak_rate(float(plan.duration)))

    def song(self) -> Path:
        """Return the file of the soundtrack. Raises `UsageError` for one outside of the project."""
        audio = self.film.plan.audio
        if audio is None or not is_inside(audio.file, self.project):
            raise UsageError("there is no soundtrack in the story's folder")
        return audio.file

    def curves(self, first: int, stop: int) -> dict[str, Any]:
        """Return the curves of some frames, see `curve_data`."""
        return curve_data(self.reading, first, stop)

    def views(self, first: int, stop: int) -> list[list[float]]:
        """Return the camera's matrices of some frames, see `view_data`."""
        return view_data(self.film.plan, first, min(stop, first + 5000))

    def frames(self) -> list[dict[str, Any]]:
        """Return for each shot its digest and the stretches of its frames that are finished."""
        film = self.reading.film
        if film is None:
            return []
        store = FolderStore(self.paths(film.plan).shots)
        return [
            {"digest": digest_name(shot), "done": stretches(store.finished(shot, thorough=False))}
            for shot in film.plan.shots
        ]

    def frame(self, number: int, digest: str, width: int) -> tuple[bytes, str]:
        """Return a finished frame as a file, and its media type. Raises `UsageError` for one that
        is not there or of another version of the story.
        """
        plan = self.film.plan
        if not 0 <= number < plan.frame_count or width not in (0, *WIDTHS):
            raise UsageError("there is no such frame")
        shot = plan.shot_at(number)
        if digest_name(shot) != digest:
            raise UsageError("the story has changed since")
        store = FolderStore(self.paths(plan).shots)
        local = number - shot.first
        if local not in store.finished(shot, thorough=False):
            raise UsageError("this frame is not finished")
        path = Path(store.frame_file(shot, local))
        if not width:
            return path.read_bytes(), "image/png"
        return _small(path, path.stat().st_mtime_ns, width), "image/jpeg"

    def render(self, wanted: Mapping[str, Any]) -> None:
        """Start or pause the render: ``action``, and for one ``shot`` its number from 0."""
        if self.read_only:
            raise UsageError("the story was opened with --read-only")
        if wanted.get("action") == "pause":
            self.renders.pause()
            return
        plan = self.film.plan
        chosen = shot_numbers([shot.name for shot in plan.shots], wanted)
        folder = self.paths(plan).folder
        note_work_folder(self.file, folder)
        self.renders.start(folder.absolute(), chosen)

    def render_status(self) -> dict[str, Any]:
        """Return the render's state, and which film there is to download."""
        film = self.reading.film
        there = film is not None and self.film_file() is not None
        return {**self.renders.status(), "download": there}

    def film_file(self) -> Path | None:
        """Return the film that was rendered, None where there is none; a folder is none."""
        try:
            path = self.paths(self.film.plan).film
        except StoryboardError:
            return None
        return path if path.is_file() else None


def digest_name(shot: ShotPlan) -> str:
    """Return the name of a shot's pictures in addresses: they change when it does."""
    return shot.digest[:12]


def stretches(numbers: set[int]) -> list[list[int]]:
    """Return ``numbers`` as half-open stretches.

    >>> stretches({0, 1, 2, 5})
    [[0, 3], [5, 6]]
    """
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number:
            found[-1][1] = number + 1
        else:
            found.append([number, number + 1])
    return found


@lru_cache(maxsize=2000)
def _small(path: Path, _changed: int, width: int) -> bytes:
    """Return a picture of ``width`` pixels at most as a JPEG."""
    with Image.open(path, formats=("PNG",)) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((width, width * 4), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=82)
    return stream.getvalue()
