"""v-diffusion checkpoints: tiny networks of their layouts, against modules of the same plan."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from storyboard.drawers import drawers
from storyboard.drawers.networks import Ask
from storyboard.drawers.pipelines import load
from storyboard.drawers.texts import Words
from storyboard.drawers.vdiffusion import VNetwork, levels
from storyboard.errors import MissingWeights
from storyboard.plan import Prompt, TextPrompt

from .tiny_pipelines import task

CPU = torch.device("cpu")


class Wave(nn.Module):
    def __init__(self, rates: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(rates, 1))

    def forward(self, x: Tensor) -> Tensor:
        angles = 2 * math.pi * x @ self.weight.T
        return torch.cat([angles.cos(), angles.sin()], -1)


class Modulation(nn.Module):
    def __init__(self, owner: list[Tensor], width: int) -> None:
        super().__init__()
        self.owner = owner
        self.layer = nn.Linear(6, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        scale, shift = self.layer(self.owner[0])[..., None, None].chunk(2, 1)
        return x * (scale + 1) + shift


class Sum(nn.Module):
    """The sum, or both side by side, of a row of layers and a way around them."""

    def __init__(self, main: list[nn.Module], skip: nn.Module, join: str = "add") -> None:
        super().__init__()
        self.main, self.skip, self.join = nn.Sequential(*main), skip, join

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.main(x), self.skip(x)
        joined = {"add": lambda: a + b, "main": lambda: torch.cat([a, b], 1)}
        return joined[self.join]() if self.join in joined else torch.cat([b, a], 1)


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, normed: bool) -> None:
        super().__init__()
        self.heads = heads
        if normed:
            self.norm = nn.GroupNorm(1, width)
        self.qkv_proj, self.out_proj = nn.Conv2d(width, 3 * width, 1), nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        seen = self.norm(x) if hasattr(self, "norm") else x
        rows = self.qkv_proj(seen).reshape(n, 3 * self.heads, c // self.heads, h * w)
        q, k, v = rows.transpose(2, 3).chunk(3, 1)
        weights = (q @ k.transpose(2, 3) / (c // self.heads) ** 0.5).softmax(-1)
        found = (weights @ v).transpose(2, 3).reshape(n, c, h, w)
        out: Tensor = x + self.out_proj(found)
        return out


class Plan(nn.Module):
    """Two levels below the picture, as the published networks have six or seven."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.given = kind, []
        later = kind in ("yfcc_2", "cc12m_1")
        self.timestep_embed = Wave(8)
        up: dict[str, Any] = {"scale_factor": 2, "mode": "bilinear", "align_corners": False}
        rise = nn.Upsample(**up) if later else nn.Upsample(scale_factor=2, mode="nearest")
        join, heads = ("main", 2) if later else ("skip", 1)
        attention = [] if kind == "wikiart_128" else [Attention(128, heads, later)]
        below = [nn.AvgPool2d(2), self.block(8, 128), *attention, self.block(128, 8), rise]
        level = [
            nn.AvgPool2d(2),
            self.block(4, 8),
            Sum(below, nn.Identity(), join),
            self.block(16, 4),
            rise,
        ]
        last = self.block(8, 3, last=kind != "wikiart_128")
        self.net = nn.Sequential(self.block(19, 4), Sum(level, nn.Identity(), join), last)
        if kind == "cc12m_1":
            self.mapping_timestep_embed = Wave(2)
            self.mapping = nn.Sequential(self.linear(5 + 4, 6, False), self.linear(6, 6, True))

    def linear(self, a: int, b: int, last: bool) -> nn.Module:
        end = nn.Identity() if last else nn.ReLU()
        skip = nn.Identity() if a == b else nn.Linear(a, b, bias=False)
        return Sum([nn.Linear(a, b), nn.ReLU(), nn.Linear(b, b), end], skip)

    def block(self, a: int, b: int, *, last: bool = False) -> nn.Module:
        skip = nn.Conv2d(a, b, 1, bias=False)
        first, second = nn.Conv2d(a, b, 3, padding=1), nn.Conv2d(b, b, 3, padding=1)
        if self.kind != "cc12m_1":
            return Sum([first, nn.ReLU(), second, nn.Identity() if last else nn.ReLU()], skip)
        norm = nn.GroupNorm(1, b, affine=False)
        middle = [first, norm, Modulation(self.given, b), nn.ReLU(), second]
        return Sum(middle + ([] if last else [norm, Modulation(self.given, b), nn.ReLU()]), skip)

    def forward(self, x: Tensor, time: Tensor, vector: Tensor) -> Tensor:
        if self.kind == "cc12m_1":
            whole = F.normalize(vector, dim=-1) * 5**0.5
            mapped = self.mapping(torch.cat([whole, self.mapping_timestep_embed(time)], 1))
            self.given[:] = [mapped]
        waves = self.timestep_embed(time)[..., None, None].expand(-1, -1, *x.shape[2:])
        out: Tensor = self.net(torch.cat([x, waves], 1))
        return out


KINDS = ["yfcc_2", "cc12m_1", "wikiart_128", "wikiart_256"]


@pytest.fixture(params=KINDS)
def plan(request: pytest.FixtureRequest) -> Plan:
    torch.manual_seed(2)
    return Plan(request.param).requires_grad_(False)


def test_the_names_of_the_weights_are_the_network(plan: Plan) -> None:
    network = VNetwork(plan.state_dict())
    assert network.patch == 4 and network.width == (5 if plan.kind == "cc12m_1" else 0)
    x, vector = torch.randn(2, 3, 8, 12), torch.randn(2, 5)
    ask = Ask(0.3, Words(torch.zeros(2, 0, 0), vector), 1.0, (8, 12))
    expected = plan(x, torch.full((2, 1), 0.3), vector)
    torch.testing.assert_close(network(x, ask), expected, atol=1e-4, rtol=1e-4)


def test_levels_fall_from_clean_to_noise(plan: Plan) -> None:
    schedule = levels(VNetwork(plan.state_dict()))
    later = plan.kind in ("yfcc_2", "cc12m_1")
    assert bool((schedule.sigma.diff() > 0).all()) and float(schedule.signal[-1]) < 0.01
    ends = (0.0013, 1.0) if later else (9.0, -10.0)
    found = float(schedule.time[0]), float(schedule.time[-1])
    assert found == pytest.approx(ends, abs=0.2 if not later else 5e-3)


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
def test_objectives_lead_a_checkpoint_by_path(plan: Plan, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"model.{ending}"
    if ending == "pth":
        torch.save(plan.state_dict(), file)
    else:
        save_file(plan.state_dict(), file)
    seen = []
    for lr in (0.0, 2.0):
        given = {"model": str(file), "sampler_steps": 3, "lr": lr}
        drawer: Any = drawers.get("diffusion")((10, 14), given)
        dark = [("dark", lambda picture: picture.mean())]
        assert drawer.paint(task(objectives=lambda _, dark=dark: dark)).anchor
        seen.append(drawer.draw().detach())
    assert seen[0].shape == (1, 3, 10, 14) and seen[1].mean() < seen[0].mean()


def test_a_perceptor_conditions_the_network_that_takes_a_vector(tmp_path: Path) -> None:
    torch.manual_seed(2)
    file = tmp_path / "model.pth"
    torch.save(Plan("cc12m_1").state_dict(), file)
    vectors = {"sea": torch.eye(5)[:1], "sun": torch.eye(5)[1:2]}
    seen = []
    for text, known in (("sea", True), ("sun", True), ("sun", False)):
        drawer: Any = drawers.get("diffusion")(
            (8, 8), {"model": str(file), "sampler_steps": 2, "lr": 0}
        )

        def embedded(name: str, source: Any, known: bool = known) -> Tensor | None:
            return vectors[source.text] if known and name == "ViT-B-16/openai" else None

        drawer.paint(task(Prompt(TextPrompt(text)), embedded=embedded))
        seen.append(drawer.draw().detach())
    assert not torch.equal(seen[0], seen[1]) and not torch.equal(seen[1], seen[2])


REFUSED = [(b"\0" * 64, "is not a checkpoint"), (None, "has no weight 'timestep_embed.weight'")]


@pytest.mark.parametrize(("content", "said"), REFUSED)
def test_other_files_are_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "model.pth"
    if content is None:
        torch.save({"weight": torch.zeros(1)}, file)
    else:
        file.write_bytes(content)
    record = drawers.record("diffusion")
    (need,) = record.missing(drawers.resolve("diffusion", {"model": str(file)}))
    assert said in need.message
    with pytest.raises(MissingWeights, match=said):
        load(file, CPU, (8, 8))
