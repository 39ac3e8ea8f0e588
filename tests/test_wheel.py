"""The package as it is installed: built, put where no checkout is, and run from another folder.

The environment is new and empty but for a path to the packages that the tests run with, so nothing
is fetched.
"""

from __future__ import annotations

import os
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from storyboard.media import ffmpeg

ROOT = Path(__file__).parent.parent
BIN = "Scripts" if os.name == "nt" else "bin"


def run(*command: str | Path, cwd: Path) -> str:
    """What ``command`` says on stdout; the test fails with all its words where it fails."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    run(*build, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``storyboard`` program of an environment that holds the wheel and borrows the rest."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    python = home / BIN / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, "-c", code, cwd=home).strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    borrowed = "\n".join(site.getsitepackages())
    (packages / "borrowed.pth").write_text(borrowed)
    program = home / BIN / "storyboard"
    program.write_text(f"#!{python}\nfrom storyboard.cli.main import main\nmain()\n")
    program.chmod(0o755)
    return program


def test_the_wheel_holds_weights_examples_and_nothing_of_the_workshop(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        weights = [one for one in archive.infolist() if "/models/" in one.filename]
    assert sum(one.file_size for one in weights) < 60_000_000
    assert "storyboard/examples/first_light.yaml" in names
    assert "storyboard/examples/first_light.ogg" in names
    assert "storyboard/models/sketch/open_clip_model.safetensors" in names
    assert "storyboard/models/sketch-diffusion/vae/diffusion_pytorch_model.safetensors" in names
    assert "storyboard/models/sketch-diffusion/tokenizer/merges.txt" in names
    assert "storyboard/py.typed" in names
    tops = {name.partition("/")[0] for name in names}
    assert {top.partition("-")[0] for top in tops} == {"storyboard", "storyboard_film"}


def test_the_program_is_an_entry_point_of_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith("entry_points.txt"))
        assert "storyboard = storyboard.cli.main:main" in archive.read(name).decode()


def test_the_installed_program_works_from_another_folder(installed: Path, tmp_path: Path) -> None:
    where = "import storyboard; print(storyboard.__file__)"
    assert str(installed.parent.parent) in run(
        installed.parent / "python", "-c", where, cwd=tmp_path
    )
    assert "first_light" in run(installed, "list", "examples", cwd=tmp_path)
    assert "ready to render" in run(installed, "doctor", cwd=tmp_path)
    assert run(installed, "new", "film", "--from", "first_light", cwd=tmp_path) == "film.yaml\n"
    assert "fine" in run(installed, "check", "film.yaml", cwd=tmp_path)


def test_the_installed_program_renders_with_its_own_weights(
    installed: Path, tmp_path: Path
) -> None:
    run(installed, "new", "film", "--from", "first_light", cwd=tmp_path)
    small = ("output.size=48x32", "output.fps=1", "steps=1", "steps_first=1", "cuts=2")
    settings = [part for setting in small for part in ("--set", setting)]
    said = run(installed, "film.yaml", *settings, cwd=tmp_path)
    film = tmp_path / said.splitlines()[-1]
    info = ffmpeg.probe(film, count=True)
    assert (info.frame_count, info.width, info.has_audio) == (8, 48, True)
