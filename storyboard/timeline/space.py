"""The depth of a shot and the film's two eyes, from the story into the plan."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

from storyboard.curves.clock import Clock
from storyboard.errors import BadValue, did_you_mean
from storyboard.files import is_file
from storyboard.media.picture_files import open_picture
from storyboard.motion import DEPTH_MODEL, DEPTHS
from storyboard.plan import DepthPlan, ShotPlan, StereoPlan
from storyboard.story.fields import MAX_SIZE
from storyboard.story.kinds import declared
from storyboard.story.read import Story
from storyboard.story.space import DepthSpec
from storyboard.timeline.cascade import Setting, SettingsByName
from storyboard.timeline.finish import film_size
from storyboard.timeline.report import Report
from storyboard.times import parse_time

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".pgm")

_TAKES = {
    "plane": (),
    "sphere": ("radius", "strength"),
    "tunnel": ("radius", "far", "strength"),
    "image": ("near", "far", "strength"),
    "model": ("near", "far", "strength", "every", "smooth", "gives"),
}
"""The keys that each kind of depth accepts."""

_FAR = {"tunnel": 20.0}


def depth_of(
    settings: SettingsByName, clock: Clock, folder: Path, report: Report
) -> DepthPlan | None:
    """Return the depth of a shot's settings; None for a plane. Files are looked for in ``folder``.

    What is wrong goes to ``report``, a missing extra too; the shot is then taken to be flat.
    """
    if not is_deep(settings):
        _refuse_unused("plane", settings, report)
        return None
    spec, path = settings["depth"]
    if "video" in settings and settings["video"].value.file is not False:
        message = "a shot that starts from a clip has no depth: the clip brings its own movement"
        report.error(path, message, hint="say depth: plane, or video: false")
        return None
    with report.at((*path, "kind")):
        kind, file, model = _kind(spec.kind, folder)
        _refuse_unused(kind, settings, report)
        near, far = spec.near or 0.7, spec.far or _FAR.get(kind, 3.0)
        if kind in ("image", "model") and far <= near:
            message = f"far, {far:g}, must be farther than near, {near:g}"
            report.error(path, message, hint="depths count from the camera")
        return DepthPlan(
            kind=kind,
            near=near,
            far=far,
            radius=spec.radius or 1.0,
            strength=1.0 if spec.strength is None else spec.strength,
            file=file,
            model=model,
            gives=spec.gives or "nearness",
            every=_time("every", settings["depth"], clock, report),
            smooth=_time("smooth", settings["depth"], clock, report),
        )
    return None


def _refuse_unused(kind: str, settings: SettingsByName, report: Report) -> None:
    """Report settings that a depth of that kind does not use."""
    if "depth" not in settings:
        return
    spec, path = settings["depth"]
    for name in declared(DepthSpec):
        if name not in ("kind", *_TAKES[kind]) and getattr(spec, name) is not None:
            message = f"a depth of the kind {kind!r} has no {name!r}"
            known = ", ".join(_TAKES[kind]) or "nothing else"
            report.error((*path, name), message, hint=f"it takes {known}")


def _time(name: str, setting: Setting, clock: Clock, report: Report) -> Fraction:
    """Return the seconds set for a model, half a second by default."""
    written = getattr(setting.value, name)
    if written is not None:
        with report.at((*setting.path, name)):
            return clock.duration_of(parse_time(written))
    return Fraction(1, 2)


def is_deep(settings: SettingsByName) -> bool:
    """Return True where a shot is set to be no plane, be it in a way that cannot be read."""
    return "depth" in settings and settings["depth"].value.kind != "plane"


def stereo_of(story: Story, shots: Sequence[ShotPlan], report: Report) -> StereoPlan | None:
    """Return the film's two eyes, None where it is for one.

    Refuses a film larger than can be written, and warns where both eyes see the same.
    """
    spec = story.spec.stereo
    if spec is None:
        return None
    ipd = 0.03 if spec.ipd is None else spec.ipd
    stereo = StereoPlan(spec.format, ipd, spec.screen or 1.0)
    width, height = stereo.film_size(film_size(story))
    if max(width, height) > MAX_SIZE:
        message = f"{spec.format} makes a film of {width}x{height}; {MAX_SIZE} is the most"
        report.error(("stereo",), message, hint="make output: {size: ...} smaller")
    flat = [shot.name for shot in shots if shot.depth is None]
    if flat and stereo.screen == 1 and not report.errors:
        message = f"in shot {flat[0]!r} both eyes see the same picture: it is a plane in the screen"
        deep = "depth: sphere, tunnel, a grey picture or model"
        clip = next(shot for shot in shots if shot.depth is None).video is not None
        hint = "a clip is flat; screen: 2 puts it in front of the screen" if clip else f"say {deep}"
        report.warn(("stereo",), message, hint=hint)
    return stereo


def _kind(written: str, folder: Path) -> tuple[str, Path | None, str]:
    """Return kind, file and model of what was ``written``. Raises `BadValue`."""
    if written == "model":
        return "model", None, _has_extra(DEPTH_MODEL)
    if written in DEPTHS:
        return written, None, ""
    place = folder / written
    if Path(written).suffix.lower() in PICTURES:
        _check_picture(place, written, folder)
        return "image", place, ""
    if os.path.isdir(place):
        return "model", None, _has_extra(str(place))
    if "/" in written:
        return "model", None, _has_extra(written)
    hint = did_you_mean(written, DEPTHS) or f"known: {', '.join(DEPTHS)}, or a file of grey values"
    raise BadValue(f"unknown depth {written!r}", hint=hint)


def _check_picture(place: Path, written: str, folder: Path) -> None:
    """Raise `BadValue` for a picture that is not there or is none."""
    if not is_file(place):
        others = [one.name for one in folder.glob("*") if one.suffix.lower() in PICTURES]
        raise BadValue(f"file not found: {place}", hint=did_you_mean(written, others))
    with open_picture(place):
        return


def _has_extra(model: str) -> str:
    """Return ``model``. Raises `BadValue` where the package that runs it is not installed."""
    if find_spec("transformers") is None:
        message = "depth from a model needs the transformers package"
        raise BadValue(message, hint="pip install 'storyboard-film[depth]'")
    return model
