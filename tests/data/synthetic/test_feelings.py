import collections
import doctest
import io
import itertools

import numpy as np
import PIL.Image
import pytest
import soundfile

from mmkeras.data.synthetic import feelings
from mmkeras.data.synthetic import feelings_sentences
from mmkeras.evaluation.subsets import shapley

SPLITS = feelings.SPLITS
ALWAYS = {"text": 1.0, "image": 1.0, "audio": 1.0}


def is_smiling(data):
    """Whether a face smiles: the mouth in its lower half bends upwards."""
    grey = np.asarray(PIL.Image.open(io.BytesIO(data))).mean(-1)
    y, x = np.nonzero(grey > 135)
    middle, radius = np.array([y.mean(), x.mean()]), np.sqrt(len(y) / np.pi)
    y, x = (np.mgrid[: len(grey), : len(grey)].T - middle).T / radius
    mouth = (grey < 120) & (np.hypot(x, y) < 0.95) & (y > 0.1)
    curvature, _, _ = np.polyfit(x[mouth], y[mouth], 2)
    return curvature < 0


def pitches(data):
    """Returns the strongest frequency at the beginning and the end, in Hz."""
    wave, rate = soundfile.read(io.BytesIO(data))
    power = [
        abs(np.fft.rfft(part * np.hanning(len(part)), 8192))
        for part in (wave[:600], wave[-600:])
    ]
    return [np.argmax(p) * rate / 8192 for p in power]


def is_rising(data):
    begin, end = pitches(data)
    return end > begin


def is_positive(text):
    words = set(text.split())
    positive = bool(words & set(feelings_sentences.POSITIVE))
    assert positive != bool(words & set(feelings_sentences.NEGATIVE))
    return positive


READERS = {"text": is_positive, "image": is_smiling, "audio": is_rising}


def empirical_accuracy(samples, names):
    """Computes how often the commonest label of each pattern is right."""
    places = [feelings.FIELDS.index(name) for name in names]
    counts = collections.Counter(
        (tuple(s.votes[i] for i in places), s.label) for s in samples
    )
    best = collections.Counter()
    for (pattern, _), count in counts.items():
        best[pattern] = max(best[pattern], count)
    return sum(best.values()) / len(samples)


def test_the_example_in_the_docstring():
    result = doctest.testmod(feelings, extraglobs={"feelings": feelings})
    assert result.attempted >= 2
    assert result.failed == 0


@pytest.mark.parametrize(
    "votes", [feelings.VOTES, {"text": 0.75, "image": 0.7, "audio": 0.2}]
)
def test_the_closed_form_equals_counting(votes):
    samples = feelings.samples("train", 20000, **votes)
    expected = feelings.accuracy(votes)
    assert len(expected) == 8
    for names, accuracy in expected.items():
        error = 4 * (accuracy * (1 - accuracy) / len(samples)) ** 0.5
        gap = abs(empirical_accuracy(samples, names) - accuracy)
        assert gap < error + 0.004, names


def test_accuracies_by_hand():
    accuracy = feelings.accuracy()
    assert accuracy[()] == 0.5
    assert accuracy["text",] == 0.9 and accuracy["image",] == 0.8
    # The better of two decides.
    assert accuracy["text", "image"] == pytest.approx(0.9)
    # All: the text, unless both others contradict, 0.1 * 0.56 > 0.9 * 0.06.
    assert accuracy["text", "image", "audio"] == pytest.approx(
        0.9 * (1 - 0.06) + 0.1 * 0.56
    )
    three = feelings.accuracy({"a": 0.7, "b": 0.7, "c": 0.7})
    majority = 0.7**3 + 3 * 0.7**2 * 0.3
    assert three["a", "b", "c"] == pytest.approx(majority)
    always_wrong = feelings.accuracy({"a": 0.0})
    assert always_wrong["a",] == 1.0


def test_shapley_values_sum_to_the_gain():
    values = shapley(feelings.accuracy(), feelings.FIELDS)
    assert sum(values.values()) == pytest.approx(0.902 - 0.5)
    # The mean gain over the six orders of the three.
    text = (2 * 0.4 + (0.9 - 0.8) + (0.9 - 0.7) + 2 * (0.902 - 0.8)) / 6
    assert values["text"] == pytest.approx(text)
    equal = shapley(feelings.accuracy({"a": 0.7, "b": 0.7}), ["a", "b"])
    assert equal["a"] == equal["b"] == pytest.approx(0.1)


def test_every_vote_can_be_read_from_its_rendering():
    samples = feelings.samples("train", 600)
    rendered = [sample.render() for sample in samples]
    for i, field in enumerate(feelings.FIELDS):
        votes = [sample.votes[i] == "positive" for sample in samples]
        predictions = [READERS[field](row[field]) for row in rendered]
        assert np.mean(np.equal(votes, predictions)) > 0.995, field


def test_shade_mean_pitch_and_loudness_do_not_depend_on_the_vote():
    rows = feelings.rows("train", 600, **ALWAYS)
    positive = [row["label"] == "positive" for row in rows]
    waves = [soundfile.read(io.BytesIO(row["audio"]))[0] for row in rows]
    shades = [
        np.asarray(PIL.Image.open(io.BytesIO(row["image"]))).mean()
        for row in rows
    ]
    middles = [np.prod(pitches(row["audio"])) for row in rows]
    for feature in (shades, middles, [np.std(wave) for wave in waves]):
        assert abs(np.corrcoef(feature, positive)[0, 1]) < 0.15


def test_words_of_emotion_are_not_shared():
    positive, negative = (
        feelings_sentences.POSITIVE,
        feelings_sentences.NEGATIVE,
    )
    assert not set(positive) & set(negative)
    rows = feelings.rows("train", 1000, image=0, audio=0, text=1)
    words = collections.defaultdict(set)
    for row in rows:
        words[row["label"]] |= set(row["text"].split())
    neutral = words["positive"] & words["negative"]
    assert words["positive"] - neutral == set(positive)
    assert words["negative"] - neutral == set(negative)
    assert len({row["text"] for row in rows}) > 300


def test_bytes_are_as_in_the_docstring():
    row = feelings.rows("val", 1)[0]
    image = PIL.Image.open(io.BytesIO(row["image"]))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (32, 32))
    audio = soundfile.info(io.BytesIO(row["audio"]))
    header = audio.format, audio.samplerate, audio.frames, audio.channels
    assert header == ("WAV", 8000, 2000, 1)
    assert (row["id"], row["split"]) == ("val-0", "val")


def test_rendering_is_deterministic_and_differs_by_seed_and_split():
    first = feelings.rows("val", 5, 3)
    assert feelings.rows("val", 8, 3)[:5] == first
    for other in (feelings.rows("val", 5), feelings.rows("test", 5, 3)):
        for field in ("image", "audio"):
            values = {row[field] for row in first}
            assert not values & {row[field] for row in other}


def test_labels_are_balanced_and_votes_follow_their_probabilities():
    samples = feelings.samples("test", 5000)
    labels = [sample.label == "positive" for sample in samples]
    assert 0.47 < np.mean(labels) < 0.53
    right = np.array([[v == s.label for v in s.votes] for s in samples])
    np.testing.assert_allclose(right.mean(0), [0.9, 0.8, 0.7], atol=0.025)
    for one, other in itertools.combinations(right[labels].T, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.08  # Independent.


def test_missing_fields_are_none_and_the_rest_is_unchanged():
    whole = feelings.rows("train", 400)
    some = feelings.rows("train", 400, missing=0.3)
    for field in feelings.FIELDS:
        share = np.mean([row[field] is None for row in some])
        assert 0.2 < share < 0.37
        for row, full in zip(some, whole):
            assert row[field] in (None, full[field])
    alone = feelings.rows("train", 300, missing=1.0)
    fields = collections.Counter(
        tuple(f for f in feelings.FIELDS if row[f]) for row in alone
    )
    assert set(fields) == {("text",), ("image",), ("audio",)}
    assert min(fields.values()) > 70


@pytest.mark.parametrize(
    "arguments, options, message",
    [
        (
            ("dev", 3),
            {},
            "`split` must be one of 'train', 'val', 'te.*'dev'",
        ),
        (("val", -1), {}, "count=-1"),
        (("val", 3, -2), {}, "seed=-2"),
        (("val", 3), {"audio": 1.2}, "`audio` must be a prob.*audio=1.2"),
        (("val", 3), {"missing": -0.1}, "missing=-0.1"),
    ],
)
def test_invalid_arguments(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        feelings.samples(*arguments, **options)
    with pytest.raises(ValueError, match="text=nan"):
        feelings.accuracy({"text": float("nan")})
