"""Data files of the package: prompts, tuning, the bundled speech model. No code lives here."""
