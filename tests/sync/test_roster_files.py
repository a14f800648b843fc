"""What an office's files say of a site's people."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sync.centre.roster_files import Reading
from sync.documents import RosterContent, RosterPerson


def test_a_list_of_numbers_and_names_is_enough_for_a_roster(tmp_path: Path) -> None:
    """Columns that are left out are the usual: no unit, active; a kiosk can read it."""
    file = tmp_path / "people.csv"
    file.write_text("nip,nama\n198501012010011001,Budi\n")
    reading = Reading(RosterContent())
    reading.file(file)
    assert reading.content.people == (RosterPerson("198501012010011001", "Budi"),)
    assert msgspec.json.decode(msgspec.json.encode(reading.content), type=RosterContent) == reading.content
