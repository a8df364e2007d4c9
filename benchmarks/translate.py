"""`python -m benchmarks translate`: beam search beside other programs."""

import math
import pathlib
import time
from typing import Annotated

import typer

from benchmarks import results
from benchmarks import timing

METHODS = {
    "mmkeras": "mmkeras, not compiled",
    "mmkeras_xla": "mmkeras, the search compiled with XLA; not for texts",
    "hugging_face": "generate of Hugging Face, in torch",
    "ctranslate2": "CTranslate2, in float32",
}
CpuTime = Annotated[
    bool,
    typer.Option(
        "--cpu-time",
        help="Seconds of all cores instead of the clock's, for a machine that "
        "others use as well.",
    ),
]


def run(
    sentences: Annotated[int, typer.Option(min=1)] = 500,
    beam: Annotated[int, typer.Option(min=1)] = 5,
    length: Annotated[int, typer.Option(min=2, help="Tokens.")] = 16,
    batch: Annotated[int, typer.Option(min=1)] = 64,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds.")] = 5,
    cpu_time: CpuTime = False,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for translate.json.")
    ] = None,
):
    """Compare programs that translate, with models of equal size.

    translate-text-transformer of the default size, and an MBart as large in
    Hugging Face and CTranslate2, all with random weights. Sources have 8 to 20
    tokens; all translations have the same length.
    """
    import numpy as np

    from benchmarks import engines
    from mmkeras import registry

    model = registry.build_model("translate-text-transformer", length=32)
    decoder = model.get_layer("decoder")
    vocabulary, dim = decoder.vocabulary_size, decoder.dim
    rng = np.random.default_rng(0)
    source = rng.integers(4, vocabulary, (sentences, 20)).astype("int32")
    lengths = rng.integers(8, 21, (sentences, 1))
    source[np.arange(20) >= lengths] = 0
    other = engines.mbart(
        *(vocabulary, dim, decoder.feed_dim),
        *((decoder.depth, decoder.depth), decoder.heads),
    )
    setting = (beam, length)
    methods = {
        "mmkeras": ours(model, source, *setting, batch),
        "hugging_face": engines.hugging_face(
            other, *setting, source, batch=batch
        ),
        "ctranslate2": engines.ctranslate2(other, *setting, source, batch),
    }
    name = f"{sentences} sentences of {length} tokens, beam {beam}"
    sizes = {
        "sentences": sentences,
        "beam": beam,
        "length": length,
        "batch": batch,
        "vocabulary": vocabulary,
        "dim": dim,
    }
    report("translate", [(name, methods)], repeats, cpu_time, out, sizes)


def ours(model, source, beam, length, batch, xla=None):
    """Returns a function that translates with mmkeras.

    Args:
        model: A model from `"source"` and `"tokens"`, with a layer
            `"decoder"`.
        source: Token ids of shape `(n, source length)`.
        beam: int. Number of hypotheses.
        length: int. Number of tokens, the end included, before which no
            sentence ends.
        batch: int. Sentences at a time.
        xla: As of `SequenceGenerator`.
    """
    import keras
    import numpy as np

    from mmkeras import generation
    from mmkeras.tasks import graph

    decoder = model.get_layer("decoder")
    generate = generation.SequenceGenerator(
        *(decoder, length, beam, 0.0), min_length=length - 1, xla=xla
    )
    inputs = keras.Input(source.shape[1:], dtype="int32", name="source")
    given = [(model.input["source"], inputs)]
    arguments, _ = graph.call_of(model, decoder)
    outputs = generate(graph.replay(model, given, arguments[1]))
    search = keras.Model(inputs, outputs["tokens"])

    def translate():
        rows = [
            search.predict_on_batch(source[i : i + batch])
            for i in range(0, len(source), batch)
        ]
        return np.concatenate(rows)

    return translate


def report(name, settings, repeats, cpu_time, out, sizes):
    """Times settings, prints a table with the bars, and writes a file.

    Args:
        name: Name of the file.
        settings: List of pairs of a title and a dict of functions without
            arguments, by the names of `METHODS`.
        repeats: int. Rounds.
        cpu_time: bool. Whether to count the seconds of all cores.
        out: Folder, or `None`.
        sizes: Dict of the sizes that all settings share, for the file.
    """
    clock = time.process_time if cpu_time else time.perf_counter
    rows, bars = [], []
    for title, methods in settings:
        for method in methods.values():
            method()
        rounds = timing.interleave(methods, repeats, clock)
        own = [x for x in ("mmkeras", "mmkeras_xla") if x in rounds]
        best = min((rounds[x] for x in own), key=sum)
        ratios = {
            x: timing.ratio(rounds[x], best)
            for x in ("hugging_face", "ctranslate2")
        }
        seconds = timing.medians(rounds)
        rows.append(
            {
                "setting": title,
                "seconds": seconds,
                "rounds": rounds,
                "ratios": ratios,
            }
        )
        bars += [
            results.bar(
                f"{title}: times as fast as Hugging Face",
                1.5,
                ratios["hugging_face"],
            ),
            results.bar(
                f"{title}: times as fast as CTranslate2",
                round(1 / 1.5, 2),
                ratios["ctranslate2"],
            ),
        ]
    kind = "seconds of all cores" if cpu_time else "seconds"
    title = f"Median {kind} of {repeats} rounds"
    results.show(title, _columns(), rows, [], bars)
    packages = ("tensorflow", "keras", "torch", "transformers", "ctranslate2")
    content = {
        **sizes,
        "repeats": repeats,
        "clock": "cpu" if cpu_time else "wall",
        "machine": results.machine(*packages),
        "methods": METHODS,
        "rows": rows,
        "bars": bars,
    }
    results.save(out, name, content)


def _columns():
    def seconds(name):
        return lambda row: f"{row['seconds'].get(name, math.nan):.4f}"

    return {
        "setting": lambda row: row["setting"],
        **{name: seconds(name) for name in METHODS},
        "HF / ours": lambda row: f"{row['ratios']['hugging_face']:.2f}x",
        "CT2 / ours": lambda row: f"{row['ratios']['ctranslate2']:.2f}x",
    }
