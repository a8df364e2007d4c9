import keras
import pytest

from mmkeras import fusion


def test_a_layer_is_returned_as_it_is():
    layer = keras.layers.Concatenate()
    assert fusion.get(layer) is layer


def test_names_are_kebab_case():
    names = fusion.names()
    assert names["gated"] is fusion.Gated
    assert list(names) == sorted(names)


def test_a_wrong_name_gets_a_suggestion():
    with pytest.raises(ValueError, match="'gatd'.*Did you mean 'gated'"):
        fusion.get("gatd")
