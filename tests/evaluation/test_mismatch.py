import numpy as np
import pytest

from mmkeras import evaluation

COUNT = 3000


def random_bits(seed=0):
    """Two bits, and a third that nobody needs."""
    return np.random.default_rng(seed).integers(0, 2, (3, COUNT))


def drops_of(predict, labels, bits, **options):
    fields = ("text", "image", "audio")

    def score(replaced):
        values = [
            bit[replaced.get(field, np.arange(COUNT))]
            for field, bit in zip(fields, bits)
        ]
        return np.mean(predict(*values) == labels)

    return evaluation.mismatched(score, fields, COUNT, labels, **options)


def test_what_tells_the_label_alone_is_lost_among_all_only():
    bits = random_bits()
    drops = drops_of(lambda a, b, c: a, bits[0], bits)
    assert drops["mismatch_text"] == pytest.approx(0.5, abs=0.03)
    assert drops["mismatch_within_text"] == 0
    assert drops["mismatch_image"] == drops["mismatch_audio"] == 0


def test_what_tells_it_only_together_is_lost_within_the_label_too():
    bits = random_bits()
    drops = drops_of(lambda a, b, c: a ^ b, bits[0] ^ bits[1], bits)
    for field in ("text", "image"):
        assert drops[f"mismatch_within_{field}"] == pytest.approx(0.5, abs=0.03)
    assert drops["mismatch_within_audio"] == 0


def test_no_example_keeps_its_own_and_the_seed_decides():
    orders = []

    def score(replaced):
        orders.extend(replaced.values())
        return 0.0

    labels = np.arange(9) % 2
    for _ in range(2):
        evaluation.mismatched(score, ["a"], 9, labels, repeats=2, seed=3)
    among, within = orders[:2], orders[2:4]
    for order in orders:
        assert sorted(order) == list(range(9)) and (order != range(9)).all()
    assert all((labels[order] == labels).all() for order in within)
    assert any((labels[order] != labels).any() for order in among)
    np.testing.assert_array_equal(orders[:4], orders[4:])


def test_without_labels_there_is_no_within():
    drops = evaluation.mismatched(lambda replaced: 1.0, ["a"], 4)
    assert drops == {"mismatch_a": 0.0}
