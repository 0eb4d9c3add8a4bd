"""A report in Word, in the type Chinese offices write in: the page for leaders is one page of A4."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt

from voicebot.insight.document import Report, Section, rows_with_marks
from voicebot.insight.making import basis_words, mark_words, report_words

FONT: Final = "宋体"
WIDTH, HEIGHT, MARGIN = Cm(21.0), Cm(29.7), Cm(1.6)
TABLE, BASIS = "Table Text", "Basis"
"""Our styles of paragraphs."""
PADDING: Final = 4
"""Of a cell, in half-width letters."""


def as_docx(report: Report) -> bytes:
    """One page, then the annex."""
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
            document.add_paragraph(f"[{n}] {basis_words(basis)}", BASIS)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_up(document: Any) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = WIDTH, HEIGHT
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = MARGIN
    for name in (TABLE, BASIS):
        document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles["Normal"]
    sizes = {"Normal": (9.5, 0, 1), "Title": (17, 0, 3), "Heading 1": (11, 4, 1), TABLE: (8.5, 0, 0), BASIS: (8, 0, 0)}
    for name, (size, before, after) in sizes.items():
        style = document.styles[name]
        style.font.size, style.font.name = Pt(size), FONT
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.line_spacing = 1.0


def _add(document: Any, report: Report, section: Section) -> None:
    document.add_heading(section.title, 1)
    for claim in section.claims:
        document.add_paragraph(claim.text + mark_words(report.mark_of(claim.basis)))
    if section.table is None:
        return
    lines = [section.table.head]
    for row, mark in rows_with_marks(report, section.table):
        lines.append((row[0] + mark_words(mark), *row[1:]))
    table = document.add_table(rows=len(lines), cols=len(lines[0]), style="Table Grid")
    table.autofit = False
    widths = [Emu(int((WIDTH - 2 * MARGIN) * share)) for share in column_shares(lines)]
    for width, column in zip(widths, table.columns, strict=True):
        column.width = width
    for n, (line, row) in enumerate(zip(lines, table.rows, strict=True)):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for text, width, cell in zip(line, widths, row.cells, strict=True):
            cell.width = width
            cell.paragraphs[0].style = TABLE
            cell.paragraphs[0].add_run(text).bold = n == 0
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def column_shares(lines: Sequence[Sequence[str]], letters: int = 112) -> list[float]:
    """The share of each column in a table that is so many half-width letters wide: none is narrower than its longest
    text while there is room; then short ones keep their width and the long ones share the rest as they need it.
    """
    wanted = [PADDING + max(_letters(text) for text in column) for column in zip(*lines, strict=True)]
    total, left, widths = len(wanted), float(letters), [0.0] * len(wanted)
    open_ = sorted(range(total), key=lambda n: wanted[n])
    while open_ and wanted[open_[0]] <= left / len(open_):
        n = open_.pop(0)
        widths[n] = wanted[n]
        left -= wanted[n]
    need = sum(wanted[n] for n in open_)
    for n in open_:
        widths[n] = left * wanted[n] / need
    return [width / sum(widths) for width in widths]


def _letters(text: str) -> int:
    """Width in half-width letters (UAX #11)."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)
