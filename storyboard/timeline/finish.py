"""The finishing part of the plan: sizes and rates, what lies over the film, and its digest.

Nothing of it is in the digest of a shot, so changing it repaints nothing. The film's record
compares the digest made here, so changing it makes the film anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from storyboard.curves.clock import frame_of
from storyboard.curves.instants import ShotScope
from storyboard.errors import BadValue
from storyboard.files import file_digest
from storyboard.media.fonts import default_font, missing_letters
from storyboard.media.picture_files import existing, read_clear_picture
from storyboard.plan import CaptionPlan, FinishPlan, Floats, OverlayPlan, ShotPlan
from storyboard.story.finish import CaptionSpec, OverlaySpec, PaintSpec
from storyboard.story.output import SCALES, OutputSpec, aspect_size
from storyboard.story.quality import DEFAULT
from storyboard.story.read import Story
from storyboard.story.source import KeyPath
from storyboard.timeline.cascade import Setting
from storyboard.timeline.digests import digest_of
from storyboard.timeline.effects import filter_of, unseen_filters
from storyboard.timeline.effort import SHAPE_SLACK, smaller_size
from storyboard.timeline.finish_models import interpolate_of, upscale_of
from storyboard.timeline.report import Report
from storyboard.timeline.settings import DEFAULT_SIZE, NumberSetting, once_every, sampled
from storyboard.times import parse_time

#: Raised by one when the same plan would be finished differently.
ALGORITHM = "storyboard-finish-2"

ALPHA = NumberSetting(1, 0, 1)
CAPTION_SIZE, WHITE = 0.06, (1.0, 1.0, 1.0)


def paint_of(story: Story) -> PaintSpec:
    """Return what the story says of painting in another size or at another rate."""
    return (story.spec.output and story.spec.output.paint) or PaintSpec()


def film_size(story: Story) -> tuple[int, int]:
    """Return (width, height) of the film in pixels, for one eye; the default's where that which
    was written has an error, see `_check_size`.
    """
    output = story.spec.output or OutputSpec()
    if output.size is not None or output.aspect is None:
        return output.size or DEFAULT_SIZE
    with suppress(BadValue):
        return aspect_size(output.aspect, _scale(story, output))
    return DEFAULT_SIZE


def _scale(story: Story, output: OutputSpec) -> float:
    return output.scale or SCALES[story.spec.quality or DEFAULT]


def _check_size(story: Story, report: Report) -> None:
    """Report a size that is set in two ways or in none, and an aspect that makes no film."""
    output = story.spec.output or OutputSpec()
    if output.size is not None and output.aspect is not None:
        message = "size and aspect exclude one another"
        report.error(("output", "aspect"), message, hint="keep one; scale goes with aspect")
    elif output.scale is not None and output.aspect is None:
        message = "scale goes with aspect, and there is none"
        report.error(("output", "scale"), message, hint="such as aspect: 16:9")
    elif output.aspect is not None:
        with report.at(("output", "scale" if output.scale else "aspect")):
            aspect_size(output.aspect, _scale(story, output))


def painted_size(story: Story) -> tuple[int, int]:
    """Return (width, height) of the pictures that are painted."""
    effort = story.spec.effort
    return smaller_size(_whole_size(story), (effort and effort.size) or 1)


def _whole_size(story: Story) -> tuple[int, int]:
    """Return the painted size that the story asks for, before ``effort`` makes it smaller."""
    return paint_of(story).size or film_size(story)


def every_painted(story: Story, fps: Fraction, report: Report) -> int:
    """Return how many frames the film has for each that is painted, 1 where it cannot be."""
    painted, path = paint_of(story).fps, ("output", "paint", "fps")
    if painted is None:
        return 1
    share = fps / painted
    if share.denominator != 1:
        near = max(1, round(share))
        hint = f"such as {_rate(fps / near)} or {_rate(fps / (near + 1))}"
        message = f"the film's {_rate(fps)} frames a second are no whole multiple of"
        report.error(path, f"{message} {_rate(painted)}", hint=hint)
        return 1
    if share > 1 and story.spec.stereo is not None:
        message = "no frames are made in between for a film for two eyes"
        report.error(path, message, hint="leave paint: {fps} out, or stereo")
    return int(share)


def _rate(fps: Fraction) -> str:
    return str(fps) if fps.denominator == 1 or fps.denominator == 1001 else f"{float(fps):g}"


class Over(NamedTuple):
    """Interval and opacity of an overlay: the frames ``first`` to before ``stop``."""

    first: int
    stop: int
    alpha: Floats


def finish_of(
    story: Story, film: ShotScope, shots: Sequence[ShotPlan], every: int, report: Report
) -> FinishPlan:
    """Return how the film is finished, without its digest; every error goes to ``report``.

    ``film`` is all of it, at the film's rate, and ``shots`` its shots at its own frames, of which
    every ``every``-th is painted.
    """
    _check_size(story, report)
    size, painted = film_size(story), painted_size(story)
    _check_shape(size, _whole_size(story), report)
    shown = (shots[-1].stop / film.clock.fps) if shots else film.duration
    length = replace(film, end=min(film.end, shown), clock=replace(film.clock, end=film.end))
    overlays = (
        _overlay(spec, ("overlays", n), story.folder, length, report)
        for n, spec in enumerate(story.spec.overlays or ())
    )
    captions = [
        _caption(spec, ("captions", n), story.folder, length, report)
        for n, spec in enumerate(story.spec.captions or ())
    ]
    _warn_of_overlaps(captions, report)
    _refuse_idle(story, size, painted, every, report)
    return FinishPlan(
        size=None if size == painted else size,
        fps=None if every == 1 else film.clock.fps,
        shots=() if every == 1 else tuple(shots),
        overlays=tuple(one for one in overlays if one is not None),
        captions=tuple(one for one in captions if one is not None),
        upscale=upscale_of(story, report),
        interpolate=interpolate_of(story, size, every, report),
    )


def _refuse_idle(
    story: Story, size: tuple[int, int], painted: tuple[int, int], every: int, report: Report
) -> None:
    """Report settings that would do nothing: no size to enlarge to, no frames in between."""
    output = story.spec.output
    if output is None:
        return
    if output.upscale is not None and size[0] <= painted[0]:
        message = f"the film is painted at {painted[0]}x{painted[1]}: nothing is enlarged"
        report.error(("output", "upscale"), message, hint="set paint: to a smaller size")
    if output.interpolate is not None and every == 1:
        message = "every frame is painted: there are none in between"
        report.error(("output", "interpolate"), message, hint="set paint: {fps} to a lower rate")


def _check_shape(size: tuple[int, int], painted: tuple[int, int], report: Report) -> None:
    (width, height), (wide, high) = size, painted
    if abs(wide * height / (high * width) - 1) > SHAPE_SLACK:
        near = f"{wide}x{max(2, round(wide * height / width / 2) * 2)}"
        message = f"{wide}x{high} has another shape than the film's {width}x{height}"
        report.error(("output", "paint", "size"), message, hint=f"the nearest size is {near}")


def _overlay(
    spec: OverlaySpec, path: KeyPath, folder: Path, film: ShotScope, report: Report
) -> OverlayPlan | None:
    over = _over(spec, path, film, report)
    with report.at((*path, "image")):
        file = folder / spec.image
        read_clear_picture(file)
        if over is None:
            return None
        alpha = over.alpha * _flashed(spec, path, len(over.alpha), film, report)
        at, scale = spec.at or "center", spec.scale or 1.0
        return OverlayPlan(file, at, scale, over.first, over.stop, alpha)
    return None


def _flashed(
    spec: OverlaySpec, path: KeyPath, count: int, film: ShotScope, report: Report
) -> Floats:
    """Return 1 for those of ``count`` frames at which an overlay is seen, 0 for the others."""
    every: Fraction | None = None
    if spec.every is not None:
        with report.at((*path, "every")):
            every = film.clock.duration_of(parse_time(spec.every), whole=film.end)
            if every <= 0:
                raise BadValue("every must be longer than nothing", hint="say every: 10f")
    return once_every(every or None, count, film.clock.fps)


def _caption(
    spec: CaptionSpec, path: KeyPath, folder: Path, film: ShotScope, report: Report
) -> CaptionPlan | None:
    over = _over(spec, path, film, report)
    with report.at((*path, "font" if spec.font else "text")):
        font = existing(folder / spec.font) if spec.font else default_font()
        lacking = missing_letters(spec.text, font)
        if lacking:
            message = f"{font.name} has no {', '.join(map(repr, lacking))}"
            report.error((*path, "text"), message, hint="say font: with a file that has them")
        size, color = spec.size or CAPTION_SIZE, spec.color or WHITE
        at = spec.at or "bottom"
        return over and CaptionPlan(spec.text, at, size, color, font, *over)
    return None


def _over(
    spec: OverlaySpec | CaptionSpec, path: KeyPath, film: ShotScope, report: Report
) -> Over | None:
    """Return when something is seen, and how opaque it is then."""
    start, end = film.start, film.end
    with report.at((*path, "from")):
        start = _moment(spec.start, film) if spec.start is not None else start
    with report.at((*path, "to")):
        end = _moment(spec.stop, film) if spec.stop is not None else end
    first, stop = (frame_of(edge, film.clock.fps) for edge in (start, end))
    if report.failed(path):
        return None
    if first >= stop:
        key = "to" if spec.stop is not None else "from"
        message = "it is seen in no frame: it ends where it begins, or before"
        report.error((*path, key), message)
        return None
    at = replace(film, start=start, end=end).frames(first, stop)
    settings = None if spec.alpha is None else Setting(spec.alpha, (*path, "alpha"))
    return Over(first, stop, sampled(settings, 1.0, at, report=report, number=ALPHA))


def _moment(written: Any, film: ShotScope) -> Fraction:
    """Return the moment of the film that was written. Raises `BadValue` for one after its end."""
    moment = film.clock.film_time(parse_time(written), whole=film.duration)
    if moment > film.end:
        raise BadValue(f"{float(moment):g} s is after the film's end at {float(film.end):g} s")
    return moment


def _warn_of_overlaps(captions: Sequence[CaptionPlan | None], report: Report) -> None:
    """Warn of words that are written over one another."""
    for n, one in enumerate(captions):
        for other in captions[:n]:
            if (
                one
                and other
                and one.at == other.at
                and max(one.first, other.first) < min(one.stop, other.stop)
            ):
                message = f"it is written over the caption {other.text!r}"
                report.warn(("captions", n), message, hint="say another at:, from: or to:")


def finish_digest(finish: FinishPlan, shots: Sequence[ShotPlan]) -> str:
    """Return a name for all that finishing depends on, files by their contents; nothing where the
    film is the painted pictures as they are. ``shots`` are those that are painted.
    """
    shots = finish.shots or shots
    looks = [_looks(shot) for shot in shots]
    over = (finish.size, finish.fps, finish.overlays, finish.captions)
    if not any(over) and not any(looks):
        return ""
    files = [one.file for one in finish.overlays] + [one.font for one in finish.captions]
    contents = {file: file_digest(file) for file in files}
    overlays = [(replace(one, file=Path()), contents[one.file]) for one in finish.overlays]
    captions = [(replace(one, font=Path()), contents[one.font]) for one in finish.captions]
    path = [(s.first, s.poses, s.entry, s.exit) for s in shots] if finish.fps else []
    models = [*_upscaled(finish), *_interpolated(finish)]
    return digest_of(ALGORITHM, finish.size, finish.fps, looks, path, overlays, captions, models)


def _upscaled(finish: FinishPlan) -> list[Any]:
    one = finish.upscale
    return [] if one is None else [file_digest(one.file), one.tile, one.overlap]


def _interpolated(finish: FinishPlan) -> list[Any]:
    one = finish.interpolate
    return [] if finish.fps is None else [one.method, one.file and file_digest(one.file)]


def _looks(shot: ShotPlan) -> list[Any]:
    """Return the filters of a shot that only the film shows, in their order, with all their
    numbers.
    """
    return [
        (
            name,
            _by_contents(shot.filter_options.get(name, {})),
            {key: values for key, values in shot.values.items() if filter_of(key) == name},
            {key: values for key, values in shot.moving.items() if filter_of(key) == name},
        )
        for name in unseen_filters(shot)
    ]


def _by_contents(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with the digest of its contents in place of every file."""
    return {
        key: file_digest(value) if isinstance(value, Path) else value
        for key, value in options.items()
    }
