"""Checks of the options of `SequenceGenerator`."""


def check(
    length,
    beam,
    consensus,
    samples,
    word_penalty,
    temperature,
    top_k,
    top_p,
    no_repeat_ngram_size,
    min_length,
    ctc_weight,
    **_,
):
    """Raises if options are out of range or contradict each other."""
    conditions = {
        "length": (length, length >= 1, "at least 1"),
        "beam": (beam, beam >= 1, "at least 1"),
        "consensus": (consensus, consensus >= 0, "at least 0"),
        "samples": (samples, samples >= 0, "at least 0"),
        "word_penalty": (word_penalty, word_penalty >= 0, "at least 0"),
        "temperature": (temperature, temperature >= 0, "at least 0"),
        "top_k": (top_k, top_k >= 0, "at least 0"),
        "top_p": (top_p, 0 < top_p <= 1, "above 0 and at most 1"),
        "no_repeat_ngram_size": (
            no_repeat_ngram_size,
            no_repeat_ngram_size >= 0,
            "at least 0",
        ),
        "ctc_weight": (ctc_weight, 0 <= ctc_weight <= 1, "in [0, 1]"),
        "min_length": (min_length, 0 <= min_length < length, "in [0, length)"),
    }
    for name, (value, is_valid, expected) in conditions.items():
        if not is_valid:
            raise ValueError(
                f"`{name}` must be {expected}. Received: {name}={value}"
            )
    if temperature and beam > 1 and not samples:
        raise ValueError(
            "`beam` > 1 and `temperature` > 0 are mutually exclusive, except "
            f"with `samples`. Received: beam={beam}, temperature={temperature}"
        )
    if samples and not temperature:
        raise ValueError(
            "`samples` requires a `temperature` above 0, e.g. 0.7. Received: "
            f"samples={samples}, temperature={temperature}"
        )
    if samples and consensus:
        raise ValueError(
            "`samples` and `consensus` are mutually exclusive: the agreement "
            "is either with the samples or with the beam. Received: "
            f"samples={samples}, consensus={consensus}"
        )
    if consensus and beam == 1:
        raise ValueError(
            "`consensus` requires a `beam` of at least 2. Received: "
            f"consensus={consensus}, beam={beam}"
        )
    if not temperature and (top_k or top_p < 1):
        raise ValueError(
            "`top_k` and `top_p` restrict sampling, so they require a "
            f"`temperature` above 0. Received: top_k={top_k}, top_p={top_p}, "
            f"temperature={temperature}"
        )


def check_length(decoder, length):
    """Raises if the decoder takes fewer than `length` tokens."""
    maximum = getattr(decoder, "length", length)
    if length > maximum:
        raise ValueError(
            f"The decoder takes at most length={maximum} tokens. Received: "
            f"length={length}. Generate fewer tokens, or build the decoder "
            "with a larger `length`."
        )
