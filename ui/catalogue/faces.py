"""What is said to whoever stands before the camera."""

from __future__ import annotations

from ui.catalogue.base import Texts

WORDS: Texts = {
    # whom the camera does not place, or only greets
    "unknown_face.title": ("Wajah tidak dikenal", "Face not known"),
    "lead.unknown_face": ("Belum tercatat", "Not recorded"),
    "unknown_face.1": ("Lihat lurus ke kamera, tanpa masker", "Look straight at the camera, no mask"),
    "unknown_face.2": ("Atau tempelkan jari yang terdaftar", "Or use an enrolled finger"),
    "unknown_face.3": ("Belum terdaftar? Hubungi operator", "Not enrolled? Ask the operator"),
    "unknown_face_last.title": ("Wajah belum dikenali", "Face not recognised"),
    "lead.unknown_face_last": ("Belum tercatat", "Not recorded"),
    "unknown_face_last.1": ("Tempelkan jari yang terdaftar", "Use an enrolled finger"),
    "unknown_face_last.2": ("Atau pakai PIN", "Or use your PIN"),
    "unknown_face_last.3": ("Belum terdaftar? Hubungi operator", "Not enrolled? Ask the operator"),
    "ambiguous.title": ("Mirip dengan rekan Anda", "You look like a colleague"),
    "lead.ambiguous": ("Belum tercatat", "Not recorded"),
    "ambiguous.1": ("Tempelkan jari Anda", "Use your finger"),
    "ambiguous.2": ("Atau ketik 4 angka terakhir NIP", "Or type the last 4 digits of your NIP"),
    "digits.key": ("Ketik angka", "Type digits"),
    "digits.title": ("Siapa Anda?", "Who are you?"),
    "digits.label": ("4 angka terakhir NIP", "Last 4 digits of the NIP"),
    "digits.wrong": ("Bukan angka terakhir NIP Anda berdua", "Not the last digits of either of you"),
    "lead.greeting": ("Tidak dicatat", "Not recorded"),
    "greeting.extra": ("Presensi Anda sudah ada", "You have your punch already"),
    "greeting.extra.1": ("Perlu mencatat lagi? Pakai jari", "To record once more, use a finger"),
    "greeting.outside": ("Halo! Di luar jam presensi", "Hello! Outside attendance hours"),
    "greeting.outside.1": ("Perlu mencatat? Pakai jari", "To record it, use a finger"),
    "greeting.closed": ("Halo! Di luar jam presensi", "Hello! Outside attendance hours"),
    "greeting.closed.1": ("Kembali pada jam presensi", "Come back at attendance hours"),
    "greeting.other": ("Halo!", "Hello!"),
    "greeting.other.1": ("Perlu mencatat? Pakai jari", "To record it, use a finger"),
    # before the camera
    "face.look": ("Lihat ke kamera", "Look at the camera"),
    "ask.blink": ("Kedipkan mata", "Blink"),
    "ask.left": ("Tengok ke kiri", "Turn left"),
    "ask.right": ("Tengok ke kanan", "Turn right"),
    "ask.closer": ("Majukan wajah", "Lean closer"),
    "ask.other": ("Lihat ke kamera", "Look at the camera"),
    "advice.closer": ("Maju sedikit", "Come closer"),
    "advice.back": ("Mundur sedikit", "Step back"),
    "advice.light": ("Kurang terang", "Too dark here"),
    "advice.glare": ("Terlalu terang", "Too bright here"),
    "advice.still": ("Diam sebentar", "Hold still"),
    "advice.straight": ("Lihat lurus ke kamera", "Look straight ahead"),
    "advice.eyes": ("Buka mata", "Open your eyes"),
    "advice.nobody": ("Wajah belum terlihat", "No face in view"),
    "advice.alone": ("Satu orang saja", "One person only"),
    "advice.less": ("Jangan terlalu jauh", "Not quite so far"),
    "advice.other": ("Lihat ke kamera", "Look at the camera"),
}
