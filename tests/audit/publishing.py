"""A log written out as a folder of tiles, and that folder served over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from audit.tiles import WIDTH, Tile, tiles, to_bundle
from tests.audit.logs import Log


def publish(log: Log, folder: Path, *, entries: bool = True, note: str | None = None) -> None:
    """Write the tiles of *log* at its size beside those that are there, and a checkpoint."""
    size = len(log.bodies)
    for tile in tiles(size):
        if tile.level:
            _write(folder, tile, log.tree.hashes(tile))
            continue
        span = slice(tile.number * WIDTH, tile.number * WIDTH + tile.width)
        _write(folder, tile, b"".join(log.leaves[span]))
        if entries:
            bundle = to_bundle(log.bodies[span])
            _write(folder, Tile(None, tile.number, tile.width), bundle)
    (folder / "checkpoint").write_text(note or log.note)


def _write(folder: Path, tile: Tile, content: bytes) -> None:
    path = folder / str(tile)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if "/entries/" in self.path and self.headers["Authorization"] != "Bearer let-me":
            self.send_error(403)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve *folder*; return the URL."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
