"""A small image network in place of any of Keras."""

import keras

from mmkeras import branches


def install(monkeypatch, folder, size, filters=4, kernel=4, stride=4, depth=2):
    """Replaces the networks of `keras.applications`; writes its weights.

    Args:
        monkeypatch: The fixture.
        folder: Folder of the file of weights.
        size: Height and width of its images in pixels.
        filters: Number of filters of each convolution.
        kernel: Size of a kernel.
        stride: Stride of each convolution.
        depth: Number of convolutions, `"conv_0"` and so on.

    Returns:
        The network, and the path of its weights, a string.
    """

    def network(input_shape, weights, include_top):
        x = first = keras.Input(input_shape)
        for i in range(depth):
            x = keras.layers.Conv2D(
                filters, kernel, strides=stride, name=f"conv_{i}"
            )(x)
        return keras.Model(first, x, name="net")

    entry = network, keras.applications.mobilenet_v2.preprocess_input
    monkeypatch.setattr(branches.image, "_find", lambda name: entry)
    path = folder / "net.weights.h5"
    model = network((size, size, 3), None, False)
    model.save_weights(path)
    return model, str(path)
