"""What somebody may see, and how people and questions are called on pages."""

from __future__ import annotations

from flask import g

from voicebot.bot import Bot
from voicebot.staffing.accounts import User
from voicebot.staffing.plan import Office, departments_of
from voicebot.store.sight import Sight


def sight_of(user: User, office: Office) -> Sight:
    """What somebody who is logged in may see."""
    works_for = departments_of(office, user.id)
    return Sight(user.id, user.unit, works_for | ({user.unit} if user.unit else set()))


class Names:
    """Names for ids, as colleagues know them; what is not known keeps its id."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    def person(self, person: str) -> str:
        """Somebody of the roster, or with an account."""
        known = self._bot.office().roster.person(person)
        if known is not None:
            return known.name
        if "account_names" not in g:  # once a page, however many it names
            g.account_names = {account.id: account.name for account in self._bot.record.accounts()}
        return str(g.account_names.get(person, person))

    def question(self, entry: str | None) -> str:
        """The question of an entry of the FAQ; one that is gone keeps its id."""
        faq = self._bot.knowledge().faq
        return faq[entry].question if entry and entry in faq else entry or ""

    def answer(self, entry: str | None) -> str:
        """Its answer; empty when it is gone."""
        faq = self._bot.knowledge().faq
        return faq[entry].answer if entry and entry in faq else ""
