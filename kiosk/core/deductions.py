"""The deduction table: from minutes and days to a proposed cut of the allowance, with its arithmetic.

Nothing is ever applied: the recap shows the proposal and the personnel office decides.
"""

from __future__ import annotations

from kiosk.core.policy import Deduction, Policy

Line = tuple[int, str]


def per_cent(basis_points: int) -> str:
    """Hundredths of a per cent as Indonesians write them: `1,50 %`."""
    return f"{basis_points // 100},{basis_points % 100:02} %"


def span(seconds: int) -> str:
    """Seconds in words: `1 jam 2 menit 3 detik`."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{n} {word}" for n, word in ((hours, "jam"), (minutes, "menit"), (left, "detik")) if n]
    return " ".join(parts) or "0 menit"


def day_cuts(policy: Policy, late_s: int, early_s: int, missing: int) -> list[Line]:
    """What one day's lateness, early leave and missing sessions cost."""
    found = []
    for kind, seconds, word in (("late", late_s, "terlambat"), ("early", early_s, "pulang awal")):
        row = _row(policy, kind, seconds // 60)
        if row and row.basis_points:
            found.append(
                (row.basis_points, f"potongan {word} {seconds // 60} menit: {per_cent(row.basis_points)}")
            )
    row = _row(policy, "missing", 1)
    if row and missing:
        cut, each = row.basis_points * missing, per_cent(row.basis_points)
        found.append((cut, f"potongan {missing} sesi tanpa absen: {missing} x {each} = {per_cent(cut)}"))
    return found


def status_cut(policy: Policy, status: str) -> list[Line]:
    """What a whole day of absence, leave, permission or sickness costs."""
    row = _row(policy, status, 1)
    return [(row.basis_points, f"potongan {WORDS[status]}: {per_cent(row.basis_points)}")] if row else []


def accumulated_cut(policy: Policy, seconds: int) -> list[Line]:
    """What the whole period's lateness and early leave add up to."""
    found = []
    for row in policy.deductions:
        if row.kind == "accumulated" and (times := seconds // 60 // row.from_min):
            cut = times * row.basis_points
            words = f"akumulasi {seconds // 60} menit : {row.from_min} menit = {times}; "
            found.append((cut, words + f"{times} x {per_cent(row.basis_points)} = {per_cent(cut)}"))
    return found


def capped(policy: Policy, cut_bp: int) -> list[Line]:
    """The sum, not above the policy's limit."""
    if cut_bp <= policy.deduction_cap:
        return [(cut_bp, f"jumlah usulan potongan: {per_cent(cut_bp)}")]
    limit = policy.deduction_cap
    return [(limit, f"jumlah usulan potongan: {per_cent(cut_bp)}, dibatasi {per_cent(limit)}")]


WORDS = {"absent": "tanpa keterangan", "leave": "cuti", "permission": "izin", "sick": "sakit"}


def _row(policy: Policy, kind: str, minutes: int) -> Deduction | None:
    return next(
        (
            row
            for row in policy.deductions
            if row.kind == kind and row.from_min <= minutes and (not row.to_min or minutes < row.to_min)
        ),
        None,
    )
