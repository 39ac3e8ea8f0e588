"""What can be rendered but was hardly meant: warnings about a shot."""

from __future__ import annotations

from storyboard.perceptors import unknown_words
from storyboard.timeline.cascade import Sayings
from storyboard.timeline.plan import ShotPlan
from storyboard.timeline.poses import net_motion
from storyboard.timeline.report import Report
from storyboard.timeline.slots import Slot

MAX_NET_ZOOM = 50


def lint_shot(shot: ShotPlan, slot: Slot, said: Sayings, report: Report) -> None:
    """Warn of words that no perceptor knows, and of a camera that runs away."""
    if report.errors:
        return
    _lint_words(shot, said, report)
    zoom, _ = net_motion(shot)
    if not 1 / MAX_NET_ZOOM <= zoom <= MAX_NET_ZOOM:
        message = f"shot {shot.name!r} zooms by a factor of {zoom:.3g} in all"
        report.warn(slot.path, message, hint="zoom_per_s multiplies second by second")


def _lint_words(shot: ShotPlan, said: Sayings, report: Report) -> None:
    """Name the words that none of the shot's perceptors was trained on."""
    for index, spec in enumerate(said["prompt"].value):
        unknown = [unknown_words(name, spec.text) for name in shot.perceptors]
        lost = [word for word in unknown[0] if all(word in words for words in unknown)]
        if lost:
            words = ", ".join(map(repr, lost))
            message = f"perceptor {shot.perceptors[0]!r} does not know {words}"
            path = (*said["prompt"].path, index)
            report.warn(path, message, hint="quality: draft and better know any word")
