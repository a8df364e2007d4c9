"""Makes search indexes of runs, and searches them."""

import os

from mmkeras import hub
from mmkeras import tasks
from mmkeras.serving import index as search_index
from mmkeras.serving import indexing
from mmkeras.tasks import raw_examples
from mmkeras.tasks import transcripts


def index(run, files, out, field=None, reporter=None, approximate=None):
    """Embeds files into a search index, or updates it.

    Only what is new or has changed is embedded; what is gone leaves the
    index. An interrupted call is continued by the next one.

    Args:
        run: Run of a `retrieve-*` architecture, or a preset; see
            `mmkeras.load`.
        files: List of paths of files and of folders of files; or of one table
            (JSONL, CSV or TSV) with the modality as a column.
        out: Folder of the index, new or an index of the same model.
        field: Modality of the files, `"image"`, `"audio"` or `"text"`; by
            default the model's first one.
        reporter: Shows progress; a `training.reporter.Reporter`, or `None`.
        approximate: bool. Whether to search by a graph of near neighbours,
            which is faster for many items and misses some; needs faiss. By
            default as before, or exact.

    Returns:
        Tuple of a `serving.index.Index`, and a list of pairs of a file and
        the reason why it could not be read.

    Raises:
        ValueError: If the run's model embeds nothing, or not this modality,
            or the folder has something else.
    """
    if isinstance(files, (str, os.PathLike)):
        raise ValueError(
            "`files` must be a list of paths. Received: a single one; pass a "
            f"list of one, [{os.fspath(files)!r}]."
        )
    task = _load(run)
    return indexing.build(task, run, files, out, field, reporter, approximate)


def search(
    folder,
    text=None,
    *,
    image=None,
    audio=None,
    top=10,
    run=None,
    exact=False,
    transcriber=None,
):
    """Searches an index with one text, image or recording.

    Args:
        folder: Folder of the index.
        text: A text.
        image: Path or bytes of an image instead.
        audio: Path or bytes of a recording instead.
        top: int. Number of items.
        run: Run or preset that made the index, if it has moved.
        exact: bool. Whether to compare all items, even if the index is
            approximate.
        transcriber: Run or pretrained network, e.g. `"whisper:PRESET"`; the
            query is then the text that it writes down for `audio`, which a
            model of images and texts takes.

    Returns:
        List of `serving.index.Hit`s, the most similar first.

    Raises:
        ValueError: If not exactly one query is given, it cannot be read, or
            the run's model is not that of the index.
    """
    queries = {"text": text, "image": image, "audio": audio}
    queries = {k: v for k, v in queries.items() if v is not None}
    if len(queries) != 1:
        raise ValueError(
            "Give one thing to search with. Expected one of `text`, `image` "
            "and `audio` (`--image`, `--audio`). Received: "
            f"{', '.join(queries) or 'none'}"
        )
    if transcriber is not None:
        queries = {"text": _transcript(transcriber, audio)}
    loaded = search_index.load(folder, exact)
    run = run or loaded.run
    search_index.check_model(loaded, run)
    task = _load(run)
    [(field, value)] = queries.items()
    if field not in task.fields:
        raise ValueError(
            f"The model of the index embeds {', '.join(task.fields)}. "
            f"Received: {field}{_hint(field, task)}"
        )
    if task.codecs[field].in_file and not isinstance(value, bytes):
        example = raw_examples.from_path(task, value)
        value = example.values[field]
    vectors, [error] = task.embed(field, [value])
    if error:
        raise ValueError(f"The query cannot be read: {error}")
    penalties = None
    if task.has_penalties(loaded.field, field):

        def penalties(places):
            items = loaded.vectors[places]
            return task.penalties(loaded.field, field, items)

    return loaded.search(vectors, top, penalties=penalties)[0]


def _transcript(transcriber, audio):
    """What is said in a recording to search with."""
    if audio is None:
        raise ValueError(
            "A transcriber (`--transcriber`) needs a recording, `audio` "
            "(`--audio`), to search with."
        )
    [text], [error] = transcripts.transcribe(transcriber, [audio])
    if error:
        raise ValueError(f"The recording cannot be transcribed: {error}")
    return text


def _hint(field, task):
    if field != transcripts.AUDIO or transcripts.TEXT not in task.fields:
        return ""
    return (
        ". To search with what is said in it, give a transcriber, e.g. "
        "`--transcriber whisper:PRESET`"
    )


def _load(run):
    task = tasks.load(hub.find(run))
    if not hasattr(task, "embed"):
        raise ValueError(
            f"{task.model.name.replace('_', '-')} embeds nothing to search. "
            "Train a retrieve-* architecture; see `mmkeras list`."
        )
    return task
