"""``storyboard open``: the studio, a page that shows a story's film and edits its text."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import webbrowser
from pathlib import Path

import click

from storyboard.cli.console import note, out
from storyboard.cli.shared_options import FILE, verbose
from storyboard.errors import MissingTool, UsageError

HOST = "127.0.0.1"
PORT, TRIED = 8765, 20
"""The port of the first studio, and how many after it are tried."""


@click.command("open")
@click.argument("story", type=FILE)
@click.option("--port", type=click.IntRange(1, 65535), help="[default: the first free from 8765]")
@click.option("--read-only", is_flag=True, help="Show the story and its film; change nothing.")
@click.option(
    "--project",
    type=FILE,
    metavar="FOLDER",
    help="The folder of which files are shown.  [default: the story's]",
)
@click.option("--no-browser", is_flag=True, help="Print the link and open no browser.")
@verbose
def open_(
    story: Path, port: int | None, read_only: bool, project: Path | None, no_browser: bool
) -> None:
    """Open the story in the studio: a page with its timeline, camera and render.

    The page is served to this machine alone, by the link on stdout. Whatever is done in it is an
    edit of the story's file. Ctrl-C closes the studio and pauses a render that it has started.
    """
    if not story.is_file():
        raise UsageError(f"{story}: there is no such file; `storyboard new` writes a story")
    try:
        from storyboard.studio.server import StudioServer
        from storyboard.studio.studio import Studio
    except ImportError as error:
        if error.name not in ("starlette", "uvicorn"):
            raise
        hint = "pip install 'storyboard-film[studio]'"
        raise MissingTool(f"the studio needs {error.name}\n  hint: {hint}") from None
    studio = Studio(story, project or story.parent, read_only)
    token = secrets.token_urlsafe(24)
    listening = listen(port)
    link = f"http://{HOST}:{listening.getsockname()[1]}/?token={token}"
    out(link)
    note(f"{story} is open in the studio; Ctrl-C closes it")
    if not no_browser and has_display():
        webbrowser.open(link)
    StudioServer(studio, token).run(listening)


def listen(port: int | None) -> socket.socket:
    """Return a socket of this machine alone, at ``port`` or the first that is free. Raises
    `UsageError` where there is none.
    """
    ports = range(PORT, PORT + TRIED) if port is None else [port]
    for number in ports:
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there it would let two servers share a port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, number))
        except OSError:
            found.close()
            continue
        return found
    raise UsageError(f"port {ports[0]} is not free; --port takes another one")


def has_display() -> bool:
    """Return whether a browser with windows can be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
