"""Modules that a perceptor does not load; the rest of torch is unchanged."""

from __future__ import annotations

import subprocess
import sys


def output_of(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_sketch_sees_and_reads_without_the_compiler() -> None:
    code = (
        "import sys, torch; from storyboard.perceptors import load\n"
        "sketch = load('sketch', device='cpu')\n"
        "picture = torch.rand(1, 3, 64, 64, requires_grad=True)\n"
        "(sketch.embed_pictures(picture) @ sketch.embed_texts(['the sea']).T).sum().backward()\n"
        "print(sorted({'torch._dynamo', 'torch._dynamo.utils', 'sympy'} & set(sys.modules)))\n"
        "import torch._dynamo.utils as compiler; print(compiler.__file__ is not None)\n"
    )
    assert output_of(code) == "[]\nTrue"


def test_models_that_are_built_of_timm_are_not_left_out() -> None:
    code = (
        "import sys; from storyboard.perceptors.torch_startup import import_lightly\n"
        "towers = import_lightly('open_clip.timm_model')\n"
        "print(towers.timm is not None, 'torch._dynamo' in sys.modules)\n"
    )
    assert output_of(code) == "True False"


def test_who_asks_for_more_gets_the_compiler() -> None:
    code = (
        "import sys, types, torch\n"
        "from storyboard.perceptors.torch_startup import import_lightly\n"
        "from importlib import abc, util\n"
        "class Finder(abc.MetaPathFinder, abc.Loader):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        mine = name in ('is_compile_supported', 'something_else')\n"
        "        return util.spec_from_loader(name, self) if mine else None\n"
        "    def exec_module(self, module):\n"
        "        exec(f'from torch._dynamo.utils import {module.__name__}')\n"
        "sys.meta_path.insert(0, Finder())\n"
        "import_lightly('is_compile_supported')\n"
        "print('torch._dynamo' in sys.modules)\n"
        "try:\n"
        "    import_lightly('something_else')\n"
        "except ImportError:\n"
        "    print('asked in vain', 'torch._dynamo' in sys.modules)\n"
    )
    assert output_of(code) == "False\nasked in vain True"
