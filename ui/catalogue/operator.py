"""The operator's menu, the first administrator, a lost PIN, the clock, absences, paper, validation."""

from __future__ import annotations

from ui.catalogue.base import Texts

WORDS: Texts = {
    # the menu
    "raise.title": ("Masuk operator", "Operator sign-in"),
    "menu.of": ("Menu {name}", "Menu {name}"),
    "menu.people": ("Pegawai", "People"),
    "menu.queue": ("Pengesahan", "To validate"),
    "menu.today": ("Presensi hari ini", "Today's punches"),
    "menu.presence": ("Cek kehadiran", "Presence checks"),
    "menu.recap": ("Rekap", "Recap"),
    "menu.seal": ("Segel hari ini", "Today's seal"),
    "menu.stick": ("Stik USB", "USB stick"),
    "menu.network": ("Jaringan", "Network"),
    "menu.readers": ("Perangkat", "Devices"),
    "menu.clock": ("Jam", "Clock"),
    "menu.log": ("Catatan terakhir", "Latest records"),
    "menu.diagnostics": ("Diagnosis", "Diagnostics"),
    "today.total": ("{n} presensi", "{n} punch|{n} punches"),
    "log.of": ("{n} catatan dalam buku besar", "{n} record in the ledger|{n} records in the ledger"),
    "log.unreadable": ("Tidak terbaca", "Cannot be read"),
    # the first administrator, a lost PIN, the clock
    "start.first": ("Siapkan", "Set up"),
    "first.title": ("Siapkan kiosk", "Set up this kiosk"),
    "first.1": (
        "Minta kode sekali pakai kepada teknisi: 10 angka.",
        "Ask the technician for the one-time code: 10 digits.",
    ),
    "first.2": (
        "Pemilik kode menjadi administrator pertama kiosk ini, dengan PIN dan jarinya sendiri.",
        "Whoever has it becomes this kiosk's first administrator, by their own PIN and finger.",
    ),
    "first.3": (
        "Setelah itu: tambah pegawai dan daftarkan jari mereka.",
        "After that: add people and enrol their fingers.",
    ),
    "first.go": ("Ketik kode", "Type the code"),
    "first.code": ("Kode dari teknisi, 10 angka", "The technician's code, 10 digits"),
    "raise.lost": ("Lupa PIN", "Lost my PIN"),
    "reset.title": ("PIN baru", "A new PIN"),
    "reset.1": (
        "Telepon pusat atau teknisi, bacakan angka ini, atau kirim foto kodenya.",
        "Call the centre or the technician, read out these digits, or send a photo of the code.",
    ),
    "reset.2": ("Mereka memberi 8 angka jawaban.", "They give you 8 digits in answer."),
    "reset.go": ("Ketik jawaban", "Type the answer"),
    "reset.answer": ("Jawaban, 8 angka", "The answer, 8 digits"),
    "reset.wrong": ("Bukan jawabannya, periksa lagi", "Not the answer, check again"),
    "clock.set": ("Atur jam", "Set the clock"),
    "clock.set.1": ("Dicatat sebagai jam dari operator", "Recorded as an operator's time"),
    "clock.day": ("Tanggal, 8 angka: 23112026", "The day, 8 digits: 23112026"),
    "clock.time": ("Jam, 4 angka: 0710", "The time, 4 digits: 0710"),
    "clock.wrong": ("Bukan tanggal atau jam", "No such day or time"),
    # an absence, a punch from paper
    "absence.lead": ("Tidak masuk karena apa?", "Away for what reason?"),
    "absence.leave": ("Cuti", "Leave"),
    "absence.permission": ("Izin", "Permission"),
    "absence.sick": ("Sakit", "Sick"),
    "absence.field_duty": ("Dinas luar", "Field duty"),
    "absence.holiday": ("Hari libur", "Holiday"),
    "absence.other": ("Keterangan lain", "Other reason"),
    "absence.first": ("Mulai hari apa?", "From which day?"),
    "absence.days": ("Berapa hari?", "How many days?"),
    "absence.put": ("Ketidakhadiran dicatat", "Absence recorded"),
    "day.named": ("{date}", "{date}"),
    "day.until": ("sampai {date}", "to {date}"),
    "paper.day": ("Hari di kertas", "The day on paper"),
    "paper.time": ("Jam di kertas, 4 angka: 0710", "Time on paper, 4 digits: 0710"),
    "paper.no_time": ("Bukan jam: 0000 sampai 2359", "No time of day: 0000 to 2359"),
    "paper.reason": ("Alasan presensi kertas", "Why it was on paper"),
    # punches to validate
    "queue.empty": ("Tidak ada yang menunggu", "Nothing waits"),
    "queue.row": ("{time} · {what}", "{time} · {what}"),
    "queue.when": ("Waktu: {time}", "Time: {time}"),
    "queue.what": ("Jenis: {what}", "Kind: {what}"),
    "queue.letter": ("Surat: {text}", "Letter: {text}"),
    "queue.note": ("Keterangan: {text}", "Note: {text}"),
    "queue.accept": ("Sahkan", "Accept"),
    "queue.reject": ("Tolak", "Reject"),
}
