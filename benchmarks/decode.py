"""`python -m benchmarks decode`: the generation of captions."""

import itertools
import pathlib
from typing import Annotated

import typer

from benchmarks import results
from benchmarks import timing
from benchmarks import translate

METHODS = {
    "mmkeras": "mmkeras' SequenceGenerator",
    "mmkeras_xla": "the same, jit_compile=True",
    "hub": "KerasHub's sampler over the same cached step",
    "hub_xla": "the same, jit_compile=True",
    "loop": "model.predict on the whole prefix for every token",
}
BARS = {"lstm": 30, "transformer": 8}  # Minimum speed-up over the loop.
BAR_LENGTH = 20  # Tokens; the longer the sentence, the slower the loop.


def run(
    captions: Annotated[int, typer.Option(min=1)] = 64,
    beams: Annotated[list[int], typer.Option("--beam", min=1)] = (1, 3),
    lengths: Annotated[list[int], typer.Option("--length", min=1)] = (
        10,
        20,
        40,
    ),
    decoders: Annotated[
        list[str], typer.Option("--decoder", help="lstm, transformer.")
    ] = ("lstm", "transformer"),
    vocabulary: Annotated[int, typer.Option(min=5)] = 5000,
    dim: Annotated[int, typer.Option(help="A multiple of 8.")] = 256,
    regions: Annotated[int, typer.Option(help="Vectors per image.")] = 25,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 5,
    engines: Annotated[
        bool,
        typer.Option(
            "--engines",
            help="Instead, the Transformer beside Hugging Face and "
            "CTranslate2, which must be installed: many captions, and one.",
        ),
    ] = False,
    cpu_time: translate.CpuTime = False,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for decode.json.")
    ] = None,
):
    """Compare ways to generate captions.

    mmkeras' SequenceGenerator, plain and with XLA; KerasHub's samplers over
    the same cached step, plain and with XLA; and the loop of the tutorials,
    which runs the model on the whole prefix for every token.
    """
    if engines:
        translate.report(
            "engines",
            [
                _beside_engines(count, max(beams), vocabulary, dim, regions)
                for count in (captions, 1)
            ],
            *(repeats, cpu_time, out),
            {"vocabulary": vocabulary, "dim": dim, "regions": regions},
        )
        return
    rows = []
    for kind, beam, length in itertools.product(decoders, beams, lengths):
        sizes = (vocabulary, dim, regions)
        rows.append(_measure(kind, captions, beam, length, sizes, repeats))
    growth = _growth(rows)
    bars = [
        item for row in rows for item in _bars(row) if row["beam"] == max(beams)
    ]
    title = (
        f"{captions} captions, vocabulary {vocabulary}, {dim} wide, "
        f"{regions} regions; median seconds of {repeats} rounds"
    )
    results.show(title, _columns(), rows, _notes(rows, growth), bars)
    content = {
        "captions": captions,
        "vocabulary": vocabulary,
        "dim": dim,
        "regions": regions,
        "repeats": repeats,
        "machine": results.machine("tensorflow", "keras", "keras-hub"),
        "methods": METHODS,
        "rows": rows,
        "growth": growth,
        "bars": bars,
    }
    results.save(out, "decode", content)


def build(kind, vocabulary, dim, length):
    """Builds a decoder with confident predictions that never stops early.

    Args:
        kind: `"lstm"` or `"transformer"` (2 blocks, 8 heads).
        vocabulary: int. Number of token ids.
        dim: int. Width of the decoder and of its context.
        length: int. Longest sentence.

    Returns:
        A decoder layer with random weights. Its predictions are so confident
        that the greedy sentence, which only mmkeras always keeps, is among
        the best three of all methods; padding, start and end are improbable,
        so that all sentences have the maximum length.
    """
    import keras
    import numpy as np

    from mmkeras import decoders

    keras.utils.set_random_seed(0)
    if kind == "lstm":
        decoder = decoders.RecurrentDecoder(vocabulary, dim)
    elif kind == "transformer":
        decoder = decoders.TransformerDecoder(
            vocabulary, dim, depth=2, heads=8, length=length
        )
    else:
        raise typer.BadParameter(f"Known: lstm, transformer. Received: {kind}")
    decoder.build([(None, None), (None, None, dim)])
    rng = np.random.default_rng(0)
    decoder.words.embeddings.assign(rng.normal(size=(vocabulary, dim)))
    scale = 24 if kind == "lstm" else 3.2
    kernel = rng.normal(0, scale, (dim, vocabulary))
    decoder.logits.kernel.assign(kernel)
    bias = np.zeros(vocabulary)
    bias[:3] = -1e4
    decoder.logits.bias.assign(bias)
    return decoder


def _beside_engines(captions, beam, vocabulary, dim, regions):
    """A setting of `translate.report`: captions of 20 tokens.

    CTranslate2 takes no context: it also encodes `regions` tokens with a
    block of its own.
    """
    import numpy as np

    from benchmarks import engines
    from benchmarks import writers

    decoder = build("transformer", vocabulary, dim, BAR_LENGTH)
    rng = np.random.default_rng(1)
    context = rng.normal(size=(captions, regions, dim)).astype("float32")
    source = rng.integers(3, vocabulary, (captions, regions))
    setting = (decoder, context, BAR_LENGTH, beam)
    model = engines.mbart(vocabulary, dim, 4 * dim, (1, 2), 8)
    name = f"{captions} captions of {BAR_LENGTH} tokens, beam {beam}"
    return name, {
        "mmkeras": writers.ours(*setting),
        "mmkeras_xla": writers.ours(*setting, xla=True),
        "hugging_face": engines.hugging_face(
            model, beam, BAR_LENGTH, context=context
        ),
        "ctranslate2": engines.ctranslate2(model, beam, BAR_LENGTH, source),
    }


def _measure(kind, captions, beam, length, sizes, repeats):
    """Times all methods on one decoder, one beam and one length."""
    import numpy as np

    from benchmarks import writers

    vocabulary, dim, regions = sizes
    decoder = build(kind, vocabulary, dim, length)
    rng = np.random.default_rng(1)
    context = rng.normal(size=(captions, regions, dim)).astype("float32")
    setting = (decoder, context, length, beam)
    methods = {
        "mmkeras": writers.ours(*setting),
        "mmkeras_xla": writers.ours(*setting, jit_compile=True),
        "hub": writers.hub(*setting),
        "hub_xla": writers.hub(*setting, jit_compile=True),
        "loop": writers.loop(*setting),
    }
    tokens = {
        name: np.asarray(generate()) for name, generate in methods.items()
    }
    first = tokens["mmkeras"]
    agree = {
        name: int((ids == first).all(axis=1).sum())
        for name, ids in tokens.items()
    }
    seconds = timing.interleave(methods, repeats)
    return {
        "decoder": kind,
        "beam": beam,
        "length": length,
        "captions": captions,
        "seconds": timing.medians(seconds),
        "rounds": seconds,
        "agree": agree,
        "ratios": {
            "loop": timing.ratio(seconds["loop"], seconds["mmkeras"]),
            "loop_xla": timing.ratio(seconds["loop"], seconds["mmkeras_xla"]),
            "hub": timing.ratio(seconds["hub"], seconds["mmkeras"]),
            "hub_xla": timing.ratio(seconds["hub_xla"], seconds["mmkeras_xla"]),
        },
    }


def _growth(rows):
    """Fits the growth of the cost with the length, by decoder and beam."""
    growth = []
    for kind, beam in dict.fromkeys((r["decoder"], r["beam"]) for r in rows):
        own = [r for r in rows if (r["decoder"], r["beam"]) == (kind, beam)]
        lengths = [row["length"] for row in own]
        if len(set(lengths)) < 2:
            continue
        exponents = {
            name: timing.exponent(
                lengths, [row["seconds"][name] for row in own]
            )
            for name in METHODS
        }
        growth.append({"decoder": kind, "beam": beam, "exponents": exponents})
    return growth


def _bars(row):
    """Yields the bars of a row: our best method against the others."""
    where = f"{row['decoder']}, beam {row['beam']}, {row['length']} tokens"
    ratios = row["ratios"]
    if row["length"] == BAR_LENGTH:
        best = max(ratios["loop"], ratios["loop_xla"])
        name = f"{where}: times faster than the loop"
        yield results.bar(name, BARS[row["decoder"]], best)
    for xla in ("", "_xla"):
        name = f"{where}: times faster than KerasHub{' with XLA' * bool(xla)}"
        yield results.bar(name, 1, ratios["hub" + xla])


def _columns():
    def seconds(name):
        return lambda row: f"{row['seconds'][name]:.3f}"

    def times(name):
        return lambda row: f"{row['ratios'][name]:.1f}x"

    return {
        "decoder": lambda row: row["decoder"],
        "beam": lambda row: str(row["beam"]),
        "tokens": lambda row: str(row["length"]),
        "mmkeras": seconds("mmkeras"),
        "+ XLA": seconds("mmkeras_xla"),
        "KerasHub": seconds("hub"),
        "KerasHub + XLA": seconds("hub_xla"),
        "predict loop": seconds("loop"),
        "loop / ours": times("loop"),
        "loop / ours XLA": times("loop_xla"),
        "KerasHub / ours": times("hub"),
        "both XLA": times("hub_xla"),
        "same tokens": lambda row: (
            f"{min(row['agree'].values())}/{row['captions']}"
        ),
    }


def _notes(rows, growth):
    """Summarizes the agreement of tokens and the growth of the cost."""
    differ = sum(
        count < row["captions"]
        for row in rows
        for count in row["agree"].values()
    )
    notes = [
        "All methods generated the same tokens."
        if not differ
        else f"{differ} of {len(rows) * len(METHODS)} runs differ in a caption."
    ]
    for item in growth:
        fits = ", ".join(
            f"{name} {power:.2f}" for name, power in item["exponents"].items()
        )
        notes.append(
            f"{item['decoder']}, beam {item['beam']}: seconds grow as length "
            f"to the power of: {fits}"
        )
    return notes
