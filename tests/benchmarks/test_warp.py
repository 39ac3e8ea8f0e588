"""The benchmark of the warp measures every move."""

from __future__ import annotations

from benchmarks.warp import MOVES, rows


def test_a_row_for_every_move() -> None:
    table = rows([(16, 10), (32, 18)], runs=1)
    assert [row[0] for row in table] == list(MOVES)
    assert all(len(row) == 3 and row[1].endswith(")") for row in table)
    assert table[0][1].endswith("(x1.00)")
