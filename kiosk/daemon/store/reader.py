"""Reading beside the writer, from any thread: each reader has its own connection and short reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from kiosk.daemon.store import connect
from kiosk.daemon.store.errors import translated
from kiosk.daemon.store.lists import Lists


class StoreReader(Lists):
    """Answers the questions of `Queries` and `Lists`, cannot write. Belongs to the thread that opened it."""

    @classmethod
    def open(cls, state_dir: Path) -> StoreReader:
        """The store in `state_dir`, which must exist. Raises `StoreError`."""
        path = state_dir / connect.NAME
        with translated(path):
            return cls(connect.connect_reader(path), path)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is as it was at one moment."""
        with translated(self._path):
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def __enter__(self) -> StoreReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
