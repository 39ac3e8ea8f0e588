"""The effort of a film: chosen for ``--budget`` or where memory ran out, kept in ``run.json``, and
obeyed by every later run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.cli.console import note, warn
from storyboard.cli.interrupt import Interrupt
from storyboard.cli.planning import PlannedStory, Request
from storyboard.errors import OutOfMemory

if TYPE_CHECKING:
    from storyboard.plan import Plan

SIZES = (0.75, 0.5, 0.35, 0.25)
"""Shares of the painted sides that are tried in turn where memory runs out."""


@dataclass(frozen=True)
class Effort:
    """What is known of the effort of one film of the command line: ``out_file`` is where it was
    asked for, ``how`` the device and whether weights are fetched.
    """

    request: Request
    out_file: Path | None
    fresh: bool
    how: Mapping[str, Any]

    def read(self) -> PlannedStory:
        """Return the story as it is rendered: with the effort that its film was begun with, else
        the one that its budget leaves. Raises as `Request.read` and `choose_effort`.
        """
        reading = self.request.read()
        film, record = self._record(reading)
        known = None if self.fresh else record.effort(film)
        if known is not None:
            self._report(reading, known)
            return replace(self.request, effort=known["effort"]).read()
        if self.request.budget is None:
            return reading
        return self._choose(reading, self.request.budget)

    def smaller(self, reading: PlannedStory, error: OutOfMemory) -> PlannedStory:
        """Return the story painted smaller than in ``reading``, where memory ran out, and note it.
        Raises ``error`` where there is no smaller size.
        """
        effort = _own(reading)
        below = [share for share in SIZES if share < effort.get("size", 1.0)]
        if not below:
            raise error
        effort["size"] = below[0]
        film, record = self._record(reading)
        record.note_effort(film, {"effort": effort, "why": "memory ran out"})
        smaller = replace(self.request, effort=effort).read()
        size = f"{smaller.plan.width}x{smaller.plan.height}"
        warn(f"{error}: the film is begun again, painted at {size} (effort: size {below[0]:g})")
        return smaller

    def _record(self, reading: PlannedStory) -> tuple[Path, Any]:
        from storyboard.render.store.folder import RunRecord, output_paths

        place = output_paths(reading.plan, self.out_file)
        return place.film, RunRecord(place.folder)

    def _report(self, reading: PlannedStory, known: Mapping[str, Any]) -> None:
        wanted, film = self.request.budget, self._record(reading)[0].name
        if wanted is not None and known.get("budget") not in (None, wanted):
            begun = f"{film} was begun with --budget {known['budget']} and goes on with it"
            warn(f"{begun}; --fresh chooses for {wanted}")
        note(f"{film}: {_words(known['effort'])}, as it was begun")

    def _choose(self, reading: PlannedStory, budget: str) -> PlannedStory:
        from storyboard.render.budget import budget_seconds, choose_effort
        from storyboard.render.trial import trial

        seconds, whole = budget_seconds(budget), _own(reading)

        def planned(effort: Mapping[str, float]) -> Plan:
            return replace(self.request, effort=_product(whole, effort)).read().plan

        with Interrupt() as interrupt:

            def measure(plan: Plan) -> Mapping[str, Any]:
                note(f"timing a few frames at {plan.width}x{plan.height}")
                return trial(plan, stop=interrupt, **self.how)

            chosen = choose_effort(seconds, planned, measure, device=self.how["device"])
        effort = _product(whole, chosen.effort)
        film, record = self._record(reading)
        record.note_effort(film, replace(chosen, effort=effort).to_json(budget))
        note(f"--budget {budget}: {_words(effort)}, about {chosen.seconds:.0f} s")
        return replace(self.request, effort=effort).read()


def _own(reading: PlannedStory) -> dict[str, float]:
    """Return the effort that the story is planned with."""
    spec = reading.story.spec.effort
    return {} if spec is None else {key: one for key, one in vars(spec).items() if one is not None}


def _product(whole: Mapping[str, float], part: Mapping[str, float]) -> dict[str, float]:
    """Return the shares ``part`` of the shares ``whole``; one that is not there is 1."""
    return {
        name: round(whole.get(name, 1.0) * part.get(name, 1.0), 4)
        for name in ("steps", "cuts", "size")
        if name in whole or name in part
    }


def _words(effort: Mapping[str, float]) -> str:
    shares = [f"{100 * share:g} % of the {name}" for name, share in effort.items()]
    return ", ".join(shares) or "all steps, cuts and the whole size"
