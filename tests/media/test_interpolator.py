"""Interpolation networks: tiny ONNX files, made here, of every shape that is understood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from storyboard.errors import BadValue
from storyboard.media.interpolator import Interpolator, inspect

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

PICTURE = ["n", 3, "h", "w"]


def network(
    file: Path, inputs: dict[str, list[Any]], nodes: list[tuple[str, list[str], str]], **kinds: Any
) -> Path:
    """Write a network of ``nodes``, (operation, inputs, result), whose result is ``out``."""
    from onnx import TensorProto, helper

    number = kinds.get("number", TensorProto.FLOAT)
    given = [helper.make_tensor_value_info(name, number, s) for name, s in inputs.items()]
    out = helper.make_tensor_value_info("out", number, kinds.get("out", PICTURE))
    one = helper.make_tensor("one", number, [1], [1.0])
    half = helper.make_tensor("half", number, [1], [0.5])
    made = [helper.make_node(op, names, [result]) for op, names, result in nodes]
    graph = helper.make_graph(made, "g", given, [out], [one, half])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, file)
    return file


FADE = [
    ("Sub", ["one", "t"], "rest"),
    ("Mul", ["a", "rest"], "left"),
    ("Mul", ["b", "t"], "right"),
    ("Add", ["left", "right"], "out"),
]
MIDDLE = [("Add", ["a", "b"], "both"), ("Mul", ["both", "half"], "out")]


def fading(file: Path, time: list[Any]) -> Path:
    """A network that fades ``a`` over to ``b``, with a time of the shape ``time``."""
    return network(file, {"a": PICTURE, "b": PICTURE, "t": time}, FADE)


BEFORE, AFTER = (np.full((1, 3, 18, 32), level, np.float32) for level in (0.2, 0.6))


@pytest.mark.parametrize("time", [[], [1], ["n"], [1, 1, 1, 1], ["n", 1, "h", "w"]])
def test_the_time_is_given_in_the_shape_that_the_network_has(tmp_path: Path, time: Any) -> None:
    found = Interpolator.load(fading(tmp_path / "fade.onnx", time))
    made = found.between(BEFORE, AFTER, 0.25)
    np.testing.assert_allclose(made, np.full_like(BEFORE, 0.3), atol=1e-6)


@pytest.mark.parametrize("share", [0.125, 0.25, 0.5, 0.75])
def test_a_network_that_knows_only_the_middle_is_asked_again(tmp_path: Path, share: float) -> None:
    file = network(tmp_path / "middle.onnx", {"a": PICTURE, "b": PICTURE}, MIDDLE)
    assert inspect(file).time is None
    made = Interpolator.load(file).between(BEFORE, AFTER, share)
    np.testing.assert_allclose(made, np.full_like(BEFORE, 0.2 + 0.4 * share), atol=1e-6)


def test_both_pictures_may_be_one_input(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    made = [
        helper.make_node("Split", ["ab"], ["a", "b"], axis=1, num_outputs=2),
        *(helper.make_node(op, names, [result]) for op, names, result in MIDDLE),
    ]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        made,
        "g",
        [info("ab", TensorProto.FLOAT, ["n", 6, "h", "w"])],
        [info("out", TensorProto.FLOAT, PICTURE)],
        [helper.make_tensor("half", TensorProto.FLOAT, [1], [0.5])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, tmp_path / "joined.onnx")
    found = Interpolator.load(tmp_path / "joined.onnx")
    assert found.inputs.is_joined
    np.testing.assert_allclose(found.between(BEFORE, AFTER, 0.5), BEFORE * 2, atol=1e-6)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"a": ["n", 4, "h", "w"], "b": PICTURE}, r"takes a \?x4x\?x\? .*, b \?x3x\?x\?"),
        ({"a": PICTURE, "b": PICTURE, "t": [1], "u": [1]}, "takes .*u 1"),
        ({"a": PICTURE, "b": PICTURE, "t": [7]}, "takes .*t 7"),
        ({"a": ["n", 3, 64, "w"], "b": ["n", 3, 64, "w"]}, "both sides must be fixed"),
    ],
)
def test_a_network_of_another_kind_is_refused(
    tmp_path: Path, inputs: dict[str, list[Any]], message: str
) -> None:
    nodes = [("Identity", ["b"], "out")]
    with pytest.raises(BadValue, match=message):
        inspect(network(tmp_path / "other.onnx", inputs, nodes))


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "no.onnx"
    file.write_bytes(b"nothing")
    with pytest.raises(BadValue, match=r"no\.onnx cannot be used by onnxruntime"):
        inspect(file)
