"""The example stories: in the wheel beside the package's code, in a checkout in its own folder."""

from __future__ import annotations

from pathlib import Path

from storyboard.errors import UnknownName

_PACKAGE = Path(__file__).parent.parent


def folder() -> Path:
    """Return the folder that holds the examples."""
    installed = _PACKAGE / "examples"
    return installed if installed.is_dir() else _PACKAGE.parent / "examples" / "stories"


def names() -> list[str]:
    """Return their names, sorted."""
    return sorted(file.stem for file in folder().glob("*.yaml"))


def find(name: str) -> Path:
    """Return the story called ``name``. Raises `UnknownName`."""
    if name not in names():
        raise UnknownName("example", name, names())
    return folder() / f"{name}.yaml"


def summary(name: str) -> str:
    """Return an example's summary: the first line of its comment, without its name."""
    first = find(name).read_text(encoding="utf-8").partition("\n")[0]
    return first.lstrip("# ").partition(": ")[2] or first.lstrip("# ")
