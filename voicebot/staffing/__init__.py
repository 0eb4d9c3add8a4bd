"""Who is there and when: working calendar, duty roster, transfer plans. Pure."""
