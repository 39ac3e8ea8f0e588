"""Look-up tables are read as grading programs write them, and refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.errors import BadValue
from storyboard.filters.lut import looked_up
from storyboard.media import cube_file
from storyboard.media.cube_file import read_cube

CORNERS = "\n".join(f"{r} {g} {b}" for b in (0, 1) for g in (0, 1) for r in (0, 1))
WHOLE = f'# made by hand\nTITLE "plain"\nLUT_3D_SIZE 2\nDOMAIN_MIN 0 0 0\n\n{CORNERS} # end\n'


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "look.cube"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_plain_cube_changes_nothing(tmp_path: Path) -> None:
    cube = read_cube(written(tmp_path, WHOLE))
    picture = torch.rand(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(looked_up(picture, cube), picture)


def test_red_varies_first_and_the_domain_is_kept(tmp_path: Path) -> None:
    rows = CORNERS.replace("1 0 0", "0.5 0.25 0")
    cube = read_cube(written(tmp_path, f"LUT_3D_SIZE 2\nDOMAIN_MAX 2 2 2\n{rows}"))
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1)
    expected = torch.tensor([0.25, 0.125, 0]).view(1, 3, 1, 1)
    torch.testing.assert_close(looked_up(red, cube), expected)


def test_a_table_for_each_channel(tmp_path: Path) -> None:
    file = written(tmp_path, "\ufeffLUT_1D_SIZE 3\nLUT_1D_INPUT_RANGE 0 1\n0 1 0\n.2 .5 0\n1 0 0\n")
    picture = torch.tensor([0.25, 0.75, 0.5]).view(1, 3, 1, 1)
    found = looked_up(picture, read_cube(file)).flatten()
    torch.testing.assert_close(found, torch.tensor([0.1, 0.25, 0.0]))


# text of the file, what the error says
REFUSED = [
    ("", "no size"),
    (CORNERS, "no size"),
    ("LUT_3D_SIZE 2\nLUT_1D_SIZE 2\n0 0 0\n1 1 1", "two sizes"),
    ("LUT_3D_SIZE two\n" + CORNERS, "not a whole number"),
    ("LUT_3D_SIZE 999999\n" + CORNERS, "between 2 and 65"),
    ("LUT_3D_SIZE 1\n0 0 0", "between 2 and 65"),
    ("LUT_3D_SIZE 3\n" + CORNERS, "8 entries and promises 27"),
    ("LUT_3D_SIZE 2\n" + CORNERS.replace("1 1 1", "1 nan 1"), "'1 nan 1' is not three"),
    ("LUT_3D_SIZE 2\n" + CORNERS.replace("1 1 1", "1 1"), "is not three numbers"),
    ("LUT_3D_SIZE 2\nDOMAIN_MIN 1 1 1\n" + CORNERS, "domain is empty"),
    ("LUT_3D_SIZE 2\nCOLOUR 1\n" + CORNERS, "unknown keyword 'COLOUR'"),
    (CORNERS + "\nLUT_3D_SIZE 2", "out of place"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_table_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=message):
        read_cube(written(tmp_path, text))


def test_a_file_has_to_exist_and_to_be_small(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(BadValue, match="does not exist"):
        read_cube(tmp_path / "none.cube")
    monkeypatch.setattr(cube_file, "MOST_BYTES", 10)
    with pytest.raises(BadValue, match="larger than"):
        read_cube(written(tmp_path, WHOLE))


PIECES = st.sampled_from(
    ["LUT_3D_SIZE 2", "LUT_1D_SIZE 2", "DOMAIN_MIN 0 0 0", "DOMAIN_MAX 1e400 1 1", "TITLE", "0 0 0",
     "1 1 1", "-inf 0 0", "#", "1e308 1 1", "LUT_3D_SIZE -1", "\0", CORNERS]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=6).map("\n".join)))
def test_anything_is_read_or_refused(tmp_path_factory, text: str | bytes) -> None:
    file = written(tmp_path_factory.mktemp("luts"), text)
    try:
        cube = read_cube(file)
    except BadValue as error:
        assert str(file) in str(error)
    else:
        assert np.isfinite(cube.table).all() and cube.table.shape[-1] == 3
