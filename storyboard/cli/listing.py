"""``storyboard list``: what a story may name, plug-ins included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from storyboard.catalogue import Catalogue
from storyboard.cli import examples
from storyboard.cli.console import out, out_json, table
from storyboard.cli.shared_options import OneOf, as_json, verbose
from storyboard.errors import UsageError
from storyboard.registry import Registry

Rows = list[tuple[str, str, str]]
"""(name, one line on it, the package that brings it; of functions and words, their group)."""


def _of(registry: Registry[Any]) -> Rows:
    return [(name, e.summary, e.package) for name, e in registry.entries().items()]


def _drawers() -> Rows:
    from storyboard.drawers import drawers

    return _of(drawers)


def _losses() -> Rows:
    from storyboard.losses import losses

    return _of(losses)


def _filters() -> Rows:
    from storyboard.filters import filters

    return _of(filters)


def _perceptors() -> Rows:
    from storyboard.perceptors import architectures, registry

    known = f"any of the {len(architectures())} models of open_clip, such as ViT-B-32/openai"
    return [
        *_of(registry),
        ("ARCHITECTURE/TAG", known, "open_clip"),
        ("ARCHITECTURE/FILE", "the same with the weights of a file", "open_clip"),
        ("hf-hub:ORG/MODEL", "a model on the Hugging Face hub", "open_clip"),
        ("./FOLDER", "a folder with open_clip_config.json and weights", "open_clip"),
    ]


def _movements() -> Rows:
    from storyboard.motion.movements import movements

    return _of(movements)


def _easings() -> Rows:
    from storyboard.curves.easings import easings

    return _of(easings)


def _functions() -> Rows:
    from storyboard.audio import MIDI_NAMES, SIGNALS
    from storyboard.curves.expressions.library import GROUPS
    from storyboard.curves.expressions.scope import CONSTANTS, TIME_NAMES

    constants = {name: f"{value:.6g}" for name, value in CONSTANTS.items()}
    groups: dict[str, Mapping[str, str]] = {
        "time": TIME_NAMES,
        "signals": SIGNALS,
        "MIDI": MIDI_NAMES,
        "constants": constants,
        **{group: {f.signature: f.doc for f in functions} for group, functions in GROUPS.items()},
    }
    return [(name, line, group) for group, names in groups.items() for name, line in names.items()]


def _borders() -> Rows:
    from storyboard.motion import BORDERS

    return [(name, summary, "storyboard") for name, summary in sorted(BORDERS.items())]


def _qualities() -> Rows:
    from storyboard.story.quality import QUALITIES

    rows: Rows = []
    for q in QUALITIES.values():
        work = f"{q.steps_first} then {q.steps} steps, {q.cuts} cuts, crf {q.crf}"
        rows.append((q.name, f"{' + '.join(q.perceptors)}: {work}", "storyboard"))
    return rows


def _importers() -> Rows:
    from storyboard.interchange.importers.tools import TOOLS

    return [(name, TOOLS.get(name).summary, e.package) for name, e in TOOLS.entries().items()]


def _words() -> Rows:
    from storyboard.drawers import drawers
    from storyboard.perceptors import known_phrases

    known = [*known_phrases("sketch").items(), *drawers.record("scenes").phrases().items()]
    return [(ways[0], ", ".join(ways[1:6]), group) for group, entries in known for ways in entries]


def _examples() -> Rows:
    return [(name, examples.summary(name), "storyboard") for name in examples.names()]


_ROWS: dict[str, Callable[[], Rows]] = {
    "drawers": _drawers,
    "perceptors": _perceptors,
    "losses": _losses,
    "filters": _filters,
    "movements": _movements,
    "easings": _easings,
    "functions": _functions,
    "borders": _borders,
    "qualities": _qualities,
    "importers": _importers,
    "words": _words,
    "examples": _examples,
}

_GROUPED = ("functions", "words")  # their third column is a group, not a package


def _catalogues() -> dict[str, Catalogue[Any]]:
    """Return the kinds whose names have options."""
    from storyboard.drawers import drawers
    from storyboard.filters import filters
    from storyboard.losses import losses
    from storyboard.motion.movements import movements

    return {"drawers": drawers, "losses": losses, "filters": filters, "movements": movements}


_DETAILS = ("option", "kind", "default", "bounds", "unit", "moves", "what it does")


def _options(catalogue: Catalogue[Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the options of every name as plain data, in the order of `_DETAILS`."""
    return {
        name: [
            {
                "option": key,
                "kind": option.kind,
                "default": option.default,
                "bounds": option.bounds or (", ".join(option.words)),
                "unit": option.unit,
                "moves": option.moves,
                "what it does": option.doc,
            }
            for key, option in record.options.items()
        ]
        for name, record in catalogue.records().items()
    }


def _shown(value: Any) -> str:
    """Return a cell of the table of options: short lists as they are, long ones by their length."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(str, value))}]" if len(value) < 4 else f"{len(value)} values"
    return "none" if value is None else str(value)


def _detailed(rows: Rows, catalogue: Catalogue[Any]) -> str:
    """Return the names with a table of their options below each."""
    found, parts = _options(catalogue), []
    for name, summary, package in rows:
        cells = [[_shown(one[column]) for column in _DETAILS] for one in found.get(name, [])]
        lines = table(cells, header=_DETAILS).splitlines() if cells else ["no options"]
        head = table([(name, summary, package)])
        parts.append("\n".join([head, *(f"    {line}" for line in lines)]))
    return "\n\n".join(parts)


@click.command("list")
@click.argument("kind", type=OneOf(tuple(_ROWS)), metavar="KIND")
@click.option("--details", is_flag=True, help="Drawers, losses, filters, movements: every option.")
@as_json
@verbose
def list_names(kind: str, details: bool, as_json: bool) -> None:
    """List what a story may name.

    With a line on each, plug-ins included. KIND is drawers, perceptors, losses, filters, movements,
    easings, functions (and names of expressions), borders, qualities, importers, words (what the
    built-in models paint, with other ways to say it), or examples.
    """
    catalogue = _catalogues().get(kind) if details else None
    if details and catalogue is None:
        raise UsageError(f"--details: {kind} have no options; {', '.join(_catalogues())} have")
    rows = _ROWS[kind]()
    if as_json:
        keys = ("name", "summary", "subject" if kind in _GROUPED else "package")
        entries: list[dict[str, Any]] = [dict(zip(keys, row, strict=True)) for row in rows]
        found = {} if catalogue is None else _options(catalogue)
        out_json([e | ({"options": found.get(e["name"], [])} if details else {}) for e in entries])
    elif catalogue is not None:
        out(_detailed(rows, catalogue))
    else:
        out(table(rows))
