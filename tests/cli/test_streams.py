"""What is only shown never stops what is made: F48, F49, F50."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.cli import console
from storyboard.cli.streams import Unfailing
from storyboard.errors import StoryboardError

STORY = """\
output: {size: 32x32, fps: 4}
perceptors: [tiny]
steps: 1
steps_first: 1
cuts: 2
shots: [{name: red, duration: 0.5s, prompt: red}]
"""

COMMAND = f"{sys.executable} -m storyboard"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a shell and /dev/full")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{render} 2>&1 | head -1; exit ${{PIPESTATUS[0]}}", 0),
        ("{render} --progress json 2>&1 | head -1; exit ${{PIPESTATUS[0]}}", 0),
        ("{render} 2>/dev/full", 0),
        ("{render} 2>&-", 0),
        ("{render} <&- >&- 2>&-", 0),
        ("{render} >/dev/full", 1),
    ],
)
def test_a_film_is_made_whoever_reads(tmp_path: Path, line: str, code: int) -> None:
    (tmp_path / "k.yaml").write_text(STORY)
    line = line.format(render=f"{COMMAND} render k.yaml")
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert (tmp_path / "out" / "k" / "k.mp4").is_file()
    told = "error: cannot write to standard output: No space left on device"
    assert (told in done.stderr) == bool(code)
    assert "Exception ignored" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are texts elsewhere")
def test_a_story_whose_name_is_no_text_is_rendered(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"k\xff.yaml")).write_text(STORY)
    line = COMMAND + " render $'k\\xff.yaml'"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "out/k\\udcff/k\\udcff.mp4\n"


class Gone(io.StringIO):
    """A stream that nobody reads."""

    def write(self, _: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise OSError

    def isatty(self) -> bool:
        raise ValueError


def test_a_stream_that_nobody_reads_is_written_without_errors() -> None:
    stream = Unfailing(Gone())
    assert stream.write("abc") == 3
    stream.flush()
    assert not stream.isatty()
    assert stream.readable()


def test_a_closed_stream_is_written_without_errors() -> None:
    closed = io.StringIO()
    closed.close()
    print("abc", file=Unfailing(closed), flush=True)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), None])
def test_results_that_cannot_be_written_are_an_error_unless_nobody_reads(
    monkeypatch: pytest.MonkeyPatch, error: OSError | None
) -> None:
    stream = Gone()
    monkeypatch.setattr("sys.stdout", stream)
    if error is None:
        console.out("film.mp4")
        return

    def fail(_: str) -> int:
        raise error

    monkeypatch.setattr(stream, "write", fail)
    with pytest.raises(StoryboardError, match="standard output: No space left"):
        console.out("film.mp4")
