"""Figures for Prometheus (text format 0.0.4): what this process did, and how things stand in the database."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from sync.centre.config import CentreConfig
from sync.centre.standing import Standing, standing
from sync.centre.store import Store, StoreError
from sync.centre.stores import open_store
from sync.centre.tally import COMMIT_BOUNDS_S, Tally

log = logging.getLogger(__name__)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]


class Page:
    """The text, a metric at a time."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def put(self, name: str, kind: str, help_: str, values: list[tuple[Labels, float]]) -> None:
        """One metric with all its label values."""
        self._lines += [f"# HELP {name} {help_}", f"# TYPE {name} {kind}"]
        self._lines += [f"{name}{_braces(labels)} {value:g}" for labels, value in values]

    def one(self, name: str, kind: str, help_: str, value: float) -> None:
        """A metric without labels."""
        self.put(name, kind, help_, [({}, value)])

    def histogram(self, name: str, help_: str, counts: Mapping[float, int], total_s: float) -> None:
        """A histogram over `COMMIT_BOUNDS_S`."""
        self._lines += [f"# HELP {name} {help_}", f"# TYPE {name} histogram"]
        below = 0
        for bound in COMMIT_BOUNDS_S:
            below += counts.get(bound, 0)
            self._lines.append(f'{name}_bucket{{le="{bound:g}"}} {below}')
        count = below + counts.get(float("inf"), 0)
        self._lines += [
            f'{name}_bucket{{le="+Inf"}} {count}',
            f"{name}_sum {total_s:g}",
            f"{name}_count {count}",
        ]

    def text(self) -> str:
        """The whole page."""
        return "\n".join(self._lines) + "\n"


def render(tally: Tally, now: Standing | None) -> str:
    """The page; without `now` the database is away."""
    page = Page()
    page.one("hadir_centre_letters_total", "counter", "Messages taken in and committed.", tally.letters)
    page.one("hadir_centre_records_committed_total", "counter", "Records stored.", tally.added["records"])
    page.one("hadir_centre_punches_committed_total", "counter", "Punches stored.", tally.added["punches"])
    page.put(
        "hadir_centre_acks_total", "counter", "Answers to batches by status.",
        [({"status": status}, count) for status, count in sorted(tally.answers.items())],
    )  # fmt: skip
    page.put(
        "hadir_centre_refused_total", "counter", "Messages not taken, by reason.",
        [({"reason": reason}, count) for reason, count in sorted(tally.refusals.items())],
    )  # fmt: skip
    page.histogram(
        "hadir_centre_commit_seconds", "From the first check to the commit.", tally.commits, tally.commit_s
    )
    page.one(
        "hadir_centre_commits_failed_total", "counter", "Transactions that did not commit.", tally.failed
    )
    page.put(
        "hadir_centre_broker_connected", "gauge", "Whether each connection to the broker is up.",
        [({"lane": lane}, int(up)) for lane, up in sorted(tally.connected.items())],
    )  # fmt: skip
    page.one("hadir_centre_database_up", "gauge", "Whether the database answers.", int(now is not None))
    if now:
        for name, help_, value in now.gauges():
            page.one(f"hadir_centre_{name}", "gauge", help_, value)
    return page.text()


@contextmanager
def serving(config: CentreConfig, tally: Tally, now_ms: Callable[[], int]) -> Iterator[int]:
    """Serve the page on `config.metrics` at any path, one reader after the other; the port."""
    watch = _Watch(config, now_ms)

    class Handler(BaseHTTPRequestHandler):
        timeout = 5.0

        def do_GET(self) -> None:
            body = render(tally, watch.standing()).encode()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            log.debug(format, *args)

    host, _, port = config.metrics.rpartition(":")
    server = HTTPServer((host.strip("[]"), int(port)), Handler)
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


class _Watch:
    """A connection of its own to the database, made in the server's thread when first needed."""

    def __init__(self, config: CentreConfig, now_ms: Callable[[], int]) -> None:
        self._config = config
        self._now_ms = now_ms
        self._store: Store | None = None

    def standing(self) -> Standing | None:
        try:
            self._store = self._store or open_store(self._config)
            with self._store.reading() as tx:
                return standing(tx, self._now_ms())
        except StoreError as error:
            log.debug("no figures from the database: %s", error)
            return None


def _braces(labels: Labels) -> str:
    inside = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""
