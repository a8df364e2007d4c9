import decoding
import numpy as np
from checks import fast
from checks import numpy
from decoding import sigmoid
from decoding import softmax


def formula(w, tokens, context):
    """Logits and attention of an `AttentionDecoder` with weights `w`."""
    a = context @ w["regions/kernel"] - w["norm/moving_mean"]
    a = a / np.sqrt(w["norm/moving_variance"] + 1e-3)
    a = np.tanh(a * w["norm/gamma"] + w["norm/beta"])
    mean = a.mean(axis=1)
    hidden = np.tanh(mean @ w["start_hidden/kernel"] + w["start_hidden/bias"])
    cell = np.tanh(mean @ w["start_cell/kernel"] + w["start_cell/bias"])
    keys = a @ w["keys/kernel"] + w["keys/bias"]
    logits, attention = [], []
    for t in range(tokens.shape[1]):
        query = hidden @ w["query/kernel"]
        energy = np.tanh(keys + query[:, None]) @ w["energy/kernel"]
        alpha = softmax(energy[..., 0])
        beta = sigmoid(hidden @ w["gate/kernel"] + w["gate/bias"])
        z = beta * np.einsum("nr,nrd->nd", alpha, a)
        word = w["words/embeddings"][tokens[:, t]]
        x = np.concatenate([word, z], axis=-1) @ w["lstm/kernel"]
        x = x + hidden @ w["lstm/recurrent_kernel"] + w["lstm/bias"]
        i, f, c, o = np.split(x, 4, axis=-1)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
        hidden = sigmoid(o) * np.tanh(cell)
        out = word + hidden @ w["output_hidden/kernel"]
        out = out + z @ w["output_context/kernel"]
        logits.append(np.tanh(out) @ w["logits/kernel"] + w["logits/bias"])
        attention.append(alpha)
    return np.stack(logits, axis=1), np.stack(attention, axis=1)


def test_equals_the_formula():
    decoder = decoding.decoder("attention")
    inputs = [decoding.tokens(), decoding.context()]
    logits, attention = formula(decoding.arrays(decoder), *inputs)
    np.testing.assert_allclose(
        decoding.call(decoder, *inputs), logits, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        numpy(fast(decoder.attention)(inputs)), attention, rtol=1e-4, atol=1e-5
    )


def test_softmax_is_taken_in_float32():
    decoder = decoding.decoder("attention", dtype="mixed_bfloat16")
    weights = numpy(
        fast(decoder.attention)([decoding.tokens(), decoding.context()])
    )
    assert weights.dtype == "float32"
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5, atol=1e-6)
