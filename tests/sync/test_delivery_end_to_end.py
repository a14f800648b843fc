"""Publisher, Mosquitto and `hadir-centre` as they run: every record at the centre, once, in order."""

from __future__ import annotations

from sync.events import LinkChanged
from tests.sync.book import Book
from tests.sync.conftest import Rig
from tests.sync.rig import until


def test_a_backlog_of_a_thousand_drains_in_order_once_each(rig: Rig) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port)
    centre.start()
    book = Book()
    book.person("p1", "198001012005011001", "Budi Santoso")
    book.punches(1_000)
    kiosk = rig.kiosk(book, broker.port, centre.key).start()
    until(kiosk.delivered)
    status = centre.ask("status")
    assert status["records"] == 1_002
    assert status["punches"] == 1_000
    assert status["ledgers"][0]["hash"] == book.current.rows[-1].hash.hex()
    assert centre.ask("punches", "--limit", "1")[0]["name"] == "Budi Santoso"
    assert centre.ask("gaps") == []
    assert centre.ask("verify")[0]["fault"] == ""
    assert LinkChanged("online", "") in kiosk.seen(LinkChanged)
    assert status["devices"][0]["status"] == "online"
    assert kiosk.stop()
    until(lambda: centre.ask("devices")[0]["status"] == "offline")
