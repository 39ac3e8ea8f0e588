"""Names of a package that are imported when they are first used."""

from __future__ import annotations

import pytest

from storyboard.lazy import imported_when_used


def test_a_name_is_looked_up_in_its_home_and_no_other_is_known() -> None:
    find = imported_when_used("fractions", {})
    with pytest.raises(AttributeError, match="module 'fractions' has no attribute 'nothing'"):
        find("nothing")
    found = imported_when_used("xml", {"Element": "etree.ElementTree"})("Element")
    assert found.__name__ == "Element"
