"""Every command as a person runs it: its exit code, what it says and where.

What a process alone can show (start-up, streams, signals) runs as one; the rest goes through the
same entry point without paying for a new interpreter each time. A film here is four tiny frames
seen by the `tiny` perceptor.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import jsonschema
import pytest
import yaml
from PIL import Image

from storyboard.cli.main import run
from storyboard.media import ffmpeg

STORY = """\
version: 1
title: Small
output: {size: 48x32, fps: 4}
perceptors: [tiny]
steps: 1
steps_first: 2
cuts: 2
marks: {drop: 0.5s}
motion: {zoom_per_s: 1.5, rotate: 30*t}
shots:
  - {name: red, duration: 0.5s, prompt: red}
  - {name: blue, duration: 0.5s, cut: true, prompt: blue}
"""

WRONG = (
    STORY.replace("title", "titel").replace("30*t", "30*tt").replace("prompt: blue", "prompt: 3")
)


def storyboard(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command within this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), redirect_stdout(out), redirect_stderr(err):
        code = run(arguments)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def process(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "storyboard", *arguments],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100", **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a right story and a wrong one."""
    (tmp_path / "small.yaml").write_text(STORY)
    (tmp_path / "wrong.yaml").write_text(WRONG)
    for name in ("torn.png", "torn.mp4", "torn.gif"):
        (tmp_path / name).write_bytes(b"no picture and no film at all")
    return tmp_path


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which small.yaml has been rendered."""
    folder = tmp_path_factory.mktemp("rendered")
    (folder / "small.yaml").write_text(STORY)
    done = process("small.yaml", cwd=folder, PYTHONPROFILEIMPORTTIME="1")
    assert (done.returncode, done.stdout) == (0, "out/small/small.mp4\n"), done.stderr
    (folder / "imports.txt").write_text(done.stderr)
    return folder


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--version"], 0, ["storyboard 0."]),
        (["--help"], 0, ["render", "check", "doctor", "story.yaml"]),
        (["render", "--help"], 0, ["--quality", "--from", "--dry-run", "--no-embed"]),
        ([], 2, ["Usage: storyboard", "Commands:"]),
        (["rendr", "small.yaml"], 2, ["'rendr'", "did you mean", "'render'"]),
        (["render", "small.yaml", "--sede", "3"], 2, ["--sede", "Did you mean", "--seed"]),
        (["render", "small.yaml", "--see", "3"], 2, ["--see"]),
        (["render"], 2, ["STORY"]),
        (["render", "nosuch.yaml"], 2, ["nosuch.yaml", "no such file", "small.yaml"]),
        (["render", "wrong.yaml"], 2, ["wrong.yaml:2:", "'titel'", "did you mean 'title'"]),
        (["render", "small.yaml", "--quality", "supreem"], 2, ["supreem", "supreme"]),
        (["render", "small.yaml", "--set", "steps"], 2, ["PATH=VALUE"]),
        (["render", "small.yaml", "--set", "shots.rde.cut=true"], 2, ["rde", "'red'"]),
        (["render", "small.yaml", "--shots", "blu"], 2, ["blu", "'blue'"]),
        (["render", "small.yaml", "--shots", "2-9"], 2, ["1 to 2"]),
        (["render", "small.yaml", "--from", "drip"], 2, ["--from", "'drop'"]),
        (["render", "small.yaml", "--from", "0:02"], 2, ["--from", "ends at 1 s"]),
        (["render", "small.yaml", "--from", "drop", "--to", "0"], 2, ["2 to 0"]),
        (["render", "small.yaml", "-o", "film.avi"], 2, [".avi", ".mp4"]),
        (["render", "small.yaml", "--device", "gpu"], 3, ["'gpu'", "cpu"]),
        (["still", "small.yaml"], 2, ["--at", "--shot"]),
        (["still", "small.yaml", "--at", "0", "-o", "a.jpg"], 2, [".png"]),
        (["still", "small.yaml", "--at", "0", "--svg", "a.png"], 2, ["--svg a.png", ".svg"]),
        (["still", "small.yaml", "--at", "0", "--size", "64"], 2, ["--size 64", "3840x2160"]),
        (["still", "small.yaml", "--at", "0", "--size", "9x9999"], 2, ["between 1 and 8192"]),
        (["still", "small.yaml", "--at", "0", "--svg", "a.svg", "--size", "64x36"], 2, ["--svg"]),
        (["still", "small.yaml", "--at", "0", "--svg", "a.svg"], 2, ["'fft'", "clipdraw", "pixel"]),
        (["render", "small.yaml", "--svg"], 2, ["'red'", "'fft'", "clipdraw", "pixel"]),
        (["still", "small.yaml", "--shot", "blu"], 2, ["--shot:", "'blue'"]),
        (["list", "drwers"], 2, ["'drwers'", "'drawers'"]),
        (["lst", "drawers"], 2, ["'lst'", "'list'"]),
        (["new", "small"], 2, ["small.yaml is there already", "nothing is ever overwritten"]),
        (["new", "fresh", "--from", "fist_light"], 2, ["'first_light'"]),
        (["show", "small.mp4"], 2, ["file not found: small.mp4"]),
        (["motion", "small.yaml", "--on", "no.png"], 2, ["no.png does not exist"]),
        (
            ["motion", "small.yaml", "--on", "torn.png"],
            2,
            ["torn.png is not a readable video or image file", "truncated"],
        ),
        (
            ["motion", "small.yaml", "--on", "torn.mp4"],
            2,
            ["torn.mp4 is not a readable video or image file"],
        ),
        (["motion", "small.yaml", "--plot", "a.txt"], 2, ["--plot a.txt", ".png, .svg, .pdf"]),
        (["motion", "small.yaml", "--no-film"], 2, ["leaves nothing to do"]),
        (["motion", "small.yaml", "-o", "small.yaml/a.mp4"], 1, ["cannot write small.yaml/a.mp4"]),
        (["render", "small.yaml", "-o", "small.yaml/a.mp4"], 1, ["cannot write small.yaml"]),
        (["schema", "-o", "small.yaml/a.json"], 1, ["cannot write small.yaml/a.json"]),
        (["show", "torn.png"], 2, ["torn.png is not a readable video or image file"]),
        (["show", "torn.mp4"], 2, ["torn.mp4 is not a readable video or image file"]),
        (["show", "torn.gif"], 2, ["torn.gif holds no story"]),
        (["show", "small.yaml"], 2, ["small.yaml is not a readable video or image file"]),
        (["show", "."], 2, ["torn.png is not a readable video or image file"]),
        (["completion", "tcsh"], 2, ["bash"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) and value else None,
)
def test_exit_codes_and_words(
    arguments: list[str], code: int, words: list[str], folder: Path
) -> None:
    done = storyboard(*arguments, cwd=folder)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert [word for word in words if word not in said] == [], said
    assert "Traceback" not in said
    assert not (folder / "out").exists()


def test_a_folder_that_may_not_be_written_is_no_fault_of_ours(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", "clips")

    monkeypatch.setattr("storyboard.cli.check.examine", refuse)
    done = storyboard("check", "small.yaml", cwd=folder)
    assert (done.returncode, done.stderr) == (1, "error: clips: Permission denied\n")


def test_a_process_ends_as_the_run_does(folder: Path) -> None:
    done = process("check", "wrong.yaml", cwd=folder)
    assert (done.returncode, done.stderr) == (2, "")
    done = process("render", "wrong.yaml", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: wrong.yaml:2:1: ")


def test_check_tells_every_mistake_at_its_place(folder: Path) -> None:
    done = storyboard("check", "small.yaml", "wrong.yaml", cwd=folder)
    assert done.returncode == 2
    assert "small.yaml: fine: 2 shots, 4 frames, 1.00 s" in done.stdout
    assert [line for line in done.stdout.splitlines() if line.startswith("wrong.yaml:2:1: ")]
    assert [line for line in done.stdout.splitlines() if line.startswith("wrong.yaml:9:")]
    assert [line for line in done.stdout.splitlines() if line.startswith("wrong.yaml:12:")]
    assert done.stdout.endswith("wrong.yaml: 3 errors\n")


def test_check_speaks_json(folder: Path) -> None:
    done = storyboard("check", "small.yaml", "wrong.yaml", "--json", cwd=folder)
    right, wrong = json.loads(done.stdout)
    assert (right["ok"], wrong["ok"]) == (True, False)
    first = wrong["problems"][0]
    assert (first["line"], first["column"]) == (2, 1)
    assert "titel" in first["message"]


def test_plan_shows_the_film_before_it_is_there(folder: Path) -> None:
    done = storyboard(
        "plan", "small.yaml", "--seed", "5", "--set", "shots.red.prompt=green", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    assert "Small: 48x32, 4 fps, 4 frames, 0:01.000, quality sketch, seed 5" in done.stdout
    assert "x1.22" in done.stdout
    assert "+15.0°" in done.stdout
    assert "green" in done.stdout
    assert "2 chains, the longest 2 frames" in done.stdout


def test_plan_speaks_json_and_knows_what_is_there(rendered: Path) -> None:
    plan = json.loads(storyboard("plan", "small.yaml", "--json", cwd=rendered).stdout)
    assert [shot["name"] for shot in plan["shots"]] == ["red", "blue"]
    assert [shot["frames_done"] for shot in plan["shots"]] == [2, 2]
    assert plan["chains"] == [["red"], ["blue"]]
    assert plan["shots"][0]["net_turn_deg"] == pytest.approx(15)


def test_a_film_has_its_frames_and_a_second_run_keeps_it(rendered: Path) -> None:
    film = rendered / "out" / "small" / "small.mp4"
    assert ffmpeg.probe(film, count=True).frame_count == 4
    before = film.stat().st_mtime_ns
    again = storyboard("render", "small.yaml", cwd=rendered)
    assert (again.returncode, again.stdout) == (0, "out/small/small.mp4\n")
    assert film.stat().st_mtime_ns == before


def test_a_render_loads_nothing_that_only_compilers_need(rendered: Path) -> None:
    lines = (rendered / "imports.txt").read_text().splitlines()
    loaded = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    assert "torch" in loaded
    assert loaded & {"torch._dynamo", "sympy", "open_clip"} == set()


def test_the_last_line_is_the_film_whatever_is_asked(rendered: Path) -> None:
    done = storyboard(
        *("render", "small.yaml", "-o", "piece.gif", "--from", "drop", "--progress", "json"),
        cwd=rendered,
    )
    assert done.returncode == 0, done.stderr
    piece = rendered / done.stdout.splitlines()[-1]
    assert ffmpeg.probe(piece, count=True).frame_count == 2
    kinds = [json.loads(line)["kind"] for line in done.stderr.splitlines()]
    assert (kinds[0], kinds[-1]) == ("plan", "done")


def test_a_film_goes_anywhere_and_its_frames_are_found_from_anywhere(rendered: Path) -> None:
    """F52: by what is noted of the story, from another folder than the frames'."""
    elsewhere = rendered / "elsewhere"
    elsewhere.mkdir()
    told = storyboard("plan", "../small.yaml", "--json", "-o", "desk/final.gif", cwd=elsewhere)
    assert [shot["frames_done"] for shot in json.loads(told.stdout)["shots"]] == [2, 2]
    for name in ("desk/final.gif", "pictures"):
        done = storyboard(
            *("render", "../small.yaml", "-o", name, "--progress", "json"), cwd=elsewhere
        )
        assert (done.returncode, done.stdout) == (0, f"{name}\n"), done.stderr
        assert '"kind": "frame"' not in done.stderr
    assert not list(elsewhere.rglob("shots"))
    variant = storyboard("plan", "../small.yaml", "--json", "--seed", "9", cwd=elsewhere)
    assert [shot["frames_done"] for shot in json.loads(variant.stdout)["shots"]] == [0, 0]


def test_quiet_says_only_where_the_film_is(rendered: Path) -> None:
    done = storyboard("render", "small.yaml", "-q", "--shots", "2", "--fresh", cwd=rendered)
    assert done.stderr == ""
    assert done.stdout.endswith(".mp4\n")


def test_a_dry_run_makes_nothing(folder: Path) -> None:
    done = storyboard("render", "small.yaml", "--dry-run", "--shots", "red", cwd=folder)
    assert (done.returncode, "Small: 48x32" in done.stdout) == (0, True), done.stderr
    assert not (folder / "out").exists()


def test_a_film_shows_its_story_and_renders_again_from_it(rendered: Path) -> None:
    film = "out/small/small.mp4"
    shown = storyboard("show", film, cwd=rendered).stdout
    assert "tiny" in shown
    assert "storyboard 0." in shown
    held = json.loads(storyboard("show", film, "--json", cwd=rendered).stdout)
    assert held["versions"]["storyboard"]
    again = storyboard("show", film, "--story", cwd=rendered).stdout
    assert yaml.safe_load(again)["title"] == "Small"
    (rendered / "again.yaml").write_text(again)
    first, second = (
        json.loads(storyboard("plan", name, "--json", cwd=rendered).stdout)["shots"]
        for name in ("small.yaml", "again.yaml")
    )
    assert [shot["digest"] for shot in first] == [shot["digest"] for shot in second]


def test_a_film_without_its_story_says_so(rendered: Path) -> None:
    done = storyboard("render", "small.yaml", "--no-embed", "-o", "bare.mp4", cwd=rendered)
    assert done.returncode == 0, done.stderr
    shown = storyboard("show", "bare.mp4", cwd=rendered)
    assert (shown.returncode, "no story" in shown.stderr) == (2, True)


def test_another_file_of_that_name_is_not_replaced(rendered: Path) -> None:
    (rendered / "mine.mp4").write_text("mine")
    done = storyboard("render", "small.yaml", "-o", "mine.mp4", cwd=rendered)
    assert (done.returncode, "--overwrite" in done.stderr) == (2, True)
    assert (rendered / "mine.mp4").read_text() == "mine"
    done = storyboard("render", "small.yaml", "-o", "mine.mp4", "--overwrite", cwd=rendered)
    assert done.returncode == 0, done.stderr
    assert ffmpeg.probe(rendered / "mine.mp4").width == 48


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (["render"], ["plan", "error"]),
        (["still", "--at", "0"], []),
    ],
)
def test_weights_that_are_not_to_be_had_are_told_before_torch_is_loaded(
    arguments: list[str], kinds: list[str], folder: Path
) -> None:
    code = (
        "import sys; from storyboard.cli.main import run; code = run(sys.argv[1:]);"
        'sys.stderr.write(f\'{code} {sorted({"torch", "open_clip"} & set(sys.modules))}\')'
    )
    story = STORY.replace("[tiny]", "[ViT-B-32/openai]")
    (folder / "clip.yaml").write_text(story)
    done = subprocess.run(
        [sys.executable, "-c", code, arguments[0], "clip.yaml", *arguments[1:]],
        cwd=folder,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.endswith("3 []"), done.stderr
    assert "'ViT-B-32/openai' are not on this machine" in done.stderr
    assert "quality 'sketch' needs none" in done.stderr
    log = folder / "out" / "clip" / "events.jsonl"
    said = log.read_text().splitlines() if log.is_file() else []
    assert [json.loads(line)["kind"] for line in said] == kinds


def test_a_still_is_the_picture_of_the_film(rendered: Path) -> None:
    done = storyboard("still", "small.yaml", "--shot", "blue", "-o", "blue.png", cwd=rendered)
    assert (done.returncode, done.stdout) == (0, "blue.png\n"), done.stderr
    frame = next((rendered / "out/small/shots").glob("blue-*/00001.png"))
    with Image.open(rendered / "blue.png") as still, Image.open(frame) as of_film:
        assert still.tobytes() == of_film.tobytes()
    again = storyboard("still", "small.yaml", "--at", "0", "-o", "blue.png", cwd=rendered)
    assert (again.returncode, "there already" in again.stderr) == (2, True)


def test_motion_films_the_camera_alone(folder: Path) -> None:
    done = storyboard("motion", "small.yaml", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "out/small/small.motion.mp4\n"), done.stderr
    assert "x1.22" in done.stderr
    info = ffmpeg.probe(folder / "out/small/small.motion.mp4", count=True)
    assert (info.frame_count, info.width, info.height) == (4, 48, 32)


def test_motion_draws_and_tabulates_the_curves_without_a_film(folder: Path) -> None:
    wanted = ("--no-film", "--plot", "curves.svg", "--csv", "curves.csv")
    done = storyboard("motion", "small.yaml", *wanted, cwd=folder)
    assert (done.returncode, done.stdout) == (0, "curves.csv\ncurves.svg\n"), done.stderr
    assert "<svg" in (folder / "curves.svg").read_text()
    assert (folder / "curves.csv").read_text().startswith("frame,second,shot,zoom,")
    assert not (folder / "out").exists()
    again = storyboard("motion", "small.yaml", *wanted, cwd=folder)
    assert again.returncode == 2
    assert "curves.svg is there already" in again.stderr


def test_new_stories_are_right_and_know_their_schema(tmp_path: Path) -> None:
    done = storyboard("new", "my film", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "my film.yaml\n"), done.stderr
    text = (tmp_path / "my film.yaml").read_text()
    modeline, _, rest = text.partition("\n")
    assert modeline == "# yaml-language-server: $schema=.storyboard/story-1.schema.json"
    schema = json.loads((tmp_path / ".storyboard/story-1.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(rest), schema)
    assert storyboard("check", "my film.yaml", cwd=tmp_path).returncode == 0


def test_new_takes_an_example_with_its_sound(tmp_path: Path) -> None:
    done = storyboard("new", "films/mine", "--from", "drift", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "films/mine.yaml\n"), done.stderr
    assert (tmp_path / "films/drift.ogg").is_file()
    assert storyboard("check", "films/mine.yaml", cwd=tmp_path).returncode == 0


def test_the_schema_is_one(tmp_path: Path) -> None:
    printed = storyboard("schema", cwd=tmp_path).stdout
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    done = storyboard("schema", "-o", "story.json", cwd=tmp_path)
    assert (done.stdout, (tmp_path / "story.json").read_text()) == ("story.json\n", printed)


def test_the_doctor_finds_this_machine_fit(tmp_path: Path) -> None:
    done = storyboard("doctor", "--json", cwd=tmp_path)
    findings = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert findings["ffmpeg"]["state"] == "good"
    assert findings["sketch"]["state"] == "good"
    assert "upscale" in findings["extras"]["found"] + findings["extras"]["todo"]
    assert [f["subject"] for f in findings.values() if f["state"] != "good" and not f["todo"]] == []


def test_the_doctor_says_what_to_do_without_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYBOARD_FFMPEG", "nosuchprogram")
    done = storyboard("doctor", cwd=tmp_path)
    assert done.returncode == 3
    assert "!!  ffmpeg" in done.stdout
    assert "pip install" in done.stdout
    assert done.stdout.endswith("1 thing to mend\n")


def test_a_shell_completes_commands_and_names(tmp_path: Path) -> None:
    script = storyboard("completion", "bash", cwd=tmp_path).stdout
    assert "-F _storyboard_completion storyboard" in script
    words = {
        "_STORYBOARD_COMPLETE": "bash_complete",
        "COMP_WORDS": "storyboard pl",
        "COMP_CWORD": "1",
    }
    assert process(cwd=tmp_path, **words).stdout.split() == ["plain,plan"]


def test_every_output_of_a_story_is_rendered_checked_and_named(tmp_path: Path) -> None:
    text = STORY.replace("{size: 48x32, fps: 4}", "{fps: 4}")
    outputs = "outputs: {tall: 16x32, wide: {size: 32x16, format: gif}}\n"
    (tmp_path / "small.yaml").write_text(text + outputs)
    done = storyboard("render", "small.yaml", "--progress", "none", cwd=tmp_path)
    films = ["out/small/small.tall.mp4", "out/small/small.wide.gif"]
    assert (done.stdout.split(), done.returncode) == (films, 0), done.stderr
    made = ffmpeg.probe(tmp_path / films[0])
    assert (made.width, made.height) == (16, 32)
    assert "2 outputs" in storyboard("check", "small.yaml", cwd=tmp_path).stdout
    one = storyboard("render", "small.yaml", "--output", "wide", "-q", cwd=tmp_path)
    assert one.stdout.split() == films[1:]
    several = storyboard("render", "small.yaml", "-o", "film.mp4", cwd=tmp_path)
    assert "the story has several: --output tall, wide" in several.stderr
    wrong = storyboard("plan", "small.yaml", "--output", "wid", cwd=tmp_path)
    assert "did you mean 'wide'" in wrong.stderr


def test_a_prompt_alone_is_painted_as_a_picture(tmp_path: Path) -> None:
    story = "prompt: red\noutput: 50x28\nperceptors: tiny\nsteps_first: 1\ncuts: 2\n"
    (tmp_path / "picture.yaml").write_text(story)
    done = storyboard("still", "picture.yaml", "-o", "output.png", "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "output.png") as picture:
        assert picture.size == (50, 28)
    film = storyboard("render", "picture.yaml", cwd=tmp_path)
    assert "nothing says how long the film is" in film.stderr
    assert "storyboard still" in film.stderr
