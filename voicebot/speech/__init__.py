"""Hearing and speaking: Vosk in worker processes, voice activity, end of speech, recordings, voice rendering."""
