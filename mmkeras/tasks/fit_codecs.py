"""Fits codecs to the rows of a data set, and a model's arguments to them."""

import numpy as np

from mmkeras import branches
from mmkeras import registry
from mmkeras.data import codecs
from mmkeras.data import examples

_LINES = ("history", "candidates")  # Of which each line is a text.
_NAMED = {"text", "image", "audio", "features"}  # As in names of the zoo.


def input_fields(model, rows, taken):
    """Names the inputs of a model, except optional ones that no row has.

    Args:
        model: The architecture's smallest model.
        rows: Training rows.
        taken: Dict of the builder's arguments and their defaults.

    Returns:
        List of names, in the model's order.
    """
    return [
        field
        for field in model.input
        if field not in ("presence", "tokens")
        and not _is_spare(field, taken, rows)
    ]


def fit_codecs(fields, rows, image_size, seconds, options):
    """Fits the codecs of inputs.

    Args:
        fields: Names of the inputs.
        rows: Training rows.
        image_size: Height and width of the images in pixels.
        seconds: Maximum length of audio, or `None`.
        options: Dict of options of `codecs.Text.from_texts`.

    Returns:
        Dict of codecs by field.

    Raises:
        ValueError: If the rows lack a field.
    """
    options = {"emoji": "keep", **options}
    found = _of_dialogue(fields, rows, options) if "history" in fields else {}
    others = {
        field: _codec(field, rows, image_size, seconds, options)
        for field in fields
        if field not in found
    }
    return found | others


def fit_label(codecs_by_field, rows, answers, generates=False, target=None):
    """Fits the codec of the label.

    Args:
        codecs_by_field: Dict, as of `fit_codecs`.
        rows: Training rows, one per label.
        answers: int. Number of answers to questions to choose among.
        generates: bool. Whether answers are generated word by word.
        target: Type of the labels; see `data.label_kinds`.

    Returns:
        A `codecs.Labels`, or a codec of texts.
    """
    if generates:
        return _of_answers(codecs_by_field["question"], rows)
    if "candidates" in codecs_by_field:
        places = range(codecs_by_field["candidates"].turns)
        return codecs.Labels([str(place) for place in places])
    most = answers if "question" in codecs_by_field else None
    labels = [row["label"] for row in rows]
    return codecs.Labels.from_values(labels, most, target)


def builder_arguments(codecs_by_field, target_field, taken):
    """The arguments of a builder that follow from codecs.

    Args:
        codecs_by_field: Dict of codecs, with that of the target.
        target_field: Name of the target's codec.
        taken: As of `input_fields`.

    Returns:
        Dict of those arguments that the builder has.
    """
    target = codecs_by_field[target_field]
    known = {"num_classes": target.size}
    if target.kind == "text":
        known["vocabulary_size"] = target.size
    for field, codec in codecs_by_field.items():
        if field != target_field:
            known |= _arguments(field, codec, taken)
    return {k: v for k, v in known.items() if k in taken}


def _is_spare(field, taken, rows):
    """Whether a modality may be left out of a model, and no row has it."""
    spare = taken.get(f"{field}_shape", ()) is None
    return spare and all(row.get(field) is None for row in rows)


def _codec(field, rows, image_size, seconds, options):
    """The codec that fits a field's values."""
    values = _values(field, rows)
    if isinstance(values[0], np.ndarray):
        return codecs.Features.from_arrays(values)
    if field == "image":
        return codecs.Image((image_size, image_size))
    if field == "audio":
        return codecs.Audio(16000, seconds or 2.0)
    if isinstance(values[0], list):
        return codecs.Dialogue.from_dialogues(values, **options)
    return codecs.Text.from_texts(values, **options)


def _values(field, rows):
    """A field's values, where it is there."""
    values = [row[field] for row in rows if row.get(field) is not None]
    if not values:
        raise ValueError(_lacking(field, rows))
    return values


def _lacking(field, rows):
    """Says which field no row has, and which architectures fit the rows."""
    given = dict.fromkeys(
        name for row in rows for name in examples.modalities(row)
    )
    fit = [
        name
        for name in registry.list_models("classify")
        if (taken := _NAMED & set(name.split("-"))) and taken <= set(given)
    ]
    other = f" Architectures for these rows: {', '.join(fit)}." if fit else ""
    return (
        f"The architecture takes {field!r}, which no training row has. "
        f"Received rows with: {', '.join(given) or 'no modality'}.{other}"
    )


def _of_dialogue(fields, rows, options):
    """Codecs of the texts of a dialogue, all with the same vocabulary.

    A turn is counted once: where it is the last of a history.
    """
    texts = [line.split("\n")[-1] for line in _values("history", rows)]
    texts += _values("question", rows)
    texts += [str(row["label"]) for row in rows]
    words = codecs.Text.from_texts(texts, **options)
    known = words.get_config()
    kept = {"question": words}
    for field in set(fields) & set(_LINES):
        most = max(text.count("\n") + 1 for text in _values(field, rows))
        kept[field] = codecs.Dialogue(turns=most, **known)
    return kept


def _of_answers(words, rows):
    """The codec of answers in the words of a dialogue."""
    known = words.get_config()
    texts = [str(row["label"]) for row in rows]
    longest = words.tokenize(texts).row_lengths().numpy().max()
    length = min(max(int(longest) + 2, 3), words.length)
    return codecs.Text(**{**known, "length": length})


def _arguments(field, codec, taken):
    """The arguments of a builder that follow from an input's codec."""
    if codec.kind == "features" and field in taken:
        name = f"{field}_encoder"
        make = {
            1: branches.features.dense,
            2: branches.features.gru,
            4: branches.video.frames,
        }.get(len(codec.shape))
        if make is None:
            raise ValueError(
                f"{field!r} has arrays of shape {codec.shape}. Expected "
                "vectors, (size,), sequences, (length, size), or videos, "
                "(length, height, width, channels)."
            )
        return {field: make(codec.shape, name=name)}
    return codec.builder_arguments(field)
