"""Everything that only a GPU can show, in one run of at most 150 s: ``python -m benchmarks.gpu``.

Steps beside the reference loop, the image tower alone (eager, and captured where it can be), the
parts of a frame, a whole film, whether it repeats and resumes byte for byte, and chains at once.
Nothing is fetched: the model has random weights. Films are folders of PNGs, so neither ffmpeg nor a
soundtrack is needed. ``--tiny`` runs all of it on a CPU in half a minute, to try the program.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch

from benchmarks.reference_loop import ReferenceLoop
from benchmarks.run import TEXT, Case, build_model, save_weights
from benchmarks.stages import Loop
from benchmarks.storyboard_loop import StoryboardLoop
from storyboard import load_story, make_plan, render
from storyboard.drawers import drawers
from storyboard.errors import Interrupted
from storyboard.motion.warp import revealed, warp
from storyboard.perceptors import load
from storyboard.perceptors.cutouts import InputFormat, cut, noise_bank
from storyboard.perceptors.views import ViewSeeds, draw_views
from storyboard.plan import Plan
from storyboard.render import Event
from storyboard.render.output.embed import png_bytes

LIMIT_S = 150.0


@dataclass(frozen=True)
class Scale:
    """How large the measurements are."""

    device: torch.device
    model: str = "ViT-B-32"
    size: tuple[int, int] = (288, 512)
    cuts: tuple[int, ...] = (8, 32, 64)
    steps: int = 12
    frames: int = 24
    steps_a_frame: int = 10


def tiny_scale() -> Scale:
    """Return what a CPU measures in half a minute."""
    return Scale(torch.device("cpu"), "sketch", (36, 64), (4,), 2, 4, 2)


class Bench:
    """The measurements, printed as they come; ``weights`` is the file of the random weights."""

    def __init__(self, scale: Scale, folder: Path) -> None:
        self.scale, self.folder, self.began = scale, folder, time.perf_counter()
        self.weights = ""
        if scale.model != "sketch":
            self.weights = str(folder / "weights.safetensors")
            save_weights(Case(scale.model, 0, 0, weights=self.weights))

    @property
    def perceptor_name(self) -> str:
        """Return the perceptor's name in stories."""
        return f"{self.scale.model}/{self.weights}" if self.weights else self.scale.model

    def seconds(self, work: Callable[[], object], times: int) -> float:
        """Return the median seconds of ``work``, what it started on the device included."""
        taken = []
        for _ in range(times + 2):  # the first ones warm up
            self.wait()
            began = time.perf_counter()
            work()
            self.wait()
            taken.append(time.perf_counter() - began)
        return median(taken[2:])

    def wait(self) -> None:
        """Wait until the device has done all that it was given."""
        if self.scale.device.type == "cuda":
            torch.cuda.synchronize(self.scale.device)

    def say(self, name: str, value: float, unit: str = "ms", note: str = "") -> None:
        """Print one figure."""
        print(f"{name:>44} {value:9.2f} {unit:8} {note}", flush=True)

    def has_time(self) -> bool:
        """Return whether another part may begin; on a CPU always."""
        spent = time.perf_counter() - self.began
        return self.scale.device.type == "cpu" or spent < 0.8 * LIMIT_S


def one_step(loop: Loop) -> None:
    """Take a step as the painter does: micro-batches of views, then back through the drawer."""
    picture = loop.draw()
    leaf = picture.detach().requires_grad_()
    for rows in loop.batches():
        loop.loss(loop.cutouts(leaf, rows)).backward()
    if leaf.grad is not None:
        torch.autograd.backward([picture], [leaf.grad])
    loop.update()


def loops(bench: Bench, cuts: int) -> dict[str, Loop]:
    """Return the reference loop in float32 and this project's in the device's number format."""
    scale = bench.scale
    make = drawers.get("fft")
    kinds = [make(scale.size, {}, device=scale.device, generator=torch.Generator()) for _ in "ab"]
    model = build_model(scale.model).to(scale.device)
    perceptor: Any = load(bench.perceptor_name, device=scale.device)
    (target,) = perceptor.embed_texts([TEXT])
    return {
        "reference": ReferenceLoop(kinds[0], model.visual, target, cuts),
        "storyboard": StoryboardLoop(kinds[1], perceptor, target, cuts, cuts),
    }


def measure_steps(bench: Bench) -> None:
    """Print the milliseconds of a step of both loops, and their ratio."""
    for cuts in bench.scale.cuts:
        taken = {}
        for name, loop in loops(bench, cuts).items():
            taken[name] = bench.seconds(lambda loop=loop: one_step(loop), bench.scale.steps)
            bench.say(f"{name}, {cuts} cuts", 1000 * taken[name])
        bench.say("ratio", taken["storyboard"] / taken["reference"], "", "(aim 0.1 on a GPU)")


def measure_floor(bench: Bench) -> None:
    """Print the image tower alone, forward and backward: the least that a step can take."""
    cuts = bench.scale.cuts[-2:][0]
    perceptor: Any = load(bench.perceptor_name, device=bench.scale.device)
    views = torch.randn(cuts, 3, perceptor.size, perceptor.size, device=bench.scale.device)
    views.requires_grad_()

    def work() -> None:
        views.grad = None
        perceptor.embed_views(views).sum().backward()

    bench.say(f"tower, {cuts} cuts, eager", 1000 * bench.seconds(work, bench.scale.steps))
    if bench.scale.device.type != "cuda":
        print(f"{'tower, captured':>44}   needs a GPU")
        return
    graph = torch.cuda.CUDAGraph()
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(side)
    with torch.cuda.graph(graph):
        work()
    bench.say("tower, captured", 1000 * bench.seconds(graph.replay, bench.scale.steps))


def measure_parts(bench: Bench) -> None:
    """Print what a frame consists of beside the tower, each alone."""
    scale, device = bench.scale, bench.scale.device
    height, width = scale.size
    cuts, seeds = scale.cuts[-2:][0], ViewSeeds(1, 2, 0.5, 0)
    lens = InputFormat(224, (0.5,) * 3, (0.5,) * 3)
    picture = torch.rand(1, 3, height, width, device=device, requires_grad=True)
    views, bank = draw_views(cuts, width / height, seeds), noise_bank(lens.size, 1, device)
    matrix = torch.tensor([[1.02, 0.01, 0], [-0.01, 1.02, 0], [0, 0, 1]], dtype=torch.float64)
    grey = (picture.detach()[0].permute(1, 2, 0) * 255).to(torch.uint8).cpu().numpy()
    parts: dict[str, Callable[[], object]] = {
        "views of a step, drawn": lambda: draw_views(cuts, width / height, seeds),
        "noise of a step": lambda: noise_bank(lens.size, 1, device),
        "cutouts, there and back": lambda: cut(picture, views, lens, bank).sum().backward(),
        "warp of the canvas": lambda: warp(picture.detach(), matrix, generator=torch.Generator()),
        "what is uncovered": lambda: revealed(matrix, scale.size),
        "PNG of a frame": lambda: png_bytes(grey),
    }
    for name, work in parts.items():
        bench.say(name, 1000 * bench.seconds(work, 5))


def film_of(bench: Bench, chains: int = 1) -> Plan:
    """Return the plan of a film of so many chains of equal length."""
    scale = bench.scale
    shot = {"duration": f"{scale.frames}f", "prompt": TEXT, "cut": True}
    return make_plan(
        load_story(
            {
                "output": {"size": f"{scale.size[1]}x{scale.size[0]}", "fps": 24},
                "perceptors": [bench.perceptor_name],
                "steps": scale.steps_a_frame,
                "steps_first": scale.steps_a_frame,
                "cuts": scale.cuts[-2:][0],
                "cut_batch": scale.cuts[-2:][0],
                "motion": {"zoom_per_s": 1.05},
                "shots": [{**shot, "cut": n > 0, "name": f"s{n}"} for n in range(chains)],
            }
        )
    )


def painted(plan: Plan, folder: Path, **options: Any) -> tuple[float, float, float]:
    """Render ``plan``; return the seconds of all, to the first frame, and of painting."""
    began, first, painting = time.perf_counter(), list[float](), 0.0

    def note(event: Event) -> None:
        nonlocal painting
        if event.kind == "frame":
            first.append(time.perf_counter() - began)
            painting += event.seconds or 0.0

    render(plan, out=folder / "film", on_event=note, **options)
    return time.perf_counter() - began, first[0], painting


def stored(folder: Path) -> list[bytes]:
    """Return the painted frames."""
    return [path.read_bytes() for path in sorted(folder.glob("shots/*/*.png"))]


def measure_film(bench: Bench) -> None:
    """Print a whole film, whether it repeats, and whether it resumes, byte for byte."""
    plan, device = film_of(bench), str(bench.scale.device)
    count = plan.frame_count
    for name in ("first", "second"):
        whole, first, painting = painted(plan, bench.folder / name, device=device)
        bench.say(f"{name} run, to the first frame", first, "s")
        bench.say(f"{name} run, whole film", count / whole, "frames/s")
        bench.say(f"{name} run, painting alone", count / painting, "frames/s")
    runs = [stored(bench.folder / name) for name in ("first", "second")]
    same = sum(a == b for a, b in zip(*runs, strict=True))
    bench.say("frames that repeat", same, f"of {count}")
    seen: list[Event] = []
    where = bench.folder / "resumed"

    def note(event: Event) -> None:
        seen.extend([event] if event.kind == "frame" else [])

    try:
        half = {"device": device, "on_event": note, "stop": lambda: len(seen) >= count // 2}
        render(plan, out=where / "film", **half)
    except Interrupted:
        painted(plan, where, device=device)
    same = sum(a == b for a, b in zip(runs[0], stored(where), strict=True))
    bench.say("frames that are the same after a resume", same, f"of {count}")


def measure_chains(bench: Bench, chains: int = 3) -> None:
    """Print how much faster several chains are at once than one after the other."""
    plan, device = film_of(bench, chains), str(bench.scale.device)
    alone, _, _ = painted(plan, bench.folder / "alone", device=device)
    at_once, _, _ = painted(plan, bench.folder / "at_once", device=device, workers=chains)
    bench.say(f"{chains} chains, one after the other", plan.frame_count / alone, "frames/s")
    bench.say(f"{chains} chains, {chains} workers", plan.frame_count / at_once, "frames/s")
    bench.say("ratio", alone / at_once, "", "(aim 1.8 where a chain leaves the GPU idle)")


PARTS = {
    "steps": measure_steps,
    "floor": measure_floor,
    "parts": measure_parts,
    "film": measure_film,
    "chains": measure_chains,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="on a CPU, small, to try the program")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args(arguments)
    if not options.tiny and not torch.cuda.is_available():
        parser.error("there is no GPU here; --tiny tries the program on the CPU")
    if options.tiny:
        torch.set_num_threads(1)  # as workers do; more only wait for each other here
    scale = tiny_scale() if options.tiny else Scale(torch.device("cuda:0"))
    name = torch.cuda.get_device_name(0) if scale.device.type == "cuda" else "CPU"
    print(f"{name}, torch {torch.__version__}, {scale.size[1]}x{scale.size[0]}, {scale.model}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(scale, Path(folder))
        for part in options.parts:
            print(f"\n{part}" + ("" if bench.has_time() else ": no time is left"), flush=True)
            if bench.has_time():
                PARTS[part](bench)
    print(f"\n{time.perf_counter() - bench.began:.0f} s in all")


if __name__ == "__main__":
    main()
