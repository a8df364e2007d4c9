"""Options of data and tasks, and their defaults."""

import dataclasses
from typing import Literal

from mmkeras import tasks
from mmkeras.data import label_kinds
from mmkeras.data import truncation

_SIDE = 64  # Of images, in pixels, if an architecture does not say.


@dataclasses.dataclass(frozen=True)
class DataOptions:
    """How data is encoded.

    Attributes:
        image_size: Height and width of the images in pixels. By default the
            size that a pretrained network expects, else that of the task or
            of the architecture.
        video_frames: Number of frames of each video, evenly spaced.
        video_size: Height and width of the frames in pixels. By default as
            image_size.
        audio_seconds: Maximum length of audio in seconds.
        max_length: Maximum length of a text, or of a dialogue turn, in token
            ids.
        min_count: Minimum count of a word in the training texts; rarer words
            are unknown words.
        vocabulary_size: Maximum number of subwords that are learned from the
            training texts.
        vocabularies: Whether both languages share one vocabulary of subwords
            (joint), or each has its own of this size (separate).
        subwords: How subwords are learned: as the most likely pieces of words
            (unigram) or by byte-pair encoding (bpe). Null, the default for
            speech recognition, for characters.
        lowercase: Whether texts of subwords are in lower case, also those
            that are generated.
        mask_words: Words of English sources to hide, so that only the image
            tells them: colours, persons, or colours+persons.
        word_vectors: File of word vectors to initialize the embeddings with:
            word2vec text or binary, GloVe text, or .npz.
    """

    image_size: int | None = None
    video_frames: int = 16
    video_size: int | None = None
    audio_seconds: float = truncation.AUDIO_SECONDS
    max_length: int = 60
    min_count: int = 2
    vocabulary_size: int = 6000
    vocabularies: Literal["joint", "separate"] = "joint"
    subwords: Literal["unigram", "bpe"] | None = None
    lowercase: bool = False
    mask_words: str | None = None
    word_vectors: str | None = None


@dataclasses.dataclass(frozen=True)
class ColumnOptions:
    """The columns of a table that are numbers and categories.

    Attributes:
        numbers: Columns of your own table that are numbers, separated by
            commas, such as price,year. By default, for classify, chosen among
            the columns that nothing else is read from.
        categories: Columns of your own table that are categories, separated
            by commas, such as brand,country. By default chosen as the numbers;
            none if only the numbers are given.
    """

    numbers: str | None = None
    categories: str | None = None


@dataclasses.dataclass(frozen=True)
class TaskOptions:
    """What a model is trained to do.

    Attributes:
        target: Type of the labels of your own data: one class per row,
            several labels, or a number. By default inferred from all rows.
        max_answers: Number of answer classes: the most frequent answers in
            training.
        modalities: Modalities to train on, joined by `+`, such as
            image+question; all others are absent. By default all.
        reward: Continue the training of a captioning model from `--init` with
            self-critical training: this metric of its own captions is the
            reward.
    """

    target: Literal[*label_kinds.TARGETS] | None = None
    max_answers: int = 3000
    modalities: str | None = None
    reward: Literal["bleu", "cider", "bleu+cider"] | None = None


@dataclasses.dataclass(frozen=True)
class LanguageOptions:
    """The languages of a translation.

    Attributes:
        source: Language to translate from, of a published data set of several
            languages, such as en; or the column of your own table.
        target: Language to translate into, such as de; or the column.
    """

    source: str | None = None
    target: str | None = None


def defaults(architecture):
    """Returns the `DataOptions` of an architecture's task.

    Args:
        architecture: A `registry.Architecture`.
    """
    options = DataOptions(**tasks.of(architecture).data_options)
    if "history_shape" in architecture.arguments:
        return dataclasses.replace(options, max_length=24)
    return options


def resolve_image_size(architecture, image_size, network=None, field="image"):
    """Chooses the height and width of images, or of frames, in pixels.

    Args:
        architecture: A `registry.Architecture`.
        image_size: int, which is returned, or `None`.
        network: The pretrained network that takes the images, with its
            `image_size`, or `None`.
        field: `"image"` or `"video"`.
    """
    if image_size or network:
        return image_size or network.image_size
    shape = architecture.arguments.get(f"{field}_shape") or ()
    side = shape[-3] if len(shape) > 2 else _SIDE
    return tasks.of(architecture).image_size or side
