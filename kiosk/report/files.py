"""A recap as a workbook, as pages and as comma-separated values; the figures are the recap's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from kiosk.core.deductions import per_cent
from kiosk.core.desk import Recap
from kiosk.core.recap import PersonRecap

if TYPE_CHECKING:
    from fpdf import FPDF

Kind = Literal["xlsx", "pdf", "csv"]
KINDS: tuple[Kind, ...] = ("xlsx", "pdf", "csv")
SUM_HEADS = (
    "NIP", "Nama", "Kategori", "Unit", "Wajib", "Hadir", "Tidak lengkap", "Tanpa keterangan", "Cuti", "Izin",
    "Sakit", "Dinas luar", "Terlambat (menit)", "Pulang awal (menit)", "Lembur (menit)", "Sementara",
    "Usulan potongan",
)  # fmt: skip
DAY_HEADS = (
    "NIP", "Nama", "Tanggal", "Status", "Masuk", "Pulang", "Terlambat (detik)", "Pulang awal (detik)",
    "Lembur (detik)", "Sesi tanpa absen", "Sementara", "Potongan", "Rincian",
)  # fmt: skip


def sums(person: PersonRecap) -> tuple[str | int, ...]:
    """One person's totals in the order of `SUM_HEADS`."""
    t = person.totals
    return (
        person.number, person.name, person.category, person.unit, t.due, t.present, t.incomplete, t.absent,
        t.leave, t.permission, t.sick, t.field_duty, t.late_s // 60, t.early_s // 60, t.overtime_s // 60,
        t.provisional, per_cent(t.cut_bp),
    )  # fmt: skip


def days(person: PersonRecap) -> Iterator[tuple[str | int, ...]]:
    """One person's days in the order of `DAY_HEADS`."""
    for d in person.days:
        yield (
            person.number, person.name, d.day, d.status, d.time_in, d.time_out, d.late_s, d.early_s,
            d.overtime_s, ", ".join(d.missing), "ya" if d.provisional else "", per_cent(d.cut_bp),
            "; ".join(d.why),
        )  # fmt: skip


def made_as(kind: Kind, recap: Recap, signer: Sequence[str] = ()) -> bytes:
    """The file's content; `signer` is title, name and number under the pages."""
    if kind == "pdf":
        return as_pdf(recap, signer)
    return as_xlsx(recap) if kind == "xlsx" else as_csv(recap)


def as_csv(recap: Recap) -> bytes:
    """Every day of everybody, for other systems."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(DAY_HEADS)
    for person in recap.people:
        writer.writerows([_unformula(cell) for cell in row] for row in days(person))
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(recap: Recap) -> bytes:
    """A sheet of sums and a sheet of days."""
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True})
        for title, heads, rows in (
            ("Rekap", SUM_HEADS, [sums(person) for person in recap.people]),
            ("Harian", DAY_HEADS, [row for person in recap.people for row in days(person)]),
        ):
            sheet = book.add_worksheet(title)
            sheet.write(0, 0, f"{recap.site}: {recap.first} s.d. {recap.last}, aturan {recap.policy}", bold)
            sheet.write_row(2, 0, heads, bold)
            for index, row in enumerate(rows):
                sheet.write_row(3 + index, 0, row)
            sheet.freeze_panes(3, 2)
            sheet.set_column(0, 1, 24)
    return content.getvalue()


def as_pdf(recap: Recap, signer: Sequence[str]) -> bytes:
    """The sums with the site's letterhead and a block to sign."""
    from fpdf import FPDF

    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_auto_page_break(auto=True, margin=14)
    pdf.add_page()
    _letterhead(pdf, recap)
    pdf.set_font("helvetica", size=7)
    widths = (30, 48, 14, 30, *(12,) * 13)
    with pdf.table(col_widths=widths, text_align="LEFT", first_row_as_headings=True) as table:
        for cells in (SUM_HEADS, *(sums(person) for person in recap.people)):
            row = table.row()
            for cell in cells:
                row.cell(_latin(str(cell)))
    _signature(pdf, recap, signer)
    return bytes(pdf.output())


def _letterhead(pdf: FPDF, recap: Recap) -> None:
    made = f"dibuat {recap.made_local} {recap.zone}"
    for size, style, text in (
        (14, "B", recap.site), (11, "B", "REKAPITULASI KEHADIRAN"),
        (9, "", f"{recap.first} s.d. {recap.last}, aturan {recap.policy}, {made}"),
    ):  # fmt: skip
        pdf.set_font("helvetica", style=style, size=size)
        pdf.cell(0, 6, _latin(text), align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.line(pdf.l_margin, pdf.get_y() + 1, pdf.w - pdf.r_margin, pdf.get_y() + 1)
    pdf.ln(4)


def _signature(pdf: FPDF, recap: Recap, signer: Sequence[str]) -> None:
    title, name, number = (*signer, "", "", "")[:3]
    pdf.ln(8)
    pdf.set_font("helvetica", size=9)
    for text in ("Mengetahui,", title or "Kepala", "", "", "", name or "." * 40, f"NIP {number or '.' * 34}"):
        pdf.set_x(pdf.w - 90)
        pdf.cell(75, 5, _latin(text), new_x="LMARGIN", new_y="NEXT")


def _latin(text: str) -> str:
    """What the PDF's own fonts can show."""
    return text.encode("latin-1", errors="replace").decode("latin-1")


def _unformula(cell: str | int) -> str | int:
    """A name must not become a formula in somebody's spreadsheet."""
    return (
        f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "@", "-") and len(cell) > 1 else cell
    )
