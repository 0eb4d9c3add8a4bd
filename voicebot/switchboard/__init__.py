"""An emulated Twilio that places calls to a line over real HTTP and WebSocket.

It knows the line only by its address, follows Twilio's wire protocol (`reference: twilio`), and notes what Twilio would
refuse. One call::

    target = Target("http://127.0.0.1:5000", public_url="https://line.example")
    async with Switchboard(target, Options(account=Account(sid, token)), directory_from(["8001=busy"])) as board:
        result = await board.place(Caller([say_file(path), HangUp(Idle(4.0))]))

Where things are: `exchange` (start here), `options` (switches and faults), `caller` and `callee` (people as scripts),
`result` (what is known afterwards), `webhook` and `twiml` (asking, reading), `call` (one leg), `phone` and `stream`
(audio), the verbs in `speaking gather recording dial conference queueing stream`, `rest` (the account's resources).
"""
