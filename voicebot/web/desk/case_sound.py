"""What callers left after the beep, to be listened to."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, abort, request, send_file

from voicebot.web.desk.case_shown import Cases
from voicebot.web.desk.sessions import audit


def add_sound(blueprint: Blueprint, cases: Cases) -> None:
    """`/desk/cases/<number>/messages/<id>.wav`."""

    @blueprint.get("/<number>/messages/<int:message>.wav")
    def sound(number: str, message: int) -> Response:
        ticket = cases.found(number)
        row = cases.bot.record.message_of(ticket.id, message)
        folder = (cases.bot.settings.data / "messages").resolve()
        path = Path(row.file).resolve() if row is not None and row.file else None
        if path is None or not path.is_relative_to(folder) or not path.is_file():
            abort(404)
        if request.headers.get("Range", "bytes=0-").startswith("bytes=0-"):  # browsers fetch the rest in pieces
            audit("case.listen", number, str(message))
        return send_file(path, mimetype="audio/wav", conditional=True, max_age=0)
