"""A film as a job for a render farm: an Open Job Description template (OpenJD, 2023-09).

Source: https://github.com/OpenJobDescription/openjd-specifications, "2023-09 Template Schemas".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml

from storyboard.errors import UsageError
from storyboard.interchange.exporters import Exported
from storyboard.plan import Plan, ShotPlan

MOST_TASKS = 1024
"""The most values that the schema allows for a parameter of tasks."""

LONGEST_NAME = 128
"""The most characters of a job's name."""


def to_openjd(plan: Plan, *, story: str | None = None, flags: Sequence[str] = ()) -> Exported:
    """Return a job template: a task for each chain of shots, longest first, then the film.

    ``story`` is the path of the story file from the template's folder, None for one that is named
    when the job is submitted; ``flags`` are those of ``storyboard render`` that every task gets.
    Where there are more chains than a farm takes as tasks, a task paints several. Raises
    `UsageError` for what a template cannot hold.
    """
    given = [_argument(flag) for flag in flags]
    render = ["render", "{{Param.StoryFile}}", "-o", "{{Param.Film}}", "--wait", *given]
    shown = ["--progress", "plain"]
    job = {
        "specificationVersion": "jobtemplate-2023-09",
        "name": _job_name(plan.title or plan.name),
        "parameterDefinitions": _parameters(plan, story),
        "steps": [
            {
                "name": "Paint",
                "parameterSpace": {
                    "taskParameterDefinitions": [
                        {"name": "Shots", "type": "STRING", "range": tasks(plan)}
                    ]
                },
                "script": _script([*render, "--shots", "{{Task.Param.Shots}}", *shown]),
            },
            {
                "name": "Film",
                "dependencies": [{"dependsOn": "Paint"}],
                "script": _script([*render, *shown]),
            },
        ],
    }
    return Exported(yaml.safe_dump(job, sort_keys=False, allow_unicode=True, width=100))


def tasks(plan: Plan, *, most: int = MOST_TASKS) -> list[str]:
    """Return what each task paints, as ``--shots`` takes it: the numbers of the shots of a chain,
    most work first; with more than ``most`` chains of several, shared out evenly.
    """
    chains = [chain for chain in plan.chains() if any(shot.frame_count for shot in chain)]
    chains.sort(key=_steps, reverse=True)
    if len(chains) <= most:
        return [_numbers(chain) for chain in chains]
    shares: list[list[str]] = [[] for _ in range(most)]
    for number, chain in enumerate(chains):
        shares[number % most].append(_numbers(chain))
    return [",".join(share) for share in shares]


def _numbers(chain: Sequence[ShotPlan]) -> str:
    """Return ``3`` or ``3-5``: the shots of a chain, which follow on each other, from 1."""
    first, last = chain[0].index + 1, chain[-1].index + 1
    return str(first) if first == last else f"{first}-{last}"


def _steps(chain: Sequence[ShotPlan]) -> float:
    """Return how many steps all frames of the chain take."""
    return float(sum(shot.values["steps"].clip(1).sum() for shot in chain))


def _parameters(plan: Plan, story: str | None) -> list[dict[str, Any]]:
    default = {} if story is None else {"default": story}
    return [
        {
            "name": "StoryFile",
            "type": "PATH",
            "objectType": "FILE",
            "dataFlow": "IN",
            **default,
            "description": "The story. Files that it names must be where it names them.",
        },
        {
            "name": "Film",
            "type": "PATH",
            "objectType": "FILE",
            "dataFlow": "OUT",
            "default": f"out/{plan.name}/{plan.name}.{plan.format}",
            "description": "The film. Frames lie beside it: a folder that all workers share.",
        },
    ]


def _script(arguments: list[str]) -> dict[str, Any]:
    return {"actions": {"onRun": {"command": "storyboard", "args": arguments}}}


def _argument(text: str) -> str:
    """Return ``text`` without double braces, which a template reads as its own: those of a setting
    are written apart, which YAML reads as before. Raises `UsageError` for others.
    """
    apart = _apart(text)
    path, _, value = text.partition("=")
    if apart != text and yaml.safe_load(value) != yaml.safe_load(_apart(value)):
        raise UsageError(f"a job template cannot hold {path}={value!r}: double braces are its own")
    return apart


def _apart(text: str) -> str:
    """Return ``text`` with a blank between braces that follow each other."""
    return re.sub(r"([{}])(?=\1)", r"\1 ", text)


def _job_name(title: str) -> str:
    """Return ``title`` as a job's name: no control characters, no expressions, not too long."""
    plain = _apart("".join(c for c in title if c.isprintable())).strip()
    return plain[:LONGEST_NAME].strip() or "storyboard"
