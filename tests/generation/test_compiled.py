"""Compiled with XLA, a generator writes the same."""

import decoding
import keras
import numpy as np
import pytest
import tiny_captioners
from checks import numpy
from checks import only_tensorflow

from mmkeras import generation
from mmkeras import serving
from mmkeras.data.codecs.sample_values import images
from mmkeras.generation import compiled

pytestmark = only_tensorflow


@pytest.mark.parametrize(
    "count, size",
    [(0, 0), (1, 1), (2, 4), (5, 16), (17, 64), (64, 64), (65, 128)],
)
def test_batches_are_padded_to_few_sizes(count, size):
    def double(x):
        return {"y": 2 * x, "sizes": keras.ops.shape(x)[0] + 0 * x[:, 0]}

    x = np.arange(2.0 * count, dtype="float32").reshape(count, 2)
    outputs = compiled.with_xla(double)(x)
    np.testing.assert_array_equal(outputs["y"], 2 * x)
    assert compiled.padded_size(count) == size
    assert numpy(outputs["sizes"]).tolist() == [size] * count


CASES = [
    ("transformer", {"beam": 3}),
    *(
        pytest.param(kind, options, marks=pytest.mark.slow)
        for kind, options in [
            ("recurrent", {"beam": 3}),
            ("recurrent", {"beam": 1}),
            ("attention", {"beam": 3}),
            ("transformer", {"beam": 1}),
            ("transformer", {"beam": 3, "no_repeat_ngram_size": 2}),
            ("transformer", {"beam": 2, "samples": 4, "temperature": 0.7}),
            ("whisper", {"beam": 3, "min_length": 4}),
        ]
    ),
]


@pytest.mark.parametrize("kind, options", CASES)
def test_it_writes_the_same(kind, options):
    decoder, context = decoding.decoder(kind), decoding.context(5, scale=2)
    plain, fast = (
        generation.SequenceGenerator(decoder, length=9, xla=xla, **options)
        for xla in (None, True)
    )
    expected, actual = numpy([x(context) for x in (plain, fast)])
    np.testing.assert_array_equal(actual["tokens"], expected["tokens"])
    np.testing.assert_allclose(actual["score"], expected["score"], rtol=1e-4)
    assert expected["tokens"].max() > 2  # Words, not only the end.


def test_a_task_compiles_once_that_pays(monkeypatch):
    calls = []

    def with_xla(function):
        calls.append(function)
        return function

    monkeypatch.setattr(compiled, "with_xla", with_xla)
    monkeypatch.setattr(compiled, "PAYS_AFTER", 2)
    task = tiny_captioners.tiny("caption-cnn-lstm")
    batch = {"image": images()[:2]}
    texts = [task.answer(batch, beam=2)["text"].tolist() for _ in range(4)]
    assert len(calls) == 1 and texts == texts[:1] * 4
    task.answer({"image": images()[:1]}, beam=2)  # Of another size.
    task.answer(batch, beam=2, length=3)  # Of another length.
    assert len(calls) == 1
    task.answer(batch, beam=3, xla=True)
    assert len(calls) == 2


@pytest.mark.slow
def test_an_export_is_compiled_unless_it_must_not_be(tmp_path, checks_here):
    task = tiny_captioners.tiny("caption-cnn-transformer")
    for xla in (True, False):
        options = {} if xla else {"xla": False}
        path = serving.export(task, tmp_path / str(xla), **options)
        graph = (path / "saved_model.pb").read_bytes()
        assert (b"_XlaMustCompile" in graph) == xla


def test_sampling_is_left_alone():
    decoder = decoding.decoder("recurrent")
    options = {"length": 9, "temperature": 1.0, "seed": 3}
    plain, fast = (
        generation.SequenceGenerator(decoder, xla=xla, **options)
        for xla in (None, True)
    )
    one, other = numpy([x(decoding.context()) for x in (plain, fast)])
    np.testing.assert_array_equal(one["tokens"], other["tokens"])
