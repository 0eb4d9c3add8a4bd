"""What TwiML allows: for every element its attributes, children and text. A table, and nothing that runs it.

Names as in the official SDK 9.13.0, values as in Twilio's documentation of each verb.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from voicebot.switchboard.values import (
    Check,
    absolute_url,
    anything,
    boolean,
    caller_id,
    choice,
    filled,
    keys,
    language,
    method,
    number,
    number_or_auto,
    phone_number,
    sized,
    stream_url,
    tones,
    url,
    url_or_empty,
    voice,
    words,
)


@dataclass(frozen=True, slots=True)
class Spec:
    """One element. `text` is None where there must be none; `required` are attributes it cannot do without."""

    attributes: Mapping[str, Check] = field(default_factory=dict)
    children: frozenset[str] = frozenset()
    text: Check | None = None
    required: tuple[str, ...] = ()


def _free(*names: str) -> dict[str, Check]:
    return dict.fromkeys(names, anything)


VERBS = frozenset(
    "Connect Dial Echo Enqueue Gather Hangup Leave Pause Pay Play Prompt Queue Record Redirect Refer Reject Say Sms "
    "Start Stop".split()
)
ALLOWED = {
    "call": VERBS,
    "whisper": frozenset({"Say", "Play", "Gather", "Hangup"}),
    "wait": frozenset({"Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather"}),
    "dequeue": frozenset({"Play", "Say", "Pause", "Redirect"}),
}
"""Verbs that a document may have, by where it is used: a call; a callee before bridging; a caller waiting in a queue;
a queued caller just before being connected."""

_LOOP = number(0, 1000)
_NEXT: dict[str, Check] = {"action": url_or_empty, "method": method}
_CALLBACK: dict[str, Check] = {"statusCallback": url, "statusCallbackMethod": method}
_PROGRESS = words("initiated", "ringing", "answered", "completed")
_RECORDING: dict[str, Check] = {
    "recordingStatusCallback": url,
    "recordingStatusCallbackMethod": method,
    "recordingStatusCallbackEvent": words("in-progress", "completed", "absent"),
    "recordingConfigurationId": anything,
    "trim": choice("trim-silence", "do-not-trim"),
}
_MACHINE = {
    "machineDetection": choice("Enable", "DetectMessageEnd"),
    "amdStatusCallback": url,
    "amdStatusCallbackMethod": method,
    "machineDetectionTimeout": number(3, 59),
    "machineDetectionSpeechThreshold": number(1000, 6000),
    "machineDetectionSpeechEndThreshold": number(500, 5000),
    "machineDetectionSilenceTimeout": number(2000, 10000),
}
_LEG: dict[str, Check] = {"url": url, "method": method, "statusCallbackEvent": _PROGRESS} | _CALLBACK
_SSML = frozenset({"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"})
_DIAL_RECORD = choice(
    "do-not-record",
    "true",
    "false",
    "record-from-answer",
    "record-from-answer-dual",
    "record-from-ringing",
    "record-from-ringing-dual",
)
_CONFERENCE_EVENTS = words("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
_INPUTS = choice("dtmf", "speech", "dtmf speech", "speech dtmf", "dtmf,speech", "speech,dtmf")
_TRACK = choice("inbound_track", "outbound_track", "both_tracks")

SPECS: dict[str, Spec] = {
    "Say": Spec({"voice": voice, "language": language, "loop": _LOOP}, _SSML, filled),
    "Play": Spec({"loop": _LOOP, "digits": tones}, text=anything),
    "Pause": Spec({"length": number(0)}),
    "Gather": Spec(
        {
            "input": _INPUTS,
            "timeout": number(1),
            "speechTimeout": number_or_auto(1),
            "maxSpeechTime": number(1),
            "profanityFilter": boolean,
            "finishOnKey": keys,
            "numDigits": number(1),
            "partialResultCallback": url,
            "partialResultCallbackMethod": method,
            "language": language,
            "bargeIn": boolean,
            "actionOnEmptyResult": boolean,
            "enhanced": boolean,
        }
        | _free("hints", "debug", "speechModel")
        | _NEXT,
        frozenset({"Say", "Play", "Pause"}),
    ),
    "Record": Spec(
        {
            "timeout": number(1),
            "finishOnKey": keys,
            "maxLength": number(1, 14400),
            "playBeep": boolean,
            "transcribe": boolean,
            "transcribeCallback": url,
        }
        | _NEXT
        | _RECORDING
    ),
    "Dial": Spec(
        {
            "timeout": number(5, 600),
            "hangupOnStar": boolean,
            "timeLimit": number(1, 14400),
            "callerId": caller_id,
            "record": _DIAL_RECORD,
            "answerOnBridge": boolean,
            "ringTone": anything,
            "recordingTrack": choice("inbound", "outbound", "both"),
            "sequential": boolean,
            "referUrl": url,
            "referMethod": method,
        }
        | _free("events", "passports")
        | _NEXT
        | _RECORDING,
        frozenset({"Application", "Client", "Conference", "Number", "Queue", "Sim", "Sip", "WhatsApp"}),
        phone_number,
    ),
    "Number": Spec({"sendDigits": tones, "byoc": anything} | _LEG | _MACHINE, text=phone_number),
    "Conference": Spec(
        {
            "muted": boolean,
            "beep": choice("true", "false", "onEnter", "onExit"),
            "startConferenceOnEnter": boolean,
            "endConferenceOnExit": boolean,
            "waitUrl": url_or_empty,
            "waitMethod": method,
            "maxParticipants": number(2, 250),
            "record": choice("do-not-record", "record-from-start", "true", "false"),
            "statusCallbackEvent": _CONFERENCE_EVENTS,
            "eventCallbackUrl": url,
            "participantLabel": sized(128),
        }
        | _free("region", "coach", "jitterBufferSize")
        | _CALLBACK
        | _RECORDING,
        text=sized(128),
    ),
    "Queue": Spec(
        {"url": url, "method": method} | _free("reservationSid", "postWorkActivitySid"),
        text=sized(64),
    ),
    "Enqueue": Spec(
        {"waitUrl": url_or_empty, "waitUrlMethod": method, "maxQueueSize": number(1, 5000), "workflowSid": anything}
        | _NEXT,
        frozenset({"Task"}),
        sized(64),
    ),
    "Redirect": Spec({"method": method}, text=url),
    "Reject": Spec({"reason": choice("rejected", "busy")}, frozenset({"Parameter"})),
    "Hangup": Spec(children=frozenset({"Parameter"})),
    "Leave": Spec(),
    "Echo": Spec(),
    "Connect": Spec(
        dict(_NEXT),
        frozenset(
            "AiSession Autopilot Conversation ConversationRelay ConversationRelaySession Room Stream "
            "VirtualAgent".split()
        ),
    ),
    "Start": Spec(dict(_NEXT), frozenset({"Stream", "Siprec", "Recording", "Transcription"})),
    "Stop": Spec(children=frozenset({"Stream", "Siprec", "Transcription"})),
    "Stream": Spec(
        {"url": stream_url, "name": anything, "track": _TRACK, "statusCallback": absolute_url}
        | {"statusCallbackMethod": method}
        | _free("connectorName", "audioFormat", "sampleRate"),
        frozenset({"Parameter"}),
    ),
    "Parameter": Spec(_free("name", "value"), required=("name", "value")),
    "Refer": Spec(dict(_NEXT), frozenset({"Sip"})),
    "Sms": Spec({"to": phone_number, "from": phone_number, "statusCallback": url} | _NEXT, text=filled),
    "Task": Spec(_free("priority", "timeout"), text=anything),
}
"""Elements whose inside is checked. An element that is legal where it stands but is missing here, such as <Pay>, is
one that this emulator cannot perform."""

IGNORED: dict[str, frozenset[str]] = {
    "Gather": frozenset({"partialResultCallback", "hints", "speechModel", "enhanced", "bargeIn"}),
    "Record": frozenset({"transcribe", "transcribeCallback", "recordingConfigurationId"}),
    "Dial": frozenset({"referUrl", "recordingTrack", "events", "passports", "recordingConfigurationId"}),
    "Number": frozenset(_MACHINE) | {"byoc"},
    "Conference": frozenset({"record", "coach", "maxParticipants", "recordingStatusCallback", "eventCallbackUrl"}),
    "Queue": frozenset({"reservationSid"}),
    "Enqueue": frozenset({"workflowSid"}),
    "Stream": frozenset({"audioFormat", "sampleRate", "connectorName"}),
}
"""Legal attributes that change nothing here."""

SSML_ATTRIBUTES: dict[str, frozenset[str]] = {
    "break": frozenset({"strength", "time"}),
    "emphasis": frozenset({"level"}),
    "lang": frozenset({"xml:lang"}),
    "p": frozenset(),
    "phoneme": frozenset({"alphabet", "ph"}),
    "prosody": frozenset({"volume", "rate", "pitch"}),
    "s": frozenset(),
    "say-as": frozenset({"interpret-as", "format", "role"}),
    "sub": frozenset({"alias"}),
    "w": frozenset({"role"}),
}
