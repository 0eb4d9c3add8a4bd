"""The figures once more, slowly: plain Python over the rows as they stand, each definition written down again from the
words in figures.toml. Shares no code with `voicebot.insight`.
"""

from collections import defaultdict
from datetime import timedelta, timezone
from fractions import Fraction

BEIJING = timezone(timedelta(hours=8))
DAY = timedelta(hours=24)


def local(moment):
    return moment.astimezone(BEIJING)


class Oracle:
    """`calls`, `attempts`, `tickets`, `links` are lists of dicts; `links` say which ticket a call is about."""

    def __init__(self, calls, attempts, tickets, links, calendar, now):
        self.now, self.calendar = now, calendar
        self.calls = [c for c in calls if c["channel"] == "twilio" and self.over(c)]
        self.attempts = defaultdict(list)
        for attempt in attempts:
            self.attempts[attempt["call_id"]].append(attempt)
        self.tickets = tickets
        self.by_id = {t["id"]: t for t in tickets}
        self.every_call = {c["id"]: c for c in calls}
        self.linked = defaultdict(list)
        for link in links:
            self.linked[link["call_id"]].append(link)

    def over(self, call):
        ended = call["ended_at"] is not None and call["ended_at"] < self.now - timedelta(seconds=60)
        return ended or call["started_at"] < self.now - timedelta(hours=4)

    # Calls

    def talked(self, call):
        return call["outcome"] == "connected"

    def wanted(self, call):
        return call["wanted_at"] is not None

    def complained(self, call):
        return any(link["kind"] == "complaint" for link in self.linked[call["id"]])

    def again(self, call):
        if not call["caller_key"]:
            return False
        for other in self.calls:
            if other["caller_key"] != call["caller_key"] or other is call:
                continue
            later = (other["started_at"], other["id"]) > (call["started_at"], call["id"])
            soon = other["started_at"] - call["started_at"] <= DAY
            same = None in (call["topic"], other["topic"]) or call["topic"] == other["topic"]
            if later and soon and same:
                return True
        return False

    def same_day(self, call):
        """This caller's calls of the day in which a person was wanted, in order."""
        if not call["caller_key"]:
            return [call] if self.wanted(call) else []
        day = local(call["started_at"]).date()
        mine = [
            c
            for c in self.calls
            if c["caller_key"] == call["caller_key"] and self.wanted(c) and local(c["started_at"]).date() == day
        ]
        return sorted(mine, key=lambda c: (c["started_at"], c["id"]))

    def first_today(self, call):
        return self.same_day(call)[:1] == [call]

    def got_through(self, call):
        if any(self.talked(c) for c in self.same_day(call)):
            return True
        day = local(call["started_at"]).date()
        answers = [self.by_id[link["ticket_id"]]["first_response_at"] for link in self.linked[call["id"]]]
        return any(at is not None and local(at).date() == day for at in answers)

    def rung(self, call):
        return [a for a in self.attempts[call["id"]] if a["person"] or a["leg"] or a["started_at"] != a["ended_at"]]

    def why_missed(self, call):
        if not self.wanted(call) or self.talked(call):
            return None
        rung = [a["outcome"] for a in self.rung(call)]
        every = [a["outcome"] for a in self.attempts[call["id"]]]
        faulty = call["reason"] in ("speech-fault", "store-fault", "faq-fault", "fault")
        if call["end_reason"] == "connection-lost" or (rung and all(o == "failed" for o in rung)):
            return "fault"
        if faulty and not rung:
            return "fault"
        at = local(call["wanted_at"])
        spans = self.calendar.open_spans(at.date())
        if not any(a <= at < b for a, b in spans):
            between = any(b <= at for _, b in spans) and any(a > at for a, _ in spans)
            return "lunch" if between else "after-hours"
        if call["end_reason"] == "caller-hung-up" and call["waited_s"] is not None and call["waited_s"] < 15:
            return "left-early"
        if call["reason"] == "busy":
            return "over-capacity"
        if not rung:
            return "left-desk" if "nobody" in every else "over-capacity"
        said = [o for o in rung if o not in ("failed", "caller-left")]
        if not said or "no-answer" in said or None in said:
            return "no-answer"
        return "busy" if "busy" in said else "left-desk"

    def left(self, call):
        if not self.wanted(call) or call["outcome"] != "handed-over" or call["end_reason"] != "caller-hung-up":
            return False
        every = self.attempts[call["id"]]
        return not every or every[-1]["outcome"] == "caller-left"

    def resolved(self, call):
        line = call["outcome"] in ("answered", "confirmed")
        person = self.talked(call) and call["handed_on"] == 0
        poor = call["rating"] is not None and call["rating"] <= 2
        reopened = any(self.by_id[link["ticket_id"]]["reopened"] > 0 for link in self.linked[call["id"]])
        return (line or person) and not (self.again(call) or poor or self.complained(call) or reopened)

    def unsolved(self, call):
        poor = call["rating"] is not None and call["rating"] <= 2
        line = call["outcome"] in ("answered", "confirmed")
        return (self.wanted(call) and call["reason"] != "complaint") or (line and poor)

    def within(self, call, seconds):
        return self.talked(call) and call["waited_s"] is not None and call["waited_s"] <= seconds

    def excused(self, call):
        return not self.talked(call) and self.why_missed(call) in ("fault", "over-capacity")

    def figures_of(self, call):
        """Figure → whether this call counts, for those it belongs to."""
        found = {}
        if self.wanted(call):
            found |= {"reach": self.talked(call), "left": self.left(call)}
            found |= {"in-15s": self.within(call, 15), "in-30s": self.within(call, 30)}
            if not self.excused(call):
                found["reach-net"] = self.talked(call)
        if self.first_today(call):
            found |= {"first": self.talked(call), "same-day": self.got_through(call)}
        if call["outcome"] != "left-early":
            found |= {"direct": self.resolved(call), "again": self.again(call)}
            found["complaints"] = self.complained(call)
        if call["answers"] > 0:
            found["wrong"] = self.unsolved(call)
        if call["rating"] is not None:
            found["satisfied"] = call["rating"] >= 4
        return found

    def volumes_of(self, call):
        return {
            "calls": True,
            "asked": call["outcome"] != "left-early",
            "served": call["outcome"] in ("answered", "confirmed"),
            "wanted": self.wanted(call),
            "talked": self.talked(call),
        }

    # Tickets

    def worked(self, ticket):
        met = self.every_call[ticket["call_id"]]["outcome"] == "connected"
        return not (ticket["kind"] == "call" and met and ticket["reopened"] == 0)

    def ticket_figures(self, ticket):
        """Figure → (deadline, whether it was kept)."""
        if not self.worked(ticket):
            return {}
        found = {}
        closed = ticket["closed_at"]
        if ticket["resolve_by"] is not None and ticket["resolve_by"] < self.now:
            settled = ticket["state"] in ("resolved", "confirmed")
            kept = settled and closed is not None and closed <= ticket["resolve_by"]
            found["on-time"] = (ticket["resolve_by"], kept)
        if ticket["respond_by"] is not None and ticket["respond_by"] < self.now:
            answered = ticket["first_response_at"] or closed
            found["responded"] = (ticket["respond_by"], answered is not None and answered <= ticket["respond_by"])
        return found

    # Sums

    def in_period(self, moment, first, last):
        return first <= local(moment).date() <= last

    def counted(self, first, last, department=None, part=lambda moment, unit: None):
        """part → figure → [hit, of], and part → volume → count."""
        figures = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        volumes = defaultdict(lambda: defaultdict(int))
        for call in self.calls:
            unit = call["department"] or ""
            if not self.in_period(call["started_at"], first, last) or department not in (None, unit):
                continue
            key = part(local(call["started_at"]), unit)
            for figure, hit in self.figures_of(call).items():
                figures[key][figure][0] += hit
                figures[key][figure][1] += 1
            for volume, counts in self.volumes_of(call).items():
                volumes[key][volume] += counts
        for ticket in self.tickets:
            for figure, (deadline, kept) in self.ticket_figures(ticket).items():
                if self.in_period(deadline, first, last) and department in (None, ticket["unit"]):
                    key = part(local(deadline), ticket["unit"])
                    figures[key][figure][0] += kept
                    figures[key][figure][1] += 1
        return figures, volumes

    def worst(self, first, last, department=None):
        """The smallest share over any 24 hours on the full hour, all within the period; None when nobody wanted one."""
        hours = (last - first).days * 24 + 24
        start = local(self.now).replace(
            year=first.year, month=first.month, day=first.day, hour=0, minute=0, second=0, microsecond=0
        )
        shares = []
        for n in range(hours - 23):
            a, b = start + timedelta(hours=n), start + timedelta(hours=n + 24)
            these = [
                c
                for c in self.calls
                if a <= c["started_at"] < b and self.wanted(c) and department in (None, c["department"] or "")
            ]
            if these:
                shares.append(Fraction(sum(self.talked(c) for c in these), len(these)))
        return min(shares, default=None)

    def missed(self, first, last, department=None):
        """(weekday, hour, reason) → count."""
        found = defaultdict(int)
        for call in self.calls:
            if self.in_period(call["started_at"], first, last) and department in (None, call["department"] or ""):
                why = self.why_missed(call)
                if why:
                    at = local(call["started_at"])
                    found[at.weekday(), at.hour, why] += 1
        return dict(found)
