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

    `folder/<version>` then has a SavedModel whose `serving_default` takes
    the task's fields: `image`, strings of shape `(batch,)`: JPEG, PNG, GIF,
    BMP or WebP bytes; `audio`, WAV bytes; `text`, strings; features, float32;
    dialogues, such as `history`, strings of shape `(batch, turns)`, one per
    turn, padded with `""`; for each column of numbers or categories, float32
    or strings of shape `(batch,)`. The signature needs every field: a missing
    value is an empty string, or NaN in features and numbers;
    `mmkeras.serving.load` adds fields that are left out. It returns the same
    as `task.answer`: `text` and `score` for captions, `label` and
    `probability` for classifiers, and `error`, strings, empty or the reason
    why the example could not be read. Retrieval models return `similarity`;
    of texts and one other modality, they score several texts per example: of
    `text`, strings of shape `(batch, candidates)`, padded with `""`, they
    return `similarity` and `probability` of this shape, see
    `tasks.Retrieve.similarities`. They have signatures of their own for each
    modality, such as `embed_image`: from `image` to `embedding`, of length 1,
    and `error`.
    Decoding of files, beam search and vocabulary are part of the graph, in
    float32 regardless of the precision of training.

    The folder also has `golden.json`, which describes the signature's inputs
    and has some inputs with their answers, and warm-up requests for a server;
    `folder` has a `models.config` for TF Serving, written unless it exists.

    Args:
        task: A `mmkeras.tasks.Task`, on the TensorFlow backend.
        folder: The folder of all versions; its name is the name of the model
            on a server.
        version: int, or `None` for the next one.
        check: Whether to reload the export in a fresh process, with
            TensorFlow alone, and compare its answers with the task's; see
            `check_export`. The version appears only if they are equal.
        examples: Dict of lists of raw inputs by field to compare on, or a
            list of images (bytes); they are written to `golden.json`. `None`
            for a few rendered ones.
        **options: Of `task.answer`; for captions those of
            `mmkeras.generation.SequenceGenerator`; `beam` defaults to 3, and
            `xla` to `True`: the search is compiled when the server gets the
            first request of a size, see `generation.compiled`. Servers
            without XLA take `xla=False`.

    Returns:
        Path of the version folder.

    Raises:
        ValueError: If Keras runs on another backend, or an argument is out
            of its range.
        FileExistsError: If the version exists.
        RuntimeError: If the answers of the export differ from those of the
            task. The version is then not created.
    """
    # Late: these load TensorFlow and Keras.
    from mmkeras.serving import samples as raw_values
    from mmkeras.serving import saved_model
    from mmkeras.serving import warmup

    _check(options)
    folder = pathlib.Path(folder)
    name = _model_name(folder)
    with versions.new_version(folder, version) as (part, path):
        if task.target.generates:
            options = {"xla": True, **options}
        options = {**task.evaluation_defaults, **options}
        if examples is None:
            samples = raw_values.sample_inputs(task)
        else:
            samples = _by_field(task, examples)
        served = raw_values.with_candidates(task, samples)
        answers, others = saved_model.write_saved_model(
            task, part, samples, served, options
        )
        specs = saved_model.input_specs(task)
        signatures = {
            name: (
                saved_model.input_specs(task, [field]),
                raw_values.by_argument(task, {field: samples[field]}),
                others[name],
            )
            for name, (field, _) in task.signatures().items()
        }
        samples = raw_values.by_argument(task, served)
        golden.write(part, samples, answers, options, specs, signatures)
        # First one by one, then in batches: each file type is decoded, and
        # a search is compiled for batches of 1, 4 and 16.
        slices = [slice(i, i + 1) for i in range(4)] + [slice(3), slice(8)]
        batches = [{f: v[s] for f, v in samples.items()} for s in slices]
        warmup.write(part, name, [b for b in batches if any(b.values())])
        if check:
            check_export(part)
        _write_config(folder / "models.config", name)
    return path


def _check(options):
    # MBR samples follow from a seed, so they are deterministic.
    if options.get("temperature") and not options.get("samples"):
        raise ValueError(
            "Exports are deterministic; sampling (temperature > 0) is not "
            f"supported. Received: temperature={options['temperature']}"
        )


def _by_field(task, samples):
    """Examples as a dict of lists; a plain list belongs to the only field."""
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
    """Name of the model on a server, valid in a URL."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.resolve().name)
    return name.strip("-.") or "model"


def _write_config(path, name):
    if path.exists():
        return  # Users may have extended it.
    part = path.with_name(f".{path.name}")
    part.write_text(_CONFIG.format(name=name), "utf-8")
    os.replace(part, path)
