import base64
import json
import os
import subprocess
import sys

import pytest

from mmkeras import serving
from mmkeras.data.codecs.sample_values import images
from mmkeras.serving import client


@pytest.mark.slow
def test_batches_do_not_matter(model):
    photos = images() * 2
    whole = model.predict(photos, batch_size=100)
    split = model.predict(photos, batch_size=5)
    assert split["text"] == whole["text"]
    assert split["error"] == whole["error"]
    assert split["score"] == pytest.approx(whole["score"], rel=1e-4)
    assert model.predict([]) == {"text": [], "score": [], "error": []}


@pytest.mark.slow
def test_it_says_what_the_task_says(answers, model):
    assert model.predict(images())["text"] == answers["text"].tolist()


@pytest.mark.slow
def test_the_paths_of_files_are_read(model, tmp_path):
    photo = images()[0]
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo)
    answers = model.predict([photo, path, str(path), tmp_path / "none.jpg"])
    assert answers["text"] == [answers["text"][0]] * 3 + [""]
    assert answers["error"][:3] == [""] * 3
    assert "none.jpg: no such file" in answers["error"][3]
    assert answers["score"][3] == 0


@pytest.mark.parametrize("batch", [{}, "photo.jpg", {"img": [b""]}])
def test_what_is_no_batch_is_refused(model, batch):
    with pytest.raises(ValueError, match="Expected|expects a list"):
        model.predict(batch)


def test_a_missing_export_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no export"):
        serving.load(tmp_path / "nothing")


def test_a_request_is_what_the_server_reads():
    body = json.loads(json.dumps(client.request([b"\xff\xd8", b""])))
    first, second = body["instances"]
    assert base64.b64decode(first["image"]["b64"]) == b"\xff\xd8"
    assert second == {"image": {"b64": ""}}


def test_the_curl_command_sends_the_request(tmp_path):
    """A `curl` that shows what it is given stands in for the real one."""
    photo = tmp_path / "a photo's.jpg"
    photo.write_bytes(os.urandom(300_000))  # Too long for an argument.
    fake = tmp_path / "curl"
    fake.write_text('#!/bin/sh\necho "$@" >&2\ncat\n')
    fake.chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", client.curl("tiny", str(photo), "host:8501")],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == client.request([photo.read_bytes()])
    expected = "--silent --data @- http://host:8501/v1/models/tiny:predict\n"
    assert done.stderr.decode() == expected


def test_writing_a_request_needs_no_tensorflow():
    program = (
        "import sys; from mmkeras.serving import client;"
        "client.request([b'']); import mmkeras.serving;"
        "mmkeras.serving.export;"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0
