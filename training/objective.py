"""The loss, and the perturbation that is taken against it.

Only perceptors that hold still under small perturbations give gradients that draw shapes instead
of noise (Santurkar et al. 2019, "Image Synthesis with a Single (Robust) Classifier", arXiv
1906.09453).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from open_clip.model import CLIP
from torch import Tensor, nn

from training.config import RunConfig
from training.data import Batch


def normaliser(config: RunConfig) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation as ``(1, 3, 1, 1)``."""
    mean, std = (torch.tensor(config.preprocess[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    return mean, std


def image_features(model: CLIP, views: Tensor, config: RunConfig) -> Tensor:
    """Unit vectors of views in [0, 1]."""
    mean, std = (t.to(views.device) for t in normaliser(config))
    inputs = ((views - mean) / std).contiguous(memory_format=torch.channels_last)
    bf16 = config.train.precision == "bf16"
    with torch.autocast(views.device.type, torch.bfloat16, enabled=bf16):
        features = model.encode_image(inputs)
    return F.normalize(features.float(), dim=-1)


def text_features(model: CLIP, tokens: Tensor) -> Tensor:
    """Unit vectors of captions."""
    return F.normalize(model.encode_text(tokens).float(), dim=-1)


def _shared(logits: Tensor, fits: Tensor) -> Tensor:
    """Cross-entropy, its target spread evenly over all that fit; more columns may follow."""
    target = fits.float() / fits.sum(1, keepdim=True)
    return -(target * F.log_softmax(logits, 1)[:, : fits.shape[1]]).sum(1).mean()


def contrastive(
    image: Tensor, text: Tensor, batch: Batch, scale: Tensor, extras: dict[str, Tensor]
) -> Tensor:
    """Symmetric InfoNCE; each hard negative is one more column of the row that it belongs to."""
    logits = scale * text @ image.T
    by_text, by_image = logits, logits.T
    if "flipped" in extras:
        by_text = _with_column(by_text, scale, text, extras["flipped"], batch.flip_rows)
    if "wrong" in extras:
        by_image = _with_column(by_image, scale, image, extras["wrong"], batch.wrong_rows)
    return (_shared(by_text, batch.fits) + _shared(by_image, batch.fits.T)) / 2


def _with_column(
    logits: Tensor, scale: Tensor, rows: Tensor, negatives: Tensor, index: Tensor
) -> Tensor:
    column = torch.full((logits.shape[0],), -1e4, device=logits.device)
    column = column.index_put((index,), scale * (rows[index] * negatives).sum(1))
    return torch.cat([logits, column.unsqueeze(1)], 1)


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """No gradients for the weights and no change of the running statistics."""
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    momenta = [m.momentum for m in norms]
    weights = [p for p in model.parameters() if p.requires_grad]
    for m in norms:
        m.momentum = 0.0
    for p in weights:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for m, momentum in zip(norms, momenta, strict=True):
            m.momentum = momentum
        for p in weights:
            p.requires_grad_(True)


def perturb(
    model: CLIP, batch: Batch, text: Tensor, radius: Tensor, *, steps: int, config: RunConfig
) -> Tensor:
    """Views moved by ``radius`` (B,) in L2 against the loss, kept in [0, 1]."""
    views, length = batch.views, radius.view(-1, 1, 1, 1)
    delta = torch.zeros_like(views)
    scale = model.logit_scale.exp().detach()
    with frozen(model):
        for _ in range(steps):
            probe = (views + delta).requires_grad_()
            loss = contrastive(
                image_features(model, probe, config), text.detach(), batch, scale, {}
            )
            (gradient,) = torch.autograd.grad(loss, probe)
            norm = gradient.flatten(1).norm(dim=1).clamp(min=1e-12).view(-1, 1, 1, 1)
            delta = delta + gradient / norm * length / steps**0.5
            over = delta.flatten(1).norm(dim=1).view(-1, 1, 1, 1) / length.clamp(min=1e-6)
            delta = delta / over.clamp(min=1)
    return (views + delta).clamp(0, 1).detach()
