"""The demo's people: made up, with numbers whose every part is valid."""

from __future__ import annotations

from kiosk.core.api import PersonRow

_STAFF = (
    ("197804122005012003", "Dr. Hj. Siti Rahmawati, S.Pd., M.M.", "PNS", "Kepala Sekolah"),
    ("198501012010011001", "Ahmad Fauzi Nasution, S.Pd.", "PNS", "Guru Matematika"),
    ("199002142015032002", "Dewi Lestari Wulandari, S.Si.", "PNS", "Guru Biologi"),
    ("198207232008011004", "I Made Suardana, S.Kom.", "PNS", "Guru Informatika"),
    ("197511302003121001", "Bambang Hariyanto, S.E.", "PNS", "Tata Usaha"),
    ("199208172019031005", "Yohanes Kristianto Manurung", "PNS", "Guru Olahraga"),
    ("198809092014022001", "Maria Goreti Tambunan, S.S.", "PNS", "Guru Bahasa Inggris"),
    ("199405252022212007", "Nurul Hidayati Fitriani, S.Pd.", "P3K", "Guru Kelas"),
    ("199112032023211009", "Rizky Ramadhan Pratama, S.Pd.", "P3K", "Guru Kelas"),
    ("3201014507950002", "Ayu Puspitasari", "honorer", "Perpustakaan"),
    ("3276021203880004", "Slamet Riyadi", "honorer", "Penjaga Sekolah"),
    ("G-2026-01", "Putri Anggraini", "guest", "Mahasiswa PPL"),
)

PEOPLE = tuple(PersonRow(line, *fields) for line, fields in enumerate(_STAFF, 1))

FACE = PEOPLE[2].number
"""Whose face is before the emulated camera when somebody is: the portrait of `kiosk.demo.faces`."""
