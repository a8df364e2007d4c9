"""`mmkeras words`: train, coverage, neighbours, analogy, similarity."""

import enum
import itertools
from typing import Annotated

import typer

from mmkeras.cli.errors import explained

app = typer.Typer(
    help="Word vectors: train, look up and evaluate them.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
_BATCH = 10_000  # Sentences.

Vectors = Annotated[
    str,
    typer.Argument(
        help="File of word vectors: word2vec text or binary, GloVe text, or "
        ".npz; optionally with .gz."
    ),
]
Text = Annotated[
    str,
    typer.Argument(
        help="Text file, one sentence per line; optionally with .gz."
    ),
]
NoTokenize = Annotated[
    bool,
    typer.Option(
        "--no-tokenize",
        help="Split at spaces only. By default, texts are lowercased and "
        "punctuation is removed, as for captions.",
    ),
]
Count = Annotated[int, typer.Option(min=1, help="Number of words to show.")]
Limit = Annotated[
    int | None,
    typer.Option(
        min=1, help="Read only this many rows from the beginning of the file."
    ),
]


class Method(enum.StrEnum):
    """Training algorithm of the vectors."""

    SKIP_GRAM = "skip-gram"
    GLOVE = "glove"


class Formula(enum.StrEnum):
    """Formula of an analogy."""

    ADD = "add"
    MULTIPLY = "multiply"


def train(
    text: Text,
    out: Annotated[
        str,
        typer.Option(
            help="File to write: .bin is the word2vec binary format, .npz two "
            "arrays, all others the word2vec text format; .gz compresses."
        ),
    ],
    method: Method = Method.SKIP_GRAM,
    dim: Annotated[
        int, typer.Option(min=1, help="Dimension of the vectors.")
    ] = 100,
    window: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Maximum distance of a context word, in words. [default: 5; "
            "glove: 10]",
        ),
    ] = None,
    minimum: Annotated[
        int, typer.Option(min=1, help="Minimum count of a word.")
    ] = 5,
    size: Annotated[
        int | None, typer.Option(min=1, help="Maximum number of words.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="[default: 5; glove: 50]")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1)] = 1024,
    learning_rate: Annotated[
        float | None,
        typer.Option(min=0, help="[default: 0.005; glove: 0.05]"),
    ] = None,
    seed: int = 0,
    no_tokenize: NoTokenize = False,
):
    """Train word vectors on your own text."""
    from mmkeras import word_vectors
    from mmkeras.cli import progress

    glove = method is Method.GLOVE
    corpus = word_vectors.Corpus.read(
        _sentences(text, no_tokenize), minimum, size
    )
    typer.echo(
        f"{len(corpus.words):,} distinct words, {len(corpus.tokens):,} in "
        "total."
    )
    epochs = epochs or (50 if glove else 5)
    learn = word_vectors.train_glove if glove else word_vectors.train_skipgram
    options = {"window": window, "learning_rate": learning_rate}
    with progress.epochs(epochs) as callback:
        vectors = learn(
            corpus,
            dim=dim,
            epochs=epochs,
            batch_size=batch_size,
            seed=seed,
            callbacks=[callback],
            **{key: value for key, value in options.items() if value},
        )
    word_vectors.write(out, vectors)
    typer.echo(f"Wrote {out}.")


def coverage(
    vectors: Vectors,
    text: Text,
    minimum: Annotated[
        int, typer.Option(min=1, help="Minimum count of a word.")
    ] = 1,
    count: Count = 20,
    no_tokenize: NoTokenize = False,
):
    """Show how many words of a text have vectors, and which have none."""
    from mmkeras import word_vectors

    corpus = word_vectors.Corpus.read(_sentences(text, no_tokenize), minimum)
    table = word_vectors.read(vectors, wanted=corpus.words)
    report = word_vectors.coverage(table, corpus.counts_by_word)
    _show(
        ["", "found", "of", "share"],
        [
            _share("words", report.words_found, report.words),
            _share("words in total", report.tokens_found, report.tokens),
        ],
    )
    spelled = (f"{n:,} {how}" for how, n in report.spelled.items() if n)
    typer.echo(f"Found {', '.join(spelled) or 'none'}.")
    if report.missing:
        rows = [(word, f"{n:,}") for word, n in report.missing[:count]]
        _show(["without a vector", "times"], rows)


def neighbours(
    vectors: Vectors,
    word: Annotated[list[str], typer.Argument(help="Words.")],
    count: Count = 10,
    limit: Limit = None,
):
    """Show the nearest words to each word, by cosine similarity."""
    from mmkeras import word_vectors

    table = word_vectors.read(vectors, limit=limit)
    for each in word:
        nearest = word_vectors.neighbours(table, each, count)
        _show([each, "cosine"], [(w, f"{x:.3f}") for w, x in nearest])


def analogy(
    vectors: Vectors,
    word: Annotated[
        list[str] | None,
        typer.Argument(
            help="Three words, e.g. man king woman (expected answer: queen)."
        ),
    ] = None,
    questions: Annotated[
        str | None,
        typer.Option(help="A file in the format of questions-words.txt."),
    ] = None,
    method: Annotated[
        Formula, typer.Option(help="Formula: 3CosAdd or 3CosMul.")
    ] = Formula.ADD,
    count: Count = 5,
    limit: Limit = None,
):
    """Solve the analogy: first is to second as third is to which word?"""
    from mmkeras import word_vectors

    if (len(word or ()) == 3) == bool(questions):
        raise ValueError(
            "Expected three words, or a file with --questions. Received: "
            f"words={word or []}, questions={questions!r}"
        )
    if questions:
        sections = word_vectors.read_analogies(questions)
        table = word_vectors.read(vectors, limit=limit)
        scores = word_vectors.score_analogies(table, sections, method.value)
        _show(
            ["", "right", "of those answered", "share", "of all questions"],
            [
                (
                    *_share(name, x["correct"], x["with_vectors"]),
                    f"{x['questions']:,}",
                )
                for name, x in scores.items()
            ],
        )
        return
    table = word_vectors.read(vectors, limit=limit)
    nearest = word_vectors.analogy(
        table, *word, count=count, method=method.value
    )
    _show([" ".join(word), method.value], [(w, f"{x:.3f}") for w, x in nearest])


def similarity(
    vectors: Vectors,
    pairs: Annotated[
        str,
        typer.Argument(
            help="File with two words and a number per line, separated by "
            "tabs, as in WordSim-353."
        ),
    ],
):
    """Spearman's correlation of cosine similarities with human ratings."""
    from mmkeras import word_vectors

    ratings = word_vectors.read_similarities(pairs)
    words = {word for first, second, _ in ratings for word in (first, second)}
    scores = word_vectors.score_similarities(
        word_vectors.read(vectors, words), ratings
    )
    _show(
        ["", ""],
        [
            ("Spearman's correlation", f"{scores['spearman']:.3f}"),
            (
                "pairs with vectors",
                f"{scores['with_vectors']:,} of {scores['pairs']:,}",
            ),
        ],
    )


def _sentences(path, no_tokenize):
    """Sentences of a file: strings to split at spaces, or lists of words."""
    from mmkeras import word_vectors

    lines = word_vectors.sentences(path)
    return lines if no_tokenize else _as_captions(lines)


def _as_captions(lines):
    """Splits sentences like the text codec."""
    from mmkeras.data import codecs

    codec = codecs.Text([])
    while batch := list(itertools.islice(lines, _BATCH)):
        for sentence in codec.tokenize(batch).to_list():
            yield [word.decode("utf-8") for word in sentence]


def _share(name, part, whole):
    share = f"{part / whole:.1%}" if whole else ""
    return name, f"{part:,}", f"{whole:,}", share


def _show(titles, rows):
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for i, title in enumerate(titles):
        table.add_column(escape(title), justify="right" if i else "left")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)


for verb in (train, coverage, neighbours, analogy, similarity):
    heavy = verb in (train, coverage)
    app.command(verb.__name__)(explained(verb, heavy=heavy))
