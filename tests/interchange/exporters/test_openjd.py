"""A film as a job of a render farm, by the rules of the published schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from openjd.model import (
    DecodeValidationError,
    JobParameterValues,
    StepParameterSpaceIterator,
    create_job,
    decode_job_template,
    preprocess_job_parameters,
)

from storyboard.cli.main import run
from storyboard.errors import UsageError
from storyboard.interchange.exporters import export
from storyboard.interchange.exporters.openjd import tasks, to_openjd
from storyboard.plan import Plan
from storyboard.timeline import load_story_text, make_plan

STORY = """
title: 'Harbour {{Param.Secret}}'
output: {size: 64x36, fps: 12}
quality: sketch
shots:
  - {name: one, duration: 1s, prompt: a forest}
  - {name: two, duration: 1s, prompt: a sea}
  - {name: short, duration: 0.5s, prompt: fog, cut: true}
  - {name: long, duration: 4s, prompt: a city, cut: true}
"""


def plan_of(text: str) -> Plan:
    return make_plan(load_story_text(text))


def job_of(text: str, folder: Path) -> Any:
    """The job that a farm would make of a template; raises where the schema forbids it."""
    template = decode_job_template(template=yaml.safe_load(text))
    values: JobParameterValues = preprocess_job_parameters(
        job_template=template,
        job_parameter_values={},
        job_template_dir=folder,
        current_working_dir=folder,
    )
    return create_job(job_template=template, job_parameter_values=values)


def default_story(text: str) -> Any:
    return yaml.safe_load(text)["parameterDefinitions"][0].get("default")


def test_a_task_paints_a_chain_and_the_film_comes_last(tmp_path: Path) -> None:
    job = job_of(export(plan_of(STORY), "openjd", story="harbour.yaml").text, tmp_path)
    paint, film = job.steps
    found = [dict(task) for task in StepParameterSpaceIterator(space=paint.parameterSpace)]
    assert [task["Shots"].value for task in found] == ["4", "1-2", "3"]
    assert film.dependencies[0].dependsOn == paint.name
    assert job.name == "Harbour { {Param.Secret} }"
    assert film.parameterSpace is None


def test_the_schema_is_asked(tmp_path: Path) -> None:
    text = export(plan_of(STORY), "openjd", story="harbour.yaml").text
    with pytest.raises(DecodeValidationError):
        job_of(text.replace("dependsOn: Paint", "dependsOn: Nothing"), tmp_path)


def cuts(number: int) -> Plan:
    shots = "".join(f"  - {{duration: 1f, prompt: a, cut: {n > 0}}}\n" for n in range(number))
    return plan_of(
        f"output: {{size: 64x36, fps: 12}}\nquality: sketch\nshots:\n{shots}".replace(
            "True", "true"
        ).replace("False", "false")
    )


@pytest.mark.parametrize(
    ("chains", "most", "expected"),
    [
        (3, 3, ["1", "2", "3"]),
        (5, 2, ["1,3,5", "2,4"]),
        (1, 9, ["1"]),
    ],
)
def test_more_chains_than_tasks_share_them(chains: int, most: int, expected: list[str]) -> None:
    assert tasks(cuts(chains), most=most) == expected


def test_the_command_writes_flags_and_the_path_of_the_story(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    story = tmp_path / "stories" / "harbour.yaml"
    story.parent.mkdir()
    story.write_text(STORY)
    flags = ["--seed", "12", "--set", "output.fps=6", "--quality", "sketch"]
    assert run(["export", str(story), "--to", "openjd", *flags]) == 0
    text = capsys.readouterr().out
    job = job_of(text, tmp_path)
    arguments = job.steps[0].script.actions.onRun.args
    given = [str(one) for one in arguments]
    assert given[:2] == ["render", "{{Param.StoryFile}}"]
    for flag, value in zip(flags[::2], flags[1::2], strict=True):
        assert given[given.index(flag) + 1] == value
    assert default_story(text) == "stories/harbour.yaml"


@pytest.mark.parametrize(
    ("template", "story"), [("job.yaml", "stories/harbour.yaml"), ("farm/job.yaml", None)]
)
def test_a_story_outside_the_folder_of_the_template_is_named_at_the_farm(
    tmp_path: Path, template: str, story: str | None
) -> None:
    """The schema wants paths below the template's folder."""
    (tmp_path / "stories").mkdir()
    (tmp_path / "farm").mkdir()
    (tmp_path / "stories" / "harbour.yaml").write_text(STORY)
    job = tmp_path / template
    made = ["export", str(tmp_path / "stories" / "harbour.yaml"), "--to", "openjd", "-o", str(job)]
    assert run(made) == 0
    assert default_story(job.read_text()) == story


def test_double_braces_are_written_apart_or_refused(tmp_path: Path) -> None:
    plan = plan_of(STORY)
    setting = "motion={zoom: {0s: 1, 1s: {value: 2}}}"
    job = job_of(to_openjd(plan, story="a.yaml", flags=["--set", setting]).text, tmp_path)
    assert "motion={zoom: {0s: 1, 1s: {value: 2} } }" in map(
        str, job.steps[1].script.actions.onRun.args
    )
    with pytest.raises(UsageError, match="cannot hold title="):
        to_openjd(plan, flags=["--set", "title='{{x}}'"])
