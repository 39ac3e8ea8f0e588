"""The studio's server: uvicorn on a socket of this machine."""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass, field

import uvicorn

from storyboard.studio.app import News, studio_app
from storyboard.studio.studio import Studio

_LEAVE_S = 2
"""How long a closing server waits for requests that are being answered."""


class _Server(uvicorn.Server):
    """Ends what the pages follow before it waits for them."""

    def __init__(self, config: uvicorn.Config, news: News) -> None:
        super().__init__(config)
        self._news = news

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the news, then the server. What is cut off by that is not reported as an error."""
        self._news.close()
        log = logging.getLogger("uvicorn.error")
        level = log.level
        log.setLevel(logging.CRITICAL)
        try:
            await super().shutdown(sockets)
        finally:
            log.setLevel(level)


@dataclass
class StudioServer:
    """Serves ``studio`` to those who know ``token``, until it is closed."""

    studio: Studio
    token: str
    _server: _Server = field(init=False)

    def __post_init__(self) -> None:
        news = News()
        config = uvicorn.Config(
            studio_app(self.studio, self.token, news),
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=_LEAVE_S,
        )
        self._server = _Server(config, news)

    def run(self, listening: socket.socket) -> None:
        """Answer what comes to ``listening`` until Ctrl-C, or until `close`."""
        self._server.run(sockets=[listening])

    def close(self) -> None:
        """End `run`, from another thread."""
        self._server.should_exit = True
