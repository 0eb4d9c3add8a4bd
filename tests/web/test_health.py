"""Alive is not ready."""

from datetime import UTC, datetime

import pytest

from tests.dialogue.conftest import KNOWLEDGE
from tests.twilio.world import FakeEars, LostRecord
from voicebot.dialogue import Knowledge
from voicebot.faq import Faq


def test_the_line_is_alive_and_ready(make_client):
    client = make_client()

    assert client.get("/healthz").get_json() == {"status": "ok"}
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()) == (200, {"ready": True, "missing": {}})


MISSING = {
    "speech": {"ears": FakeEars([], ready=False)},
    "record": {"record": LostRecord()},
}


@pytest.mark.parametrize(("name", "differs"), MISSING.items(), ids=MISSING.keys())
def test_what_a_call_would_lack_is_named(make_client, name, differs):
    client = make_client(**differs)
    response = client.get("/readyz")

    assert response.status_code == 503
    assert list(response.get_json()["missing"]) == [name]
    assert client.get("/healthz").status_code == 200


def far():
    return datetime(2090, 11, 20, 2, 0, tzinfo=UTC)


class Unlearnt:
    """A recogniser to which something is new."""

    def unlearnt(self):
        return ("护照", "护照怎么办")


DISPENSABLE = {
    "hearing": {"hearing": Unlearnt()},
    "faq": {"knowledge": Knowledge(Faq(), KNOWLEDGE.understand)},  # every caller reaches a person
    "calendar": {"now": far},
}


@pytest.mark.parametrize(("name", "differs"), DISPENSABLE.items(), ids=DISPENSABLE.keys())
def test_what_callers_can_be_served_without_is_named_but_takes_nobody_off_the_line(make_client, name, differs):
    response = make_client(**differs).get("/readyz")

    assert response.status_code == 200
    assert response.get_json()["ready"] is True
    assert list(response.get_json()["missing"]) == [name]
