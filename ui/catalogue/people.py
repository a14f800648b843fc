"""Staff as the operator sees them, and what is done for one of them."""

from __future__ import annotations

from ui.catalogue.base import Texts

WORDS: Texts = {
    "people.total": ("{n} orang", "{n} person|{n} people"),
    "people.inactive": ("{number} · tidak aktif", "{number} · inactive"),
    "people.add": ("Tambah", "Add"),
    "people.search": ("Cari", "Search"),
    "people.added": ("Pegawai ditambahkan", "Person added"),
    "people.added.1": ("Berikutnya: daftarkan jarinya", "Next: enrol a finger"),
    "people.not_added": ("Tidak ditambahkan", "Not added"),
    "deed.enrol": ("Daftarkan jari", "Enrol a finger"),
    "deed.enrol_face": ("Daftar wajah", "Enrol face"),
    "deed.pin": ("Beri PIN", "Give a PIN"),
    "deed.paper": ("Susulan dari kertas", "Late entry from paper"),
    "deed.absence": ("Cuti, izin, sakit, dinas", "Leave, sickness, duty"),
    "deed.own_data": ("Data miliknya", "Their own data"),
    "deed.withdraw": ("Cabut persetujuan", "Withdraw consent"),
    "deed.leave": ("Nonaktifkan", "Deactivate"),
    "deed.come_back": ("Aktifkan lagi", "Activate again"),
    "withdraw.1": (
        "Sidik jari, wajah dan PIN dihapus sekarang juga dari kiosk ini, pembaca jari dan terminal.",
        "Fingers, face and PIN are deleted now from this kiosk, its finger reader and terminals.",
    ),
    "withdraw.2": (
        "Presensi yang sudah tercatat tetap ada.",
        "Attendance that was recorded stays.",
    ),
    "withdraw.3": (
        "Setelah itu presensi dengan cara lain, atau setuju lagi dan daftar ulang.",
        "After that punch another way, or agree and enrol again.",
    ),
    "withdrawn": ("Persetujuan dicabut", "Consent withdrawn"),
    "leave.1": (
        "Pegawai ini tidak bisa presensi lagi di kiosk ini. Catatannya tetap ada.",
        "This person can no longer punch at this kiosk. Their records stay.",
    ),
    "leave.2": ("Bisa diaktifkan lagi kapan saja.", "They can be activated again at any time."),
    "left": ("Pegawai dinonaktifkan", "Person deactivated"),
    "came_back": ("Pegawai aktif lagi", "Person active again"),
    "deed.days": ("Rekap bulan ini", "This month's recap"),
}
