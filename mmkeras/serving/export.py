"""Exports a task: bytes in, sentences out, ready for TF Serving."""

import os
import pathlib
import re

from mmkeras.serving import golden
from mmkeras.serving import versions
from mmkeras.serving.check import check_export

_CONFIG = """\
# docker run -p 8501:8501 -v "$PWD:/models/{name}" \\
#   tensorflow/serving --model_config_file=/models/{name}/models.config
model_config_list {{
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
  }}
}}
"""


def export(
    task, folder, version=None, check=True, samples=None, beam=3, **options
):
    """Writes a task as a SavedModel, in the layout of TF Serving.

    `folder/<version>` then holds a SavedModel whose `serving_default` takes
    `image`, strings of shape `(batch,)`: JPEG, PNG, GIF, BMP or WebP bytes;
    and returns what `task.answer` does: `text`, the captions, strings;
    `score`, float32; and `error`, strings, empty or why this one picture
    could not be read; all of shape `(batch,)`. Decoding of pictures, the
    search and the vocabulary are all in the graph, in float32 whatever the
    model was trained in.

    Beside it lie `golden.json`, some inputs with their answers, and requests
    that warm a server up; in `folder`, a `models.config` for TF Serving,
    unless there is one.

    Args:
        task: A `mmkeras.tasks.Task`, on the TensorFlow backend.
        folder: The folder of all versions; its name is the model's on a
            server.
        version: int, or `None` for the next one.
        check: Whether to reload the export in a fresh process, with
            TensorFlow alone, and compare its answers with the task's; see
            `check_export`. The version appears only if they are equal.
        samples: List of pictures (bytes) to compare on; they are kept in
            `golden.json`. `None` takes a few rendered ones.
        beam: int. Sentences kept while searching; 1 is greedy search.
        **options: Further options of `mmkeras.generate.Writer`.

    Returns:
        Path of the version folder.

    Raises:
        ValueError: If Keras runs on another backend, or an argument is out
            of its range.
        FileExistsError: If the version exists.
        RuntimeError: If the export does not answer as the task does. There
            is no such version then.
    """
    # Late: these load TensorFlow and Keras.
    from mmkeras.serving import saved
    from mmkeras.serving import warmup
    from mmkeras.serving.samples import pictures

    options = {"beam": beam, **options}
    samples = pictures() if samples is None else list(samples)
    _check(samples, options)
    folder = pathlib.Path(folder)
    name = _model_name(folder)
    with versions.new_version(folder, version) as (part, path):
        answers = saved.save(task, part, samples, options)
        golden.write(part, samples, answers, options)
        # One by one, then together: each kind of file is decoded once.
        batches = [[sample] for sample in samples[:4]] + [samples[:8]]
        warmup.write(part, name, [{"image": batch} for batch in batches])
        if check:
            check_export(part)
        _write_config(folder / "models.config", name)
    return path


def _check(samples, options):
    if options.get("temperature"):
        raise ValueError(
            "An export answers the same every time: it searches and does not "
            f"draw. Received: temperature={options['temperature']}"
        )
    if not samples or not all(isinstance(x, bytes) for x in samples):
        kinds = sorted({type(sample).__name__ for sample in samples})
        raise ValueError(
            "`samples` are the bytes of one picture or more. Received: "
            f"{len(samples)} of type {', '.join(kinds) or 'none'}"
        )


def _model_name(folder):
    """Name of the model on a server, fit for an address."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.resolve().name)
    return name.strip("-.") or "captioner"


def _write_config(path, name):
    if path.exists():
        return  # It may say more by now than is known here.
    part = path.with_name(f".{path.name}")
    part.write_text(_CONFIG.format(name=name), "utf-8")
    os.replace(part, path)
