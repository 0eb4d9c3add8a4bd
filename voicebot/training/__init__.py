"""Making the acoustic model: speech for training, the network, its training, and its export to Vosk's format.

Needs the extra ``[train]`` (PyTorch for one), which only `voicebot.cli.model_train` and these modules import, and only
when a command runs. Nothing here takes part in a call.
"""
