"""A server on 127.0.0.1 that answers while a block runs."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

__all__ = ["LoopbackHandler", "serving"]


class LoopbackHandler(BaseHTTPRequestHandler):
    """Answers without a word on stderr, clients that break off included."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing: a test reads `requests`."""

    def handle(self) -> None:
        """Answer until the client goes away, as tests make it."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True


@contextmanager
def serving(
    handler: Callable[..., BaseHTTPRequestHandler],
    *,
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Answer with *handler* and yield the address, `http://127.0.0.1:PORT`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
