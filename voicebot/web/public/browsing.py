"""The questions and answers, to be read."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from voicebot.bot import Bot
from voicebot.dialogue import Knowledge
from voicebot.events import typed
from voicebot.faq.entry import Department, Entry

MOST_RELATED = 3


def add_browsing(blueprint: Blueprint, bot: Bot) -> None:
    """`/`, a department's questions, one answer."""

    @blueprint.get("/")
    def home() -> str:
        return render_template("public/home.html", groups=departments_of(bot.knowledge()))

    @blueprint.get("/d/<department>")
    def department(department: str) -> str:
        for known, entries in departments_of(bot.knowledge()):
            if known.id == department:
                return render_template("public/department.html", department=known, entries=entries)
        abort(404)

    @blueprint.get("/q/<entry>")
    def entry(entry: str) -> str:
        known = bot.knowledge()
        if entry not in known.faq:
            abort(404)
        found = known.faq[entry]
        return render_template(
            "public/entry.html", entry=found, department=department_of(known, found), related=_related(known, found)
        )


def departments_of(known: Knowledge) -> list[tuple[Department, list[Entry]]]:
    """The departments that have questions, with them."""
    groups = [(d, [e for e in known.faq.entries if e.department == d.id]) for d in known.faq.departments]
    return [(department, entries) for department, entries in groups if entries]


def department_of(known: Knowledge, entry: Entry) -> Department:
    """The department of an entry."""
    return next(department for department in known.faq.departments if department.id == entry.department)


def _related(known: Knowledge, entry: Entry) -> list[Entry]:
    """The nearest other questions, by the matcher's own measure."""
    ranking = known.understand(typed(entry.question)).ranking
    others = [c.entry for c in ranking.candidates if c.entry != entry.id and c.entry in known.faq]
    return [known.faq[other] for other in others[:MOST_RELATED]]
