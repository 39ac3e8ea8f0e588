"""The studio's answers, with real stories and a real render of a few small frames."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from storyboard.errors import UsageError
from storyboard.files import sha256
from storyboard.motion.matrices import relative
from storyboard.plan import Pose
from storyboard.render.events import Event
from storyboard.render.store.frame_store import FolderStore
from storyboard.render.store.shots import FrameRecord
from storyboard.studio.app import studio_app
from storyboard.studio.film_data import view_data
from storyboard.studio.renders import Follower, Renders
from storyboard.studio.studio import Studio, stretches

HERE = "http://127.0.0.1:8765"


def post(client: TestClient, name: str, **body: Any) -> Any:
    answer = client.post(f"/api/{name}", json=body)
    return (
        answer.json() if answer.status_code == 200 else (answer.status_code, answer.json()["error"])
    )


def test_the_state_has_text_film_and_render(client: TestClient, story: Path) -> None:
    state = client.get("/api/state").json()
    film = state["film"]
    assert state["text"] == story.read_text()
    assert (film["title"], film["bpm"], film["marks"]) == ("On the beat", 120.0, {"drop": 2.5})
    assert [shot["name"] for shot in film["shots"]] == ["dawn", "day", "night"]
    assert film["shots"][0]["prompts"][0]["path"] == ["shots", 0, "prompt"]
    assert film["beats"][:3] == [[0, 0.0], [1, 0.5], [2, 1.0]]
    assert state["problems"] == []
    assert state["render"]["state"] == "idle"


def test_errors_are_those_of_check_with_their_places(client: TestClient) -> None:
    found = post(client, "check", text="version: 1\nduration: 2s\npromt: a\n")
    problem = found["problems"][0]
    assert found["film"] is None
    assert (problem["line"], problem["column"], problem["severity"]) == (3, 1, "error")
    assert "prompt" in problem["hint"]


@pytest.mark.parametrize("text", ["", "- a", "a: [", "\x00", "a: &x [*x]", "x" * 100_000])
def test_no_text_breaks_the_check(client: TestClient, text: str) -> None:
    assert post(client, "check", text=text)["problems"]


def test_an_edit_is_written_shown_undone_and_done_again(client: TestClient, story: Path) -> None:
    before = story.read_text()
    base = client.get("/api/state").json()["version"]
    edit = {"kind": "prompt", "shot": 1, "text": "a red fox"}
    state = post(client, "edit", base=base, edit=edit)
    assert story.read_text() == before.replace("a castle", "a red fox")
    assert [line["sign"] for line in state["change"]["diff"]] == ["-", "+"]
    assert state["film"]["shots"][1]["label"] == "a red fox"
    undone = post(client, "undo", base=state["version"])
    assert (story.read_text(), undone["redo"]) == (before, "a prompt changed")
    post(client, "redo", base=undone["version"])
    assert "a red fox" in story.read_text()


def test_a_second_page_learns_that_it_is_late(client: TestClient, story: Path) -> None:
    base = client.get("/api/state").json()["version"]
    post(client, "save", base=base, text=story.read_text() + "# one\n")
    code, message = post(client, "save", base=base, text="# two\n")
    assert (code, "changed" in message) == (409, True)
    assert story.read_text().endswith("# one\n")


def test_what_would_be_an_error_is_not_written(client: TestClient, story: Path) -> None:
    before = story.read_text()
    base = client.get("/api/state").json()["version"]
    edit = {"kind": "value", "path": ["shots", 0, "duration"], "value": "9999b"}
    assert post(client, "edit", base=base, edit=edit)[0] == 400
    assert story.read_text() == before


def test_read_only_shows_and_writes_nothing(story: Path) -> None:
    before = story.read_bytes()
    shown = Studio(story, story.parent, read_only=True)
    with TestClient(studio_app(shown, "t"), base_url=HERE, headers={"origin": HERE}) as client:
        client.get("/?token=t")
        state = client.get("/api/state").json()
        assert state["read_only"] is True
        base = state["version"]
        assert post(client, "save", base=base, text="a: 1\n")[0] == 403
        assert (
            post(client, "edit", base=base, edit={"kind": "prompt", "shot": 0, "text": "x"})[0]
            == 403
        )
        assert post(client, "undo", base=base)[0] == 403
        assert post(client, "render", action="start")[0] == 400
    assert story.read_bytes() == before


def test_the_song_is_served_in_pieces_and_only_from_the_project(
    client: TestClient, story: Path
) -> None:
    part = client.get("/api/song", headers={"range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"OggS")
    (story.parent / "song.ogg").rename(story.parent.parent / "song.ogg")
    text = story.read_text().replace("song.ogg", "../song.ogg")
    base = client.get("/api/state").json()["version"]
    assert post(client, "save", base=base, text=text)["film"]["audio"]["inside"] is False
    assert client.get("/api/song").status_code == 400


def test_a_link_that_leads_out_of_the_project_is_not_followed(
    client: TestClient, story: Path
) -> None:
    outside = story.parent.parent / "outside.ogg"
    (story.parent / "song.ogg").rename(outside)
    (story.parent / "song.ogg").symlink_to(outside)
    assert client.get("/api/song").status_code == 400


def test_the_waveform_and_what_is_heard(client: TestClient) -> None:
    sound = client.get("/api/sound").json()
    data = np.frombuffer(client.get("/api/peaks").content, np.int8).reshape(-1, 2)
    film = client.get("/api/state").json()["film"]
    assert abs(len(data) / film["audio"]["rate"] - film["duration"]) < 0.1
    assert data.max() == 127 or data.min() == -127
    assert sound["onsets"]


def test_curves_have_values_and_the_keys_that_are_written(client: TestClient) -> None:
    data = client.get("/api/curves?first=0&stop=1000").json()
    assert data["curves"]["zoom"][0] == 1.0
    assert max(data["curves"]["zoom"]) == pytest.approx(1.2, abs=0.01)
    written = {one["shot"]: one["curves"] for one in data["written"]}
    keys = [(key["time"], key["at"], key["value"], key["ease"]) for key in written[0][0]["keys"]]
    assert keys == [("0s", 0.0, 1.0, None), ("50%", 0.5, 1.2, "smooth")]
    assert written[1] == []


def test_views_lead_from_frame_to_frame_as_the_film_is_moved(studio: Studio) -> None:
    plan = studio.film.plan
    rows = np.array(view_data(plan, 0, plan.frame_count)).reshape(-1, 3, 3)
    assert len(rows) == plan.frame_count
    shot = plan.shots[0]
    poses = [Pose(*map(float, shot.poses[n])) for n in (2, 5)]
    wanted = relative(*poses, plan.width / plan.height).numpy()
    assert rows[5] @ np.linalg.inv(rows[2]) == pytest.approx(wanted, abs=1e-5)
    cut = plan.shots[1]
    assert rows[cut.first] == pytest.approx(np.eye(3), abs=1e-6)


def paint(studio: Studio, *numbers: int) -> None:
    """Put finished frames where a render puts them."""
    plan = studio.film.plan
    store = FolderStore(studio.paths(plan).shots)
    for number in numbers:
        shot = plan.shot_at(number)
        file = Path("frame.png")
        Image.new("RGB", (plan.width, plan.height), (number * 5 % 256, 80, 120)).save(file)
        data = file.read_bytes()
        record = FrameRecord(number - shot.first, sha256(data), len(data), 0.5, 1, 0.1)
        store.save_frame(shot, data, record)


def test_finished_frames_are_listed_and_served(client: TestClient, studio: Studio) -> None:
    paint(studio, 0, 1, 2, 5)
    frames = client.get("/api/state").json()["frames"]
    assert frames[0]["done"] == [[0, 3], [5, 6]]
    address = f"/api/frames/1?of={frames[0]['digest']}&width="
    whole, small = client.get(address + "0"), client.get(address + "160")
    assert (whole.headers["content-type"], small.headers["content-type"]) == (
        "image/png",
        "image/jpeg",
    )
    assert "immutable" in whole.headers["cache-control"]
    for wrong in (
        address.replace("frames/1", "frames/3") + "0",
        address.replace("frames/1", "frames/99999") + "0",
        address.replace("of=", "of=x") + "0",
        address + "161",
        address + "-1",
    ):
        assert client.get(wrong).status_code in (400, 404), wrong


def test_stretches_of_none() -> None:
    assert stretches(set()) == []


def test_a_change_on_the_disk_is_published(studio: Studio, story: Path) -> None:
    with TestClient(studio_app(studio, "t"), base_url=HERE, headers={"origin": HERE}) as client:
        client.get("/?token=t")
        version = client.get("/api/state").json()["version"]
        story.write_text(story.read_text().replace("a castle", "a red fox"))
        until = time.monotonic() + 20
        while client.get("/api/state").json()["version"] == version:
            assert time.monotonic() < until, "the change was never seen"
            time.sleep(0.05)
        state = client.get("/api/state").json()
    assert state["film"]["shots"][1]["label"] == "a red fox"
    assert state["undo"] == "changed by another program"


def test_a_follower_reads_whole_lines_only(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    follower = Follower(file)
    assert follower.poll() == []
    lines = [
        json.dumps(e.to_json()) for e in (Event("plan", done=0, of=3), Event("frame", frame=0))
    ]
    file.write_text(lines[0] + "\n" + lines[1][:9])
    assert [event.kind for event in follower.poll()] == ["plan"]
    with file.open("a") as stream:
        stream.write(lines[1][9:] + "\nnonsense\n[1]\n")
    assert [event.kind for event in follower.poll()] == ["frame"]
    assert (follower.meters.film.done, follower.meters.film.of) == (1, 3)
    file.write_text("")
    assert follower.poll() == []


def test_one_render_at_a_time_and_none_that_is_not_there(story: Path, tmp_path: Path) -> None:
    renders = Renders(story)
    with pytest.raises(UsageError, match="no render"):
        renders.pause()
    renders.state = "running"
    with pytest.raises(UsageError, match="already"):
        renders.start(tmp_path / "out")


def test_a_number_of_another_process_is_not_taken_for_a_render(story: Path, tmp_path: Path) -> None:
    (tmp_path / "studio.json").write_text(json.dumps({"pid": 1, "what": []}))
    renders = Renders(story)
    renders.attach(tmp_path)
    assert renders.state == "idle"


SMALL = """\
duration: 2s
output: {size: 48x32, fps: 2}
seed: 1
drawer: fft
quality: sketch
steps: 1
steps_first: 1
cuts: 2
shots: [{name: a, duration: 1s, prompt: the sea}, {name: b, until: end, cut: true, prompt: fire}]
"""


def wait_for(client: TestClient, *states: str) -> dict[str, Any]:
    until = time.monotonic() + 240
    while (render := client.get("/api/state").json()["render"])["state"] not in states:
        assert time.monotonic() < until, render
        time.sleep(0.2)
    return dict(render)


@pytest.mark.slow
def test_a_film_is_rendered_shot_by_shot_followed_and_handed_out(
    client: TestClient, story: Path
) -> None:
    base = client.get("/api/state").json()["version"]
    post(client, "save", base=base, text=SMALL)
    assert client.get("/api/film").status_code == 400
    post(client, "render", action="start", shot=1)
    assert post(client, "render", action="start")[0] == 400
    assert wait_for(client, "done", "failed")["state"] == "done", client.get("/api/log").json()
    frames = client.get("/api/state").json()["frames"]
    assert [shot["done"] for shot in frames] == [[], [[0, 2]]]
    post(client, "render", action="start")
    render = wait_for(client, "done", "failed")
    assert (render["state"], render["download"]) == ("done", True)
    assert client.get("/api/film").content[4:8] == b"ftyp"


def test_a_story_with_errors_is_not_rendered_and_says_why(client: TestClient, story: Path) -> None:
    base = client.get("/api/state").json()["version"]
    post(client, "save", base=base, text="promt: a\n")
    code, message = post(client, "render", action="start")
    assert (code, "errors" in message) == (400, True)
