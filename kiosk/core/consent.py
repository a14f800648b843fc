"""The consent that is read and agreed to before any enrolment (UU 27/2022, articles 20 to 22)."""

from __future__ import annotations

VERSION = "2026-1"
TEXTS = {
    "id": """Persetujuan pemrosesan data pribadi (versi 2026-1)
Alat ini menyimpan nama, nomor kepegawaian, templat sidik jari dan/atau wajah, foto saat absen, \
waktu dan tempat absen Anda. Tujuannya hanya mencatat kehadiran dan membuat rekap untuk kantor \
kepegawaian. Templat disandikan, tidak dapat dijadikan gambar jari kembali, dan dihapus bila Anda \
berhenti, meminta, atau masa simpan berakhir. Foto dihapus setelah masa simpannya. Anda dapat \
menolak dan absen dengan PIN, foto dan saksi; dapat menarik persetujuan kapan saja; dan dapat \
meminta salinan data Anda. Saya telah membaca dan menyetujui.""",
    "en": """Consent to the processing of personal data (version 2026-1)
This device stores your name, staff number, fingerprint and/or face templates, photos taken at a \
punch, and the time and place of your punches. The only purpose is to record attendance and to make \
recaps for the personnel office. Templates are encrypted, cannot be turned back into a picture, and \
are deleted when you leave, ask for it, or their retention ends. Photos are deleted after their \
retention. You may refuse and punch with PIN, photo and witness; you may withdraw at any time; and \
you may ask for a copy of your data. I have read this and agree.""",
}
