"""The technician's pages: delivery, time, versions."""

from __future__ import annotations

from ui.catalogue.base import Texts

WORDS: Texts = {
    "tech.backlog": ("Menunggu dikirim", "Waiting to be sent"),
    "tech.accepted": ("Diterima pusat", "Accepted by the centre"),
    "tech.device": ("Nama perangkat", "Device name"),
    "tech.tenant": ("di {name}", "of {name}"),
    "tech.time": ("Jam kiosk", "Kiosk time"),
    "tech.source": ("Sumber jam", "Source of time"),
    "tech.offset": ("Beda dengan sistem", "Apart from the system"),
    "tech.seconds": ("{duration}", "{duration}"),
    "tech.fine": ("Tidak ada masalah", "No problems"),
    "tech.people": ("Pegawai / jari", "People / fingers"),
    "tech.ledger": ("Catatan buku besar", "Ledger records"),
    "tech.policy": ("Aturan", "Policy"),
    "tech.software": ("Versi", "Version"),
    "tech.uptime": ("Menyala selama", "Running for"),
    "source.ntp": ("Internet (NTP)", "Internet (NTP)"),
    "source.rtc": ("Baterai (RTC)", "Battery (RTC)"),
    "source.gps": ("GPS", "GPS"),
    "source.centre": ("Pusat", "Centre"),
    "source.terminal": ("Terminal", "Terminal"),
    "source.courier": ("Kurir USB", "USB courier"),
    "source.operator": ("Operator", "Operator"),
    "source.none": ("Belum pasti", "Not certain"),
    "source.other": ("Lainnya", "Other"),
}
