"""Several stories: each is rendered by a process of its own, and a table ends it all.

With ``--workers`` their chains are painted by so many workers in all, whichever story they belong
to: the processes share the seats that workers take (`storyboard.render.crew.processes`).

A story that cannot be read, a worker that is killed or a film that fails ends its own process only;
the queue goes on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from types import FrameType

import click

from storyboard.cli.batch_progress import StoriesDisplay
from storyboard.cli.console import note, out, table
from storyboard.errors import Interrupted, UsageError
from storyboard.render.events import Event
from storyboard.times import hours

SUFFIXES = (".yaml", ".yml")
_HEADER = ("story", "result", "time", "film")


@dataclass(frozen=True)
class Outcome:
    """How one story of a batch ended: ``code`` is its process's, None where it was not begun."""

    story: Path
    code: int | None = None
    seconds: float = 0.0
    films: tuple[str, ...] = ()
    message: str = ""

    @property
    def result(self) -> str:
        """Return the end in a word or two."""
        if self.code is None:
            return "not begun"
        if self.code < 0:
            return f"killed (signal {-self.code})"
        return {0: "done", Interrupted.exit_code: "stopped"}.get(self.code, "failed")

    def row(self) -> tuple[str, ...]:
        """Return the row of the table: story, result, time, and the film or what went wrong."""
        lasted = "" if self.code is None else hours(self.seconds)
        return (str(self.story), self.result, lasted, " ".join(self.films) or self.message)


def stories_in(paths: Sequence[Path]) -> list[Path]:
    """Return the stories that ``paths`` name, in order: files, and those of folders by name.

    Raises `UsageError` for a folder without a story, and for two stories whose films would have one
    name.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES) if path.is_dir() else []
        if path.is_dir() and not inside:
            raise UsageError(f"{path} holds no story: there is no .yaml in it")
        found |= dict.fromkeys(inside or [path])
    names: dict[str, Path] = {}
    for story in found:
        other = names.setdefault(story.stem, story)
        if other != story:
            raise UsageError(f"{other} and {story} would both make out/{story.stem}; rename one")
    return list(found)


def given_flags(context: click.Context, *, without: Sequence[str]) -> list[str]:
    """Return the options of the command line as they were given, to be given to another process;
    those whose names are in ``without`` are left out.
    """
    flags: list[str] = []
    for one in context.command.params:
        given = context.get_parameter_source(one.name or "")
        if not isinstance(one, click.Option) or one.name in without:
            continue
        if given != click.core.ParameterSource.COMMANDLINE:
            continue
        flag = max(one.opts, key=len)
        if one.is_flag:
            flags.append(flag)
            continue
        value = context.params[one.name or ""]
        for item in value if one.multiple else [value]:
            flags += [flag, str(item)]
    return flags


@dataclass
class Batch:
    """A queue of stories, which are rendered with ``flags``; with ``workers`` so many at once.

    ``shown`` gets the events of stories that are rendered at once; without workers each story shows
    its own.
    """

    flags: Sequence[str]
    workers: int | None = None
    shown: StoriesDisplay | None = None
    stopped: bool = False
    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def run(self, stories: Sequence[Path]) -> list[Outcome]:
        """Render ``stories``; what became of each, in their order."""
        at_once = self.workers or 1
        with self._signals(), self._seats() as seats, ThreadPoolExecutor(at_once) as pool:
            todo = [pool.submit(self._render, story, seats) for story in stories]
            return [work.result() for work in todo]

    @contextmanager
    def _seats(self) -> Iterator[dict[str, str]]:
        """Yield the environment with the folder in which the workers of all stories take seats."""
        if self.workers is None:
            yield {}
            return
        from storyboard.render.crew.processes import SEATS

        with TemporaryDirectory(prefix="storyboard-seats-") as folder:
            yield {SEATS: folder}

    def _render(self, story: Path, seats: Mapping[str, str]) -> Outcome:
        began = time.monotonic()
        process = self._start(story, seats)
        if process is None:
            return Outcome(story)
        lines = [] if self.shown is None else self._follow(story, process)
        printed = process.communicate()[0]
        with self._lock:
            self._running.discard(process)
        seconds, code = time.monotonic() - began, process.returncode
        why = next((line for line in lines if line.startswith("error: ")), "")
        outcome = Outcome(story, code, seconds, tuple(printed.split("\n")[:-1]), why[7:])
        if self.shown is None:
            note(f"{story}: {outcome.result}")
        else:
            self.shown.ended(story.stem, outcome.result)
        if code and lines:
            note("\n".join(lines))
        return outcome

    def _follow(self, story: Path, process: subprocess.Popen[str]) -> list[str]:
        """Show the events of ``story`` until its process ends; return what else it said."""
        said = []
        for line in process.stderr or ():
            event = _event_in(line)
            if event is None:
                said.append(line.rstrip())
            elif self.shown is not None:
                self.shown(story.stem, event)
        return said

    def _start(self, story: Path, seats: Mapping[str, str]) -> subprocess.Popen[str] | None:
        """Start the process of ``story``, in a group of its own: a Ctrl-C reaches it once, by way
        of this one. None once the batch was stopped.
        """
        with self._lock:
            if self.stopped:
                return None
            events = [] if self.shown is None else ["--progress", "json"]
            process = subprocess.Popen(
                [sys.executable, "-m", "storyboard", "render", str(story), *self.flags, *events],
                stdout=subprocess.PIPE,
                stderr=None if self.shown is None else subprocess.PIPE,
                text=True,
                start_new_session=True,
                env={**os.environ, **seats},
            )
            self._running.add(process)
            return process

    @contextmanager
    def _signals(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._handle) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        """Let every process finish its frame and save; a second time end them at once."""
        again, self.stopped = self.stopped, True
        for process in list(self._running):
            with suppress(OSError):
                process.send_signal(signal.SIGKILL if again else signal.SIGINT)
        if not again:
            with suppress(OSError, ValueError, AttributeError):
                os.write(sys.stderr.fileno(), b"\nfinishing; no other story is begun\n")


def _event_in(line: str) -> Event | None:
    """Return the event that ``line`` holds as JSON; None for other text."""
    if not line.startswith("{"):
        return None
    try:
        return Event.from_json(json.loads(line))
    except (ValueError, TypeError):
        return None


def render_all(
    context: click.Context, stories: Sequence[Path], workers: int | None, *, progress: str
) -> int:
    """Render ``stories`` with the flags of ``context`` and print the table; the exit code."""
    shown = None if workers is None else StoriesDisplay(progress, len(stories))
    batch = Batch(given_flags(context, without=("stories",)), workers, shown)
    try:
        outcomes = batch.run(stories)
    finally:
        if shown is not None:
            shown.close()
    out(table([outcome.row() for outcome in outcomes], header=_HEADER))
    failed = sum(outcome.code != 0 for outcome in outcomes)
    out(f"{len(outcomes) - failed} of {len(outcomes)} done")
    if batch.stopped:
        return Interrupted.exit_code
    return 1 if failed else 0
