"""Exports a task: bytes in, answers out, ready for TF Serving."""

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


def export(task, folder, version=None, check=True, examples=None, **options):
    """Writes a task as a SavedModel, in the layout of TF Serving.

    `folder/<version>` then holds a SavedModel whose `serving_default` takes
    the task's fields: `image`, strings of shape `(batch,)`: JPEG, PNG, GIF,
    BMP or WebP bytes; `audio`, those of WAV files; `text`, strings; features,
    float32; conversations, such as `history`, strings of shape `(batch,
    turns)`, a turn each, filled up with `""`. The signature needs every
    field: an absent value is an empty string, or NaN in features;
    `mmkeras.serving.load` fills in the fields that are left out. It returns
    what `task.answer` does: of a captioner `text`, the captions, and `score`;
    of a judge `label` and `probability`; and `error`, strings, empty or why
    this one example could not be read. Decoding of files, the search and the
    vocabulary are all in the graph, in float32 whatever the model was trained
    in.

    Beside it lie `golden.json`, which describes the signature's inputs and has
    some inputs with their answers, and requests that warm a server up; in
    `folder`, a `models.config` for TF Serving, unless there is one.

    Args:
        task: A `mmkeras.tasks.Task`, on the TensorFlow backend.
        folder: The folder of all versions; its name is the model's on a
            server.
        version: int, or `None` for the next one.
        check: Whether to reload the export in a fresh process, with
            TensorFlow alone, and compare its answers with the task's; see
            `check_export`. The version appears only if they are equal.
        examples: Dict of lists of raw inputs by field to compare on, or a
            list of images (bytes); they are kept in `golden.json`. `None`
            takes a few rendered ones.
        **options: Of `task.answer`: for a captioner those of
            `mmkeras.generation.SequenceGenerator`; `beam` defaults to 3.

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
    from mmkeras.serving.samples import sample_inputs

    _check(options)
    folder = pathlib.Path(folder)
    name = _model_name(folder)
    with versions.new_version(folder, version) as (part, path):
        options = {**task.evaluation_defaults, **options}
        if examples is None:
            samples = sample_inputs(task)
        else:
            samples = _by_field(task, examples)
        answers = saved.save(task, part, samples, options)
        specs = saved.input_specs(task)
        golden.write(part, samples, answers, options, specs)
        # One by one, then together: each kind of file is decoded once.
        slices = [slice(i, i + 1) for i in range(4)] + [slice(8)]
        batches = [{f: v[s] for f, v in samples.items()} for s in slices]
        warmup.write(part, name, [b for b in batches if any(b.values())])
        if check:
            check_export(part)
        _write_config(folder / "models.config", name)
    return path


def _check(options):
    # The samples that a caption is chosen by follow from a seed.
    if options.get("temperature") and not options.get("samples"):
        raise ValueError(
            "Exports are deterministic; sampling (temperature > 0) is not "
            f"supported. Received: temperature={options['temperature']}"
        )


def _by_field(task, samples):
    """Examples as a dict of lists; a bare list is of the only field."""
    if isinstance(samples, dict):
        return {field: list(values) for field, values in samples.items()}
    samples = list(samples)
    if not samples or not all(isinstance(x, bytes) for x in samples):
        kinds = sorted({type(sample).__name__ for sample in samples})
        raise ValueError(
            "`examples` must be the bytes of at least one image. Received: "
            f"{len(samples)} of type {', '.join(kinds) or 'none'}"
        )
    return {task.fields[0]: samples}


def _model_name(folder):
    """Name of the model on a server, fit for an address."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.resolve().name)
    return name.strip("-.") or "model"


def _write_config(path, name):
    if path.exists():
        return  # It may say more by now than is known here.
    part = path.with_name(f".{path.name}")
    part.write_text(_CONFIG.format(name=name), "utf-8")
    os.replace(part, path)
