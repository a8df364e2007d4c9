import os
import re
import subprocess
import sys

import pytest

from mmkeras.data.codecs.sample_values import images
from mmkeras.serving import run


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(images()[0])
    return path


@pytest.mark.slow
def test_a_fresh_process_captions_without_keras(folder, model, photo):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mmkeras.serving.run"]
        + [folder, photo],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        capture_output=True,
        text=True,
        cwd=photo.parent,
    )
    text = model.predict([photo.read_bytes()])["text"][0]
    assert done.stdout == f"{photo}\t{text}\n"
    assert done.returncode == 0
    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert "tensorflow" in imported
    assert "mmkeras.serving.client" in imported
    packages = {name.split(".")[0] for name in imported}
    others = {"keras", "keras_hub", "tf_keras", "tensorflow_text"}
    assert packages & others == set()
    assert "mmkeras.tasks" not in imported


def test_good_images_are_captioned_beside_bad_ones(folder, photo, capfd):
    bad = photo.with_name("bad.png")
    bad.write_text("no image")
    missing = photo.with_name("missing.jpg")
    code = run.main([str(folder), str(bad), str(photo), str(missing)])
    out, err = capfd.readouterr()
    assert code == 1
    assert [line.split("\t")[0] for line in out.splitlines()] == [str(photo)]
    assert f"{missing}: No such file or directory\n" in err
    assert f"{bad}: image: not a JPEG, PNG, GIF, BMP or WebP image\n" in err


def test_a_wrong_folder_is_a_usage_error(photo, capfd):
    with pytest.raises(SystemExit) as caught:
        run.main([str(photo.parent), str(photo)])
    assert caught.value.code == 2
    assert "There is no export at" in capfd.readouterr().err
