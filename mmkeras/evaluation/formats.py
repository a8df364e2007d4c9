"""How metrics are called and written."""

import re

TITLES = {
    "bleu_1": "BLEU-1",
    "bleu_2": "BLEU-2",
    "bleu_3": "BLEU-3",
    "bleu_4": "BLEU-4",
    "bleu": "BLEU",
    "bleu_lowercase": "BLEU, lower case",
    "bleu_tokenized": "BLEU, Moses tokens in lower case",
    "chrf": "chrF",
    "ter": "TER",
    "exact": "exact translations",
    "meteor": "METEOR",
    "rouge_l": "ROUGE-L",
    "cider": "CIDEr",
    "unique": "unique captions",
    "distinct_1": "distinct words",
    "distinct_2": "distinct word pairs",
    "vocabulary": "distinct words used",
    "length": "words per caption",
    "shuffle_gap": "image-shuffle gap, nats",
    "accuracy": "accuracy",
    "word_error_rate": "word error rate",
    "character_error_rate": "character error rate",
    "f1_macro": "macro F1",
    "f1_micro": "micro F1",
    "f1_weighted": "weighted F1",
    "calibration_error": "calibration error",
    "brier": "Brier score",
    "majority": "majority baseline",
    "chance": "random embeddings",
    "vqa_accuracy": "VQA accuracy",
    "consistency": "groups all correct",
    "recall_mean": "mean of the recalls",
    "matching_accuracy": "matching accuracy",
    "words_accuracy": "accuracy on hidden words",
    "median_rank": "median rank",
    "mean_rank": "mean rank",
    "mrr": "mean reciprocal rank",
    "ndcg_10": "nDCG at 10",
}
# Patterns of names, with the factor, the format and the unit.
_FORMATS = (
    (r"meteor|rouge_l|bleu(_\w+)?|chrf|ter", 100, ".1f", ""),
    (
        r"unique|exact|distinct_\d|(.+_)?accuracy|.+_error_rate|majority|chance|consistency",
        100,
        ".1f",
        " %",
    ),
    (r"f1|(f1|acc|type|mismatch)_.+", 100, ".1f", " %"),
    (r"(.+_)?(recall_.+|mrr|ndcg_10)", 100, ".1f", " %"),
    (r"(.+_)?(median|mean)_rank", 1, ",.1f", ""),
    (r"(.+_)?error_rate", 100, ".2f", " %"),
    (r"recordings|words", 1, ",.0f", ""),
    (r"cider|shuffle_gap", 1, ".3f", ""),
    (r"vocabulary", 1, ",.0f", ""),
    (r".*", 1, ".3g", ""),
)


def figure(name, value):
    """Formats a metric as in papers: BLEU in percent, CIDEr unscaled.

    Args:
        name: A key of the metrics of `evaluate`.
        value: The number.

    Returns:
        A string.
    """
    return number(name, value) + _format(name)[2]


def number(name, value, sign=""):
    """Formats a metric without its unit.

    Args:
        name: As of `figure`.
        value: The number.
        sign: `"+"` to write the sign of positive numbers.
    """
    factor, digits, _ = _format(name)
    return f"{factor * value:{sign}{digits}}"


def factor(name):
    """Returns 100 for metrics that are written in percent, else 1."""
    return _format(name)[0]


def axis(name):
    """Names the axis of a plot of a metric times its `factor`."""
    return name.replace("_", " ") + ", %" * (factor(name) == 100)


def title(name):
    """Returns the title of a metric."""
    metric, kind = _parts(name)
    if metric:
        return f"{title(metric)}: {title(kind)}"
    if name.startswith("mismatch_within_"):
        field = name.removeprefix("mismatch_within_")
        return f"drop with permuted {field} within labels"
    if name.startswith("mismatch_"):
        return f"drop with permuted {name.removeprefix('mismatch_')}"
    if name.startswith("type_"):
        return f"accuracy on {name.removeprefix('type_')}"
    way = re.fullmatch(r"(\w+?)_to_([a-z]+)_(\w+)", name)
    if way:
        return f"{title(way[3])}, {way[1]} to {way[2]}"
    if re.fullmatch(r"recall_\d+", name):
        return f"recall at {name.removeprefix('recall_')}"
    return TITLES.get(name, name)


def _parts(name):
    """Splits e.g. `"cider_majority"` into a metric and what is done to it."""
    match = re.fullmatch(r"(.+?)_(majority|mismatch_.+)", name)
    return match.groups() if match else (None, name)


def _format(name):
    metric = _parts(name)[0] or name
    return next(parts for key, *parts in _FORMATS if re.fullmatch(key, metric))
