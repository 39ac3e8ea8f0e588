"""Several stories in a row: each is rendered by a process of its own, and a table ends it all.

A story that cannot be read, a worker that is killed or a film that fails ends its own process only;
the queue goes on.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import FrameType

import click

from storyboard.cli.console import note, out, table
from storyboard.errors import Interrupted, UsageError
from storyboard.times import minutes

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
        lasted = "" if self.code is None else minutes(self.seconds, 0)
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
    """A queue of stories; ``jobs`` are rendered at once, with ``flags`` for each of them."""

    flags: Sequence[str]
    jobs: int = 1
    stopped: bool = False
    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def run(self, stories: Sequence[Path]) -> list[Outcome]:
        """Render ``stories``; what became of each, in their order."""
        with self._signals(), ThreadPoolExecutor(self.jobs) as pool:
            return [work.result() for work in [pool.submit(self._render, s) for s in stories]]

    def _render(self, story: Path) -> Outcome:
        process = self._start(story)
        if process is None:
            return Outcome(story)
        began = time.monotonic()
        printed, errors = process.communicate()
        with self._lock:
            self._running.discard(process)
        seconds, code = time.monotonic() - began, process.returncode
        lines = (errors or "").strip().splitlines()
        if code and self.jobs > 1:
            note("\n".join(lines))
        why = next((line for line in lines if line.startswith("error: ")), "")
        outcome = Outcome(story, code, seconds, tuple(printed.split("\n")[:-1]), why[7:])
        note(f"{story}: {outcome.result}")
        return outcome

    def _start(self, story: Path) -> subprocess.Popen[str] | None:
        """Start the process of ``story``, in a group of its own: a Ctrl-C reaches it once, by way
        of this one. None once the batch was stopped.
        """
        with self._lock:
            if self.stopped:
                return None
            quiet = ["--progress", "none"] if self.jobs > 1 else []
            process = subprocess.Popen(
                [sys.executable, "-m", "storyboard", "render", str(story), *quiet, *self.flags],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if self.jobs > 1 else None,
                text=True,
                start_new_session=True,
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


def render_all(context: click.Context, stories: Sequence[Path], jobs: int) -> int:
    """Render ``stories`` with the flags of ``context`` and print the table; the exit code."""
    batch = Batch(given_flags(context, without=("jobs", "stories")), jobs)
    outcomes = batch.run(stories)
    out(table([outcome.row() for outcome in outcomes], header=_HEADER))
    failed = sum(outcome.code != 0 for outcome in outcomes)
    out(f"{len(outcomes) - failed} of {len(outcomes)} done")
    if batch.stopped:
        return Interrupted.exit_code
    return 1 if failed else 0
