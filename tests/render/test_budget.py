"""A budget of time: the effort that is chosen for it, by a clock that only work moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from storyboard.errors import UsageError
from storyboard.plan import Plan
from storyboard.render.budget import LEVELS, budget_seconds, choose_effort
from storyboard.timeline import load_story, make_plan
from storyboard.timeline.pace import Kinds, Line, estimate

SHOTS: dict[str, Any] = {
    "output": {"size": "320x180", "fps": 4},
    "drawer": "fft",
    "steps": 12,
    "steps_first": 40,
    "cuts": 24,
    "prompt": "a sunset over the sea",
}
STORY = {**SHOTS, "duration": "30s"}


class Machine:
    """A machine whose frames take a time that is known: a part by views, a part by pixels."""

    def __init__(self) -> None:
        self.now, self.timed = 0.0, list[Mapping[str, float]]()

    def planned(self, effort: Mapping[str, float]) -> Plan:
        self.timed.append(effort)
        return make_plan(load_story({**STORY, "effort": dict(effort)} if effort else STORY))

    def frame(self, plan: Plan, steps: float) -> float:
        cuts = float(plan.shots[0].values["cuts"][0])
        pixels = plan.width * plan.height / (320 * 180)
        return 0.02 * pixels + steps * (0.02 * pixels + 0.08 * cuts / 24)

    def measure(self, plan: Plan) -> dict[str, Line]:
        """Paint two frames."""
        kinds, line = Kinds.of(plan, "cpu"), Line()
        for steps in (12, 4):
            self.now += self.frame(plan, steps)
            line += Line.of(steps, self.frame(plan, steps))
        self.now += 1
        start, finish = Line.of(1, 1), Line.of(2, 0.02)
        return {kinds.frames[0]: line, kinds.start: start, kinds.finish: finish}

    def render(self, effort: Mapping[str, float]) -> float:
        """Return when the film is done that is begun now."""
        plan = self.planned(effort)
        frames = sum(self.frame(plan, steps) for steps in plan.shots[0].values["steps"])
        return self.now + 1 + frames + 0.01 * plan.frame_count


BUDGETS = [
    (600, set()),
    (100, {"steps"}),
    (50, {"steps", "cuts"}),
    (30, {"steps", "cuts", "size"}),
    (12, {"steps", "cuts", "size"}),
]


@pytest.mark.parametrize(("budget", "spared"), BUDGETS)
def test_the_film_is_done_in_time_and_the_time_is_used(budget: float, spared: set[str]) -> None:
    machine = Machine()
    chosen = choose_effort(
        budget, machine.planned, machine.measure, device="cpu", clock=lambda: machine.now
    )
    assert set(chosen.effort) == set(spared)
    done = machine.render(chosen.effort)
    assert done <= budget
    assert machine.now + chosen.seconds == pytest.approx(done, rel=0.02)
    if chosen.effort:
        assert done >= 0.75 * budget
    recorded = chosen.to_json("10m")
    assert recorded == {
        "effort": dict(chosen.effort),
        "budget": "10m",
        "expected_s": round(chosen.seconds, 1),
    }


def test_a_budget_that_nothing_fits_is_refused_with_the_time_it_takes() -> None:
    machine = Machine()
    with pytest.raises(UsageError, match=r"takes about \d+s on this machine at the least"):
        choose_effort(8, machine.planned, machine.measure, device="cpu", clock=lambda: machine.now)
    assert len(machine.timed) < len(LEVELS), "levels that cannot do are not timed"


def test_a_drawer_without_steps_gives_size_alone() -> None:
    plan = make_plan(load_story({**STORY, "drawer": "scenes", "perceptors": ["sketch"]}))
    kinds = Kinds.of(plan, "cpu")
    measured = {key: Line.of(1, 2) for key in (*kinds.frames, kinds.start, kinds.finish)}
    whole, less = (estimate(plan, "cpu", measured, share=share).seconds for share in (1, 0.3))
    assert whole == less


def test_effort_scales_steps_cuts_and_size_of_every_shot() -> None:
    effort = {"steps": 0.5, "cuts": 0.25, "size": 0.5}
    shots = [{"duration": "1s", "steps": {"0s": 1, "1s": 9}}, {"duration": "1s", "cuts": 2}]
    whole, less = (
        make_plan(load_story({**SHOTS, "shots": shots, "effort": one})) for one in (1, effort)
    )
    assert (less.width, less.height, less.film_size) == (160, 90, (320, 180))
    assert whole.shots[0].values["steps"].tolist() == [40, 3, 5, 7]
    assert less.shots[0].values["steps"].tolist() == [20, 2, 3, 4]
    assert [float(shot.values["cuts"][0]) for shot in less.shots] == [6, 1]
    assert less.digest != whole.digest
    assert (
        make_plan(load_story({**STORY, "effort": 1})).digest == make_plan(load_story(STORY)).digest
    )


def test_a_growth_keeps_its_length_with_fewer_steps() -> None:
    story = {**SHOTS, "growth": {"steps": 40, "steps_per_frame": 2}}
    whole, less = (make_plan(load_story({**story, "effort": share})) for share in (1, 0.25))
    assert less.frame_count == whole.frame_count
    assert np.sum(whole.shots[0].values["steps"]) == 40
    assert np.sum(less.shots[0].values["steps"]) == 10


WRITTEN = [("90s", 90), ("10m", 600), ("1h30m", 5400), ("1.5m", 90), ("2h", 7200)]


@pytest.mark.parametrize(("text", "seconds"), WRITTEN)
def test_budgets_are_read(text: str, seconds: float) -> None:
    assert budget_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "0s", "m", "10 m", "-5s", "1e9h"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="such as 90s, 10m or 1h30m"):
        budget_seconds(text)
