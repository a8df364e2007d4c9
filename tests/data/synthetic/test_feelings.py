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


def frowns_less(data):
    """Whether a face smiles: what is dark in its lower half turns up."""
    grey = np.asarray(PIL.Image.open(io.BytesIO(data))).mean(-1)
    y, x = np.nonzero(grey > 135)
    middle, radius = np.array([y.mean(), x.mean()]), np.sqrt(len(y) / np.pi)
    y, x = (np.mgrid[: len(grey), : len(grey)].T - middle).T / radius
    mouth = (grey < 120) & (np.hypot(x, y) < 0.95) & (y > 0.1)
    bent, _, _ = np.polyfit(x[mouth], y[mouth], 2)
    return bent < 0


def pitches(data):
    """The strongest frequency of the beginning and of the end, in Hz."""
    wave, rate = soundfile.read(io.BytesIO(data))
    power = [
        abs(np.fft.rfft(part * np.hanning(len(part)), 8192))
        for part in (wave[:600], wave[-600:])
    ]
    return [np.argmax(p) * rate / 8192 for p in power]


def sounds_glad(data):
    begin, end = pitches(data)
    return end > begin


def reads_glad(text):
    words = set(text.split())
    glad = bool(words & set(feelings_sentences.POSITIVE))
    assert glad != bool(words & set(feelings_sentences.NEGATIVE))
    return glad


READ = {"text": reads_glad, "image": frowns_less, "audio": sounds_glad}


def counted(found, names):
    """How often the commonest label of each pattern of votes is right."""
    places = [feelings.FIELDS.index(name) for name in names]
    seen = collections.Counter(
        (tuple(m.votes[i] for i in places), m.label) for m in found
    )
    best = collections.Counter()
    for (pattern, _), count in seen.items():
        best[pattern] = max(best[pattern], count)
    return sum(best.values()) / len(found)


def test_the_example_in_the_docstring():
    found = doctest.testmod(feelings, extraglobs={"feelings": feelings})
    assert found.attempted >= 2
    assert found.failed == 0


@pytest.mark.parametrize(
    "votes", [feelings.VOTES, {"text": 0.75, "image": 0.7, "audio": 0.2}]
)
def test_the_closed_form_is_what_counting_finds(votes):
    found = feelings.moments("train", 20000, **votes)
    wanted = feelings.accuracy(votes)
    assert len(wanted) == 8
    for names, accuracy in wanted.items():
        error = 4 * (accuracy * (1 - accuracy) / len(found)) ** 0.5
        assert abs(counted(found, names) - accuracy) < error + 0.004, names


def test_accuracies_worked_by_hand():
    found = feelings.accuracy()
    assert found[()] == 0.5
    assert found["text",] == 0.9 and found["image",] == 0.8
    # One that is better than the other is right when it is.
    assert found["text", "image"] == pytest.approx(0.9)
    # All: the text, unless both others contradict, 0.1 * 0.56 > 0.9 * 0.06.
    assert found["text", "image", "audio"] == pytest.approx(
        0.9 * (1 - 0.06) + 0.1 * 0.56
    )
    three = feelings.accuracy({"a": 0.7, "b": 0.7, "c": 0.7})
    majority = 0.7**3 + 3 * 0.7**2 * 0.3
    assert three["a", "b", "c"] == pytest.approx(majority)
    always_wrong = feelings.accuracy({"a": 0.0})
    assert always_wrong["a",] == 1.0


def test_their_worth_is_shared_out_in_full():
    worth = shapley(feelings.accuracy(), feelings.FIELDS)
    assert sum(worth.values()) == pytest.approx(0.902 - 0.5)
    # Over the six orders of the three, of what each adds.
    text = (2 * 0.4 + (0.9 - 0.8) + (0.9 - 0.7) + 2 * (0.902 - 0.8)) / 6
    assert worth["text"] == pytest.approx(text)
    even = shapley(feelings.accuracy({"a": 0.7, "b": 0.7}), ["a", "b"])
    assert even["a"] == even["b"] == pytest.approx(0.1)


def test_every_vote_can_be_read_from_what_is_rendered():
    found = feelings.moments("train", 600)
    rendered = [moment.render() for moment in found]
    for i, field in enumerate(feelings.FIELDS):
        votes = [moment.votes[i] == "positive" for moment in found]
        read = [READ[field](row[field]) for row in rendered]
        assert np.mean(np.equal(votes, read)) > 0.995, field


def test_neither_shade_nor_middle_pitch_nor_loudness_tells_the_vote():
    rows = feelings.rows("train", 600, **ALWAYS)
    glad = [row["label"] == "positive" for row in rows]
    waves = [soundfile.read(io.BytesIO(row["audio"]))[0] for row in rows]
    shades = [
        np.asarray(PIL.Image.open(io.BytesIO(row["image"]))).mean()
        for row in rows
    ]
    middles = [np.prod(pitches(row["audio"])) for row in rows]
    for plain in (shades, middles, [np.std(wave) for wave in waves]):
        assert abs(np.corrcoef(plain, glad)[0, 1]) < 0.15


def test_words_of_feeling_are_not_shared():
    positive, negative = (
        feelings_sentences.POSITIVE,
        feelings_sentences.NEGATIVE,
    )
    assert not set(positive) & set(negative)
    rows = feelings.rows("train", 1000, image=0, audio=0, text=1)
    said = collections.defaultdict(set)
    for row in rows:
        said[row["label"]] |= set(row["text"].split())
    neutral = said["positive"] & said["negative"]
    assert said["positive"] - neutral == set(positive)
    assert said["negative"] - neutral == set(negative)
    assert len({row["text"] for row in rows}) > 300


def test_bytes_are_what_the_docstring_says():
    row = feelings.rows("val", 1)[0]
    image = PIL.Image.open(io.BytesIO(row["image"]))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (32, 32))
    sound = soundfile.info(io.BytesIO(row["audio"]))
    about = sound.format, sound.samplerate, sound.frames, sound.channels
    assert about == ("WAV", 8000, 2000, 1)
    assert (row["id"], row["split"]) == ("val-0", "val")


def test_renders_the_same_again_and_others_for_others():
    first = feelings.rows("val", 5, 3)
    assert feelings.rows("val", 8, 3)[:5] == first
    for other in (feelings.rows("val", 5), feelings.rows("test", 5, 3)):
        for field in ("image", "audio"):
            kept = {row[field] for row in first}
            assert not kept & {row[field] for row in other}


def test_labels_are_even_and_votes_as_often_right_as_asked():
    found = feelings.moments("test", 5000)
    labels = [moment.label == "positive" for moment in found]
    assert 0.47 < np.mean(labels) < 0.53
    right = np.array([[v == m.label for v in m.votes] for m in found])
    np.testing.assert_allclose(right.mean(0), [0.9, 0.8, 0.7], atol=0.025)
    for one, other in itertools.combinations(right[labels].T, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.08  # Independent.


def test_what_is_missing_is_none_and_the_rest_as_it_was():
    whole = feelings.rows("train", 400)
    some = feelings.rows("train", 400, missing=0.3)
    for field in feelings.FIELDS:
        gone = np.mean([row[field] is None for row in some])
        assert 0.2 < gone < 0.37
        for row, full in zip(some, whole):
            assert row[field] in (None, full[field])
    alone = feelings.rows("train", 300, missing=1.0)
    left = collections.Counter(
        tuple(f for f in feelings.FIELDS if row[f]) for row in alone
    )
    assert set(left) == {("text",), ("image",), ("audio",)}
    assert min(left.values()) > 70


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
def test_refuses_what_cannot_be(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        feelings.moments(*arguments, **options)
    with pytest.raises(ValueError, match="text=nan"):
        feelings.accuracy({"text": float("nan")})
