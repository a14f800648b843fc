"""The policy and calendar that came with a roster: checked, kept by version, in force again after a start."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from kiosk.core.checked import BadFileError
from kiosk.core.policy_file import read_calendar, read_policy
from kiosk.daemon.durable import private_folder, write_durably
from kiosk.daemon.rules_files import CentreRules
from sync.documents import Peer

T = TypeVar("T")
POLICY, CALENDAR, PEERS = "policy.toml", "calendar.toml", "peers.json"


@dataclass(frozen=True, slots=True)
class Texts:
    """Both files as the centre wrote them; `None` where it says nothing."""

    policy: str | None = None
    calendar: str | None = None


class RosterRules:
    """One folder a version under `folder`; the ledger says which version counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, version: int, texts: Texts, before: int | None) -> tuple[CentreRules, list[str]]:
        """Check and keep what came with `version`; what is bad is named, and that of version `before` stays.

        Raises `OSError`.
        """
        faults: list[str] = []
        good = self._good(texts, self._texts(before), faults)
        place = private_folder(self._folder / str(version))
        for name, text in ((POLICY, good.policy), (CALENDAR, good.calendar)):
            if text is not None:
                write_durably(place / name, text.encode())
        return self._read(version, good), faults

    def load(self, version: int) -> CentreRules:
        """What is kept of `version`; a file that cannot be read any more counts as not there."""
        faults: list[str] = []
        return self._read(version, self._good(self._texts(version), Texts(), faults))

    def texts(self, version: int | None) -> Texts:
        """The files kept of `version`, as they came."""
        return self._texts(version)

    def keep_peers(self, version: int, peers: tuple[Peer, ...]) -> None:
        """Keep whom templates are shared with. Raises `OSError`."""
        write_durably(private_folder(self._folder / str(version)) / PEERS, msgspec.json.encode(peers))

    def peers(self, version: int) -> tuple[Peer, ...]:
        """Whom templates are shared with by `version`; nobody when that cannot be read."""
        try:
            return msgspec.json.decode(
                (self._folder / str(version) / PEERS).read_bytes(), type=tuple[Peer, ...]
            )
        except (OSError, msgspec.DecodeError):
            return ()

    def forget_all_but(self, version: int) -> None:
        """Delete what is kept of other versions."""
        for path in self._folder.glob("*"):
            if path.name != str(version):
                shutil.rmtree(path, ignore_errors=True)

    def _texts(self, version: int | None) -> Texts:
        place = self._folder / str(version)
        return Texts(_content(place / POLICY), _content(place / CALENDAR))

    @staticmethod
    def _good(texts: Texts, before: Texts, faults: list[str]) -> Texts:
        return Texts(
            _checked(texts.policy, before.policy, read_policy, POLICY, faults),
            _checked(texts.calendar, before.calendar, read_calendar, CALENDAR, faults),
        )

    @staticmethod
    def _read(version: int, texts: Texts) -> CentreRules:
        return CentreRules(
            version,
            read_policy(texts.policy, POLICY) if texts.policy is not None else None,
            read_calendar(texts.calendar, CALENDAR) if texts.calendar is not None else None,
        )


def _checked(
    text: str | None, before: str | None, read: Callable[[str, str], T], name: str, faults: list[str]
) -> str | None:
    if text is None:
        return None
    try:
        read(text, name)
    except BadFileError as error:
        faults.append(str(error))
        return before
    return text


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
