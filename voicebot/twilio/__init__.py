"""Twilio: wire formats, signatures, webhooks, the media stream line."""
