"""The page in a browser: what is done in it, and what the story's file says afterwards.

Runs in the system's Chromium; nothing is downloaded. The file is compared as a whole, so that
comments, order and quotes are seen to stay.
"""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from storyboard.studio.server import StudioServer
from storyboard.studio.studio import Studio

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the PATH")

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader"),
    *("--autoplay-policy=no-user-gesture-required", "--mute-audio"),
]
WAIT_MS = 40_000
"""How long something may take on a busy machine before a test fails."""

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def serving(studio: Studio) -> Iterator[str]:
    """The link to ``studio``, served as `storyboard open` serves it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = StudioServer(studio, "secret")
    thread = threading.Thread(target=server.run, args=(listening,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/?token=secret"
    server.close()
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def link(studio: Studio) -> Iterator[str]:
    with serving(studio) as link:
        yield link


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


Open = Callable[..., Page]


@pytest.fixture
def opened(context: BrowserContext) -> Iterator[Open]:
    """Opens the page; at the end no script has failed and no policy was broken."""
    said: list[str] = []

    def open_page(link: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.goto(link)
        expect(page.locator(".shot").first).to_be_visible()
        return page

    yield open_page
    assert [one for one in said if "the server responded with a status" not in one] == []


def saved(page: Page, story: Path, text: str) -> None:
    """Wait until the file holds ``text``."""
    for _ in range(WAIT_MS // 100):
        if story.read_text() == text:
            return
        page.wait_for_timeout(100)
    assert story.read_text() == text


def prompt(page: Page, shot: str, text: str) -> None:
    """Choose the shot of that name, and write its prompt."""
    page.get_by_label(f"Shot {shot},").click()
    expect(page.get_by_role("region", name=f"Shot {shot}")).to_be_visible()
    field = page.get_by_role("textbox", name="Prompt")
    field.fill(text)
    field.press("Enter")


def drag(page: Page, name: str, to_x: float, to_y: float | None = None) -> None:
    """Drag what is called ``name`` to a place of the window."""
    box = page.get_by_label(name).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move((x + to_x) / 2, y if to_y is None else (y + to_y) / 2)
    page.mouse.move(to_x, y if to_y is None else to_y, steps=4)
    page.mouse.up()


def x_of(page: Page, seconds: float) -> float:
    """Where a moment of the whole film lies in the window."""
    box = page.locator(".lanes").bounding_box()
    whole = float(page.get_by_label("Playhead").get_attribute("aria-valuemax") or 0)
    assert box is not None
    return box["x"] + box["width"] * seconds / whole


def test_the_link_opens_the_film_and_its_token_is_gone(opened: Open, link: str) -> None:
    page = opened(link)
    assert page.url == link.partition("?")[0]
    expect(page.get_by_role("heading", level=1)).to_have_text("On the beat")
    expect(page.locator(".shot")).to_have_count(3)
    expect(page.get_by_label("Preview")).to_contain_text("Not rendered yet")
    page.reload()
    expect(page.locator(".shot")).to_have_count(3)


def test_a_wrong_link_shows_what_to_do(context: BrowserContext, link: str) -> None:
    page = context.new_page()
    page.goto(link.replace("secret", "guess"))
    expect(page.locator("body")).to_contain_text("Open the link that `storyboard open` has printed")


def test_a_prompt_is_edited_undone_and_done_again(opened: Open, link: str, story: Path) -> None:
    page, before = opened(link), story.read_text()
    prompt(page, "day", "a red fox, asleep")
    after = before.replace("prompt: a castle", "prompt: 'a red fox, asleep'")
    saved(page, story, after)
    expect(page.locator(".notice .added")).to_contain_text("a red fox, asleep")
    page.get_by_role("button", name="Undo", exact=True).first.click()
    saved(page, story, before)
    page.get_by_role("button", name="Redo", exact=True).click()
    saved(page, story, after)


def test_a_border_is_dragged_onto_a_beat(opened: Open, link: str, story: Path) -> None:
    page, before = opened(link), story.read_text()
    drag(page, "Border between dawn and day", x_of(page, 1.5) + 4)
    after = before.replace("duration: 2b        #", "duration: 3b        #")
    saved(page, story, after.replace("day, duration: 3b", "day, duration: 2b"))


def test_a_border_moves_by_keys(opened: Open, link: str, story: Path) -> None:
    page, before = opened(link), story.read_text()
    border = page.get_by_label("Border between day and night")
    border.focus()
    border.press("Shift+ArrowRight")
    saved(page, story, before.replace("day, duration: 3b", "day, duration: 4b"))


def test_a_key_is_dragged_and_the_preview_changes(opened: Open, link: str, story: Path) -> None:
    page, before = opened(link), story.read_text()
    page.get_by_label("Playhead").click(position={"x": x_of(page, 0.9) - x_of(page, 0), "y": 10})
    screen = page.locator(".screen canvas")
    page.wait_for_timeout(500)
    seen = screen.screenshot()
    key = page.get_by_label("zoom is 1.2 at")
    box = key.bounding_box()
    assert box is not None
    drag(page, "zoom is 1.2 at", box["x"] + box["width"] / 2, box["y"] - 4)
    expect(page.locator(".notice")).to_contain_text("a key set", ignore_case=True)
    after = story.read_text()
    assert after != before
    head, _, tail = before.partition("50%: [1.2, smooth]")
    assert after.startswith(head + "50%: [1.2")
    assert after.endswith(", smooth]" + tail)
    for _ in range(WAIT_MS // 200):
        if screen.screenshot() != seen:
            break
        page.wait_for_timeout(200)
    assert screen.screenshot() != seen


def test_text_is_checked_while_it_is_typed_and_saved_without_errors(
    opened: Open, link: str, story: Path
) -> None:
    page, before = opened(link), story.read_text()
    text = page.get_by_label("Text of the story")
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("sede: 4")
    expect(page.get_by_label("Errors and warnings")).to_contain_text("did you mean 'seed'")
    expect(page.locator(".save-state")).to_have_text("not saved: the text has errors")
    assert story.read_text() == before
    for _ in range(7):
        page.keyboard.press("Backspace")
    page.keyboard.type("seed: 4")
    saved(page, story, before + "seed: 4")
    expect(page.locator(".save-state")).to_have_text("saved")


def test_names_are_completed_from_the_schema(opened: Open, link: str) -> None:
    page = opened(link)
    page.get_by_label("Text of the story").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("resam")
    choice = page.get_by_role("option", name="resample")
    expect(choice).to_be_visible()
    page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Text of the story")).to_contain_text("resample: ")


def test_the_page_follows_the_file_and_every_other_page(
    opened: Open, link: str, story: Path
) -> None:
    first, second = opened(link), opened(link)
    story.write_text(story.read_text().replace("On the beat", "Off the beat"))
    for page in (first, second):
        expect(page.get_by_role("heading", level=1)).to_have_text("Off the beat")
    prompt(first, "night", "a comet")
    expect(second.locator(".shot").nth(2)).to_contain_text("a comet")
    expect(second.get_by_label("Text of the story")).to_contain_text("a comet")


@pytest.mark.parametrize(("choice", "kept"), [("Mine", "sede: 4"), ("Theirs", "# theirs")])
def test_two_texts_are_a_question(
    opened: Open, link: str, story: Path, choice: str, kept: str
) -> None:
    page, before = opened(link), story.read_text()
    page.get_by_label("Text of the story").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("sede: 4")
    expect(page.get_by_label("Errors and warnings")).to_contain_text("sede")
    story.write_text(before + "# theirs")
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("changed by another program")
    question.get_by_role("button", name=choice).click()
    saved(page, story, before + kept)
    expect(page.get_by_label("Text of the story")).to_contain_text(kept)


def test_story_text_is_shown_as_text(opened: Open, link: str, story: Path) -> None:
    page = opened(link)
    evil = "<img src=x onerror=document.title='broken'>"
    text = story.read_text().replace("title: On the beat", f'title: "{evil}"')
    story.write_text(text.replace("prompt: a castle", f'prompt: "{evil}"'))
    expect(page.get_by_role("heading", level=1)).to_have_text(evil)
    expect(page.locator(".shot").nth(1)).to_contain_text(evil)
    assert page.title() == "Storyboard studio"
    assert page.locator("img[src=x]").count() == 0


def test_it_plays_in_time_with_the_song(opened: Open, link: str) -> None:
    page = opened(link)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.locator(".time strong")).not_to_have_text("0:00.00")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("Home")
    expect(page.locator(".time strong")).to_have_text("0:00.00")


def test_a_mark_is_set_at_the_playhead_and_a_shot_split(
    opened: Open, link: str, story: Path
) -> None:
    page, before = opened(link), story.read_text()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("m")
    marked = before.replace("{drop: 0:02.5}", "{drop: 0:02.5, mark1: 0:01.5}")
    saved(page, story, marked)
    page.keyboard.press("s")
    split = marked.replace("day, duration: 3b", "day, duration: 1b")
    split = split.replace("a castle}\n", "a castle}\n  - {duration: 2b, prompt: a castle}\n")
    saved(page, story, split)
    expect(page.locator(".shot")).to_have_count(4)


def test_a_story_for_looking_at_stays_as_it_is(opened: Open, story: Path) -> None:
    before = story.read_bytes()
    with serving(Studio(story, story.parent, read_only=True)) as link:
        page = opened(link)
        for key in ("m", "s"):
            page.keyboard.press(key)
        expect(page.get_by_role("button", name="Render film")).to_be_disabled()
        expect(page.get_by_role("textbox", name="Prompt")).not_to_be_editable()
        drag(page, "Border between dawn and day", x_of(page, 1.5))
        page.wait_for_timeout(500)
    assert story.read_bytes() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_held_upright_shows_all_within_its_width(
    browser: Browser, link: str, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(link)
    expect(page.locator(".shot").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    expect(page.get_by_role("button", name="Render film")).to_be_visible()
    context.close()


SMALL = """\
duration: 4s
output: {size: 48x32, fps: 4}
drawer: fft
quality: sketch
steps: 30
steps_first: 30
cuts: 2
shots: [{name: sea, prompt: the sea}]
"""


@pytest.mark.slow
def test_a_render_outlives_the_page_is_paused_and_resumed(
    opened: Open, context: BrowserContext, link: str, story: Path
) -> None:
    story.write_text(SMALL)
    page = opened(link)
    expect(page.locator(".shot")).to_have_count(1)
    page.get_by_role("button", name="Render film").click()
    expect(page.locator(".progress p")).to_contain_text("of 16 frames", timeout=180_000)
    page.close()
    page = opened(link.partition("?")[0])
    expect(page.locator(".progress p")).to_contain_text("of 16 frames", timeout=180_000)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").click(timeout=180_000)
    film = page.get_by_role("link", name="Film")
    expect(film).to_be_visible(timeout=180_000)
    expect(page.get_by_label("Preview")).to_contain_text("Finished frame")
    with page.expect_download() as download:
        film.click()
    assert Path(download.value.path()).read_bytes()[4:8] == b"ftyp"
