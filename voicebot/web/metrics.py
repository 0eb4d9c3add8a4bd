"""`/metrics` for Prometheus: the line as it is now. Figures only, and only for who asks on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from voicebot.bot import Bot
from voicebot.errors import StoreLost
from voicebot.store.case_list import CaseFilter
from voicebot.store.sight import Sight

EVERYTHING: Final = Sight("")


class LineNow:
    """What is counted, each time somebody asks."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are known when somebody asks, not when the application is made."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Gauges; those of the record are left out while it cannot be read."""
        yield GaugeMetricFamily("voicebot_speech_ready", "A call would be heard", int(self._bot.speech_ready()))
        entries = len(self._bot.knowledge().faq.entries)
        yield GaugeMetricFamily("voicebot_faq_entries", "Questions that are served", entries)
        try:
            found = self._of_the_record()
        except StoreLost:
            found = {}
        yield GaugeMetricFamily("voicebot_record_ready", "The record can be read", int(bool(found)))
        for (name, what), value in found.items():
            yield GaugeMetricFamily(name, what, value)

    def _of_the_record(self) -> dict[tuple[str, str], int]:
        record, now = self._bot.record, self._bot.now()
        on, callbacks = record.live_calls(), record.owed_callbacks()
        late = CaseFilter(overdue_at=now)
        return {
            ("voicebot_calls_live", "Callers on the line"): len(on),
            ("voicebot_callers_waiting", "Callers who wait for a person"): sum(
                one.waiting is not None and not one.talking for one in on
            ),
            ("voicebot_people_engaged", "Staff who are being rung or talk"): len(record.engagements()),
            ("voicebot_tickets_open", "Tickets that are not settled"): record.count_cases(EVERYTHING),
            ("voicebot_tickets_overdue", "Tickets whose next deadline has passed"): record.count_cases(
                EVERYTHING, late
            ),
            ("voicebot_callbacks_owed", "Calls back that are owed"): len(callbacks),
        }


def metrics_blueprint(bot: Bot) -> Blueprint:
    """`/metrics`. 404 for everybody but a direct request from this machine: a proxy here passes on others'."""
    blueprint = Blueprint("metrics", __name__)
    registry = CollectorRegistry()
    registry.register(LineNow(bot))

    @blueprint.get("/metrics")
    def metrics() -> Response:
        peer = request.remote_addr
        if peer is None or not ip_address(peer).is_loopback or "X-Forwarded-For" in request.headers:
            abort(404)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return blueprint
