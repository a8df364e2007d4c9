"""Fusions in PyTorch, in the style of the papers' code or of a textbook.

Each takes a list of inputs: vectors, or sequences in the second half of the
file. Sizes and numbers of weights are those of `mmkeras.fusion`, which also
documents the formulas; presence masks are omitted.
"""

# ruff: noqa: D101

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Concat(nn.Module):
    def forward(self, inputs):
        return torch.cat(inputs, dim=-1)


class Sum(nn.Module):
    def forward(self, inputs):
        return torch.stack(inputs).sum(dim=0)


class Product(nn.Module):
    def forward(self, inputs):
        return torch.stack(inputs).prod(dim=0)


class Max(nn.Module):
    def forward(self, inputs):
        return torch.stack(inputs).amax(dim=0)


class Mean(nn.Module):
    def forward(self, inputs):
        return torch.stack(inputs).mean(dim=0)


class MLP(nn.Module):
    def __init__(self, sizes, dim=128, depth=2):
        super().__init__()
        sizes = [sum(sizes)] + [dim] * depth
        parts = [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])]
        self.stack = nn.Sequential(
            *(layer for part in parts for layer in (part, nn.ReLU()))
        )

    def forward(self, inputs):
        return self.stack(torch.cat(inputs, dim=-1))


class Gated(nn.Module):
    def __init__(self, sizes, dim=128):
        super().__init__()
        self.values = _linears(sizes, dim, bias=False)
        self.gates = _linears([sum(sizes)] * len(sizes), dim, bias=False)

    def forward(self, inputs):
        joined = torch.cat(inputs, dim=-1)
        parts = [
            torch.sigmoid(gate(joined)) * torch.tanh(value(x))
            for gate, value, x in zip(self.gates, self.values, inputs)
        ]
        return torch.stack(parts).sum(dim=0)


class FiLM(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.films = _linears(sizes[1:], 2 * sizes[0])

    def forward(self, inputs):
        x, *others = inputs
        parts = [film(z) for film, z in zip(self.films, others)]
        gamma, beta = torch.stack(parts).sum(dim=0).chunk(2, dim=-1)
        return (1 + gamma) * x + beta


class MAG(nn.Module):
    def __init__(self, sizes, beta=1.0):
        super().__init__()
        size, *others = sizes
        self.gates = _linears([size + other for other in others], size)
        self.values = _linears(others, size, bias=False)
        self.shift = nn.Parameter(torch.zeros(size))
        self.norm = nn.LayerNorm(size, eps=1e-3)
        self.beta = beta

    def forward(self, inputs):
        h, *others = inputs
        d = self.shift
        for gate, value, x in zip(self.gates, self.values, others):
            weight = functional.relu(gate(torch.cat([h, x], dim=-1)))
            d = d + weight * value(x)
        max_scale = self.beta * h.norm(dim=-1) / d.norm(dim=-1).clamp_min(1e-6)
        alpha = max_scale.clamp_max(1).unsqueeze(-1)
        return self.norm(h + alpha * d)


class Multiplicative(nn.Module):
    def __init__(self, sizes, dim=128):
        super().__init__()
        first, *contexts = sizes
        starts = [first] + [dim] * (len(contexts) - 1)
        self.own = nn.ModuleList(nn.Linear(x, dim, bias=False) for x in starts)
        self.shift = _linears(contexts, dim)
        self.both = nn.ParameterList(
            torch.randn(z, x, dim) / math.sqrt(z * x)
            for x, z in zip(starts, contexts)
        )

    def forward(self, inputs):
        x, *contexts = inputs
        for z, own, shift, both in zip(
            contexts, self.own, self.shift, self.both
        ):
            pairs = torch.einsum("bz,bx,zxd->bd", z, x, both)
            x = pairs + own(x) + shift(z)
        return x


class Tensor(nn.Module):
    def forward(self, inputs):
        product = None
        for x in inputs:
            x = functional.pad(x, (0, 1), value=1.0)
            if product is None:
                product = x
            else:
                product = torch.bmm(product.unsqueeze(2), x.unsqueeze(1))
                product = product.flatten(1)
        return product


class LowRank(nn.Module):
    def __init__(self, sizes, dim=128, rank=4):
        super().__init__()
        self.factors = nn.ParameterList(
            torch.randn(rank, size + 1, dim) / math.sqrt(size) for size in sizes
        )
        self.weight = nn.Parameter(torch.ones(1, rank))
        self.bias = nn.Parameter(torch.zeros(1, dim))

    def forward(self, inputs):
        product = 1.0
        for x, factor in zip(inputs, self.factors):
            product = product * torch.matmul(
                functional.pad(x, (0, 1), value=1.0), factor
            )
        product = product.permute(1, 0, 2)  # (batch, rank, dim)
        return torch.matmul(self.weight, product).squeeze(1) + self.bias


class CompactBilinear(nn.Module):
    def __init__(self, sizes, dim=1024, seed=0):
        super().__init__()
        self.dim = dim
        for i, size in enumerate(sizes):
            rng = np.random.default_rng([seed, i])
            places = torch.from_numpy(rng.integers(0, dim, size))
            signs = torch.from_numpy(rng.choice([-1.0, 1.0], size))
            self.register_buffer(f"places_{i}", places)
            self.register_buffer(f"signs_{i}", signs.float())

    def forward(self, inputs):
        product = 1.0
        for i, x in enumerate(inputs):
            sketch = x.new_zeros(len(x), self.dim)
            places = getattr(self, f"places_{i}")
            sketch = sketch.index_add(
                1, places, x * getattr(self, f"signs_{i}")
            )
            product = product * torch.fft.rfft(sketch)
        return _power_normalized(torch.fft.irfft(product, n=self.dim))


class MLB(nn.Module):
    def __init__(self, sizes, dim=128):
        super().__init__()
        self.factors = _linears(sizes, dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, inputs):
        factors = [torch.tanh(f(x)) for f, x in zip(self.factors, inputs)]
        return self.out(_product(factors))


class MFB(nn.Module):
    def __init__(self, sizes, dim=128, factor=5):
        super().__init__()
        self.factors = _linears(sizes, dim * factor)
        self.shape = (-1, dim, factor)

    def forward(self, inputs):
        expanded = _product([f(x) for f, x in zip(self.factors, inputs)])
        return _power_normalized(expanded.view(self.shape).sum(dim=-1))


class MFH(nn.Module):
    def __init__(self, sizes, dim=128, factor=5, order=2):
        super().__init__()
        self.blocks = nn.ModuleList(
            _linears(sizes, dim * factor) for _ in range(order)
        )
        self.shape = (-1, dim, factor)

    def forward(self, inputs):
        expanded, orders = 1.0, []
        for block in self.blocks:
            product = _product([f(x) for f, x in zip(block, inputs)])
            expanded = expanded * product
            pooled = expanded.view(self.shape).sum(dim=-1)
            orders.append(_power_normalized(pooled))
        return torch.cat(orders, dim=-1)


class MUTAN(nn.Module):
    def __init__(self, sizes, dim=128, hidden=128, rank=5):
        super().__init__()
        self.squash = _linears(sizes, hidden)
        self.factors = _linears([hidden] * len(sizes), rank * dim, bias=False)
        self.shape = (-1, rank, dim)

    def forward(self, inputs):
        factors = [
            factor(torch.tanh(squash(x)))
            for factor, squash, x in zip(self.factors, self.squash, inputs)
        ]
        return _product(factors).view(self.shape).sum(dim=1)


class DeepSets(nn.Module):
    def __init__(self, sizes, dim=128):
        super().__init__()
        self.projections = _linears(sizes, dim)
        self.phi = nn.Linear(dim, dim)
        self.rho = nn.Linear(dim, dim)

    def forward(self, inputs):
        members = [
            functional.relu(self.phi(project(x)))
            for project, x in zip(self.projections, inputs)
        ]
        return functional.relu(self.rho(torch.stack(members).sum(dim=0)))


class Late(nn.Module):
    def forward(self, inputs):
        return torch.stack(inputs).mean(dim=0)


# Fusions of sequences.


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm_attention = nn.LayerNorm(dim, eps=1e-3)
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.norm_feed = nn.LayerNorm(dim, eps=1e-3)
        self.feed = nn.Sequential(
            nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim)
        )

    def forward(self, x, memory=None):
        query = self.norm_attention(x)
        keys = query if memory is None else self.norm_attention(memory)
        y, _ = self.attention(query, keys, keys, need_weights=False)
        x = x + y
        return x + self.feed(self.norm_feed(x))


class CrossAttention(nn.Module):
    def __init__(self, sizes, dim=128, heads=4):
        super().__init__()
        self.projections = _linears(sizes, dim)
        self.block = Block(dim, heads)
        self.norm = nn.LayerNorm(dim, eps=1e-3)

    def forward(self, inputs):
        first, *others = (f(x) for f, x in zip(self.projections, inputs))
        return self.norm(self.block(first, torch.cat(others, dim=1)))


class MulT(nn.Module):
    def __init__(self, sizes, dim=40, heads=4, depth=4, self_depth=3):
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(size, dim, 3, padding=1, bias=False) for size in sizes
        )
        count = len(sizes)
        wide = (count - 1) * dim
        self.cross = nn.ModuleDict(
            {
                f"{i}_{j}": _blocks(dim, heads, depth)
                for i in range(count)
                for j in range(count)
                if i != j
            }
        )
        self.own = nn.ModuleList(
            _blocks(wide, heads, self_depth) for _ in sizes
        )
        self.norms = nn.ModuleList(nn.LayerNorm(wide, eps=1e-3) for _ in sizes)

    def forward(self, inputs):
        steps = [
            conv(x.transpose(1, 2)).transpose(1, 2)
            for conv, x in zip(self.convolutions, inputs)
        ]
        steps = [x + _positions(x) for x in steps]
        ends = []
        for i, x in enumerate(steps):
            outputs = []
            for j, other in enumerate(steps):
                if i != j:
                    y = x
                    for block in self.cross[f"{i}_{j}"]:
                        y = block(y, other)
                    outputs.append(y)
            y = torch.cat(outputs, dim=-1)
            for block in self.own[i]:
                y = block(y)
            ends.append(self.norms[i](y)[:, -1])
        return torch.cat(ends, dim=-1)


class Bottleneck(nn.Module):
    def __init__(self, sizes, dim=128, tokens=4, depth=2, own_depth=1, heads=4):
        super().__init__()
        self.projections = _linears(sizes, dim)
        self.own = nn.ModuleList(_blocks(dim, heads, own_depth) for _ in sizes)
        self.shared = nn.ModuleList(_blocks(dim, heads, depth) for _ in sizes)
        self.classes = nn.ParameterList(
            0.02 * torch.randn(1, 1, dim) for _ in sizes
        )
        self.tokens = nn.Parameter(0.02 * torch.randn(1, tokens, dim))
        self.norm = nn.LayerNorm(dim, eps=1e-3)

    def forward(self, inputs):
        steps = []
        for i, x in enumerate(inputs):
            x = self.projections[i](x)
            token = self.classes[i].expand(len(x), -1, -1)
            x = torch.cat([token, x + _positions(x)], dim=1)
            for block in self.own[i]:
                x = block(x)
            steps.append(x)
        count = self.tokens.shape[1]
        shared = self.tokens.expand(len(steps[0]), -1, -1)
        for layer in zip(*self.shared):
            updates = []
            for i, block in enumerate(layer):
                x = block(torch.cat([steps[i], shared], dim=1))
                steps[i] = x[:, :-count]
                updates.append(x[:, -count:])
            shared = torch.stack(updates).mean(dim=0)
        return torch.stack([self.norm(x[:, 0]) for x in steps]).mean(dim=0)


class Perceiver(nn.Module):
    def __init__(self, sizes, dim=128, latents=16, depth=2, heads=4):
        super().__init__()
        self.projections = _linears(sizes, dim)
        self.latents = nn.Parameter(0.02 * torch.randn(1, latents, dim))
        self.cross_attention = _blocks(dim, heads, depth)
        self.self_attention = _blocks(dim, heads, depth)
        self.norm = nn.LayerNorm(dim, eps=1e-3)

    def forward(self, inputs):
        steps = [f(x) for f, x in zip(self.projections, inputs)]
        memory = torch.cat([x + _positions(x) for x in steps], dim=1)
        z = self.latents.expand(len(memory), -1, -1)
        for cross, own in zip(self.cross_attention, self.self_attention):
            z = own(cross(z, memory))
        return self.norm(z).mean(dim=1)


def _linears(sizes, dim, bias=True):
    return nn.ModuleList(nn.Linear(size, dim, bias=bias) for size in sizes)


def _blocks(dim, heads, depth):
    return nn.ModuleList(Block(dim, heads) for _ in range(depth))


def _product(factors):
    product = factors[0]
    for factor in factors[1:]:
        product = product * factor
    return product


def _power_normalized(x):
    x = torch.sign(x) * torch.sqrt(torch.abs(x) + 1e-12)
    return functional.normalize(x)


def _positions(x):
    _, length, dim = x.shape
    i = torch.arange(dim)
    angle = torch.arange(length)[:, None] / 10000 ** (2 * (i // 2) / dim)
    return torch.where(i % 2 == 0, torch.sin(angle), torch.cos(angle))
