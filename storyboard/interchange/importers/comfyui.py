"""ComfyUI's workflows with a prompt schedule as stories: FizzNodes, and Deforum's own nodes.

A workflow is saved for the server (``{"3": {"class_type": ..., "inputs": ...}}``) or for the editor
(``{"nodes": [{"type": ..., "widgets_values": ...}]}``), which does not name its values. What its
nodes say becomes settings of Deforum, whose language the schedules are in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from storyboard.errors import BadValue
from storyboard.interchange.importers.deforum import import_deforum
from storyboard.interchange.importers.story_writer import Draft, Source

Node = tuple[str, dict[str, Any]]
"""Class and inputs by name; what comes from another node is a list of its number and a place."""

_FADING = ("PromptSchedule", "BatchPromptSchedule", "BatchPromptScheduleLatentInput")
_HELD = ("StringSchedule", "BatchStringSchedule")
_WIDGETS = {
    "EmptyLatentImage": ("width", "height"),
    "KSampler": ("seed",),
    "KSamplerAdvanced": ("", "noise_seed"),
    **dict.fromkeys(("ValueSchedule", "BatchValueSchedule"), ("text",)),
}
"""Names of the first values of nodes that are saved without names."""

_SHARES = ("pw_a", "pw_b", "pw_c", "pw_d")


def import_comfyui(settings: Mapping[str, Any], source: Source) -> Draft:
    """Return the story of a workflow. Raises `BadValue` where it has no prompt schedule."""
    nodes = dict(_nodes(settings))
    own = [inputs for kind, inputs in nodes.values() if kind.startswith("Deforum")]
    made = {key: value for inputs in own for key, value in inputs.items() if _plain(value)}
    fading = [inputs for kind, inputs in nodes.values() if kind in _FADING]
    schedules = [*fading, *(inputs for kind, inputs in nodes.values() if kind in _HELD)]
    if not schedules and "prompts" not in made:
        hint = 'a node such as BatchPromptSchedule, with "0": "a red forest"'
        raise BadValue("no node has a prompt schedule", hint=hint)
    made |= _film(nodes)
    shares = _schedule(made, schedules[0]) if schedules else []
    if schedules:
        made["animation_mode"] = "Interpolation" if fading else "None"
    made["animation_prompts"] = _prompts(made.get("prompts"))
    made |= {"fps": settings["fps"]} if settings.get("fps") else {}
    draft = import_deforum({"max_frames": 120, **made}, source)
    draft.notes.left(shares, "a weight that the schedule sets; it is 1 here")
    if len(schedules) > 1:
        draft.notes.left(["prompt schedules"], f"{len(schedules)} nodes have one; the first counts")
    for kind, inputs in nodes.values():
        if kind in ("ValueSchedule", "BatchValueSchedule"):
            reason = "it feeds another node; a curve of a story is written {0s: 1, 2s: 0.5}"
            draft.notes.left([f"{kind} {str(inputs.get('text'))[:40]!r}"], reason)
    return draft


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _nodes(settings: Mapping[str, Any]) -> Iterator[tuple[str, Node]]:
    """Yield the nodes by their number. Raises `BadValue`."""
    workflow = settings.get("workflow", settings)
    if not isinstance(workflow, Mapping):
        raise BadValue("workflow: expected a mapping of nodes")
    editor = workflow.get("nodes")
    for number, node in enumerate(editor) if isinstance(editor, list) else workflow.items():
        if not isinstance(node, Mapping):
            raise BadValue(f"node {number}: expected a mapping")
        if isinstance(editor, list):
            kind = str(node.get("type"))
            yield str(node.get("id")), (kind, dict(_named(kind, node.get("widgets_values"))))
        elif not isinstance(node.get("inputs"), Mapping):
            raise BadValue(f"node {number}: inputs are expected")
        else:
            yield str(number), (str(node.get("class_type")), dict(node["inputs"]))


def _named(kind: str, given: Any) -> Iterator[tuple[str, Any]]:
    """Yield the values of a node of the editor with their names, as far as these are known."""
    if isinstance(given, Mapping):
        yield from given.items()
    elif not isinstance(given, list):
        return
    elif kind in (*_FADING, *_HELD):
        texts = [value for value in given if isinstance(value, str)]
        yield from zip(("text", "pre_text", "app_text"), texts, strict=False)
        counts = [value for value in given if type(value) is int]
        yield from zip(("max_frames",), counts, strict=False)
    else:
        yield from zip(_WIDGETS.get(kind, ()), given, strict=False)


def _film(nodes: Mapping[str, Node]) -> dict[str, Any]:
    """Return size, seed, frames a second and negative prompt of a workflow."""
    found: dict[str, Any] = {}
    for kind, inputs in nodes.values():
        if "frame_rate" in inputs:
            found["fps"] = inputs["frame_rate"]
        if kind.startswith("Empty") and {"width", "height"} <= inputs.keys():
            found |= {"W": inputs["width"], "H": inputs["height"]}
        for name in ("seed", "noise_seed"):
            if kind.startswith("KSampler") and name in inputs:
                found["seed"] = inputs[name]
        link = inputs.get("negative")
        if isinstance(link, list) and link and str(link[0]) in nodes:
            text = nodes[str(link[0])][1].get("text")
            found |= {"negative_prompts": text} if isinstance(text, str) else {}
    return {key: value for key, value in found.items() if _plain(value)}


def _schedule(made: dict[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    """Add a node's prompts to the settings; return the weights of it that move."""
    texts = {name: str(inputs.get(name) or "") for name in ("text", "pre_text", "app_text")}
    moving = []
    for name in _SHARES:
        share = inputs.get(name)
        fixed = isinstance(share, int | float)
        if name in texts["text"]:
            moving += [] if fixed else [name]
            texts["text"] = texts["text"].replace(f"`{name}`", name)
            texts["text"] = texts["text"].replace(name, str(share if fixed else 1))
    made |= {"max_frames": inputs["max_frames"]} if _plain(inputs.get("max_frames")) else {}
    before, after = texts["pre_text"].strip(), texts["app_text"].strip()
    made["prompts"] = {
        frame: " ".join(filter(None, (before, *_within(text, after))))
        for frame, text in _prompts(texts["text"]).items()
    }
    return moving


def _within(text: str, after: str) -> list[str]:
    """Return a prompt's words, what stands behind them, and its ``--neg``."""
    wanted, negative, away = text.partition("--neg")
    return [wanted.strip(), after, f"--neg {away.strip()}" if negative else ""]


_ENTRY = re.compile(r"""["']?([^"'\n:,{}]+?)["']?\s*:\s*"((?:[^"\\]|\\.)*)\"""")


def _prompts(given: Any) -> dict[str, str]:
    """Return the prompts by frame of ``"0": "a cat", "30": "a dog"``, in whatever lines.

    Raises `BadValue` where there are none.
    """
    if isinstance(given, Mapping):
        return {str(frame): str(text) for frame, text in given.items()}
    found = {frame: re.sub(r"\\(.)", r"\1", text) for frame, text in _ENTRY.findall(str(given))}
    if not found:
        hint = '"0": "a red forest", "30": "fog"'
        raise BadValue("the prompt schedule cannot be read", hint=hint)
    return found
