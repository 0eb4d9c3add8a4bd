"""The office's questions: Markdown files that clerks keep, read into immutable entries."""

from voicebot.faq.entry import Department, Entry, Faq, Level, Lines, Problem

__all__ = ["Department", "Entry", "Faq", "Level", "Lines", "Problem"]
