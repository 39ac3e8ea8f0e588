"""The behaviour table of the other tools (tests/data/keyframes.json), question by question."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import BadValue, UnknownName

from .table import evaluate

TABLE = json.loads((Path(__file__).parents[2] / "data" / "keyframes.json").read_text())["cases"]

ELSEWHERE: dict[str, str] = {}
"""Cases that are not answered here, and why: none."""

CORRECTED: dict[str, Any] = {
    "deforum-webui-011": [n / 2 for n in range(11)],
    "deforum-webui-027": [1, 1, 1, 1, 1, 2, 2, 2],
    "deforum-webui-028": [5] * 11 + list(range(6, 16)) + [15] * 10,
    "deforum-webui-031": [5] * 5,
    "deforum-webui-032": [math.pi] * 3,
    "deforum-webui-050": ["00:00:00,200 --> 00:00:00,250"],
    "deforum-webui-051": ["00:00:00,067 --> 00:00:00,133"],
    "deforum-webui-052": ["00:00:05,933 --> 00:00:06,000"],
    "deforum-webui-053": {"saved_frames": 10, "last_saved_index": 9, "diffused": list(range(10))},
    "deforum-webui-054": {"saved_frames": 10, "last_saved_index": 9, "diffused": [0, 2, 4, 6, 8]},
    "deforum-webui-055": {"saved_frames": 10, "last_saved_index": 9, "diffused": [0, 3, 6, 9]},
    "deforum-webui-057": {
        "saved_frames": 120,
        "last_saved_index": 119,
        "diffused": list(range(0, 120, 2)),
    },
    "deforum-webui-058": {
        "saved_frames": 121,
        "last_saved_index": 120,
        "diffused": list(range(0, 121, 2)),
    },
    "deforum-webui-077": [[1, 0, 10], [0, 1, 0]],
    "deforum-webui-086": 10,
    "deforum-webui-088": 10,
    "deforum-webui-091": 10,
    "deforum-sd-007": ["euler", "euler", "euler", "heun", "heun", "heun"],
    "deforum-studio-010": [0.8, 0.8, 0.2, 0.8, 0.8],
    "deforum-studio-028": 6,
    "deforum-studio-029": 29,
    "deforum-studio-030": 11,
    "disco-008": [10 * math.sin(n) for n in range(5)],
    "lucid-sonic-dreams-001": {"hop": 22050 / 43, "real_fps": 43},
    "lucid-sonic-dreams-002": {"hop": 735, "real_fps": 30},
    "lucid-sonic-dreams-003": {"hop": 918.75, "real_fps": 24},
    "lucid-sonic-dreams-004": {"hop": 367.5, "real_fps": 60},
    "pytti-014": 5,
    "pytti-031": [[0.984808, -0.173648, 0], [0.173648, 0.984808, 0]],
    "pytti-032": [[0.984375, 0, 0], [0, 0.984375, 0]],
    "stable-diffusion-videos-004": [12, 6, 18],
    "stable-diffusion-videos-005": [60],
    "stable-diffusion-videos-006": [36, 42],
}
"""What is right where the table's advice is to mend what the source does."""


def asked(case: dict[str, Any]) -> Any:
    return evaluate(*(case.get(part) for part in ("tool", "kind", "input", "context", "frames")))


def close(found: Any, wanted: Any, tolerance: float) -> bool:
    if isinstance(wanted, dict):
        return set(found) == set(wanted) and all(
            close(found[k], v, tolerance) for k, v in wanted.items()
        )
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(
            close(a, b, tolerance) for a, b in zip(found, wanted, strict=True)
        )
    if isinstance(wanted, str):
        return bool(found == wanted)
    return bool(abs(found - wanted) <= max(tolerance, 1e-12))


def matching(case: dict[str, Any]) -> bool:
    return bool(case["advice"].startswith("match"))


def named(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


ANSWERED = [case for case in TABLE if case["id"] not in ELSEWHERE]


@named([case for case in ANSWERED if matching(case)])
def test_what_the_sources_do_right_is_done_alike(case: dict[str, Any]) -> None:
    assert close(asked(case), case["expected"], case["tolerance"])


@named([case for case in ANSWERED if case["id"] in CORRECTED])
def test_what_the_sources_do_wrong_is_mended(case: dict[str, Any]) -> None:
    assert close(asked(case), CORRECTED[case["id"]], 1e-6)


@named([case for case in ANSWERED if case["advice"].startswith("reject")])
def test_what_means_nothing_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(BadValue, match="separated by commas"):
        asked(case)


def test_every_case_is_looked_at_once() -> None:
    kinds = Counter(
        "match" if matching(case) else "mended" if case["id"] in CORRECTED else case["advice"]
        for case in ANSWERED
    )
    assert kinds == {"match": 127, "mended": len(CORRECTED), "reject-with-message": 1}
    assert len(ANSWERED) == len(TABLE) - len(ELSEWHERE) == 161


def test_an_unknown_question_names_those_that_are_known() -> None:
    with pytest.raises(UnknownName, match="did you mean 'disco'"):
        evaluate("disko", "schedule", "0:(1)")
    with pytest.raises(UnknownName, match="did you mean 'schedule'"):
        evaluate("disco", "shedule", "0:(1)")
    with pytest.raises(BadValue, match="'behaviour' is not given"):
        evaluate("deforum-webui", "seed-behaviour", {"seed": 1})
    with pytest.raises(BadValue, match="such an input cannot be read"):
        evaluate("deforum-webui", "cadence-tween", "0:(1)")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            ("deforum-webui", "schedule", "0:(0), 5:(t*2)", {"max_frames": 8}),
            [0, 2, 4, 6, 8, 10, 12, 14],
        ),
        (("deforum-webui", "schedule", "0:(5), 30:(5-t%2)", {"max_frames": 40}, [31, 32]), [4, 5]),
        (
            ("deforum-webui", "schedule", "0:(t), 5:(100), 8:(0)", {"max_frames": 9}, [4, 6, 8]),
            [4, 66.6666667, 0],
        ),
        (("disco", "schedule", {"1": 5, "3": 6}, {"max_frames": 5}), [5, 5, 5.5, 6, 6]),
        (
            ("disco", "schedule", {"1": 5, "3": 6}, {"max_frames": 5, "integer": True}),
            [5, 5, 5, 6, 6],
        ),
        (("disco", "schedule", "0:(0),100:(50)", {"max_frames": 11}, [1, 10]), [5, 50]),
        (
            (
                "deforum-webui",
                "parseq-import",
                {"frames": [{"angle": 1, "angle_delta": 9}], "use_deltas": True},
            ),
            [9],
        ),
        (
            (
                "deforum-webui",
                "warp2d-border",
                {"row": [0, 10, 20], "tx": 1, "border": "replicate"},
            ),
            [0, 0, 10],
        ),
        (("deforum-webui", "warp3d-shift-px", {"W": 512, "H": 512, "ry": 1, "fov": 40}), -12.277),
        (("deforum-webui", "warp3d-zoom", {"tz": 10, "fov": 70}), 1.0813),
        (("deforum-studio", "rhythm", {"function": "sec_to_frame", "args": [0.29, 25]}), 7),
        (
            (
                "keyframed",
                "curve",
                {"op": "slice", "curve": {"10": 10}, "stop": 5},
                {"interpolation": "linear"},
                [3, 9],
            ),
            [3, 5],
        ),
        (("keyframed", "curve", {"op": "mul", "curves": [{"step": {"0": 2}}, 3]}, None, [7]), [6]),
        (
            ("vqgan-clip-animations", "schedule", {"Apple": {"10": 1, "20": 0}}, None, [15]),
            [{"Apple": 0.5}],
        ),
        (("pytti", "expression", "np.clip(math.sin(t)*9, 0, 1)", {"t": 1}), 1),
        (
            ("pytti", "prompt-parse", "fog:-1_l_.7:-.9"),
            {"text": "fog", "weight": "-1", "mask": "l", "cutoff": ".7", "stop": "-.9"},
        ),
    ],
)
def test_what_the_table_does_not_ask(question: tuple[Any, ...], answer: Any) -> None:
    assert close(evaluate(*question), answer, 1e-3)
