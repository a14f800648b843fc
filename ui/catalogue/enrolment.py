"""What is said while a finger or a face is enrolled."""

from __future__ import annotations

from ui.catalogue.base import Texts

WORDS: Texts = {
    # enrolment
    "lead.enrol": ("Pendaftaran jari", "Finger enrolment"),
    "lead.enrol_face": ("Pendaftaran wajah", "Face enrolment"),
    "enrol.place": ("Tempelkan jari", "Place your finger"),
    "enrol.lift": ("Angkat jari", "Lift your finger"),
    "enrol.again": ("Tempelkan jari yang sama lagi", "Place the same finger again"),
    "enrol.saved": ("Jari tersimpan", "Finger saved"),
    "enrol.failed": ("Pendaftaran gagal", "Enrolment failed"),
    "enrol.failed.hint": ("Ulangi bersama operator", "Try again with the operator"),
    "enrol.step.1": ("Tempel pertama", "First touch"),
    "enrol.step.2": ("Angkat", "Lift"),
    "enrol.step.3": ("Tempel kedua", "Second touch"),
    "enrol.step.4": ("Selesai", "Done"),
    "face.saved": ("Wajah terdaftar", "Face enrolled"),
    "face.alike": ("Mirip dengan {name}: keduanya akan ditanya", "Looks like {name}: both will be asked"),
    # fingers
    "finger.right_thumb": ("Jempol kanan", "Right thumb"),
    "finger.right_index": ("Telunjuk kanan", "Right index"),
    "finger.right_middle": ("Tengah kanan", "Right middle"),
    "finger.right_ring": ("Manis kanan", "Right ring"),
    "finger.right_little": ("Kelingking kanan", "Right little"),
    "finger.left_thumb": ("Jempol kiri", "Left thumb"),
    "finger.left_index": ("Telunjuk kiri", "Left index"),
    "finger.left_middle": ("Tengah kiri", "Left middle"),
    "finger.left_ring": ("Manis kiri", "Left ring"),
    "finger.left_little": ("Kelingking kiri", "Left little"),
    # consent
    "consent.agree": ("Saya setuju", "I agree"),
    "consent.refuse": ("Tidak", "No"),
    "consent.refused": ("Tidak didaftarkan", "Not enrolled"),
    "consent.refused.1": ("Presensi bisa dengan PIN dan saksi", "Punch with PIN and witness instead"),
    # how to hold the face
    "pose.front": ("Lihat lurus ke kamera", "Look straight ahead"),
    "pose.left": ("Tengok sedikit ke kiri", "Turn a little left"),
    "pose.right": ("Tengok sedikit ke kanan", "Turn a little right"),
    "pose.up": ("Angkat dagu sedikit", "Raise your chin a little"),
    "pose.down": ("Tundukkan sedikit", "Lower your chin a little"),
    "pose.other": ("Lihat ke kamera", "Look at the camera"),
}
