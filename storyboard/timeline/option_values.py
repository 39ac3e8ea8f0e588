"""Options of a drawer, a loss or a filter: fixed, or a value for every frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from storyboard.catalogue import Catalogue, Record
from storyboard.color_lists import read_colors
from storyboard.curves.expressions.errors import ReportedElsewhere
from storyboard.curves.instants import SampleTimes
from storyboard.errors import BadValue
from storyboard.files import exists
from storyboard.media.cube_file import read_cube
from storyboard.media.picture_files import existing, read_picture
from storyboard.options import FILES, Kind, Option, option_errors
from storyboard.plan import Floats
from storyboard.plan.shot import plain
from storyboard.timeline.cascade import Setting
from storyboard.timeline.moving import read_moving
from storyboard.timeline.report import Report
from storyboard.timeline.video import clip_times, is_clip

_READERS: dict[str, Callable[[Path], object]] = {
    "image": read_picture,
    "film": read_picture,
    "cube": read_cube,
}
"""What reads files of a kind; others are only opened."""


@dataclass
class ChosenOptions:
    """Options by name: those that are ``fixed``, as read, and those that move, with the frames of
    the shot along the first axis; of clips the ``times``, in seconds, that each frame shows.
    """

    fixed: dict[str, Any] = field(default_factory=dict)
    moving: dict[str, Floats] = field(default_factory=dict)
    times: dict[str, tuple[Fraction, ...]] = field(default_factory=dict)

    def named(self, head: str) -> dict[str, Floats]:
        """Return those that move by ``HEAD.OPTION``."""
        return {f"{head}.{name}": values for name, values in self.moving.items()}


@dataclass(frozen=True)
class Chooser:
    """Reads the options of one shot, whose index is ``shot``. Files are relative to ``folder``;
    errors go to ``report``.
    """

    at: SampleTimes
    folder: Path
    report: Report
    shot: int = 0

    def chosen(
        self,
        room: Catalogue[Any],
        name: str,
        given: Mapping[str, Setting],
        place: Setting,
        *,
        beside: tuple[str, ...] = (),
    ) -> ChosenOptions:
        """Return the options given to ``name``, which ``room`` knows and ``place`` wrote; none
        where one is wrong. What they need and is missing is reported too. ``beside`` are names that
        may stand beside the options.
        """
        record, found, wrong = room.record(name), ChosenOptions(), False

        def read(option: str, value: Any) -> None:
            self._read(record.options[option], option, value, found)
            file = found.fixed.get(option)
            if isinstance(file, Path) and record.options[option].kind == "film" and is_clip(file):
                path = given[option].path
                found.times[option] = clip_times(file, path, self.at, self.report)

        values = {option: settings.value for option, settings in given.items()}
        owner = f"{room.kind} {name!r}"
        for error in option_errors(values, record.options, owner=owner, read=read, beside=beside):
            self.report.bad_value(given[str(error.path[0])].path[:-1], error)
            wrong = True
        if wrong:
            return ChosenOptions()
        self.need(record, self._first(record, found), owner, given, place)
        return found

    def need(
        self,
        record: Record,
        options: Mapping[str, Any],
        owner: str,
        given: Mapping[str, Setting],
        place: Setting,
    ) -> None:
        """Report the files and weights that ``record`` needs with ``options`` and that are missing:
        as errors, those that are fetched on first use as warnings.
        """
        for need in record.missing(options):
            path = given[need.option].path if need.option in given else place.path
            note = self.report.warn if need.fetched else self.report.error
            note(path, owner + need.message, hint=need.todo or None)

    def _read(self, option: Option, name: str, value: Any, found: ChosenOptions) -> None:
        """Put the option ``name`` into ``found``. Raises `BadValue`."""
        if option.kind == "colors" and value is not None:
            value = read_colors(value, self.folder)
        try:
            read = read_moving(option, value, self.at)
        except ReportedElsewhere:
            return
        if option.kind in FILES and read is not None:
            read = checked_file(self.folder / read, option.kind)
        if option.kind == "model" and read is not None and exists(self.folder / read):
            read = str((self.folder / read).resolve())
        moves = option.moves and hasattr(read, "dtype")
        (found.moving if moves else found.fixed)[name] = read

    def _first(self, record: Record, found: ChosenOptions) -> dict[str, Any]:
        """Return every option of ``record`` as it is in the first frame."""
        defaults = {name: option.default for name, option in record.options.items()}
        moved = {name: plain(values[0]) for name, values in found.moving.items() if len(values)}
        given = {**defaults, **found.fixed, **moved}
        return {name: record.options[name].read(value) for name, value in given.items()}


def checked_file(file: Path, kind: Kind) -> Path:
    """Return ``file`` itself. Raises `BadValue` where it does not exist or cannot be read."""
    if kind == "film" and is_clip(file):
        return existing(file)
    if kind in _READERS:
        _READERS[kind](file)
        return file
    try:
        existing(file).open("rb").close()
    except OSError as error:
        raise BadValue(f"{file} cannot be read: {error.strerror}") from None
    return file
