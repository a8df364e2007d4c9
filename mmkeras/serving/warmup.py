"""Requests that TF Serving replays before it serves a version.

The first call of a graph takes a second; with these, no client waits for it.
The file is a TFRecord of `PredictionLog` messages. Their few fields are
encoded here, so that the package tensorflow-serving-api is not needed.

Reference:
    https://www.tensorflow.org/tfx/serving/saved_model_warmup
"""

import pathlib

import tensorflow as tf

NAME = "assets.extra/tf_serving_warmup_requests"


def write(folder, model, batches):
    """Writes warm-up requests into an export.

    Args:
        folder: The version folder.
        model: Name under which the server knows the model.
        batches: List of requests, each a dict from the name of an input to
            its values, e.g. `{"image": [bytes, ...]}`.
    """
    path = pathlib.Path(folder, NAME)
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for inputs in batches:
            writer.write(_prediction_log(model, inputs))


def _prediction_log(model, inputs):
    """Encodes PredictionLog(predict_log=PredictLog(request=...))."""
    spec = _field(1, model.encode()) + _field(3, b"serving_default")
    request = _field(1, spec)
    for name, values in inputs.items():
        tensor = tf.make_tensor_proto(tf.constant(values).numpy())
        tensor = tensor.SerializeToString()
        entry = _field(1, name.encode()) + _field(2, tensor)
        request += _field(2, entry)
    return _field(6, _field(1, request))


def _field(number, payload):
    """Encodes one length-delimited field of a protocol buffer."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value):
    low, high = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])
