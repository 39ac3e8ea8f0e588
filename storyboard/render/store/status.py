"""Count the finished frames of a film. Needs no torch."""

from __future__ import annotations

from pathlib import Path

from storyboard.plan import Plan
from storyboard.render.store.folder import output_paths
from storyboard.render.store.frame_store import FolderStore


def status(
    plan: Plan, out: str | Path | None = None, *, work: Path | None = None
) -> dict[str, int]:
    """Return how many frames of each shot, by its name, are there and belong to this plan.

    ``out`` and ``work`` are as in `storyboard.render.render`. Files are looked at but not read; the
    render itself also compares their digests.
    """
    store = FolderStore(output_paths(plan, out, work=work).shots)
    return {shot.name: len(store.finished(shot, thorough=False)) for shot in plan.shots}
