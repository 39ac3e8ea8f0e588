"""The walls of the house (docs/architecture.md), read from the source with ast."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "storyboard"
FILES = sorted(PACKAGE.rglob("*.py"))

ROOMS = (
    "media",
    "plan",
    "audio",
    "curves",
    "world",
    "motion",
    "perceptors",
    "drawers",
    "losses",
    "filters",
    "models",
    "story",
    "timeline",
    "interchange",
    "render",
    "compat",
    "studio",
    "cli",
)
"""From the ground up: a room imports only rooms before it, and the files beside the rooms."""

APART = ("motion", "perceptors", "drawers", "losses", "filters")
"""Rooms that never import each other; `render` joins them."""

LIGHT = ("plan", "curves", "story", "timeline", "interchange", "audio")
HEAVY = ("torch", "torchvision", "kornia", "open_clip", "safetensors", "timm", "diffusers")

ONLY_IN = {
    "subprocess": ("media/ffmpeg.py", "media/player.py", "studio/renders.py", "cli/batch.py"),
    "multiprocessing": ("render/crew/",),
    "ray": ("render/crew/ray_crew.py",),
    "click": ("cli/",),
    "pickle": (),
    "pickletools": ("drawers/checkpoints.py", "perceptors/weight_files.py"),
    "taming": ("drawers/vqgan_model.py",),
    "taming.main": (),
    "taming.models": (),
    "tqdm": ("cli/",),
    "starlette": ("studio/",),
    "uvicorn": ("studio/server.py",),
}
"""A module, and the only files or folders that may import it."""

CALLS_ONLY_IN = {
    "print": ("cli/",),
    "input": (),
    "eval": (),
    "exec": (),
    "exit": (),
    "quit": (),
    "sys.exit": ("cli/",),
    "sys.stdout.write": ("cli/",),
    "sys.stderr.write": ("cli/",),
    "os._exit": ("cli/", "render/crew/worker.py"),
    "os.system": (),
    "os.popen": (),
    "pickle.load": (),
    "pickle.loads": (),
}
"""A call, and the only files or folders that may make it."""


def inside(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def type_checking_only(module: ast.Module) -> set[ast.AST]:
    """Nodes below ``if TYPE_CHECKING:``, which never run."""
    blocks = (
        node
        for node in ast.walk(module)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    )
    return {child for block in blocks for part in block.body for child in ast.walk(part)}


def within_functions(module: ast.Module) -> set[ast.AST]:
    """Nodes that run only when a function is called."""
    functions = (n for n in ast.walk(module) if isinstance(n, ast.FunctionDef | ast.Lambda))
    return {child for function in functions for child in ast.walk(function)}


@cache
def imports(path: Path, *, at_once: bool = False) -> tuple[tuple[str, int], ...]:
    """Every module that a file imports at run time, with the line; ``at_once``: when imported."""
    return tuple(find_imports(path, at_once))


@cache
def calls(path: Path) -> tuple[tuple[str, int], ...]:
    """Return what a file calls, as it is written, with the line."""
    nodes = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    return tuple((ast.unparse(node.func), node.lineno) for node in nodes)


def find_imports(path: Path, at_once: bool) -> Iterator[tuple[str, int]]:
    skip = type_checking_only(tree(path))
    if at_once:
        skip |= within_functions(tree(path))
    for node in ast.walk(tree(path)):
        if node in skip:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{inside(path)}:{node.lineno}: relative import"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def is_within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def allowed(path: Path, places: tuple[str, ...]) -> bool:
    return any(
        inside(path) == p or (p.endswith("/") and inside(path).startswith(p)) for p in places
    )


def walls(room: str) -> list[str]:
    """Return the rooms that ``room`` may not import, at the top of a file or within a function."""
    above = [other for other in ROOMS[ROOMS.index(room) + 1 :]]
    beside = [other for other in APART if room in APART and other != room]
    return sorted({*above, *beside})


def test_every_folder_is_a_room() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert folders == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_do_not_reach_through_walls(room: str) -> None:
    through = [
        f"{inside(path)}:{line} imports {name}"
        for path in (PACKAGE / room).rglob("*.py")
        for name, line in imports(path)
        for wall in (*(f"storyboard.{other}" for other in walls(room)), *heavy_for(room))
        if is_within(name, wall)
    ]
    assert through == []


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports within functions count, too; those for type checking alone do not."""
    homes = {module_name(path): path for path in FILES}
    left = {
        name: {
            home
            for found, _ in imports(path)
            for home in (found, found.rpartition(".")[0])[: 1 if found in homes else 2]
            if home in homes and home != name
        }
        for name, path in homes.items()
    }
    while free := [name for name, wanted in left.items() if not wanted & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}


def heavy_for(room: str) -> tuple[str, ...]:
    return HEAVY if room in LIGHT else ()


@pytest.mark.parametrize("room", LIGHT)
def test_importing_a_light_room_reaches_no_torch_by_any_way(room: str) -> None:
    """Follows the imports of ``storyboard`` modules until no new one turns up."""
    homes = {module_name(path): path for path in FILES}
    todo = [path for path in FILES if inside(path).startswith(room + "/")]
    seen: set[Path] = set()
    heavy = []
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for name, line in imports(path, at_once=True):
            heavy += [f"{inside(path)}:{line} {name}" for h in HEAVY if is_within(name, h)]
            todo += [homes[n] for n in (name, name.rpartition(".")[0]) if n in homes]
    assert heavy == []


@pytest.mark.parametrize("module", ONLY_IN)
def test_some_modules_have_one_home(module: str) -> None:
    elsewhere = [
        f"{inside(path)}:{line}"
        for path in FILES
        if not allowed(path, ONLY_IN[module])
        for name, line in imports(path)
        if is_within(name, module)
    ]
    assert elsewhere == []


@pytest.mark.parametrize("call", CALLS_ONLY_IN)
def test_some_calls_have_one_home(call: str) -> None:
    elsewhere = [
        f"{inside(path)}:{line}"
        for path in FILES
        if not allowed(path, CALLS_ONLY_IN[call])
        for name, line in calls(path)
        if name == call
    ]
    assert elsewhere == []


def test_tensors_are_read_without_running_what_is_in_the_file() -> None:
    loads = {
        f"{inside(path)}:{node.lineno}": ast.unparse(node)
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load"
    }
    assert {at: call for at, call in loads.items() if "weights_only=True" not in call} == {}


def test_nothing_outside_the_command_line_raises_system_exit() -> None:
    names = [
        f"{inside(path)}:{node.lineno}"
        for path in FILES
        if not inside(path).startswith("cli/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Name) and node.id == "SystemExit"
    ]
    assert names == []


def test_no_machine_path_is_written_down() -> None:
    """A home folder or a work folder of some machine in the source means it runs on that one."""
    marks = tuple("/" + name + "/" for name in ("home", "work", "Users", "root"))
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("storyboard", "examples", "training", "benchmarks", "scripts", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".sh", ".yaml", ".toml", ".json"}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(mark in line for mark in marks)
    ]
    assert found == []


LIGHT_COMMANDS = [
    ["--help"],
    ["render", "--help"],
    ["check", "examples/stories/first_light.yaml"],
    ["plan", "examples/stories/first_light.yaml"],
    ["list", "drawers"],
    ["list", "perceptors"],
    ["list", "easings"],
    ["list", "functions"],
    ["list", "examples"],
    ["schema"],
    ["import", "--help"],
    ["export", "examples/stories/first_light.yaml", "--to", "deforum"],
    ["completion", "bash"],
]


@pytest.fixture(scope="module")
def after_each() -> dict[str, str]:
    """By command: its exit code and what heavy is imported, all commands being run in one process,
    so that the first that imports something is the one that has it in its line first.
    """
    code = (
        "import json, sys\n"
        "from storyboard.cli.main import run\n"
        "for arguments in json.loads(sys.argv[1]):\n"
        "    code = run(arguments)\n"
        "    heavy = {'torch', 'kornia', 'open_clip', 'rich'} & set(sys.modules)\n"
        "    print('@', ' '.join(arguments), '@', code, sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(LIGHT_COMMANDS)],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = (line.split(" @ ") for line in done.stderr.splitlines() if line.startswith("@ "))
    return {command.removeprefix("@ "): state for command, state in told}


@pytest.mark.parametrize("command", [" ".join(arguments) for arguments in LIGHT_COMMANDS])
def test_light_commands_leave_torch_alone(command: str, after_each: dict[str, str]) -> None:
    assert after_each[command] == "0 []"


NOT_FOR_CHECK = (
    *HEAVY,
    *("matplotlib", "scipy", "cv2", "PIL", "tqdm", "imageio_ffmpeg"),
    *("importlib.metadata", "email", "zipfile", "asyncio", "multiprocessing"),
    *("socket", "http", "huggingface_hub", "numba"),
    *(
        "storyboard.render",
        "storyboard.media.ffmpeg",
        "storyboard.cli.render",
        "storyboard.cli.doctor",
    ),
)
"""What ``check`` does without, to be done before a person has let go of the key. (soundfile, which
states how long the soundtrack lasts, brings ``subprocess`` and ``typing_extensions``.)"""


@pytest.mark.parametrize("story", ["first_light.yaml"])
def test_check_imports_only_what_it_needs(story: str) -> None:
    code = (
        "import sys\n"
        "from storyboard.cli.main import run\n"
        "code = run(['check', sys.argv[1]])\n"
        "sys.stderr.write(f'{code} ' + ' '.join(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, f"examples/stories/{story}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    status, *modules = done.stderr.split()
    assert status == "0"
    assert [m for m in modules if any(is_within(m, heavy) for heavy in NOT_FOR_CHECK)] == []
