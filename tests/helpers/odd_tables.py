"""Draws tables of labelled texts as people write them: odd in many ways."""

import csv
import io
import json

from hypothesis import strategies as st

_WORDS = ("sun", "light", "day", "moon", "night", "détestable")
_TEXTS = st.one_of(
    st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3).map(" ".join),
    st.sampled_from(["sun sun", "day night day"]),
)
_ODD_TEXTS = st.sampled_from(
    ["", " ", "!!!", "\u200b", "\u00a0", "😀", "de\u0301testable", "a\tb"]
    + ["日本語", "sun\nmoon", "x" * 5000, '"quoted"', "a|b", "a;b", "\ufeff"]
)
_NOT_TEXTS = st.sampled_from([None, 5, 1.5, True, ["sun"], {}, "cut \ud83d"])
_NUMBERS = st.one_of(
    st.integers(-3, 30),
    st.floats(-5, 5).map(lambda x: round(x, 2)),
)
_ODD_NUMBERS = st.sampled_from(
    [float("nan"), float("inf"), 1e30, 1e39, -0.0, 10**400, 1e-320]
)
_NAMES = st.sampled_from(
    ["pos", "neg", "neutral", " pos", "neg ", "POS", "caf\u00e9", "cafe\u0301"]
    + ["a|b", "|", "😀", "nan", "inf", "None", "true", "False", "1", "2.0"]
    + ["007", "1,5", "\u00a0pos", "a" * 300, "new\nline"]
)
_STYLES = {
    "names": _NAMES,
    "two": st.sampled_from(["good", "bad"]),
    "integers": st.integers(0, 3),
    "booleans": st.booleans(),
    "flags": st.sampled_from(["True", "False", "true"]),
    "numbers": _NUMBERS,
    "decimals": st.floats(0, 1).map(lambda x: round(x, 3)),
    "lists": st.lists(st.sampled_from(["x", "y", "z"]), max_size=3),
    "some lists": st.one_of(
        st.sampled_from(["x", "y"]),
        st.lists(st.sampled_from(["x", "y", " x"]), min_size=1, max_size=2),
    ),
    "one": st.just("same"),
    "ids": st.integers(0, 10**6).map("id{}".format),
}
_ODD_LABELS = st.one_of(
    _NAMES,
    _ODD_NUMBERS,
    st.sampled_from(
        [None, "", " ", ["b", 3], [True], [[]], {}, "cut \ud83d", [], ["a|b"]]
        + [True, 3, 0.5, ["x"], "NaN", "-inf", "1e999"]
    ),
)
_SPLITS = {
    "none": st.none(),
    "all": st.sampled_from(["train"] * 3 + ["val", "test"]),
    "others": st.sampled_from(
        ["Train", "training ", "TRAIN", "dev", "valid", "Validation", "testing"]
    ),
    "one": st.just("train"),
    "no train": st.sampled_from(["val", "test"]),
    "two": st.sampled_from(["train", "train", "val"]),
    "blank": st.sampled_from(["train", "val", "", None, " "]),
    "odd": st.sampled_from(["train", "train", "val", "trian", 0, 1.5, []]),
}
_HEADERS = {"text": "Text", "label": "Label ", "split": "SPLIT"}


@st.composite
def tables(draw):
    """Draws a table.

    Returns:
        Tuple of the file's suffix and its bytes.
    """
    style = draw(st.sampled_from(sorted(_STYLES)))
    split = draw(st.sampled_from(["none", "one", "two", *sorted(_SPLITS)]))
    odd = draw(st.sampled_from([0, 0, 0, 0, 1, 2]))
    least = draw(st.sampled_from([0, 4, 8, 8]))
    rows = [
        {
            "text": draw(_TEXTS),
            "label": draw(_STYLES[style]),
            "split": draw(_SPLITS[split]),
        }
        for _ in range(draw(st.integers(least, 16)))
    ]
    for row in rows[:odd]:
        field = draw(st.sampled_from(["text", "label"]))
        values = {"text": _ODD_TEXTS | _NOT_TEXTS, "label": _ODD_LABELS}
        row[field] = draw(values[field])
    if draw(st.integers(0, 5)) == 0:
        for i, row in enumerate(rows):
            row["group"] = f"g{i // 2}"
    rows = draw(st.permutations(rows))
    if split == "none":
        rows = [{k: v for k, v in r.items() if k != "split"} for r in rows]
    if draw(st.integers(0, 7)) == 0:
        rows = [{_HEADERS.get(k, k): v for k, v in r.items()} for r in rows]
    suffix = draw(st.sampled_from(["jsonl", "csv", "csv", "tsv"]))
    encoding = draw(
        st.sampled_from(["utf-8"] * 5 + ["utf-8-sig", "utf-16", "latin-1"])
    )
    text = _jsonl(rows, draw) if suffix == "jsonl" else _csv(rows, suffix, draw)
    return suffix, text.encode(encoding, "replace")


def _jsonl(rows, draw):
    plain = draw(st.booleans())
    text = "\n".join(json.dumps(row, ensure_ascii=plain) for row in rows)
    return text + draw(st.sampled_from(["", "\n", "\n\n"]))


def _csv(rows, suffix, draw):
    separator = "\t" if suffix == "tsv" else draw(st.sampled_from([",", ";"]))
    file = io.StringIO(newline="")
    names = list(rows[0]) if rows else ["text", "label"]
    writer = csv.DictWriter(file, names, delimiter=separator)
    writer.writeheader()
    for row in rows:
        writer.writerow({k: _cell(v) for k, v in row.items()})
    return file.getvalue()


def _cell(value):
    """Writes a value as it is written in CSV."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(map(str, value))
    return value
