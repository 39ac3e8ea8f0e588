"""The shorthand of prompts."""

from __future__ import annotations

import pytest

from storyboard.errors import BadValue
from storyboard.story.prompts import parse_prompt, parse_prompts

INF = float("inf")


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("a cat", ("a cat", 1, -INF)),
        ("blue seas:3", ("blue seas", 3, -INF)),
        ("x:-1:-0.9", ("x", -1, -0.9)),
        ("x:1:0.5", ("x", 1, 0.5)),
        ("ratio 16:9 art", ("ratio 16:9 art", 1, -INF)),
        ("a:b", ("a:b", 1, -INF)),
        ("a:b:2", ("a:b", 2, -INF)),
        ("a:2:b", ("a:2:b", 1, -INF)),
        ("1:2:3:4", ("1:2", 3, 4)),
        ("x:1e-3", ("x", 0.001, -INF)),
        ("x:.5", ("x", 0.5, -INF)),
        ("x: 2 ", ("x", 2, -INF)),
        ("x:1:-inf", ("x", 1, -INF)),
        ("x:", ("x:", 1, -INF)),
        ("x:2:", ("x:2:", 1, -INF)),
        ("  a cat  ", ("a cat", 1, -INF)),
        ("https://a.b/c.png:2", ("https://a.b/c.png", 2, -INF)),
    ],
)
def test_the_shorthand(text: str, parsed: tuple[str, float, float]) -> None:
    prompt = parse_prompt(text)
    assert (prompt.text, prompt.weight, prompt.stop) == parsed


@pytest.mark.parametrize("text", ["", "  ", ":2", ":1:2", "x:inf", "x:nan", "x:1:nan"])
def test_what_is_no_prompt(text: str) -> None:
    with pytest.raises(BadValue):
        parse_prompt(text)


def test_several_prompts() -> None:
    prompts = parse_prompts("rain | film noir:0.5|blur:-1")
    assert [(p.text, p.weight) for p in prompts] == [("rain", 1), ("film noir", 0.5), ("blur", -1)]


@pytest.mark.parametrize("text", ["a||b", "a|", "|"])
def test_an_empty_part_is_an_error(text: str) -> None:
    with pytest.raises(BadValue, match="empty"):
        parse_prompts(text)
