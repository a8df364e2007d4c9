"""A functional model whose optional inputs may be omitted."""

import keras


@keras.saving.register_keras_serializable(package="mmkeras")
class MultimodalModel(keras.Model):
    """Takes a dict of inputs, from which optional ones may be omitted.

    A functional model of Keras accepts `None` for an optional input, but
    requires its key in the dict. This model adds the key, so that `fit`,
    `predict` and calls need no presence mask while nothing is missing.

    Args:
        inputs: Dict from names to inputs; see `presence_input`.
        outputs: Outputs of a functional model.
        **kwargs: Passed to `keras.Model`.

    Raises:
        ValueError: If called with a key that is not an input.

    Example:

    >>> inputs = {"image": image, "audio": audio, "presence": presence}
    >>> model = MultimodalModel(inputs, logits)
    >>> model.predict({"image": images, "audio": waveforms})
    """

    # Keras runs `__call__` on TensorFlow and torch, `call` alone on JAX.
    def __call__(self, inputs, *args, **kwargs):
        return super().__call__(self._complete(inputs), *args, **kwargs)

    def call(self, inputs, training=None, mask=None, **kwargs):
        inputs = self._complete(inputs)
        return super().call(inputs, training=training, mask=mask, **kwargs)

    # Keras infers no shapes from `None`.
    def compute_output_spec(self, inputs, *args, **kwargs):
        if isinstance(inputs, dict):
            inputs = {
                name: self.input[name] if x is None else x
                for name, x in self._complete(inputs).items()
            }
        return super().compute_output_spec(inputs, *args, **kwargs)

    def _complete(self, inputs):
        """Adds `None` for each optional input that is omitted."""
        if not isinstance(inputs, dict):
            return inputs
        for name in inputs:
            # Keras would warn and treat it as an omitted input.
            if name not in self.input:
                raise ValueError(
                    f"`{self.name}` has no input {name!r}. Expected the keys "
                    f"{list(self.input)}. Received: {list(inputs)}. Remove or "
                    f"rename {name!r}."
                )
        optional = [spec.name for spec in self.input_spec if spec.optional]
        return {**dict.fromkeys(optional), **inputs}
