import numpy as np
import pytest

from mmkeras.data import codecs


def test_an_answer_in_words():
    codec = codecs.Answers(["on", "grass", "a"], length=5)
    ids = codec("On grass")
    assert ids.dtype == "int32" and ids.tolist() == [1, 4, 5, 2, 0]
    assert codec("on a b grass").tolist() == [1, 4, 6, 3, 2]  # It is cut.
    assert codec(2).tolist() == [1, 3, 2, 0, 0]
    texts, tokens = codec.decode(np.stack([ids, codec("a")])[:, 1:])
    assert texts.numpy().tolist() == [b"on grass", b"a"]
    assert tokens.shape == (2, 4)
    assert codec.size == 7 and codec.length == 5 and codec.kind == "text"
    again = codecs.from_config(codecs.to_config(codec))
    assert again("grass").tolist() == codec("grass").tolist()
    with pytest.raises(ValueError, match="length"):
        codecs.Answers(["a"], length=2)
