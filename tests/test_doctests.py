"""Run the examples in the docstrings of the package."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SKETCHES = {  # examples that need a story, weights or an encoder
    "storyboard.render",
    "storyboard.render.output.encode",
    "storyboard.story",
    "storyboard.timeline",
}
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in ROOT.glob("storyboard/**/*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", [name for name in MODULES if name not in SKETCHES])
def test_examples(name: str) -> None:
    result = doctest.testmod(
        importlib.import_module(name),
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert result.attempted and not result.failed
