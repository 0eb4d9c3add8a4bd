"""An emulated Twilio that places calls to a line over real HTTP and WebSocket."""
