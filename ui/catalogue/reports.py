"""Presence checks, recaps and the day's seal."""

from __future__ import annotations

from ui.catalogue.base import Texts

WORDS: Texts = {
    # presence check
    "presence.title": ("Cek kehadiran", "Presence check"),
    "lead.presence": ("Semua pegawai", "All staff"),
    "presence.confirmed": ("sudah konfirmasi", "have confirmed"),
    "presence.left": ("Sisa {duration}", "{duration} left"),
    "presence.call": ("Panggil sekarang", "Call now"),
    "presence.call.lead": ("Berapa lama waktunya?", "How much time do they have?"),
    "presence.window": ("{duration}", "{duration}"),
    "presence.empty": ("Hari ini belum ada cek kehadiran", "No presence check yet today"),
    "presence.counts": (
        "{confirmed} hadir · {rest} tidak · {excused} berhalangan",
        "{confirmed} here · {rest} not · {excused} excused",
    ),
    "presence.rest": ("Tidak konfirmasi", "Did not confirm"),
    "presence.excused": ("Berhalangan", "Excused"),
    "presence.seen": ("Hadir", "Here"),
    # recap
    "recap.day": ("Hari ini", "Today"),
    "recap.week": ("Minggu ini", "This week"),
    "recap.month": ("Bulan ini", "This month"),
    "recap.from": ("{first} sampai {last}", "{first} to {last}"),
    "recap.sums": (
        "Hadir {present} · alpa {absent} · lain {away}",
        "Present {present} · absent {absent} · other {away}",
    ),
    "recap.late": ("+ {duration}", "+ {duration}"),
    "recap.day_late": ("{status}, terlambat {duration}", "{status}, late {duration}"),
    "status_of.present": ("Hadir", "Present"),
    "status_of.incomplete": ("Belum lengkap", "Incomplete"),
    "status_of.absent": ("Alpa", "Absent"),
    "status_of.leave": ("Cuti", "Leave"),
    "status_of.permission": ("Izin", "Permission"),
    "status_of.sick": ("Sakit", "Sick"),
    "status_of.field_duty": ("Dinas luar", "Field duty"),
    "status_of.holiday": ("Hari libur", "Holiday"),
    "status_of.other": ("Lainnya", "Other"),
    # seal
    "seal.count": ("{n} catatan", "{n} record|{n} records"),
    "seal.span": ("No. {first} sampai {last}", "No. {first} to {last}"),
    "seal.photo": (
        "Foto kode ini dan simpan jauh dari kiosk: bukti bahwa catatan tidak diubah",
        "Photograph this code and keep it away from the kiosk: proof that no record was altered",
    ),
}
