"""Fits codecs to the rows of a data set, and a model's arguments to them."""

import numpy as np

from mmkeras import branches
from mmkeras import registry
from mmkeras.data import codecs
from mmkeras.data import examples
from mmkeras.data import truncation

_LINE_FIELDS = ("history", "candidates")  # Strings with one text per line.
# In names of the zoo.
_MODALITIES = {"text", "image", "audio", "video", "features"}
ANY_LENGTH = (None,)  # Shape of audio that a builder takes at any length.
VIDEO = "video"
TABULAR = "tabular"  # The numbers and categories of a row of a table.


def input_fields(model, rows, defaults):
    """Names the inputs of a model, except optional ones that no row has.

    The columns of a table are an input if the builder takes their shape and
    a row has them: a smallest model lacks it.

    Args:
        model: The architecture's smallest model.
        rows: Training rows.
        defaults: Dict of the builder's arguments and their defaults.

    Returns:
        List of names, in the model's order.
    """
    fields = list(model.input)
    fields += [TABULAR] * (f"{TABULAR}_shape" in defaults)
    return [
        field
        for field in dict.fromkeys(fields)
        if field not in ("presence", "tokens")
        and not _is_omitted(field, defaults, rows)
    ]


def fit_codecs(
    fields, rows, image_size, seconds, options, fixed=None, task=None, video=()
):
    """Fits the codecs of inputs.

    Args:
        fields: Names of the inputs.
        rows: Training rows.
        image_size: Height and width of the images in pixels.
        seconds: Maximum length of audio, or `None`.
        options: Dict of options of `codecs.Text.from_texts`.
        fixed: Dict of codecs by field that are not fitted, or `None`.
        task: Name of the task whose architectures an error suggests.
        video: Number of frames of videos, and their height and width.

    Returns:
        Dict of codecs by field.

    Raises:
        ValueError: If the rows lack a field.
    """
    for field in fields:
        if all(row.get(field) is None for row in rows):
            raise ValueError(_missing_field(field, rows, task))
    options, fixed = {"emoji": "keep", **options}, dict(fixed or {})
    if VIDEO in fields and isinstance(_first(VIDEO, rows), (str, bytes)):
        length, size = video
        fixed.setdefault(VIDEO, codecs.Video(length, (size, size)))
    dialogue = (
        _dialogue_codecs(fields, rows, options) if "history" in fields else {}
    )
    rest = {
        field: _codec(field, rows, image_size, seconds, options, fixed)
        for field in fields
        if field not in dialogue
    }
    return dialogue | rest


def fit_text(texts, options, text_options):
    """Fits the codec of a target that is text.

    Args:
        texts: List of training texts.
        options: A `tasks.options.DataOptions`.
        text_options: Dict of options of `codecs.Text.from_texts`, unless the
            texts are encoded as subwords.

    Returns:
        A codec of texts.
    """
    if options.subwords:
        return codecs.Subwords.from_texts(
            texts,
            options.vocabulary_size,
            length=options.max_length,
            lowercase=options.lowercase,
            algorithm=options.subwords,
        )
    sizes = {"length": options.max_length, "minimum": options.min_count}
    return codecs.Text.from_texts(texts, **sizes, **text_options)


def fit_target(codecs_by_field, rows, answers, generates=False, target=None):
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
        return _answer_codec(codecs_by_field["question"], rows)
    if "candidates" in codecs_by_field:
        places = range(codecs_by_field["candidates"].turns)
        return codecs.Labels([str(place) for place in places])
    limit = answers if "question" in codecs_by_field else None
    labels = [row["label"] for row in rows]
    return codecs.Labels.from_values(labels, limit, target)


def builder_arguments(codecs_by_field, target_field, defaults):
    """Determines a builder's arguments from codecs.

    Args:
        codecs_by_field: Dict of codecs, with that of the target.
        target_field: Name of the target's codec.
        defaults: As of `input_fields`.

    Returns:
        Dict of those arguments that the builder has.
    """
    target = codecs_by_field[target_field]
    values = {"num_classes": target.size}
    if target.kind == "text":
        values["vocabulary_size"] = target.size
    for field, codec in codecs_by_field.items():
        if field != target_field:
            values |= _arguments(field, codec, defaults)
    if isinstance(defaults.get("vocabulary_size"), tuple):
        values["vocabulary_size"] = values["vocabulary_size"], target.size
    return {
        k: v
        for k, v in values.items()
        if k in defaults and defaults[k] != ANY_LENGTH
    }


def _is_omitted(field, defaults, rows):
    """Whether a modality is optional in a model and no row has it."""
    size = "vocabulary_size" if field == "text" else f"{field}_shape"
    is_optional = defaults.get(size, ()) is None
    return is_optional and all(row.get(field) is None for row in rows)


def _codec(field, rows, image_size, seconds, options, fixed):
    """Fits the codec of a field."""
    values = _values(field, rows)
    if field in fixed:
        return fixed[field]
    if isinstance(values[0], np.ndarray):
        return codecs.Features.from_arrays(values)
    if isinstance(values[0], dict):
        return codecs.Tabular.from_rows(values)
    if field == "image":
        return codecs.Image((image_size, image_size))
    if field == "audio":
        return codecs.Audio(16000, seconds or truncation.AUDIO_SECONDS)
    if isinstance(values[0], list):
        return codecs.Dialogue.from_dialogues(values, **options)
    return codecs.Text.from_texts(values, **options)


def _first(field, rows):
    return next(iter(_values(field, rows)), None)


def _values(field, rows):
    """A field's values, without missing ones."""
    return [row[field] for row in rows if row.get(field) is not None]


def _missing_field(field, rows, task):
    """Error text: the field that no row has, and architectures that fit."""
    present = dict.fromkeys(
        name for row in rows for name in examples.modalities(row)
    )
    absent = _MODALITIES - set(present)
    names = [
        name
        for name in (registry.list_models(task) if task else ())
        if (words := set(name.split("-"))) & _MODALITIES and not words & absent
    ]
    other = (
        f" Architectures for these rows: {', '.join(names)}." if names else ""
    )
    return (
        f"The architecture takes {field!r}, which no training row has. "
        f"Received rows with: {', '.join(present) or 'no modality'}.{other}"
    )


def _dialogue_codecs(fields, rows, options):
    """Codecs of the texts of a dialogue, all with the same vocabulary.

    A turn counts once: in the history that it ends.
    """
    texts = [line.split("\n")[-1] for line in _values("history", rows)]
    texts += _values("question", rows)
    texts += [str(row["label"]) for row in rows]
    words = codecs.Text.from_texts(texts, **options)
    config = words.get_config()
    fitted = {"question": words}
    for field in set(fields) & set(_LINE_FIELDS):
        turns = max(text.count("\n") + 1 for text in _values(field, rows))
        fitted[field] = codecs.Dialogue(turns=turns, **config)
    return fitted


def _answer_codec(question_codec, rows):
    """The codec of answers, with the vocabulary of the questions."""
    config = question_codec.get_config()
    texts = [str(row["label"]) for row in rows]
    longest = question_codec.tokenize(texts).row_lengths().numpy().max()
    length = min(max(int(longest) + 2, 3), question_codec.length)
    return codecs.Text(**{**config, "length": length})


def _arguments(field, codec, defaults):
    """The arguments of a builder that follow from an input's codec."""
    if codec.kind == "features" and field in defaults:
        name = f"{field}_encoder"
        builder = {
            1: branches.features.dense,
            2: branches.features.gru,
        }[len(codec.shape)]
        return {field: builder(codec.shape, name=name)}
    return codec.builder_arguments(field)
