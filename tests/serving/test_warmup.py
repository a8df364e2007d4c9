import pytest
import tensorflow as tf

from mmkeras.data.codecs.sample_values import images
from mmkeras.serving import warmup


def records(folder):
    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    return [x.numpy() for x in tf.data.TFRecordDataset(str(path))]


def test_the_server_s_own_protocol_reads_the_requests(tmp_path):
    logs = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    photos = images()
    requests = [{"image": photos[:1]}, {"image": photos}]
    warmup.write(tmp_path, "tiny", requests)
    entries = [logs.PredictionLog.FromString(x) for x in records(tmp_path)]
    assert len(entries) == 2
    for log, expected in zip(entries, requests):
        assert log.WhichOneof("log_type") == "predict_log"
        request = log.predict_log.request
        assert request.model_spec.name == "tiny"
        assert request.model_spec.signature_name == "serving_default"
        assert list(request.inputs) == ["image"]
        tensor = tf.make_ndarray(request.inputs["image"])
        assert tensor.tolist() == expected["image"]
        # Nothing was left over as an unknown field.
        assert log.ByteSize() == len(log.SerializeToString())
        log.DiscardUnknownFields()
        again = logs.PredictionLog.FromString(log.SerializeToString())
        assert again == log


def test_an_export_carries_its_requests(folder):
    """The first image by itself, the last request with all of them."""
    first, *_, last = records(folder / "1")
    photos = images()
    assert photos[0] in first and photos[1] not in first
    assert all(photo in last for photo in photos)


def test_the_server_s_own_protocol_reads_the_config(folder):
    configs = pytest.importorskip(
        "tensorflow_serving.config.model_server_config_pb2"
    )
    from google.protobuf import text_format

    text = (folder / "models.config").read_text()
    server = text_format.Parse(text, configs.ModelServerConfig())
    (model,) = server.model_config_list.config
    assert model.name == "tiny"
    assert model.base_path == "/models/tiny"
    assert model.model_platform == "tensorflow"
