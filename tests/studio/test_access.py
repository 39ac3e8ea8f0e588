"""Who is let in: the page of this machine, by its link, and nobody else."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from storyboard.studio.access import is_local
from storyboard.studio.app import studio_app
from storyboard.studio.studio import Studio

HERE = "http://127.0.0.1:8765"


def test_the_token_is_taken_out_of_the_address_and_opens_the_page(studio: Studio) -> None:
    with TestClient(studio_app(studio, "secret"), base_url=HERE) as client:
        first = client.get("/?token=secret", follow_redirects=False)
        assert (first.status_code, first.headers["location"]) == (303, "/")
        cookie = first.headers["set-cookie"]
        assert "secret" not in cookie
        assert "HttpOnly" in cookie
        assert "<title>" in client.get("/").text
        assert client.get("/api/state").json()["name"] == "beat.yaml"


@pytest.mark.parametrize("address", ["/", "/?token=wrong", "/?token=", "/api/state", "/studio.js"])
def test_without_the_link_nothing_is_shown(studio: Studio, address: str) -> None:
    with TestClient(studio_app(studio, "secret"), base_url=HERE) as client:
        answer = client.get(address)
        assert answer.status_code == 403
        assert "storyboard open" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "example.org:8765"},
        {"host": "127.0.0.1.example.org"},
        {"host": "user@127.0.0.1:8765"},
        {"origin": "http://example.org"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:8765"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"},
    ],
)
def test_other_pages_get_nothing(client: TestClient, headers: dict[str, str]) -> None:
    client.headers.pop("origin")
    assert client.get("/api/state", headers=headers).status_code == 403


@pytest.mark.parametrize("name", ["save", "edit", "undo", "redo", "render", "check"])
def test_what_changes_something_needs_an_origin(client: TestClient, name: str) -> None:
    client.headers.pop("origin")
    body = {"text": "", "base": "", "action": "start"}
    assert client.post(f"/api/{name}", json=body).status_code == 403
    assert client.get(f"/api/{name}", headers={"origin": HERE}).status_code in (404, 405)


def test_a_form_of_another_page_is_no_request(client: TestClient) -> None:
    answer = client.post(
        "/api/undo", content=b'{"base": "x"}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 400


def test_a_tunnel_may_have_another_port(studio: Studio) -> None:
    """Of ``ssh -L 9000:127.0.0.1:8765`` the browser sees port 9000."""
    near = "http://localhost:9000"
    with TestClient(studio_app(studio, "secret"), base_url=near) as client:
        client.get("/?token=secret")
        answer = client.post("/api/check", json={"text": ""}, headers={"origin": near})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/../app.py", "/%2e%2e/app.py", "/..%2fapp.py", "/api/frames/../../beat.yaml", "//etc/passwd"],
)
def test_no_path_leads_out_of_the_page(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (400, 404)
    assert "studio_app" not in answer.text


def test_every_answer_forbids_what_is_not_from_here(client: TestClient) -> None:
    for address in ("/", "/api/state", "/studio.js", "/nothing"):
        headers = client.get(address).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_web_sockets_are_refused(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/api/events"):
        pass
    assert refused.value.code == 1008


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1:", "127.0.0.1:x", "[::1", "0.0.0.0:80", "localhost.:1"]
)
def test_odd_hosts(host: str) -> None:
    assert is_local(host) is (host == "127.0.0.1:")
