"""The same towers, computed with less work: exact arithmetic, only rounding differs.

A tower that is not recognised is returned as it is. Transformers also compute in bfloat16 and
float16, better than autocast does: weights are cast once, products are of two dimensions and
contiguous, and norms, the residual stream and, on CPUs, attention stay in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from open_clip.modified_resnet import ModifiedResNet
from open_clip.transformer import ResidualAttentionBlock, VisionTransformer
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Tower = Callable[[Tensor], Tensor]


def lean_tower(visual: nn.Module) -> Tower:
    """Return a function that computes what the frozen, evaluated ``visual`` does, with less work.

    Convention: normalised views ``(N, 3, S, S)`` to embeddings ``(N, D)``, not yet of unit length.
    """
    if type(visual) is VisionTransformer and _is_plain(visual):
        return FastTransformer(visual)
    if type(visual) is ModifiedResNet:
        _fold_norms(visual)
    if any(isinstance(m, nn.Conv2d) and m.kernel_size != m.stride for m in visual.modules()):
        visual.to(memory_format=torch.channels_last)
    return visual


class _Products:
    """Products with weights in one number format, each weight cast once."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self._cast: dict[int, tuple[Tensor, Tensor]] = {}

    def linear(
        self, tokens: Tensor, weight: Tensor, bias: Tensor | None, *, rows: slice = slice(None)
    ) -> Tensor:
        """Return ``tokens @ weight[rows].T + bias[rows]``, in the number format of the products."""
        if self.dtype == torch.float32:
            return F.linear(tokens, weight[rows], None if bias is None else bias[rows])
        bias = None if bias is None else self.of(bias)[rows]
        flat = tokens.reshape(-1, tokens.shape[-1]).to(self.dtype)
        out = F.linear(flat, self.of(weight)[rows], bias)
        return out.view(*tokens.shape[:-1], out.shape[-1])

    def of(self, weight: Tensor) -> Tensor:
        """Return ``weight`` in the number format of the products."""
        kept = self._cast.get(id(weight))
        if kept is None:  # the weight itself is kept too, so that no other one gets its id
            kept = self._cast[id(weight)] = (weight, weight.detach().to(self.dtype))
        return kept[1]

    def attended(self, mixed: Tensor) -> Tensor:
        """Return queries, keys or values in the number format of attention. On CPUs torch's own is
        four times as slow in bfloat16 as in float32.
        """
        return mixed.float() if mixed.device.type == "cpu" else mixed


class FastTransformer:
    """A vision transformer without its waste.

    The patches are embedded by one matrix product instead of a convolution, whose backward pass
    is slow; queries, keys and values are projected for all tokens of all pictures at once, where
    `nn.MultiheadAttention` with ``batch_first`` makes a product per token; and where only the
    class token is read, the last block computes no other.
    """

    def __init__(self, visual: VisionTransformer) -> None:
        self.visual = visual
        self.patch_weight = visual.conv1.weight.flatten(1)
        self.only_class = visual.pool_type == "tok"
        self._products = _Products(torch.float32)

    def compute_in(self, dtype: torch.dtype) -> None:
        """Have the products computed in ``dtype`` from now on."""
        if dtype != self._products.dtype:
            self._products = _Products(dtype)

    def __call__(self, views: Tensor) -> Tensor:
        """Embed views ``(N, 3, S, S)`` as ``(N, D)``."""
        tokens = self.visual.ln_pre(self._embed(views))
        *blocks, last = self.visual.transformer.resblocks
        for block in blocks:
            tokens = _block(block, tokens, tokens.shape[1], self._products)
        keep = 1 if self.only_class else tokens.shape[1]
        tokens = _block(last, tokens, keep, self._products)
        pooled: Tensor = self.visual._pool(tokens)[0]
        embedded: Tensor = pooled if self.visual.proj is None else pooled @ self.visual.proj
        return embedded

    def activations(self, views: Tensor) -> dict[str, Tensor]:
        """Return what each block answers to views ``(N, 3, S, S)`` as maps ``(N, C, h, w)``, by
        ``block1`` ... without the class token.
        """
        high, wide = self.visual.patch_size
        rows, columns = views.shape[-2] // high, views.shape[-1] // wide
        tokens, found = self.visual.ln_pre(self._embed(views)), dict[str, Tensor]()
        for number, block in enumerate(self.visual.transformer.resblocks, start=1):
            tokens = _block(block, tokens, tokens.shape[1], self._products)
            found[f"block{number}"] = tokens[:, 1:].mT.reshape(len(views), -1, rows, columns)
        return found

    def _embed(self, views: Tensor) -> Tensor:
        """Return patches as tokens after the class token, with their positions: ``(N, L, C)``."""
        count, channels, height, width = views.shape
        high, wide = self.visual.patch_size
        rows, columns = height // high, width // wide
        patches = views.view(count, channels, rows, high, columns, wide).permute(0, 2, 4, 1, 3, 5)
        patches = patches.reshape(count, rows * columns, -1)
        tokens = self._products.linear(patches, self.patch_weight, None).float()
        first = self.visual.class_embedding.to(tokens.dtype).expand(count, 1, -1)
        places: Tensor = self.visual.positional_embedding.to(tokens.dtype)
        return torch.cat([first, tokens], dim=1) + places


def _block(block: ResidualAttentionBlock, tokens: Tensor, keep: int, products: _Products) -> Tensor:
    """Return one residual block, its first ``keep`` tokens: ``(N, L, C)`` to ``(N, keep, C)``."""
    seen = block.ln_1(tokens)
    kept = tokens[:, :keep] + block.ls_1(_attention(block.attn, seen, keep, products).float())
    out: Tensor = kept + block.ls_2(_mlp(block.mlp, block.ln_2(kept), products).float())
    return out


def _mlp(mlp: Any, seen: Tensor, products: _Products) -> Tensor:
    """Return the two products of a block with the nonlinearity between them."""
    widen, bend, narrow = mlp
    hidden = bend(products.linear(seen, widen.weight, widen.bias))
    return products.linear(hidden, narrow.weight, narrow.bias)


def _attention(attn: nn.MultiheadAttention, seen: Tensor, keep: int, products: _Products) -> Tensor:
    """Compute self-attention of the first ``keep`` tokens over all of them."""
    count, length, channels = seen.shape
    weight, bias = attn.in_proj_weight, attn.in_proj_bias
    if keep == length:
        query, key, value = _heads(products.linear(seen, weight, bias), 3, attn.num_heads)
    else:
        asked = products.linear(seen[:, :keep], weight, bias, rows=slice(channels))
        answered = products.linear(seen, weight, bias, rows=slice(channels, None))
        (query,) = _heads(asked, 1, attn.num_heads)
        key, value = _heads(answered, 2, attn.num_heads)
    query, key, value = (products.attended(part) for part in (query, key, value))
    mixed = F.scaled_dot_product_attention(query, key, value)
    mixed = mixed.transpose(1, 2).reshape(count, keep, channels)
    return products.linear(mixed, attn.out_proj.weight, attn.out_proj.bias)


def _heads(projected: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
    """Return ``(N, L, parts*C)`` to ``parts`` tensors ``(N, heads, L, C/heads)``."""
    count, length, _ = projected.shape
    return projected.view(count, length, parts, heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


def _is_plain(visual: VisionTransformer) -> bool:
    """Return True if the tower is made only of the parts that `FastTransformer` knows."""
    return visual.attn_pool is None and all(
        type(block) is ResidualAttentionBlock
        and block.attn.batch_first
        and block.attn.in_proj_weight is not None
        and block.attn.in_proj_bias is not None
        and block.attn.bias_k is None
        and not block.attn.add_zero_attn
        and [type(part) for part in block.mlp[::2]] == [nn.Linear, nn.Linear]
        for block in visual.transformer.resblocks
    )


def _fold_norms(module: nn.Module) -> None:
    """Fold every batch norm of an evaluated ResNet into the convolution before it, in place."""
    for number in "123":
        conv, norm = getattr(module, f"conv{number}", None), getattr(module, f"bn{number}", None)
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(module, f"conv{number}", fuse_conv_bn_eval(conv, norm))
            setattr(module, f"bn{number}", nn.Identity())
    shortcut = getattr(module, "downsample", None)
    if isinstance(shortcut, nn.Sequential):
        conv, norm = shortcut[1], shortcut[2]
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            shortcut[1], shortcut[2] = fuse_conv_bn_eval(conv, norm), nn.Identity()
    for child in module.children():
        _fold_norms(child)
