import pytest

from voicebot.speech import models
from voicebot.speech.vocabulary import _asked, vocabulary


@pytest.fixture(scope="module")
def model():
    return models.find("bundled")


def test_the_list_and_the_loaded_model_agree(model):
    listed, asked = vocabulary(model), _asked(model)
    for word in ("社保", "公积金", "的", "一"):
        assert listed(word)
        assert asked(word)
    for word in ("龘龘", "GPS", ""):
        assert not listed(word)
        assert not asked(word)
