"""The calls of clipit and Pixray, line by line."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from storyboard.compat import clipit, pixray
from storyboard.errors import StoryError, UsageError

SMALL = {"perceptors": "[tiny]", "cuts": "2"}


@pytest.mark.parametrize(("module", "size"), [(clipit, (500, 280)), (pixray, (480, 270))])
def test_the_calls_of_the_article(
    module: ModuleType,
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    module.reset_settings()
    module.add_settings(prompts="red", aspect="widescreen", quality="better", scale=2.5)
    module.add_settings(iterations=2, drawer="pixel", display_every=10, story=SMALL)
    assert module.get_settings()["iterations"] == 2
    settings = module.apply_settings()
    assert settings.film_size == size
    assert settings.shots[0].values["steps"][0] == 2
    module.do_init(settings)
    assert module.do_run(settings) == Path("output.png")
    with Image.open("output.png") as picture:
        assert picture.size == size


def test_run_does_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    heard: list[object] = []
    made = pixray.run(
        "blue",
        "pixel",
        size=[48, 32],
        iterations=1,
        story=SMALL,
        output="blue.png",
        on_picture=heard.append,
    )
    assert made.is_file()
    assert heard


def test_wrong_settings_are_named() -> None:
    clipit.reset_settings()
    with pytest.raises(UsageError, match="no setting 'promts'; did you mean 'prompts'"):
        clipit.add_settings(promts="red")
    with pytest.raises(StoryError, match="there are none"):
        clipit.apply_settings()
    assert clipit.get_settings() == {}
