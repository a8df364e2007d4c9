"""Options that several verbs share."""

import enum
from typing import Annotated

import typer

Data = Annotated[
    str,
    typer.Option(
        help="avdigits, avdigits-small, clevr, coco, digits-discussed, "
        "easy-vqa, flickr8k, karpathy, meld, meld-sentiment, mmsa, mosi, "
        "mustard, mustard-speakers, nlvr, onecommon, visdial, vqa; feelings, "
        "which is rendered and needs no files; or your own: table or folder "
        "(images with captions), labelled (anything with a label), questions "
        "(images, questions, answers), dialogues (with what was said before)."
    ),
]
Folder = Annotated[
    str | None,
    typer.Option(help="Where the data lies. [default: $MMKERAS_DATA/<data>]"),
]
Run = Annotated[str, typer.Argument(help="Folder of a run, as of train --out.")]
RunData = Annotated[
    str | None,
    typer.Option(help="Another data set. [default: the run's]"),
]
RunFolder = Annotated[
    str | None,
    typer.Option(
        help="Where the data lies. [default: where it lay in training]"
    ),
]


class LabelKind(enum.StrEnum):
    """What the labels of a table are."""

    CLASS = "class"
    LABELS = "labels"
    NUMBER = "number"


Target = Annotated[
    LabelKind | None,
    typer.Option(
        help="What the labels of a table are: one class per row, several "
        "labels, or a number. [default: decided by all rows, and printed]"
    ),
]
Split = Annotated[str, typer.Option(help="train, val or test.")]
Beam = Annotated[
    int, typer.Option(min=1, help="Width of the beam search; 1 is greedy.")
]
LengthPenalty = Annotated[
    float,
    typer.Option(help="0 prefers short captions, 1 the best mean word."),
]
Consensus = Annotated[
    float,
    typer.Option(
        min=0,
        help="Above 0: the caption of the beam that the others agree with.",
    ),
]
Samples = Annotated[
    int,
    typer.Option(
        min=0,
        help="Draw so many captions as well, say 64, and say what most of "
        "them agree on.",
    ),
]
WordPenalty = Annotated[
    float,
    typer.Option(
        min=0, help="With --samples: more of it makes captions shorter."
    ),
]
NoRepeat = Annotated[
    int,
    typer.Option(min=0, help="Words in a row that may not come twice; 0: any."),
]
Minimum = Annotated[int, typer.Option(min=0, help="Fewest words of a caption.")]
Results = Annotated[
    str | None,
    typer.Option(help="Folder of results to add the test figures to."),
]


def search(
    beam, length_penalty, consensus, samples, word_penalty, temperature=0.0
):
    """Returns the options of `SequenceGenerator` that have an effect."""
    asked = {"beam": beam, "length_penalty": length_penalty}
    if consensus:
        asked["consensus"] = consensus
    if samples:
        asked |= {"samples": samples, "word_penalty": word_penalty}
    if samples or temperature:
        asked["temperature"] = temperature or 0.7
    return asked
