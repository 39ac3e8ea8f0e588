"""Adam without momentum: torch's numbers without torch's compiler."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import Tensor

from storyboard.drawers.optimiser import Adam

MEMORY = 0.99


def parameters() -> list[Tensor]:
    generator = torch.Generator().manual_seed(3)
    shapes = ((4, 5), (7,), (1, 3, 8, 8))
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


def groups(own: list[Tensor]) -> list[dict[str, object]]:
    return [{"params": own[:2], "lr": 0.05}, {"params": own[2:], "lr": 0.2, "initial_lr": 0.2}]


def gradients(own: list[Tensor], n: int) -> None:
    generator = torch.Generator().manual_seed(n)
    for p in own:
        p.grad = torch.randn(p.shape, generator=generator) * 10.0 ** (n % 7 - 3)


def test_every_step_is_adams_to_the_bit() -> None:
    ours, theirs = parameters(), parameters()
    mine = Adam(groups(ours), memory=MEMORY)
    adam = torch.optim.Adam(groups(theirs), betas=(0.0, MEMORY))
    for n in range(40):
        for own, optimiser in ((ours, mine), (theirs, adam)):
            optimiser.zero_grad()
            gradients(own, n)
            for group in optimiser.param_groups:
                group["lr"] = 0.01 * (n + 1)
            optimiser.step()
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True)), n


def test_a_state_goes_on_where_it_was() -> None:
    first, second = parameters(), parameters()
    straight, begun = (Adam(groups(own), memory=MEMORY) for own in (first, second))
    for n in range(6):
        for own, optimiser in ((first, straight), (second, begun)):
            gradients(own, n)
            optimiser.step()
        if n == 2:
            saved = begun.state_dict()
            begun = Adam(groups(second), memory=MEMORY)
            begun.load_state_dict(saved)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_state_of_other_parameters_is_refused() -> None:
    optimiser = Adam(groups(parameters()), memory=MEMORY)
    with pytest.raises(ValueError, match="shorter"):
        optimiser.load_state_dict({"steps": 1, "squares": [torch.zeros(4, 5)]})


def test_a_parameter_without_a_gradient_stays() -> None:
    own = parameters()
    before = [p.detach().clone() for p in own]
    optimiser = Adam(groups(own), memory=MEMORY)
    gradients(own, 0)
    own[1].grad = None
    optimiser.step()
    assert torch.equal(own[1], before[1])
    assert not torch.equal(own[2], before[2])


def test_a_step_loads_no_compiler() -> None:
    code = (
        "import sys, torch\n"
        "from storyboard.drawers.optimiser import Adam\n"
        "p = torch.ones(3, requires_grad=True)\n"
        "o = Adam([{'params': [p], 'lr': 0.1}], memory=0.99)\n"
        "p.sum().backward(); o.step(); o.zero_grad()\n"
        "print('torch._dynamo' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr
