"""The film without the painting: the camera alone, on a grid or a picture, in seconds.

The moves, the warp, the borders, the encoder and the sound are those of the film itself, so what
moves here moves there.

::

    preview(plan, path, pulse=beat_markers(story)) -> Path    the film of the camera
    camera_frames(plan, scale) -> Seen ...              its frames, without anything drawn over them
    Overlay(plan, scale, pulse).draw(seen) -> Picture    captions, beats, marks, what is uncovered
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from storyboard.errors import BadValue, EncodeFailed, UsageError
from storyboard.files import friendly_os_errors, is_file
from storyboard.media import ffmpeg
from storyboard.media.ffmpeg import Picture
from storyboard.media.picture_files import open_picture
from storyboard.plan import Plan
from storyboard.render.output.encode import Encoder, FilmSpec
from storyboard.render.preview.annotations import Overlay
from storyboard.render.preview.camera_frames import Scale, camera_frames
from storyboard.timeline.beat_markers import BeatMarkers

LONGEST_SIDE = 640
CRF = 23


def scale_of(plan: Plan) -> Scale:
    """Return the film's own size, or one with `LONGEST_SIDE` where that is smaller."""
    share = min(1.0, LONGEST_SIDE / max(plan.width, plan.height))
    return Scale(*(max(2, round(side * share / 2) * 2) for side in (plan.width, plan.height)))


def preview(
    plan: Plan,
    path: Path,
    *,
    markers: BeatMarkers | None = None,
    picture: Path | None = None,
    on_frame: Callable[[int], None] = lambda number: None,
) -> Path:
    """Write the preview of ``plan`` to ``path`` and answer it; its suffix says the format.

    ``markers`` are the beats, sections and marks that are shown. ``picture`` is a picture or a film
    whose first frame is taken; without one the camera moves the shot's clip, or a grid where it has
    none. ``on_frame`` is called with the number of every frame written. Raises `UsageError` for a
    picture that cannot be read, `EncodeFailed`, `StoryboardError` where ``path`` cannot be written.
    """
    scale = scale_of(plan)
    spec = FilmSpec(
        width=scale.width,
        height=scale.height,
        fps=plan.fps,
        frame_count=plan.frame_count,
        crf=CRF,
        audio=plan.audio,
        tags={"title": f"{plan.title} (camera)"},
        quick=True,
    )
    given = load_picture(picture, scale) if picture else None
    overlay = Overlay(plan, scale, markers or BeatMarkers())
    with friendly_os_errors(path), Encoder(path, spec) as encoder:
        for seen in camera_frames(plan, scale, given=given):
            encoder.write(overlay.draw(seen))
            on_frame(seen.frame.number)
    return path


def load_picture(path: Path, scale: Scale) -> Picture:
    """Return a picture, or the first frame of a film, cut to the preview's shape from its middle:
    (H, W, 3) uint8.
    """
    try:
        with open_picture(path) as opened:
            picture = opened.convert("RGB")
    except BadValue as error:  # no picture, or too large a one; ffmpeg knows films
        if not is_file(path) or "pixels" in error.message:
            raise UsageError(str(error)) from None
        picture = _first_picture(path)
    fitted = ImageOps.fit(picture, (scale.width, scale.height), Image.Resampling.LANCZOS)
    return np.asarray(fitted)


def _first_picture(film: Path) -> Image.Image:
    try:
        return Image.fromarray(next(ffmpeg.decode_frames(film)))
    except (EncodeFailed, StopIteration):
        message = f"{film} is not a readable video or image file (it may be truncated)"
        raise UsageError(message) from None
