"""Kaldi's model file: what is read is written again byte for byte."""

import numpy as np
import pytest

from voicebot.errors import ModelError
from voicebot.speech import models
from voicebot.training import nnet3

BUNDLED = models.find("bundled") / "am" / "final.mdl"


def test_round_trip_is_byte_exact(tmp_path):
    model = nnet3.read(BUNDLED)

    nnet3.write(model, tmp_path / "final.mdl")

    assert (tmp_path / "final.mdl").read_bytes() == BUNDLED.read_bytes()


def test_what_is_changed_is_written(tmp_path):
    model = nnet3.read(BUNDLED)
    bias = model["output.affine"].array("<BiasParams>")
    model["output.affine"].put("<BiasParams>", bias + 1)
    nnet3.write(model, tmp_path / "final.mdl")

    again = nnet3.read(tmp_path / "final.mdl")

    assert np.array_equal(again["output.affine"].array("<BiasParams>"), bias + 1)
    assert again["tdnnf6.linear"].value("<TimeOffsets>") == [-3, 0]


@pytest.mark.parametrize(
    "data", [b"", b"RIFF....WAVE", BUNDLED.read_bytes()[:5000]], ids=["empty", "another", "cut off"]
)
def test_what_is_no_model_is_refused(tmp_path, data):
    (tmp_path / "final.mdl").write_bytes(data)

    with pytest.raises(ModelError, match="nnet3"):
        nnet3.read(tmp_path / "final.mdl")


@pytest.mark.parametrize("token", ["<Nothing>", "<TimeOffsets>"])
def test_missing_array(token):
    with pytest.raises(KeyError):
        nnet3.read(BUNDLED)["tdnnf6.linear"].array(token)
