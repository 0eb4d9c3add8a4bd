"""A report as a file: HTML that stands alone, Word, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any, Final

import docx
import jinja2
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from voicebot.content import data_text
from voicebot.insight.document import Basis, Report, Section, rows_with_marks
from voicebot.insight.making import report_words

FONT: Final = "宋体"
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula for Excel (OWASP: CSV injection)."""


def as_html(report: Report) -> bytes:
    """One page that needs nothing else."""
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(data_text("report.html"))
    return template.render(report=report, words=report_words(), rows=rows_with_marks).encode()


def as_csv(report: Report) -> bytes:
    """Every table and sentence below each other; opens right in Excel and WPS (UTF-8 with a mark, CRLF)."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([report.title])
    rows.writerow([report.made])
    for section in report.sections:
        rows.writerow([])
        rows.writerow([section.title])
        for claim in section.claims:
            rows.writerow([_cell(claim.text), _mark(report.mark_of(claim.basis))])
        if section.table is not None:
            rows.writerow(section.table.head)
            for row, mark in rows_with_marks(report, section.table):
                rows.writerow([*map(_cell, row), _mark(mark)])
    rows.writerow([])
    rows.writerow([report_words()["basis"]])
    for n, basis in enumerate(report.marks(), 1):
        rows.writerow([_mark(n), basis_words(basis)])
    return out.getvalue().encode("utf-8-sig")


def as_docx(report: Report) -> bytes:
    """A4, in the type Chinese offices write in."""
    document: Any = docx.Document()
    _set_up(document)
    document.add_heading(report.title, 0)
    document.add_paragraph(report.made)
    for section in report.main:
        _add(document, report, section)
    if report.annex:
        document.add_page_break()
        for section in report.annex:
            _add(document, report, section)
        document.add_heading(report_words()["basis"], 1)
        for n, basis in enumerate(report.marks(), 1):
            document.add_paragraph(f"[{n}] {basis_words(basis)}")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


RENDERERS: Final[dict[str, tuple[Callable[[Report], bytes], str]]] = {
    "html": (as_html, "text/html"),
    "docx": (as_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "csv": (as_csv, "text/csv"),
}
"""By the ending of the file: how, and its media type."""


def basis_words(basis: Basis) -> str:
    """The calls and tickets a mark stands for."""
    words = report_words()
    parts = [f"{words['call']} {'、'.join(basis.calls)}"] if basis.calls else []
    parts += [f"{words['ticket']} {'、'.join(basis.tickets)}"] if basis.tickets else []
    parts += [words["more"].format(n=basis.total)] if basis.more else []
    return "，".join(parts)


def _mark(n: int) -> str:
    return f"[{n}]" if n else ""


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_RISKY) else text


def _set_up(document: Any) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.2)
    page.top_margin = page.bottom_margin = Cm(1.8)
    for name, size in (("Normal", 10.5), ("Title", 20), ("Heading 1", 12)):
        style = document.styles[name]
        style.font.size = Pt(size)
        style.font.name = FONT
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    normal = document.styles["Normal"].paragraph_format
    normal.space_after, normal.space_before = Pt(2), Pt(0)


def _add(document: Any, report: Report, section: Section) -> None:
    document.add_heading(section.title, 1)
    for claim in section.claims:
        document.add_paragraph(claim.text + _mark(report.mark_of(claim.basis)))
    if section.table is None:
        return
    table = document.add_table(rows=1, cols=len(section.table.head), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, section.table.head, strict=True):
        cell.text = text
        cell.paragraphs[0].runs[0].bold = True
    for row, mark in rows_with_marks(report, section.table):
        for cell, text in zip(table.add_row().cells, (row[0] + _mark(mark), *row[1:]), strict=True):
            cell.text = text
