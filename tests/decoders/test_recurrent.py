import decoding
import numpy as np
import pytest
from decoding import sigmoid

from mmkeras import decoders


def lstm(x, hidden, cell, w):
    """One step of an LSTM, gates in the order in, forget, cell, out."""
    z = x @ w["kernel"] + hidden @ w["recurrent_kernel"] + w["bias"]
    i, f, c, o = np.split(z, 4, axis=-1)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
    return sigmoid(o) * np.tanh(cell), cell


@pytest.mark.parametrize("inject", ["init", "par"])
def test_equals_the_formula(inject):
    decoder = decoding.decoder("recurrent", inject=inject)
    tokens, context = decoding.tokens(), decoding.context()
    actual = decoding.call(decoder, tokens, context)

    w = decoding.arrays(decoder)
    s = context.mean(axis=1) - w["norm/moving_mean"]
    s = s / np.sqrt(w["norm/moving_variance"] + 1e-3)
    s = s * w["norm/gamma"] + w["norm/beta"]
    hidden = np.tanh(s @ w["start_hidden/kernel"] + w["start_hidden/bias"])
    cell = np.tanh(s @ w["start_cell/kernel"] + w["start_cell/bias"])
    names = ("kernel", "recurrent_kernel", "bias")
    gates = {name: w[f"lstm/lstm_cell/{name}"] for name in names}
    image = 0
    if inject == "par":
        image = s @ w["image_projection/kernel"]
        image = image + w["image_projection/bias"]
    for t in range(tokens.shape[1]):
        word = w["words/embeddings"][tokens[:, t]] + image
        hidden, cell = lstm(word, hidden, cell, gates)
        expected = hidden @ w["logits/kernel"] + w["logits/bias"]
        np.testing.assert_allclose(actual[:, t], expected, rtol=1e-4, atol=1e-5)


def test_an_unknown_injection_is_refused():
    with pytest.raises(ValueError, match='"init" or "par".*\'merge\''):
        decoders.RecurrentDecoder(7, inject="merge")
