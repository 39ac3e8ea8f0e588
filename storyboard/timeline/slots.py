"""The shots in a row: which starts when, from durations, untils, or the times of the shorthand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from storyboard.curves.clock import Clock
from storyboard.story.fields import check_file_name
from storyboard.story.model import Defaults, KeyedShot, LyricsSpec, Settings, ShotSpec
from storyboard.story.read import Story
from storyboard.story.source import KeyPath
from storyboard.timeline.growth import growth_length
from storyboard.timeline.report import Report
from storyboard.times import parse_time

#: What a shot is taken to last that does not say it in a way that can be read.
LOST_SHOT = Fraction(1)


@dataclass(frozen=True)
class PlacedShot:
    """A shot and when it is: from ``start`` up to, not including, ``end``; seconds of the film.

    ``moved`` is by how much ``snap`` moved its start; None where it was not asked to.
    """

    spec: Settings
    path: KeyPath
    name: str
    start: Fraction
    end: Fraction
    moved: Fraction | None = None


def slots_of(story: Story, clock: Clock, report: Report) -> list[PlacedShot]:
    """Return the shots of ``story`` in a row, from its list or its shorthand."""
    return _ShotPlacer(story, clock, report).all()


@dataclass
class _ShotPlacer:
    """Walks along the shots. ``sure`` is False once an earlier error makes times a guess."""

    story: Story
    clock: Clock
    report: Report
    at: Fraction = Fraction(0)
    sure: bool = True
    names: dict[str, int] = field(default_factory=dict)

    def all(self) -> list[PlacedShot]:
        spec = self.story.spec
        ways = [way for way in ("shots", "prompts", "lyrics") if getattr(spec, way) is not None]
        if spec.lyrics is not None and spec.lyrics.burn and len(ways) > 1:
            ways = self.only_burnt(spec.lyrics, ways)
        if len(ways) > 1:
            hint = "prompts and lyrics are short ways of writing shots; keep one of them"
            message = f"a story has either {' or '.join(ways)}"
            self.report.error((ways[1],), message, hint=hint, about=())
        if spec.shots is not None:
            return list(self.listed(spec.shots))
        if isinstance(spec.prompts, tuple):
            return list(self.shared(spec.prompts))
        if spec.prompts is not None:
            return list(self.keyed(spec.prompts))
        if any(settings is not None and settings.prompt for settings in (spec, spec.defaults)):
            return [PlacedShot(ShotSpec(), (), "shot-001", self.at, self.alone())]
        hint = (
            "write shots: or prompts: or lyrics:, or prompt: and duration: for a film of one shot"
        )
        about = ("shots", "prompts", "lyrics", "prompt", "defaults")
        self.report.error((), "the story has no shots", hint=hint, about=about)
        return []

    def only_burnt(self, lyrics: LyricsSpec, ways: list[str]) -> list[str]:
        """Return ``ways`` without the lyrics, which are written on shots of another making."""
        for key in ("prompt", "gap_prompt"):
            if getattr(lyrics, key) is not None:
                hint = f"leave it out, or {ways[0]}"
                message = f"{ways[0]} say what is seen; these lyrics are only written on it"
                self.report.error(("lyrics", key), message, hint=hint)
        return [way for way in ways if way != "lyrics"]

    def alone(self) -> Fraction:
        """Return the end of the only shot of a story that lists none."""
        defaults = self.story.spec.defaults or Defaults()
        if self.clock.end is not None:
            return self.clock.end
        if defaults.duration is not None:
            return self.after(defaults.duration, ("defaults", "duration"))
        growth = self.story.spec.growth
        with self.report.at(("growth", "hold_last")):
            length = None if growth is None else growth_length(growth, self.clock)
            if length is not None:
                return length
        if not any(self.report.touched((key,)) for key in ("duration", "audio", "video")):
            hint = "such as duration: 10s, or audio: song.mp3; `storyboard still` paints a picture"
            self.report.error(("prompt",), "nothing says how long the film is", hint=hint)
        return self.lost()

    def listed(self, shots: tuple[ShotSpec, ...]) -> Iterator[PlacedShot]:
        if not shots:
            self.report.error(("shots",), "there are no shots in the list")
        for index, shot in enumerate(shots):
            path: KeyPath = ("shots", index)
            last = index == len(shots) - 1
            start = self.at
            self.at = max(self.end(shot, path, last=last), start)
            name = self.name(shot.name or f"shot-{index + 1:03d}", path)
            yield PlacedShot(shot, path, name, start, self.at)

    def end(self, shot: ShotSpec, path: KeyPath, *, last: bool) -> Fraction:
        """Return the end of ``shot``; a guess where it is unknown."""
        if shot.duration is not None and shot.until is not None:
            self.report.error(path, "a shot has a duration or an until, not both", about=())
        if shot.until is not None:
            return self.until(shot.until, (*path, "until"))
        own = shot.duration is not None
        defaults = self.story.spec.defaults or Defaults()
        written = shot.duration if own else defaults.duration
        if written is not None:
            return self.after(written, (*path, "duration") if own else ("defaults", "duration"))
        if last and self.clock.end is not None:
            return self.until("end", path)
        hint = "such as duration: 4s" + (", or give the story a soundtrack" if last else "")
        message, about = "missing duration or until", ("duration", "until")
        self.report.error(path, message, hint=hint, about=about)
        return self.lost()

    def lost(self) -> Fraction:
        """Guess when a shot ends, so that the rest can be checked."""
        self.sure = False
        return self.at + LOST_SHOT

    def after(self, written: Any, path: KeyPath) -> Fraction:
        with self.report.at(path):
            length = self.clock.duration_of(
                parse_time(written), whole=self.clock.end, start=self.at
            )
            if length == 0:
                self.report.error(path, "a shot cannot last no time at all")
            return self.at + length
        return self.lost()

    def until(self, written: Any, path: KeyPath) -> Fraction:
        anchor = parse_time(written).anchor
        if anchor and self.is_lost(anchor):
            return self.lost()
        with self.report.at(path):
            end = self.position(written)
            if end > self.at:
                self.sure = True
                return end
            if self.sure:
                message = f"{written} is {as_s(end)}; the shot starts at {as_s(self.at)}"
                self.report.error(path, message, hint="shots follow one another in time")
        return self.lost()

    def is_lost(self, mark: str) -> bool:
        """Return True for a mark, or one of a set, that is missing because of a reported error."""
        names = (mark, mark.rstrip("0123456789"), mark.partition("_")[0])
        known = mark in self.clock.marks and not self.report.touched(("marks", mark))
        return not known and any(self.report.failed(("marks", name)) for name in names)

    def position(self, written: Any) -> Fraction:
        return self.clock.film_time(parse_time(written), whole=self.clock.end)

    def shared(self, shots: tuple[KeyedShot, ...]) -> Iterator[PlacedShot]:
        """Yield the shots of a list of prompts: each has an equal share of the film."""
        if not shots:
            message = "there are no prompts in the list"
            self.report.error(("prompts",), message, hint="such as [a sunset, a starry sky]")
        whole = self.clock.end
        if whole is None and shots and not self.report.touched(("audio",)):
            hint = "say audio: song.mp3, or duration: 30s"
            self.report.error(("prompts",), "nothing says how long the film is", hint=hint)
        share = Fraction(whole or len(shots), max(len(shots), 1))
        for n, shot in enumerate(shots):
            path: KeyPath = ("prompts", n)
            name = self.name(shot.name or f"shot-{n + 1:03d}", path)
            yield PlacedShot(shot, path, name, share * n, share * (n + 1))

    def keyed(self, prompts: Mapping[str, KeyedShot]) -> Iterator[PlacedShot]:
        """Yield the shots of the shorthand: each lasts until the time of the next."""
        moments: list[tuple[str, Fraction]] = []
        if not prompts:
            message = "there are no prompts in the mapping"
            self.report.error(("prompts",), message, hint="such as {0:00: a sunset}")
        for key in prompts:
            with self.report.at(("prompts", key)):
                moments.append((key, self.position(key)))
        self.check_order(moments)
        moments.sort(key=lambda moment: moment[1])
        end = self.clock.end
        if end is None and moments and not self.report.touched(("audio",)):
            message = "the film has no end"
            hint = "say audio: song.mp3, or duration: 30s"
            self.report.error(("prompts", moments[-1][0]), message, hint=hint)
        ends = [moment for _, moment in moments[1:]]
        if moments:
            ends.append(max(end or Fraction(0), moments[-1][1] + LOST_SHOT * (end is None)))
        for (key, start), stop in zip(moments, ends, strict=False):
            yield self.keyed_slot(key, prompts[key], start, stop)

    def check_order(self, moments: list[tuple[str, Fraction]]) -> None:
        if moments and moments[0][1] != 0:
            message = f"nothing says what is seen before {moments[0][0]}"
            self.report.error(("prompts", moments[0][0]), message, hint="key a prompt to 0:00")
        for (_, before), (key, moment) in pairwise(moments):
            if moment <= before:
                message = f"{key} is {as_s(moment)}, not after the {as_s(before)} before it"
                self.report.error(("prompts", key), message, hint="write the times in order")
        if moments and self.clock.end is not None and moments[-1][1] >= self.clock.end:
            message = f"{moments[-1][0]} is at or after the end, {as_s(self.clock.end)}"
            self.report.error(("prompts", moments[-1][0]), message)

    def keyed_slot(self, key: str, keyed: KeyedShot, start: Fraction, stop: Fraction) -> PlacedShot:
        path: KeyPath = ("prompts", key)
        number = len(self.names) + 1
        default = key if key in self.clock.marks else f"shot-{number:03d}"
        return PlacedShot(keyed, path, self.name(keyed.name or default, path), start, stop)

    def name(self, name: str, path: KeyPath) -> str:
        if name in self.names:
            message = f"two shots are called {name!r}"
            self.report.error((*path, "name"), message, hint="a shot's name is its own")
        self.names.setdefault(name, len(self.names))
        with self.report.at((*path, "name")):
            check_file_name(name, what="folder")
        return name


def as_s(moment: Fraction) -> str:
    """Return a moment for a message."""
    return f"{float(moment):g} s"
