"""Twilio's side of the webhooks: signed requests, and its reading of the answers."""

import itertools
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from tests.twilio.signing import sign
from voicebot.switchboard.twiml import read

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "the auth token"
PUBLIC = "https://line.example"
CALL = "CA" + "0" * 31 + "1"
LEG = "CA" + "0" * 31 + "2"
DESK = "+15005550006"
LINE = "+15005550001"
CALLER = "+15005550009"


MESSAGE = [f"prompts/{name}" for name in ("nobody_open", "registered", "promise_lead", "promise_tail", "message_offer")]
"""What is said before a message when a ticket is stored."""


class Page:
    """A TwiML answer."""

    def __init__(self, response, context):
        self.status = response.status_code
        self.text = response.get_data(as_text=True)
        if self.status == 200:
            assert response.mimetype == "text/xml"
            read(response.get_data(), context, strict=True)
            self.root = ET.fromstring(self.text.encode())

    @property
    def verbs(self):
        return [verb.tag for verb in self.root]

    def find(self, path):
        found = self.root.find(path)
        assert found is not None, self.text
        return found

    @property
    def words(self):
        """What is said and played, by recording name or words; numbers and times are left out."""
        said = [element for element in self.root.iter() if element.tag in ("Say", "Play")]
        names = [
            element.text.rpartition("/clip/")[2].removesuffix(".wav").partition("/")[2]
            if element.tag == "Play"
            else element.text
            for element in said
        ]
        return [name for name in names if not name.startswith("prompts/numbers/")]

    @property
    def kind(self):
        """What the caller's call goes on with."""
        verbs = [verb for verb in self.verbs if verb not in ("Gather", "Say", "Play", "Redirect")]
        return verbs[0] if verbs else None


class Twilio:
    """Asks the line for pages, over a Flask test client."""

    def __init__(self, client):
        self.client = client
        self._tokens = (f"token-{n}" for n in itertools.count())

    def ask(self, name, *, again=None, signed=True, token=None, method="POST", context="call", query="", **fields):
        """One signed webhook about `CALL`, with Twilio's usual fields. `again` repeats an idempotency token."""
        fields = {
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "CallSid": CALL,
            "CallStatus": "in-progress",
            "CallerCity": "",
            "Direction": "inbound",
            "From": CALLER,
            "To": LINE,
        } | fields
        fields = {name: value for name, value in fields.items() if value is not None}
        headers = {"User-Agent": "TwilioProxy/1.1", "I-Twilio-Idempotency-Token": again or next(self._tokens)}
        if method == "GET":
            query = "&".join(filter(None, (query, urlencode(fields))))
            fields = {}
        path = f"/twilio/{name}" + (f"?{query}" if query else "")
        if signed:
            headers["X-Twilio-Signature"] = sign(token or TOKEN, f"{PUBLIC}{path}", fields.items())
        return Page(self.client.open(path, method=method, data=fields, headers=headers), context)
