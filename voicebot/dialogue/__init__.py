"""The call as a state machine: events in, commands out. Pure."""
