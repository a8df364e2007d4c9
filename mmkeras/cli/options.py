"""Options shared by several verbs."""

import enum
from typing import Annotated

import typer

Data = Annotated[
    str,
    typer.Option(
        metavar="NAME|PATH",
        help="Your own data: the path of a table (JSONL, CSV or TSV) or of a "
        "folder; see 'Your own data' in the README for its columns. Or a "
        "published data set: avdigits, avdigits-small, clevr, coco, "
        "digits-discussed, easy-vqa, flickr8k, flickr8k-spoken, "
        "flickr8k-spoken-all, karpathy, mboshi, mboshi-translation, meld, "
        "meld-sentiment, mmsa, mosi, multi30k, multi30k-coco-2017, "
        "multi30k-flickr-2017, multi30k-flickr-2018, multi30k-image, "
        "multi30k-image-all, mustard, mustard-speakers, nlvr, onecommon, "
        "visdial, vqa; or feelings or people, which are generated and need "
        "no files.",
    ),
]
TrainingData = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|PATH",
        help="Published data set, or the path of your own table or folder; "
        "see the README. [required]",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="COLUMN=NAME",
        help="Column of your own table with another name, e.g. label=class; "
        "or columns of numbers or categories, e.g. numbers=price,year; "
        "repeatable.",
    ),
]
RunColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="COLUMN=NAME",
        help="Read a column of your own table from one of another name, e.g. "
        "label=class; repeatable. [default: as in training]",
    ),
]
Folder = Annotated[
    str | None,
    typer.Option(
        help="Folder of a published data set. [default: $MMKERAS_DATA/NAME]"
    ),
]
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="Folder of a run, as given to `train --out`; a preset, see "
        "`mmkeras list --presets`; or hub:PRESET, a pretrained CLIP, SigLIP or "
        "Whisper (also whisper:PRESET).",
    ),
]
RunData = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|PATH",
        help="Another data set. [default: the data set of the run]",
    ),
]
RunFolder = Annotated[
    str | None,
    typer.Option(
        help="Folder of a published data set. [default: the folder used in "
        "training]"
    ),
]


def columns_of(pairs):
    """Parses `--column` options, pairs such as `label=class`.

    Returns:
        Dict from columns to their names in a table.

    Raises:
        ValueError: If a pair has no `=`.
    """
    columns = {}
    for pair in pairs or []:
        column, mark, name = pair.partition("=")
        may_be_empty = column.strip() in ("numbers", "categories")
        if not (mark and column and (name or may_be_empty)):
            raise ValueError(
                "--column expects COLUMN=NAME, e.g. --column label=class. "
                f"Received: {pair}"
            )
        columns[column.strip()] = name
    return columns


def numbers(name, text):
    """Parses an option of numbers separated by commas.

    Args:
        name: Name of the option, for the error.
        text: Its value.

    Returns:
        List of floats.

    Raises:
        ValueError: If one is not a number.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(
            f"{name} expects numbers separated by commas. Received: {text}"
        ) from None


class LabelKind(enum.StrEnum):
    """Type of the labels of a table."""

    CLASS = "class"
    LABELS = "labels"
    NUMBER = "number"


Target = Annotated[
    LabelKind | None,
    typer.Option(
        help="Type of the labels of a table: one class per row, several "
        "labels, or a number. [default: inferred from all rows, and printed]"
    ),
]
Split = Annotated[
    str,
    typer.Option(
        help="Split: train, val or test; for a pretrained network also all."
    ),
]
Results = Annotated[
    str | None,
    typer.Option(help="Folder or file of results to add the test metrics to."),
]
