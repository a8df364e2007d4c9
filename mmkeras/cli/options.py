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
        "digits-discussed, easy-vqa, flickr8k, karpathy, meld, "
        "meld-sentiment, mmsa, mosi, mustard, mustard-speakers, nlvr, "
        "onecommon, visdial, vqa; or feelings, which is generated and needs "
        "no files.",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="COLUMN=NAME",
        help="Read a column of your own table from one of another name, e.g. "
        "label=class; repeatable.",
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
    str, typer.Argument(help="Folder of a run, as given to `train --out`.")
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
Split = Annotated[str, typer.Option(help="Split: train, val or test.")]
Beam = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="For models that generate text: beam width; 1 is greedy search. "
        "[default: 3 for captions, 1 for answers]",
    ),
]
LengthPenalty = Annotated[
    float | None,
    typer.Option(
        help="0 compares texts by their total log-probability and prefers "
        "short ones; 1 by the mean per word. [default: 0.7 for captions, 0 "
        "for answers]"
    ),
]
Consensus = Annotated[
    float,
    typer.Option(
        min=0,
        help="Above 0: select the caption with the highest agreement with the "
        "others of the beam (minimum Bayes risk).",
    ),
]
Samples = Annotated[
    int,
    typer.Option(
        min=0,
        help="Number of captions to sample in addition, e.g. 64; the caption "
        "that agrees most with the samples is selected.",
    ),
]
WordPenalty = Annotated[
    float,
    typer.Option(
        min=0, help="With --samples: a higher value makes captions shorter."
    ),
]
NoRepeat = Annotated[
    int,
    typer.Option(
        min=0,
        help="Size of the n-grams that may not be repeated; 0 allows all.",
    ),
]
Minimum = Annotated[
    int, typer.Option(min=0, help="Minimum number of words in a caption.")
]
Results = Annotated[
    str | None,
    typer.Option(help="Folder of results to add the test metrics to."),
]


def search(
    beam, length_penalty, consensus, samples, word_penalty, temperature=0.0
):
    """Returns the options of `SequenceGenerator` that were given."""
    given = {"beam": beam, "length_penalty": length_penalty}
    given = {name: value for name, value in given.items() if value is not None}
    if consensus:
        given["consensus"] = consensus
    if samples:
        given |= {"samples": samples, "word_penalty": word_penalty}
    if samples or temperature:
        given["temperature"] = temperature or 0.7
    return given
