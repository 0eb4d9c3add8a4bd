"""A report as a file: HTML that stands alone, CSV, Word (`word.py`)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Final

import jinja2

from voicebot.content import data_text
from voicebot.insight.document import Report, rows_with_marks
from voicebot.insight.making import basis_words, mark_words, report_words
from voicebot.insight.word import as_docx

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
            rows.writerow([_cell(claim.text), mark_words(report.mark_of(claim.basis))])
        if section.table is not None:
            rows.writerow(section.table.head)
            for row, mark in rows_with_marks(report, section.table):
                rows.writerow([*map(_cell, row), mark_words(mark)])
    rows.writerow([])
    rows.writerow([report_words()["basis"]])
    for n, basis in enumerate(report.marks(), 1):
        rows.writerow([mark_words(n), basis_words(basis)])
    return out.getvalue().encode("utf-8-sig")


RENDERERS: Final[dict[str, tuple[Callable[[Report], bytes], str]]] = {
    "html": (as_html, "text/html"),
    "docx": (as_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "csv": (as_csv, "text/csv"),
}
"""By the ending of the file: how, and its media type."""


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_RISKY) else text
