"""A small instance of every fusion, and its inputs."""

import dataclasses

import numpy as np

from mmkeras import fusion


@dataclasses.dataclass(frozen=True)
class Case:
    """A fusion, its arguments and its inputs.

    Attributes:
        cls: The layer class.
        shapes: Shapes of its inputs, without the batch.
        out: Shape of its output, without the batch.
        settings: Constructor arguments.
        required: Indices of the inputs that must be present.
        still: Suffixes of weight paths that a training step may not change.
    """

    cls: type
    shapes: tuple
    out: tuple
    settings: dict = dataclasses.field(default_factory=dict)
    required: tuple = ()
    still: tuple = ()

    @property
    def name(self):
        return self.cls.__name__

    @property
    def sequences(self):
        return all(len(shape) == 2 for shape in self.shapes)

    def layer(self, **settings):
        return self.cls(**{**self.settings, **settings})

    def inputs(self, batch=4, seed=0):
        rng = np.random.default_rng(seed)
        return [
            rng.normal(size=(batch, *shape)).astype("float32")
            for shape in self.shapes
        ]


VECTORS = ((5,), (3,), (4,))
ALIKE = ((4,), (4,), (4,))
SEQUENCES = ((3, 5), (4, 3), (2, 4))
SMALL = {"dim": 8, "heads": 2, "dropout": 0.0}
# A key's bias shifts all logits equally, so softmax ignores it.
UNTRAINED = ("key/bias",)
CASES = [
    Case(
        fusion.Bottleneck,
        SEQUENCES,
        (8,),
        {**SMALL, "tokens": 2, "depth": 2},
        still=UNTRAINED,
    ),
    Case(fusion.CompactBilinear, VECTORS, (8,), {"dim": 8}),
    Case(fusion.Concat, VECTORS, (12,)),
    Case(fusion.CrossAttention, SEQUENCES, (3, 8), SMALL, still=UNTRAINED),
    Case(fusion.DeepSets, VECTORS, (6,), {"dim": 6}),
    Case(fusion.FiLM, VECTORS, (5,)),
    Case(fusion.Gated, VECTORS, (6,), {"dim": 6}),
    Case(fusion.Late, ALIKE, (4,), {"kind": "weighted"}),
    Case(fusion.LowRank, VECTORS, (6,), {"dim": 6, "rank": 2}),
    Case(fusion.MAG, VECTORS, (5,)),
    Case(fusion.Max, ALIKE, (4,)),
    Case(fusion.Mean, ALIKE, (4,)),
    Case(fusion.MFB, VECTORS, (6,), {"dim": 6, "factor": 2}),
    Case(fusion.MFH, VECTORS, (8,), {"dim": 4, "factor": 2}),
    Case(fusion.MLB, VECTORS, (6,), {"dim": 6}),
    Case(
        fusion.MulT,
        SEQUENCES,
        (48,),
        {**SMALL, "depth": 1, "self_depth": 1},
        still=UNTRAINED,
    ),
    Case(fusion.Multiplicative, VECTORS, (6,), {"dim": 6}),
    Case(fusion.MUTAN, VECTORS, (6,), {"dim": 6, "hidden": 7, "rank": 2}),
    Case(
        fusion.Perceiver,
        SEQUENCES,
        (8,),
        {**SMALL, "latents": 3, "depth": 1},
        still=UNTRAINED,
    ),
    Case(fusion.Product, ALIKE, (4,)),
    Case(fusion.MLP, VECTORS, (6,), {"dim": 6}),
    Case(fusion.Sum, ALIKE, (4,)),
    Case(fusion.Tensor, VECTORS, (120,)),
]
