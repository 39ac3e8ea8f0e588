"""``storyboard audio``: what is audible in a song, and what a story can use of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.console import count, note, out, out_json, table
from storyboard.cli.midi import midi_data, midi_text, refuse_flags
from storyboard.cli.new_files import refuse_existing, write_new
from storyboard.cli.shared_options import FILE, as_json, overwrite, quiet, verbose
from storyboard.errors import BadValue, MissingWeights, UsageError
from storyboard.files import friendly_os_errors
from storyboard.times import minutes

if TYPE_CHECKING:
    from storyboard.audio import Analysis, Band

PICTURES = (".png", ".pdf", ".svg")


@click.command()
@click.argument("song", type=FILE)
@click.option("--start", metavar="TIME", help="Where in the file the used part starts.")
@click.option("--end", metavar="TIME", help="Where it ends.  [default: at the file's end]")
@click.option("--beats-per-bar", type=click.IntRange(1, 64), default=4, show_default=True)
@click.option(
    "--band",
    "bands",
    multiple=True,
    metavar="NAME=LOW-HIGH",
    help="A band of your own, in Hz: kick=40-90. Repeatable.",
)
@click.option(
    *("-o", "--plot"),
    type=FILE,
    metavar="FILE",
    help="Draw waveform, spectrogram, signals and beats: .png, .pdf or .svg.",
)
@click.option(
    "--tracker",
    type=FILE,
    metavar="FILE",
    help="Weights of beat-this (.ckpt), which finds beats and bars.",
)
@click.option(
    "--lyrics",
    type=FILE,
    metavar="FILE",
    help="Write the words that Whisper hears, with their times, to correct them: .lrc",
)
@click.option(
    "--whisper",
    type=FILE,
    metavar="FOLDER",
    help="Its weights, as transformers saves them.  [default: the best in the hub's cache]",
)
@click.option(
    "--stems",
    type=FILE,
    metavar="FOLDER",
    help="Also write the stems that stems: auto would read: drums.flac, bass.flac ...",
)
@overwrite
@as_json
@quiet
@verbose
@click.pass_context
def audio(
    ctx: click.Context,
    song: Path,
    start: str | None,
    end: str | None,
    beats_per_bar: int,
    bands: tuple[str, ...],
    plot: Path | None,
    stems: Path | None,
    tracker: Path | None,
    lyrics: Path | None,
    whisper: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Analyse a song: tempo, beats, bars, sections, loudness.

    SONG is a sound file of any kind, a video, or a MIDI file, whose notes, tempo and controllers
    are listed by name. What it suggests can be pasted into a story.
    """
    from storyboard.audio import MIDI_SUFFIXES, analyse, midi_parts, read_midi

    if song.suffix.lower() in MIDI_SUFFIXES:
        refuse_flags(ctx)
        parts = midi_parts(read_midi(song))
        return out_json(midi_data(parts, song)) if as_json else out(midi_text(parts, song))
    if plot is not None:
        _check_picture(plot, overwrite)
    own = read_bands(bands)
    used = _used(song, start, end)
    _check_weights(tracker, whisper, lyrics)
    bar = beats_per_bar
    analysis = analyse(song, bands=own, used=used, beats_per_bar=bar, tracker=tracker)
    if as_json:
        out_json(analysis_data(analysis, song, used))
    else:
        out(analysis_text(analysis, song, used=used, beats_per_bar=beats_per_bar))
    if plot is not None:
        _draw(analysis, song, plot)
    if lyrics is not None:
        _write_lyrics(song, lyrics, whisper, overwrite=overwrite)
    if stems is not None:
        _copy_stems(song, stems, overwrite=overwrite)


def read_bands(written: tuple[str, ...]) -> dict[str, Band]:
    """Return ``("kick=40-90",)`` as bands by name. Raises `UsageError`."""
    from storyboard.audio import Band, check_bands

    bands = {}
    for text in written:
        name, _, stretch = text.partition("=")
        low, dash, high = stretch.partition("-")
        try:
            bands[name.strip()] = Band(float(low), float(high if dash else "nan"))
            check_bands(bands)
        except ValueError:
            raise UsageError(f"--band {text}: write NAME=LOW-HIGH in Hz, kick=40-90") from None
        except BadValue as error:
            raise UsageError(f"--band {text}: {error}") from None
    return bands


def analysis_text(
    analysis: Analysis, song: Path, *, used: tuple[float, float], beats_per_bar: int
) -> str:
    """Return what is detected, line by line, sections in a table, and keys for a story."""
    lines = [f"{song.name}: {minutes(analysis.duration, 2)}", *_beat_lines(analysis, used)]
    onsets = count(len(_within(analysis.onsets, used)), "onset")
    lines.append(f"{onsets}, {_loudness(analysis, used)}")
    rows = _sections(analysis, used)
    header = ("section", "start", "length", "bars", "loudness")
    return "\n\n".join(
        [
            "\n".join(lines),
            table(rows, header=header),
            _suggestion(analysis, song, used, beats_per_bar),
        ]
    )


def analysis_data(analysis: Analysis, song: Path, used: tuple[float, float]) -> dict[str, Any]:
    """Return the analysis as JSON data: every time in seconds of the file, all of the file."""
    part = _part(analysis, used)
    return {
        "file": str(song),
        "duration_s": analysis.duration,
        "used_s": list(used),
        "tempo": analysis.tempo,
        "steady": analysis.steady,
        "beats_s": analysis.beats.tolist(),
        "bars_s": analysis.bars.tolist(),
        "sections_s": analysis.sections.tolist(),
        "onsets_s": analysis.onsets.tolist(),
        "onset_strengths": analysis.onset_strengths.tolist(),
        "signals": {
            name: {"mean": float(values[part].mean()), "max": float(values[part].max())}
            for name, values in analysis.signals.items()
        },
    }


def _beat_lines(analysis: Analysis, used: tuple[float, float]) -> list[str]:
    """Return lines with the tempo and the beats, or one that there are none."""
    beats, bars = _within(analysis.beats, used), _within(analysis.bars, used)
    if not len(beats):
        return ["no beats detected"]
    kind = "steady" if analysis.steady else "drifting: the beats follow it"
    first = f"first beat {beats[0]:.3f} s"
    if len(bars):
        first += f", first bar {bars[0]:.3f} s"
    tempo = f"{_number(analysis.tempo, 3)} beats a minute, {kind}"
    return [tempo, f"{count(len(beats), 'beat')}, {count(len(bars), 'bar')}, {first}"]


def _loudness(analysis: Analysis, used: tuple[float, float]) -> str:
    """Name the bands that carry the sound."""
    from storyboard.audio import BANDS

    part = _part(analysis, used)
    means = {name: float(analysis.signals[name][part].mean()) for name in ("rms", *BANDS)}
    return "mean loudness " + ", ".join(f"{name} {mean:.2f}" for name, mean in means.items())


def _sections(analysis: Analysis, used: tuple[float, float]) -> list[tuple[str, ...]]:
    """Return a row for each section that the used part has."""
    ends = [*analysis.sections[1:], analysis.duration]
    rows: list[tuple[str, ...]] = []
    for number, (start, end) in enumerate(zip(analysis.sections, ends, strict=True), 1):
        if start >= used[1] or end <= used[0]:
            continue
        bars = len(_within(analysis.bars, (start - 1e-6, end - 1e-6)))
        level = analysis.signals["rms"][_part(analysis, (start, end))].mean()
        bar = "#" * round(20 * float(level))
        rows.append((str(number), minutes(start, 2), minutes(end - start, 2), str(bars), bar))
    return rows


def _suggestion(
    analysis: Analysis, song: Path, used: tuple[float, float], beats_per_bar: int
) -> str:
    """Return YAML for a story: the soundtrack, and a mark for every section but the first."""
    lines = ["a story could say:", "", "audio:", f"  file: {song.name}"]
    bars = _within(analysis.bars, used)
    if analysis.tempo and analysis.steady:
        lines.append(f"  bpm: {_number(analysis.tempo, 3)}")
    elif analysis.tempo:
        lines.append("  bpm: auto")
    if analysis.tempo and len(bars):
        lines.append(f"  first_beat: {_number(float(bars[0]), 3)}s")
    if analysis.tempo and beats_per_bar != 4:
        lines.append(f"  beats_per_bar: {beats_per_bar}")
    if used[0] > 0:
        lines.append(f"  start: {_number(used[0], 3)}s")
    if used[1] < analysis.duration:
        lines.append(f"  end: {_number(used[1], 3)}s")
    starts = _within(analysis.sections[1:], used)
    lines += ["marks:"] * bool(len(starts))
    first = sum(1 for start in analysis.sections if start <= used[0]) + 1
    for number, start in enumerate(starts, first):
        lines.append(f"  part_{number}: {_number(float(start - used[0]), 3)}s")
    return "\n".join(lines)


def _number(value: float, places: int) -> str:
    return f"{value:.{places}f}".rstrip("0").rstrip(".")


def _within(seconds: Any, used: tuple[float, float]) -> Any:
    return seconds[(seconds >= used[0]) & (seconds < used[1])]


def _part(analysis: Analysis, used: tuple[float, float]) -> slice:
    first = min(int(used[0] * analysis.rate), len(analysis.signals["rms"]) - 1)
    return slice(first, max(first + 1, int(used[1] * analysis.rate)))


def _used(song: Path, start: str | None, end: str | None) -> tuple[float, float]:
    """Return the used part in seconds of the file."""
    from storyboard.audio import audio_duration

    if not song.is_file():
        raise UsageError(f"file not found: {song}")
    whole = float(audio_duration(song))
    used = (_seconds("--start", start, 0.0), min(_seconds("--end", end, whole), whole))
    if not 0 <= used[0] < used[1]:
        raise UsageError(
            f"nothing is left of {song} from {minutes(used[0], 2)} to {minutes(used[1], 2)}; "
            f"it lasts {minutes(whole, 2)}"
        )
    return used


def _seconds(flag: str, written: str | None, default: float) -> float:
    """Return a time of the file, in seconds or minutes and seconds. Raises `UsageError`."""
    from storyboard.times import parse_time

    if written is None:
        return default
    try:
        spec = parse_time(written)
    except BadValue as error:
        raise UsageError(f"{flag} {written}: {error}") from None
    if spec.unit != "s" or spec.anchor is not None:
        raise UsageError(f"{flag} {written}: write seconds, or 1:23.5")
    return float(spec.value)


def _check_weights(tracker: Path | None, whisper: Path | None, lyrics: Path | None) -> None:
    if tracker is not None and not tracker.is_file():
        raise UsageError(f"there is no file {tracker}")
    if whisper is not None and lyrics is None:
        raise UsageError("--whisper goes with --lyrics FILE")


def _check_picture(file: Path, overwrite: bool) -> None:
    if file.suffix.lower() not in PICTURES:
        known = ", ".join(PICTURES)
        raise UsageError(f"--plot {file}: unsupported file type; expected one of: {known}")
    refuse_existing(file, overwrite=overwrite)


def _write_lyrics(song: Path, file: Path, whisper: Path | None, *, overwrite: bool) -> None:
    """Write the words that are heard to ``file``. Raises `UsageError`, `MissingWeights`."""
    from storyboard.audio import downloaded_whisper, heard_lyrics

    if file.suffix.lower() != ".lrc":
        raise UsageError(f"--lyrics {file}: lyrics are written as .lrc")
    refuse_existing(file, overwrite=overwrite)
    weights = whisper or downloaded_whisper()
    if weights is None or not weights.is_dir():
        found = f"no folder {weights}" if weights else "no weights of Whisper on this machine"
        hint = "--whisper FOLDER names some that transformers saved"
        raise MissingWeights(f"there are {found}\n  hint: {hint}")
    write_new(file, heard_lyrics(song, weights).read_text(encoding="utf-8"), overwrite=overwrite)
    note(f"lyrics: {file}")


def _copy_stems(song: Path, folder: Path, *, overwrite: bool) -> None:
    """Write the stems of ``song`` to ``folder``. Raises `UsageError` for one that is there."""
    from storyboard.audio import AUTO, stems_of
    from storyboard.files import write_whole

    stems = stems_of(song, AUTO)
    for name in stems:
        refuse_existing(folder / f"{name}.flac", overwrite=overwrite)
    with friendly_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, made in stems.items():
            write_whole(folder / f"{name}.flac", made.read_bytes())
    note(f"{', '.join(stems)}: {folder} ({stems.method})")


def _draw(analysis: Analysis, song: Path, file: Path) -> None:
    from storyboard.audio.analyse import decode
    from storyboard.audio.picture import draw

    sound = decode(song)
    with friendly_os_errors(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        draw(analysis, sound, file, title=song.name)
    note(f"drawn: {file}")
