"""Flickr8k with spoken captions: an image, a caption and its recording.

The folder and the splits are those of data set `flickr8k`. The recordings lie
beside its images:

- in `flickr_audio/`, the Flickr Audio Caption Corpus in the layout of its
  authors: `wav2capt.txt` and `wavs/`, 40,000 captions read aloud; or
- in `spoken/`, recordings of any source, e.g. synthetic speech, with
  `table.jsonl`, a line per recording: `audio`, the name of its file, `image`
  and `caption_index`, from 0.

Each row is one recording, its caption and its image. Data set
`flickr8k-spoken-all` also has the captions without a recording.

Reference: Harwath and Glass (2015), Deep Multimodal Semantic Embeddings for
Speech and Images, https://arxiv.org/abs/1511.03690
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import flickr8k
from mmkeras.data.datasets import tabular

SOURCE = (
    f"{flickr8k.SOURCE} The spoken captions, flickr_audio.tar.gz, are at "
    "https://sls.csail.mit.edu/downloads/flickraudio/; unpack them into the "
    "same folder."
)


def scan(folder=None, all_captions=False) -> dataset.Dataset:
    """Reads recordings, and the captions and images that belong to them.

    Args:
        folder: Folder of the data; None for `$MMKERAS_DATA/flickr8k`.
        all_captions: bool. Whether captions without a recording are rows as
            well.

    Returns:
        A `Dataset` of rows with `"image"`, `"text"` and `"audio"`, paths and
        a caption, in the order of the images of `flickr8k`; a recording of a
        caption that does not exist is reported.

    Raises:
        FileNotFoundError: If there is no such folder, or it has no recordings.
    """
    folder = dataset.find_folder("flickr8k", folder, SOURCE)
    data = dataset.Dataset()
    recordings, places = _recordings(folder, data)
    images = flickr8k.scan(folder)
    data.problems += images.problems
    data.notes += images.notes
    for row in images.rows:
        for number, text in enumerate(row["captions"]):
            audio = recordings.pop((row["id"], number), None)
            if text and (audio or all_captions):
                data.rows.append(
                    {
                        "id": f"{row['id']}#{number}",
                        "image": row["image"],
                        "text": text,
                        "audio": audio,
                        "split": row["split"],
                    }
                )
    for name, number in recordings:
        data.skip(places[name, number], f"{name} has no caption {number}")
    return data


def rows(split, folder=None, all_captions=False) -> list[dict]:
    """Returns the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, all_captions).split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Returns raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _recordings(folder, data):
    """Paths of recordings by image and caption, and where each is listed."""
    for name, files, parse, form in _LAYOUTS:
        if (folder / name).is_file():
            path = folder / name
            return _read(path, path.parent / files, parse, form, data)
    names = " or ".join(name for name, *_ in _LAYOUTS)
    raise FileNotFoundError(
        f"{folder} has no recordings: expected {names}. {SOURCE}"
    )


def _read(path, files, parse, form, data):
    recordings, places = {}, {}
    for number, line in dataset.lines(path, data):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            audio, *key = parse(line)
            key, audio = tuple(key), str(files / audio)
        except (KeyError, TypeError, ValueError) as error:
            data.report("corrupt", where, f"expected {form}: {error!r}")
            continue
        if key in places:
            data.skip(where, f"a second recording, beside {places[key]}")
            continue
        recordings[key], places[key] = audio, where
    return recordings, places


def _of_corpus(line):
    """Reads a line such as `1000_0.wav 1000.jpg #0`."""
    audio, image, number = line.split()
    return audio, image, int(number.removeprefix("#"))


def _of_table(line):
    values = tabular.parse(line)
    return values["audio"], values["image"], int(values["caption_index"])


_LAYOUTS = (  # List, folder of the files, how to read a line, and its form.
    (
        "flickr_audio/wav2capt.txt",
        "wavs",
        _of_corpus,
        "`audio.wav image.jpg #0`",
    ),
    (
        "spoken/table.jsonl",
        "",
        _of_table,
        "`audio`, `image` and `caption_index`",
    ),
)
