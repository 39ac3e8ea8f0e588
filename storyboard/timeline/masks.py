"""Masks of a shot's prompts: regions, shapes, pictures, clips and words, from story to plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.curves.instants import SampleTimes
from storyboard.errors import BadValue, did_you_mean
from storyboard.files import file_digest
from storyboard.media.picture_files import read_mask
from storyboard.plan import REGIONS, Floats, Mask, PictureMask, ShapeMask, WordsMask
from storyboard.plan.mask import LEAST, SOFT
from storyboard.story.guidance import WhereSpec
from storyboard.story.source import KeyPath
from storyboard.timeline.cascade import Setting
from storyboard.timeline.prompt_sources import Reader
from storyboard.timeline.report import Report
from storyboard.timeline.settings import sampled
from storyboard.timeline.video import clip_times, is_clip

MaskSource = PictureMask | ShapeMask | WordsMask


def mask_of(spec: WhereSpec | None, path: KeyPath, reader: Reader) -> Mask | None:
    """Return the mask written at ``path``; None where there is none, or an error in it."""
    if spec is None:
        return None
    source = _Masks(reader.at, reader.folder, reader.report).source(spec, path)
    if source is None:
        return None
    soft = SOFT if spec.soft is None else spec.soft
    mask = Mask(source, soft, bool(spec.outside), bool(spec.carried), reader.shot)
    share = _greatest_share(mask)
    if share is not None and share < LEAST and not reader.report.failed(path):
        message = f"the mask {mask.label} covers {100 * share:.1f} % of the frame at most"
        hint = "a prompt for less than 1 % of it is hardly seen"
        reader.report.warn(path, message, hint=hint)
    return mask


@dataclass(frozen=True)
class _Masks:
    """Reads what masks are made of: files in ``folder``, what moves at the frames ``at``."""

    at: SampleTimes
    folder: Path
    report: Report

    def source(self, spec: WhereSpec, path: KeyPath) -> MaskSource | None:
        """Return what the mask at ``path`` is made of; None where an error is reported."""
        if spec.words is not None:
            return self._words(spec, path)
        if spec.mask is None:
            return self._shape(spec, path)
        with self.report.at((*path, "mask")):
            return self._named(spec.mask, (*path, "mask"))
        return None

    def _words(self, spec: WhereSpec, path: KeyPath) -> WordsMask:
        if spec.carried:
            message = "what words find is looked for in every frame, so nothing carries it"
            self.report.error((*path, "carried"), message, hint="leave it out")
        return WordsMask(spec.words or "")

    def _named(self, name: str, path: KeyPath) -> PictureMask | ShapeMask:
        """Return a region by name, or a file. Raises `BadValue`."""
        if name in REGIONS:
            return ShapeMask("box", (REGIONS[name],), name)
        if not Path(name).suffix:
            known = f"regions: {', '.join(REGIONS)}"
            hint = did_you_mean(name, REGIONS) or f"{known}; or {{words: {name}}}, or a file"
            raise BadValue(f"there is no region {name!r}", hint=hint)
        file = self.folder / name
        if is_clip(file):
            times = clip_times(file, path, self.at, self.report)
            return PictureMask(file, file_digest(file), times)
        read_mask(file)
        return PictureMask(file, file_digest(file))

    def _shape(self, spec: WhereSpec, path: KeyPath) -> ShapeMask:
        """Return a shape, its numbers at every frame."""
        kind = "box" if spec.box is not None else "circle"
        rows = self._rows(spec.box or spec.circle or (), (*path, kind))
        if kind == "box" and bool(((rows[2] <= rows[0]) | (rows[3] <= rows[1])).any()):
            hint = "the numbers are left, top, right, bottom, from the top left of the frame"
            self.report.error((*path, kind), "the box has its end before its start", hint=hint)
        if kind == "circle" and bool((rows[2] <= 0).any()):
            self.report.error((*path, kind), "the circle has no radius", hint="[x, y, radius]")
        numbers = tuple(zip(*(row.tolist() for row in rows), strict=True))
        return ShapeMask(kind, numbers[:1] if len(set(numbers)) == 1 else numbers)

    def _rows(self, curves: Sequence[Any], path: KeyPath) -> list[Floats]:
        return [
            sampled(Setting(curve, (*path, number)), 0.0, self.at, report=self.report)
            for number, curve in enumerate(curves)
        ]


def _greatest_share(mask: Mask) -> float | None:
    """Return the greatest share of the frame that ``mask`` covers; None where that is unknown."""
    source, outside = mask.source, mask.outside
    if isinstance(source, PictureMask) and not source.times:
        share = float(np.asarray(read_mask(source.file)).mean()) / 255
        return 1 - share if outside else share
    if not isinstance(source, ShapeMask):
        return None
    rows = np.array(source.numbers)
    if not len(rows):
        return None
    if source.kind == "circle":  # of the frame it has no more than if that were a square
        area = np.minimum(np.pi * rows[:, 2] ** 2, 1.0)
    else:
        sides = np.clip(rows, 0, 1)
        area = (sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])
    return float((1 - area if outside else area).max())
