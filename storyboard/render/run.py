"""One call of `render`: which pieces of the film are wanted, what is missing, in what order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from storyboard.drawers import drawers
from storyboard.errors import (
    BadCheckpoint,
    RenderFailed,
    StoryboardError,
    UsageError,
    did_you_mean,
)
from storyboard.perceptors import require
from storyboard.plan import Plan, ShotPlan
from storyboard.render.chains import ChainJob, Stretch, stretches
from storyboard.render.events import Event, OnEvent
from storyboard.render.executors import Executor, find_executor
from storyboard.render.finish import finishing_device, require_networks
from storyboard.render.in_notebooks import film_html
from storyboard.render.options import RenderOptions
from storyboard.render.output.embed import read_embedded, versions
from storyboard.render.output.encode import check_film
from storyboard.render.output.film_writer import FilmPiece, write_piece
from storyboard.render.output.svg_frames import svg_paths, write_svgs
from storyboard.render.store.choices import (
    MachineChoices,
    choose,
    continued,
    demanded,
    device_for,
)
from storyboard.render.store.folder import (
    OutputPaths,
    RunRecord,
    film_digest,
    piece_name,
    unknown_files,
)
from storyboard.render.store.frame_store import FolderStore, FrameStore
from storyboard.render.store.inbox import Inbox
from storyboard.render.store.locks import locked
from storyboard.render.store.records import friendly_os_errors, sha256_of
from storyboard.render.store.shots import folder_name


@dataclass(frozen=True)
class Film:
    """Result of a render.

    ``paths`` are the files, one for each stretch of the film that was asked for; ``frames`` how
    many pictures they hold in all; ``seconds`` how long it took this time; ``svgs`` the animated
    SVG and the folder of one SVG a frame of each stretch, where they were asked for.
    """

    paths: tuple[Path, ...]
    frames: int
    seconds: float
    plan: Plan
    svgs: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        """Return one line, for notebooks."""
        return f"Film({str(self.path)!r}, {self.frames} frames, {self.seconds:.1f} s)"

    def _repr_html_(self) -> str:
        """Return the film itself, for notebooks."""
        return film_html(self.path, repr(self))

    @property
    def path(self) -> Path:
        """Return the film; its first piece where there are several."""
        return self.paths[0]


def pieces_of(plan: Plan, place: OutputPaths, options: RenderOptions) -> list[FilmPiece]:
    """Return the stretches of the film that are wanted, each with the name of its file."""
    first = 0 if options.first is None else options.first
    stop = plan.frame_count if options.last is None else options.last
    if not 0 <= first < stop <= plan.frame_count:
        whole = f"the film has {plan.frame_count} frames"
        raise UsageError(f"frames {first} to {stop} are out of range; {whole}")
    names = [shot.name for shot in plan.shots]
    for name in options.shots or ():
        if name not in names:
            raise UsageError(f"no shot {name!r}; {did_you_mean(name, names) or ', '.join(names)}")
    stretches: list[tuple[int, int]] = []
    for shot in plan.shots:
        start, end = max(first, shot.first), min(stop, shot.stop)
        if start >= end or (options.shots is not None and shot.name not in options.shots):
            continue
        if stretches and stretches[-1][1] == start:
            start = stretches.pop()[0]
        stretches.append((start, end))
    if not stretches:
        raise UsageError("the selected shots and times do not overlap")
    return [FilmPiece(plan, piece_name(place.film, plan, a, b), a, b) for a, b in stretches]


def _warn_once(emit: OnEvent) -> OnEvent:
    """Return ``emit`` without repeated warnings, which several chains may report."""
    seen: set[str | None] = set()

    def emit_new(event: Event) -> None:
        if event.kind != "warning" or event.message not in seen:
            emit(event)
        if event.kind == "warning":
            seen.add(event.message)

    return emit_new


def _goes_on_as_begun(film: str, otherwise: list[str]) -> str:
    """Return the warning that this machine would choose ``otherwise``; three of them are named."""
    more = f" and {len(otherwise) - 3} more" if len(otherwise) > 3 else ""
    return (
        f"this machine would choose {'; '.join(otherwise[:3])}{more}: {film} goes on as it was "
        "begun, so that its frames fit together; --fresh (fresh=True) chooses anew"
    )


@dataclass(frozen=True)
class Run:
    """One call of `render`, once the folder is its own."""

    plan: Plan
    place: OutputPaths
    options: RenderOptions
    emit: OnEvent

    @cached_property
    def painted(self) -> Plan:
        """Return the plan of all frames that are painted, those behind the end of a loop too."""
        return self.plan.painted

    @cached_property
    def record(self) -> RunRecord:
        """Return the folder's ``run.json``."""
        return RunRecord(self.place.folder)

    @cached_property
    def executor(self) -> Executor:
        """Return what has the chains painted."""
        options = self.options
        return find_executor(options.executor, workers=options.workers, mixed=options.mixed)

    def films(self, pieces: list[FilmPiece]) -> Film:
        """Make the films of ``pieces`` that are not there."""
        began, record = time.perf_counter(), self.record
        todo = [piece for piece in pieces if not self._is_done(piece, record)]
        svgs = [path for piece in pieces if self.options.svg for path in svg_paths(piece.path)]
        self._clear_names(todo, svgs, record)
        if todo or svgs:
            wanted = frozenset[int]().union(*(piece.needed() for piece in pieces))
            own = frozenset(n for piece in pieces for n in range(piece.first, piece.stop))
            choices = self._begin(wanted, own)
            device = {} if choices is None else {"device": choices.device}
            facts = [{**self._facts(piece), **device} for piece in todo]
            for piece, known in zip(todo, facts, strict=True):
                if not self._is_another(piece, record):
                    record.note(piece.path, state="rendering", **known)
            self.paint(wanted, own, choices)
            for piece, known in zip(todo, facts, strict=True):
                self._encode(piece, known, began)
        if svgs:
            self._write_svgs(pieces, record)
        seconds = time.perf_counter() - began
        for piece in pieces:
            file, of = str(piece.path), len(piece)
            self.emit(Event("done", file=file, of=of, seconds=seconds))
        paths = tuple(piece.path for piece in pieces)
        return Film(paths, sum(map(len, pieces)), seconds, self.plan, tuple(svgs))

    def paint(
        self, wanted: frozenset[int], own: frozenset[int], choices: MachineChoices | None = None
    ) -> None:
        """Make the ``wanted`` frames that are not there, with ``choices`` if they are made yet.

        ``own`` are those that were asked for, and begun again where the options say so, not only
        those that finishing looks at.
        """
        with self._held(self._unfinished(wanted, own)) as hold:
            store = FolderStore(self.place.shots)  # read now: others may have painted meanwhile
            if self.options.fresh:
                self._begin_again(own, store)
            while todo := self._todo(wanted, store):
                hold({folder_name(self.painted.shots[s.shot]) for w in todo.values() for s in w})
                try:
                    return self._paint(wanted, todo, store, choices)
                except BadCheckpoint as bad:
                    warning = f"{bad}; it was deleted, and the shot goes on from the one before"
                    self.emit(Event("warning", message=warning))
                    store.drop_state(self.painted.shots[bad.shot], bad.local)

    def _unfinished(self, wanted: frozenset[int], own: frozenset[int]) -> set[str]:
        """Return the folders of the shots that are to be painted, by the sizes of their frames,
        with those they flow from in their chains.
        """
        store, found = FolderStore(self.place.shots), set[str]()
        for chain in self.painted.chains():
            todo = 0
            for index, shot in enumerate(chain, start=1):
                frames = range(shot.first, shot.stop)
                again = self.options.fresh and own.intersection(frames)
                if again or self._lacks(shot, wanted.intersection(frames), store):
                    todo = index
            found.update(folder_name(shot) for shot in chain[:todo])
        return found

    def _lacks(self, shot: ShotPlan, wanted: frozenset[int], store: FrameStore) -> bool:
        if not wanted:
            return False
        there = store.finished(shot, thorough=False, shapes=self.options.svg)
        return not {number - shot.first for number in wanted} <= there

    @contextmanager
    def _held(self, folders: set[str]) -> Iterator[Callable[[set[str]], None]]:
        """Lock the shots of these ``folders`` within the block, and those given to what it yields,
        against other processes.
        """
        held, options = set[str](), self.options
        with ExitStack() as stack:

            def hold(folders: set[str]) -> None:
                names = [f"shots/{name}" for name in folders - held]
                stack.enter_context(
                    locked(self.place.folder, names, wait=options.wait, stop=options.stop)
                )
                held.update(folders)

            hold(folders)
            yield hold

    def _paint(
        self,
        wanted: frozenset[int],
        todo: Mapping[int, tuple[Stretch, ...]],
        store: FolderStore,
        choices: MachineChoices | None,
    ) -> None:
        """Have an executor make all that is ``todo``, by chain. Raises `BadCheckpoint` too."""
        if choices is None:
            shots = [self.painted.shots[stretch.shot] for work in todo.values() for stretch in work]
            choices = self._choose([name for shot in shots for name in shot.perceptors])
        device = self.options.device
        jobs = [
            ChainJob(self.painted, chain, wanted, work, choices, device, self.options.svg)
            for chain, work in todo.items()
        ]
        missing = set[int]().union(*(job.missing() for job in jobs))
        self.emit(self._work(wanted, [stretch for work in todo.values() for stretch in work]))
        inbox = Inbox(self.painted, store, _warn_once(self.emit), self._finished(jobs))
        try:
            self.executor(jobs, deliver=inbox, stop=self.options.stop)
        finally:
            inbox.close()
        for number in inbox.missing(missing):
            message = f"executor {self.options.executor!r} ended without it"
            raise RenderFailed(message, shot=self.painted.shot_at(number).name, frame=number)

    def _work(self, wanted: frozenset[int], todo: Sequence[Stretch]) -> Event:
        """Return the event that announces the frames and steps to paint."""
        new, steps = set[int](), 0
        for stretch in todo:
            shot, made = self.painted.shots[stretch.shot], range(stretch.first, stretch.stop)
            new.update(shot.first + n for n in made if n not in stretch.finished)
            own = drawers.record(shot.drawer).paints
            steps += sum(1 if own else max(round(shot.values["steps"][n]), 1) for n in made)
        of = len(wanted | new)
        return Event("paint", done=of - len(new), of=of, steps=steps)

    def _begin_again(self, own: frozenset[int], store: FrameStore) -> None:
        """Delete all that is there of the shots that have one of the frames ``own``."""
        for shot in self.painted.shots:
            if own.intersection(range(shot.first, shot.stop)):
                store.remove(shot)

    def _todo(self, wanted: frozenset[int], store: FrameStore) -> dict[int, tuple[Stretch, ...]]:
        """Return what is to be made, by chain, so that all ``wanted`` frames are there."""
        shots = [s for s in self.painted.shots if wanted.intersection(range(s.first, s.stop))]
        chains = dict.fromkeys(shot.chain for shot in shots)
        svg = self.options.svg
        todo = {
            c: stretches(self.painted, c, wanted=wanted, store=store, shapes=svg) for c in chains
        }
        return {chain: work for chain, work in todo.items() if work}

    def _choose(self, seeing: Iterable[str]) -> MachineChoices:
        """Return what was chosen for the film when it was begun, else choose now; write it down.

        A warning reports what would be chosen otherwise now. Raises `MissingWeights` where those of
        the perceptors ``seeing`` are not to be had, before torch is loaded; `DeviceError` where
        this machine cannot obey, `UsageError` for a ``run.json`` that cannot be read.
        """
        require(seeing, download=self.options.download)
        film, wanted = self.place.film, self.options.device
        theirs = getattr(self.executor, "choose", None)
        written = None
        if not self.options.fresh:
            written = self.record.choices(film, self.plan)
        if written is not None and theirs is None:
            device_for(written, wanted)
        choices: MachineChoices = (theirs or choose)(self.painted, wanted)
        if written is not None:
            otherwise = written.differences(choices, self.painted.shots)
            if otherwise:
                self.emit(Event("warning", message=_goes_on_as_begun(film.name, otherwise)))
            choices = continued(written, choices)
        choices = demanded(choices, self.options.precision, begun=written is not None)
        if written is None and theirs is None:
            device_for(choices, wanted)
        self.record.note_choices(film, self.plan, choices)
        return choices

    def _finished(self, jobs: Sequence[ChainJob]) -> set[int]:
        """Return the frames that are there of the shots that are to be painted."""
        return {
            self.painted.shots[stretch.shot].first + local
            for job in jobs
            for stretch in job.todo
            for local in stretch.finished
        }

    def _encode(self, piece: FilmPiece, facts: Mapping[str, Any], began: float) -> None:
        kept, record = self.place.kept, self.record

        def ready() -> None:
            self._keep_another(piece, record)
            # noted first: a process killed right after the film got its name must know it
            record.note(piece.path, **facts, state="encoding")

        device = finishing_device(self.plan, self.options.device)
        write_piece(
            piece,
            piece.pictures(self.place.shots, keep=kept, device=device),
            embed=self.options.embed,
            on_event=self.emit,
            stop=self.options.stop,
            ready=ready,
        )
        seconds = round(time.perf_counter() - began, 3)
        digest = film_digest(piece.path)
        record.note(piece.path, state="done", sha256=digest, seconds=seconds)
        if len(piece) == self.plan.film.frame_count:
            kept.tidy()

    def _write_svgs(self, pieces: list[FilmPiece], record: RunRecord) -> None:
        for piece in pieces:
            for path in svg_paths(piece.path):
                record.note(path, state="encoding")
            write_svgs(piece, self.place.shots, on_event=self.emit, stop=self.options.stop)
            for path in svg_paths(piece.path):
                record.note(path, state="done", sha256=film_digest(path))

    def _is_done(self, piece: FilmPiece, record: RunRecord) -> bool:
        known = record.film(piece.path)
        same = all(known.get(key) == value for key, value in self._key(piece).items())
        done = known.get("state") == "done" and not self.options.fresh
        return same and done and record.is_ours(piece.path)

    def _clear_names(self, pieces: list[FilmPiece], svgs: list[Path], record: RunRecord) -> None:
        """See that nothing foreign is lost where the films of ``pieces`` and ``svgs`` will be.
        Raises `UsageError`.
        """
        for piece in pieces:
            with friendly_os_errors(piece.path):
                piece.path.parent.mkdir(parents=True, exist_ok=True)
        foreign = [piece.path for piece in pieces if not self._is_lost_film(piece, record)]
        for path in (*foreign, *svgs):
            self._refuse_foreign(path, record)

    def _refuse_foreign(self, path: Path, record: RunRecord) -> None:
        # a folder is replaced whole, and nobody who says --overwrite means his other files
        if path.is_dir() and (others := unknown_files(path)):
            raise UsageError(
                f"{path} contains other files ({others[0]}); choose another output folder"
            )
        if path.exists() and not self.options.overwrite and not record.is_ours(path):
            why = "was changed since it was made" if record.film(path) else "was not made here"
            raise UsageError(
                f"{path} is there and {why}, according to run.json; "
                "give another name, or --overwrite (overwrite=True) to replace it"
            )

    def _is_lost_film(self, piece: FilmPiece, record: RunRecord) -> bool:
        """Return True if the file of ``piece`` is the same film though ``run.json`` lost it: by the
        plan embedded in it, its size and its number of pictures.
        """
        path = piece.path
        if isinstance(record.film(path).get("sha256"), str) or not path.exists():
            return False
        try:
            same = read_embedded(path).get("plan") == self.plan.digest
            if same and not path.is_dir():
                check_film(path, piece.spec(embed=True))
        except StoryboardError:
            return False
        return same and (not path.is_dir() or len(list(path.glob("*.png"))) == len(piece))

    def _is_another(self, piece: FilmPiece, record: RunRecord) -> bool:
        """Return whether the film of another plan has the name of ``piece`` and is to be kept."""
        path, known = piece.path, record.film(piece.path)
        same = all(known.get(k) == v for k, v in self._key(piece).items() if k != "embedded")
        done = known.get("state") == "done" and path.exists()
        return done and not same and not self.options.overwrite

    def _keep_another(self, piece: FilmPiece, record: RunRecord) -> None:
        """Give a name of its own to the film of another plan that has the name of ``piece``."""
        path = piece.path
        if not self._is_another(piece, record):
            return
        kept = record.keep_as_earlier(path)
        message = f"{path} was another film; it is {kept.name} now"
        self.emit(Event("warning", message=f"{message} (--overwrite replaces it instead)"))

    def _key(self, piece: FilmPiece) -> dict[str, Any]:
        """Return the key that identifies an up-to-date film."""
        return {
            "plan": self.plan.digest,
            "frames": [piece.frames.start, piece.frames.stop],
            "finish": self.plan.finish.digest or None,
            "embedded": self.options.embed,
        }

    def _facts(self, piece: FilmPiece) -> dict[str, Any]:
        plan, audio = self.plan, self.plan.audio
        return {
            **self._key(piece),
            "title": plan.title,
            "size": list(plan.film_size),
            "fps": str(plan.film.fps),
            "quality": plan.quality.name,
            "seed": plan.seed,
            "versions": versions(),
            "audio": audio and {"file": str(audio.file), "sha256": sha256_of(audio.file)},
            "shots": [
                {
                    "name": shot.name,
                    "frames": [shot.first, shot.stop],
                    "chain": shot.chain,
                    "seed": shot.seed,
                    "digest": shot.digest,
                    "drawer": shot.drawer,
                    "perceptors": list(shot.perceptors),
                }
                for shot in plan.shots
            ],
        }

    def _begin(self, wanted: frozenset[int], own: frozenset[int]) -> MachineChoices | None:
        """Tell what there is to do; what the machine chooses, where there is something to paint.

        ``own`` as in `paint`. Raises as `_choose`, before any work.
        """
        require_networks(self.plan)
        done, seeing, store = 0, dict[str, None](), FolderStore(self.place.shots)
        for shot in self.painted.shots:
            again = self.options.fresh and own.intersection(range(shot.first, shot.stop))
            finished = set() if again else store.finished(shot, thorough=False)
            of = len(wanted.intersection(range(shot.first, shot.stop)))
            there = sum(shot.first + local in wanted for local in finished)
            done += there
            if there < of:
                seeing.update(dict.fromkeys(shot.perceptors))
        title, folder = self.plan.title, str(self.place.folder)
        self.emit(Event("plan", done=done, of=len(wanted), file=folder, message=title))
        for warning in self.plan.warnings:
            self.emit(Event("warning", message=warning))
        if done == len(wanted):
            return None
        return self._choose(seeing)
