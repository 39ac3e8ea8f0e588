"""ComfyUI's workflows: prompt schedules of nodes, as saved for the server and for the editor."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storyboard.errors import StoryError
from storyboard.interchange.importers import TOOLS, Imported, import_settings
from storyboard.interchange.importers.tools import read_data
from storyboard.plan import Plan
from storyboard.timeline import load_story_text, make_plan

SERVER: dict[str, Any] = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 7, "negative": ["7", 0]}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 288}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blur"}},
    "9": {
        "class_type": "BatchPromptSchedule",
        "inputs": {
            "text": '"0": "a (cat:`pw_a`)",\n"30" : "a \\"dog\\" --neg ink",',
            **{"max_frames": 60, "pre_text": "oil paint,", "app_text": "at noon"},
            **{"pw_a": 1.5, "pw_b": ["4", 0], "clip": ["1", 0]},
        },
    },
    "10": {"class_type": "VHS_VideoCombine", "inputs": {"frame_rate": 8}},
    "11": {"class_type": "ValueSchedule", "inputs": {"text": "0:(0.5)"}},
}
EDITOR: dict[str, Any] = {
    "links": [],
    "nodes": [
        {
            "id": 9,
            "type": "BatchPromptSchedule",
            "widgets_values": ['"0": "a cat",\n"30": "a dog"', 60, False, "oil paint,", "", 0],
        },
        {"id": 5, "type": "EmptyLatentImage", "widgets_values": [512, 288, 60]},
        {"id": 3, "type": "KSamplerAdvanced", "widgets_values": ["enable", 7, "fixed"]},
        {"id": 10, "type": "VHS_VideoCombine", "widgets_values": {"frame_rate": 8}},
        {"id": 1, "type": "Note"},
    ],
}
DEFORUM: dict[str, Any] = {
    "1": {"class_type": "DeforumPromptNode", "inputs": {"prompts": '0:"a cat"\n30:"a dog"'}},
    "2": {"class_type": "DeforumAnimParamsNode", "inputs": {"animation_mode": "2D"}},
    "4": {"class_type": "DeforumTranslationParamsNode", "inputs": {"zoom": "0:(1.02)"}},
    "5": {"class_type": "DeforumFrameParamsNode", "inputs": {"max_frames": 60, "x": ["1", 0]}},
}


def read(workflow: dict[str, Any]) -> Imported:
    data = read_data(json.dumps(workflow), "x.json")
    assert TOOLS.detect(data) == "comfyui"
    return import_settings(data, "comfyui")


def planned(workflow: dict[str, Any]) -> Plan:
    return make_plan(load_story_text(read(workflow).text))


def weights(plan: Plan, shot: int) -> dict[str, float]:
    """The weights at the middle of a shot."""
    tracks = plan.shots[shot].tracks
    return {t.source.label: round(float(t.weights[len(t.weights) // 2]), 3) for t in tracks}


def test_a_schedule_of_the_server_fades_from_prompt_to_prompt() -> None:
    plan = planned(SERVER)
    assert (plan.width, plan.height, plan.fps, plan.seed) == (512, 288, 8, 7)
    assert [(shot.first, shot.stop) for shot in plan.shots] == [(0, 30), (30, 60)]
    assert weights(plan, 0) == {
        "oil paint, a cat at noon": 0.5,
        "cat": 0.25,
        "blur": -0.15,
        'oil paint, a "dog" at noon': 0.5,
        "ink, blur": -0.15,
    }
    left = "\n".join(read(SERVER).notes["left"])
    assert "ValueSchedule '0:(0.5)': it feeds another node" in left
    assert "pw_" not in left


def test_a_schedule_of_the_editor_has_its_values_by_their_order() -> None:
    plan = planned({"workflow": EDITOR, "prompt": SERVER})
    assert read(EDITOR).text == read({"workflow": EDITOR, "prompt": SERVER}).text
    assert (plan.width, plan.height, plan.fps, plan.seed) == (512, 288, 8, 7)
    assert weights(plan, 0) == {"oil paint, a cat": 0.5, "oil paint, a dog": 0.5}


def test_strings_hold_and_weights_that_move_are_named() -> None:
    text = '"0": "a cat", "30": "a (dog:`pw_b`)"'
    inputs = {"text": text, "max_frames": 60, "pw_b": ["4", 0]}
    workflow = {
        "9": {"class_type": "StringSchedule", "inputs": inputs},
        "8": {"class_type": "StringSchedule", "inputs": {"text": '"0": "fog"'}},
    }
    assert weights(planned(workflow), 0) == {"a cat": 1}
    left = "\n".join(read(workflow).notes["left"])
    assert "pw_b: a weight that the schedule sets" in left
    assert "2 nodes have one; the first counts" in left


def test_deforums_nodes_are_its_settings() -> None:
    plan = planned(DEFORUM)
    assert [t.source.label for shot in plan.shots for t in shot.tracks] == ["a cat", "a dog"]
    assert plan.shots[0].exit.zoom == pytest.approx(1.02**30, rel=1e-3)


@pytest.mark.parametrize(
    ("workflow", "message"),
    [
        ({"1": {"class_type": "KSampler", "inputs": {}}}, "no node has a prompt schedule"),
        ({"1": {"class_type": "KSampler"}}, "node 1: inputs are expected"),
        ({"nodes": [3], "links": []}, "node 0: expected a mapping"),
        ({"workflow": [3]}, "workflow: expected a mapping of nodes"),
        ({"nodes": 3, "links": []}, "node nodes: expected a mapping"),
        ({"1": {"class_type": "PromptSchedule", "inputs": {"text": "fog"}}}, "cannot be read"),
    ],
)
def test_what_is_no_schedule_is_refused(workflow: dict[str, Any], message: str) -> None:
    with pytest.raises(StoryError, match=message):
        read(workflow)
