"""What a model is trained to predict beside the target of its task."""


class Auxiliary:
    """Base class of targets that need no labels of their own.

    They make what they predict from the inputs of a batch, in the model that
    is trained. See `tasks.Task.auxiliary`.
    """

    def training_outputs(self, model, inputs, given, seed=0):
        """What the model that is trained returns for this target.

        Args:
            model: A functional model of the zoo.
            inputs: Dict of the inputs of the model that is trained; further
                ones can be added, see `tasks.Task.target_inputs`.
            given: As of `graph.replay`: pairs in the order of `model.input`,
                and others after them.
            seed: int. Seed of what is sampled.

        Returns:
            Symbolic tensor, or a structure of them.
        """
        raise NotImplementedError

    def loss(self, outputs, weight=None):
        """The loss of a batch, a scalar.

        Args:
            outputs: As of `training_outputs`.
            weight: Weights of the examples, or `None`.
        """
        raise NotImplementedError

    def correct(self, outputs):
        """Whether each prediction is correct.

        Args:
            outputs: Arrays, as of `training_outputs` in inference mode.

        Returns:
            Tuple of booleans `(batch, n)`, and of their weights in the
            accuracy, floats of the same shape.
        """
        raise NotImplementedError


def without(given, names, name):
    """Splits pairs as of `graph.replay` at the one of an input.

    Args:
        given: List of pairs, the first ones in the order of `names`.
        names: Names of a model's inputs.
        name: Name of one of them.

    Returns:
        Tuple of the pair of this input, and the list of those of the others.
    """
    place = list(names).index(name)
    others = [pair for i, pair in enumerate(given[: len(names)]) if i != place]
    return given[place], others
