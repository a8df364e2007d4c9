import random
import unicodedata

import pytest
import tensorflow as tf

from mmkeras.data.codecs import normalization

# What composes, decomposes or is reordered, of many scripts.
AWKWARD = [
    *"aeoAOU\u0300\u0301\u0302\u0307\u0308\u030a\u031b\u0323\u0327\u0345\u0344",
    *"\u00e9\u01d5\u1ead\u212b\u03b1\u1f80\u0341\u0958\u0915\u093c\u094d\u09c7\u09be",
    *"\u09d7\u0dd9\u0dcf\u0ddc\u0dca\u1100\u1161\u11a8\uac00\uac01\u3042\u3099\u309a",
    *"\u304b\uff76\uff9e\ufb01\uf900\U00011131\U00011127 ",
]
POINTS = [*range(0xD800), *range(0xE000, 0x110000)]


@pytest.mark.parametrize("form", normalization.FORMS)
def test_every_character_is_normalized_as_by_unicodedata(form):
    letters = list(map(chr, POINTS))
    actual = normalization.normalize(tf.constant(letters), form).numpy()
    expected = [unicodedata.normalize(form, x).encode() for x in letters]
    assert actual.tolist() == expected


@pytest.mark.parametrize("form", normalization.FORMS)
def test_texts_are_normalized_as_by_unicodedata(form):
    rng = random.Random(0)
    moving = [x for x in map(chr, POINTS) if unicodedata.decomposition(x)]
    moving += [x for x in map(chr, POINTS) if unicodedata.combining(x)]
    texts = [
        "".join(rng.choices(letters, k=rng.randrange(12)))
        for letters in (AWKWARD, moving)
        for _ in range(5000)
    ]
    texts += [unicodedata.normalize("NFD", text) for text in texts]
    actual = normalization.normalize(tf.constant(texts), form).numpy()
    expected = [unicodedata.normalize(form, text).encode() for text in texts]
    assert actual.tolist() == expected


def test_a_graph_normalizes_as_eager_operations_do():
    texts = tf.constant(["e\u0301", "\u1100\u1161\u11a8", "a", ""])
    graph = tf.function(normalization.normalize)
    expected = normalization.normalize(texts).numpy().tolist()
    assert graph(texts).numpy().tolist() == expected
    assert expected[0].decode() == "é" and expected[1].decode() == "\uac01"
