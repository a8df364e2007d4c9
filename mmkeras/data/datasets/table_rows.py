"""Makes rows of a data set from the lines of your own table, by its kind.

Paths are relative to the table; empty cells are missing values. Without a
column `split`, a hash assigns 80 % to train, 10 % to val and 10 % to test
(tables of labels: of each label); without rows of split val, a hash moves a
tenth of the training rows there. Examples of one group, or with equal images or
audio, are in the same split.
"""

import collections
import hashlib

import numpy as np

from mmkeras.data import cells
from mmkeras.data import codecs
from mmkeras.data import feature_files
from mmkeras.data import files
from mmkeras.data import label_column
from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import tabular

FIELDS = ("text", "image", "audio", "features")
VIDEO = "video"  # A field of rows of labels, if any has one.
_SPOKEN = ("audio", "text")
FILES = ("image", "audio")


def read(schema, lines, place, folder, data, target=None):
    """Makes rows of lines.

    Args:
        schema: A `columns.Schema` of one of `columns.KINDS`.
        lines: Iterable of a line's number and its values, a dict.
        place: Name of the table, to report malformed lines.
        folder: `pathlib.Path` that paths are relative to.
        data: The `dataset.Dataset` that collects rows and problems.
        target: Type of the labels, one of `label_kinds.TARGETS`; `None` to
            infer it from all rows.
    """
    rows, kind = {}, schema.kind
    for number, values in lines:
        where = f"{place}:{number}"
        try:
            if schema.tabular:
                values["tabular"] = _tabular(values, schema)
            rows[where] = _MAKERS[kind](values, number, folder)
        except ValueError as error:
            data.skip(where, str(error))
    if kind == "labels":
        rows = _read_labels(_without_empty_videos(rows), data, target)
    places, data.rows = list(rows), list(rows.values())
    if kind == "captions":
        data.rows = _join_captions(data.rows)
        places = [f"{place}: {row['id']}" for row in data.rows]
    data.assign_splits(places, stratify=kind == "labels")


def _captions(values, number, folder):
    image, name = _image(values, folder)
    captions, caption = values.get("captions"), values.get("caption")
    captions = [] if captions is None else captions
    if not isinstance(captions, list) or not all(
        isinstance(text, str | None) for text in [*captions, caption]
    ):
        raise ValueError(
            "expected a text in `caption`, or a list in `captions`"
        )
    return {
        "id": name or tabular.id_of(values, number),
        "image": image,
        "captions": [
            text.strip() for text in [*captions, caption] if text is not None
        ],
        "split": dataset.row_split(values),
    }


def _join_captions(rows):
    """Joins the rows of an image, which may have one line per caption."""
    images = {}
    for row in rows:
        image = row["image"]
        image = image if isinstance(image, bytes) else row["id"]
        first = images.setdefault((image, row["split"]), row)
        if first is not row:
            first["captions"] += row["captions"]
    return list(images.values())


def _labels(values, number, folder):
    """Checks one line, except its label."""
    row = {
        "id": tabular.id_of(values, number),
        "split": dataset.row_split(values),
        "group": _group(values.get("group")),
        "label": values.get("label"),
        **{field: _value(values, field, folder) for field in FIELDS},
        VIDEO: _video(values, folder),
    }
    if "tabular" in values:
        row["tabular"] = values["tabular"]
    fields = [field for field in (*FIELDS, VIDEO, "tabular") if field in row]
    if all(row[field] is None for field in fields):
        raise ValueError(f"expected at least one of {', '.join(fields)}")
    return row


def _pairs(values, number, folder):
    row = {
        "id": tabular.id_of(values, number),
        "split": dataset.row_split(values),
        "group": _group(values.get("group")),
        **{field: _value(values, field, folder) for field in FIELDS},
    }
    present = [field for field in FIELDS if row[field] is not None]
    if len(present) < 2:
        raise ValueError(
            f"expected at least two of {', '.join(FIELDS)}. Received: "
            f"{', '.join(present) or 'none'}"
        )
    return row


def _transcripts(values, number, folder):
    row = {
        "id": tabular.id_of(values, number),
        "split": dataset.row_split(values),
        "group": _group(values.get("group")),
        **{field: _value(values, field, folder) for field in _SPOKEN},
    }
    missing = [field for field in _SPOKEN if row[field] is None]
    if missing:
        raise ValueError(
            f"expected the path of a recording in `audio` and what is spoken "
            f"in `text`. Received: nothing in `{missing[0]}`"
        )
    return row


def _translations(values, number, folder):
    inputs = {
        "source": _text(values, "source"),
        **{field: _value(values, field, folder) for field in FILES},
    }
    target = _text(values, "target")
    if target is None:
        raise ValueError("expected a text in `target`")
    if inputs["source"] is None and inputs["audio"] is None:
        raise ValueError("expected at least one of source, audio")
    return {
        "id": tabular.id_of(values, number),
        "split": dataset.row_split(values),
        "group": _group(values.get("group")),
        **inputs,
        "target": target,
    }


def _without_empty_videos(rows):
    """Leaves out the videos of rows by place, if none has one."""
    if any(row[VIDEO] is not None for row in rows.values()):
        return rows
    return {
        place: {k: value for k, value in row.items() if k != VIDEO}
        for place, row in rows.items()
    }


def _tabular(values, schema):
    """Reads the numbers and categories of a line.

    Returns:
        Dict from columns to floats, strings, or `None` where a cell is
        missing; `None` if all are.
    """
    row = {}
    for names, reader in (
        (schema.numbers, cells.to_finite_number),
        (schema.categories, cells.to_category),
    ):
        for name in names:
            try:
                row[name] = reader(values.get(name))
            except ValueError as error:
                raise ValueError(f"`{name}`: {error}") from error
    return row if any(cell is not None for cell in row.values()) else None


def _read_labels(rows, data, target):
    """Reads the labels of rows by place; skips rows without one."""
    column = label_column.read([r["label"] for r in rows.values()], target)
    data.notes += column.notes
    valid = {}
    for (place, row), label, error in zip(
        rows.items(), column.labels, column.errors
    ):
        if error:
            data.skip(place, error)
        else:
            valid[place] = {**row, "label": label}
    return valid


def _questions(values, number, folder):
    image, name = _image(values, folder)
    tabular.check_texts(values, "question")
    answers = values.get("answers") or values.get("answer")
    answers = answers if isinstance(answers, list) else [answers]
    answers = [str(x).strip() for x in answers if x is not None]
    if not answers or not all(answers):
        raise ValueError("expected an answer in `answer` or `answers`")
    [(label, _)] = collections.Counter(answers).most_common(1)
    return {
        "id": tabular.id_of(values, number),
        "image": image,
        "question": values["question"].strip(),
        "label": label,
        "answers": answers if len(answers) > 1 else None,
        "type": values.get("type") or None,
        "group": name or hashlib.sha256(image).hexdigest(),
        "split": dataset.row_split(values),
    }


def _dialogues(values, number, folder):
    image, name = _image(values, folder)
    tabular.check_texts(values, "question")
    answer = values.get("answer")
    if answer is None or not str(answer).strip():
        raise ValueError("expected an answer in `answer`")
    answer = " ".join(str(answer).split())
    candidates = _texts(values, "candidates")
    if candidates and answer not in candidates:
        raise ValueError("expected the answer to be one of the `candidates`")
    return {
        "id": tabular.id_of(values, number),
        "image": image,
        "history": "\n".join(_texts(values, "history")) or None,
        "question": values["question"].strip(),
        "label": answer,
        "candidates": "\n".join(candidates) or None,
        "type": values.get("type") or None,
        "group": name or hashlib.sha256(image).hexdigest(),
        "split": dataset.row_split(values),
    }


_MAKERS = {
    "captions": _captions,
    "labels": _labels,
    "questions": _questions,
    "dialogues": _dialogues,
    "pairs": _pairs,
    "transcripts": _transcripts,
    "translations": _translations,
}


def _image(values, folder):
    """Returns the image of a line, which is required, and its path.

    Returns:
        Tuple of the resolved path, and the path as written; or of the bytes of
        the image, and `""`.
    """
    image = values.get("image")
    if isinstance(image, bytes) and image:
        return image, ""
    if not isinstance(image, str) or not image.strip():
        raise ValueError("expected the path of an image in `image`")
    return files.resolve(folder, image.strip()), image.strip()


def _value(values, field, folder):
    """Returns one modality of a line, or `None` if the cell is empty."""
    value = values.get(field)
    if value is None or (isinstance(value, (str, bytes)) and not value.strip()):
        return None
    if field == "features" and isinstance(value, (list, np.ndarray)):
        return _array(value)
    if isinstance(value, bytes) and field in (*FILES, VIDEO):
        return value
    if not isinstance(value, str):
        raise ValueError(f"expected a text or a path in `{field}`")
    if field == "text":
        return value
    path = files.resolve(folder, value)
    return _features(path) if field == "features" else path


def _video(values, folder):
    """Returns the video of a line: a path, or the bytes of a file.

    Frames in memory, or in a list of files, become a file.
    """
    value = values.get(VIDEO)
    if isinstance(value, (list, np.ndarray)):
        try:
            return codecs.video.to_file(frames(value, folder))
        except ValueError as error:
            raise ValueError(f"video: {error}") from error
    return _value(values, VIDEO, folder)


def frames(value, folder):
    """Resolves the paths of frames, if they are files.

    Args:
        value: List of paths, bytes or arrays, or an array.
        folder: `pathlib.Path` that the paths are relative to.
    """
    if isinstance(value, np.ndarray):
        return value
    return [
        files.resolve(folder, frame) if isinstance(frame, str) else frame
        for frame in value
    ]


def _text(values, field):
    """Returns a text of a line, or `None` if it is blank."""
    value = values.get(field)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"expected a text in `{field}`")
    return value if value and value.strip() else None


def _features(path):
    try:
        return feature_files.read(path)
    except ValueError as error:
        raise ValueError(f"features: {path}: {error}") from error


def _array(value):
    """Converts features of a row in memory or in JSON to an array."""
    try:
        with np.errstate(
            over="ignore"
        ):  # Infinite values are reported by a check.
            array = np.asarray(value, "float32")
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0)
    if array.ndim not in (1, 2) or not array.size:
        raise ValueError(
            "expected a vector (size,) or a sequence (length, size) of "
            "numbers in `features`"
        )
    return array


def _group(value):
    """Returns the name of a group, which may be a number, or `None`."""
    return None if value is None else str(value).strip() or None


def _texts(values, field):
    """Returns a list of strings of one line each."""
    value = values.get(field) or []
    value = value.split("|") if isinstance(value, str) else value
    if not isinstance(value, list) or any(
        not str(one).strip() for one in value
    ):
        raise ValueError(f"expected a list of texts in `{field}`")
    return [" ".join(str(one).split()) for one in value]
