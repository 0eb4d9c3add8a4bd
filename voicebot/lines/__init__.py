"""Ways to be on the phone without a phone: a microphone, WAV files, typed text; and the simulated office they reach."""
