"""Cross-entropy over a transformers model's output head, in chunks: `engine.loss` for heads that bend logits.

Some families multiply their logits (Cohere's `logit_scale`, Granite's `logits_scaling`) or cap them as
c·tanh(z / c) (Gemma 2, arXiv:2408.00118, section 2). What a head does is read from the configuration and then
proven on the model: where it does anything else, the logits stay the model's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from peft.utils import ModulesToSaveWrapper
from torch.autograd.function import once_differentiable
from transformers import PreTrainedModel

from legal_eagle.engine.gemm import linear, matmul
from legal_eagle.engine.loss import row_chunks

# Tokens of the proof. fp32 sums in another order differ by about 1e-6 of the largest logit; coarser types by
# their own precision, once for the logits and once for each step of bending them.
_PROOF_TOKENS = 7
_ERROR_FACTOR = 64.0


@dataclass(frozen=True, slots=True)
class HeadForm:
    """logits = cap(scale · (h Wᵀ + b)), cap(z) = softcap · tanh(z / softcap) or z."""

    scale: float = 1.0
    softcap: float | None = None


def stated_form(model: PreTrainedModel) -> HeadForm:
    """What the configuration says of the head."""
    config = model.config.get_text_config()
    scale = float(getattr(config, "logit_scale", None) or 1.0)
    scale /= float(getattr(config, "logits_scaling", None) or 1.0)
    softcap = getattr(config, "final_logit_softcapping", None)
    return HeadForm(scale, None if not softcap else float(softcap))


@torch.no_grad()
def head_fault(model: PreTrainedModel, form: HeadForm) -> str | None:
    """Why the loss cannot be computed from hidden rows and `form`, in words for the run's reasons; None where
    it can."""
    head, body = model.get_output_embeddings(), model.base_model
    if not isinstance(head, torch.nn.Linear) or body is model:
        return "its head is no single linear layer"
    vocabulary = int(model.config.get_text_config().vocab_size)
    ids = torch.arange(_PROOF_TOKENS, device=model.device).mul_(7919).remainder_(vocabulary)
    wanted = model(input_ids=ids[None], use_cache=False).logits[0].float()
    output = body(input_ids=ids[None], use_cache=False)
    hidden = getattr(output, "last_hidden_state", None)
    if hidden is None or hidden.shape[-1] != head.weight.shape[1]:
        return "its layers give no rows for its head"
    logits, _ = _bent(linear(hidden[0].to(head.weight.dtype), head.weight, head.bias).float(), form)
    error = float((logits - wanted).abs().max() / wanted.abs().max().clamp_min(1e-30))
    # A NaN compares false both ways, so it never passes.
    if error <= _ERROR_FACTOR * torch.finfo(head.weight.dtype).eps:
        return None
    return f"its head gives other logits by {error:.1e}"


def head_loss(
    model: PreTrainedModel, form: HeadForm, hidden: torch.Tensor, targets: torch.Tensor
) -> torch.Tensor:
    """Σ cross-entropy of the rows, fp32 scalar: hidden [N, d], targets int64 [N]."""
    head: Any = model.get_output_embeddings()
    if isinstance(head, ModulesToSaveWrapper):
        head = head.original_module if head.disable_adapters else head.modules_to_save[head.active_adapter]
    loss: torch.Tensor = _ChunkedLoss.apply(hidden, head.weight, head.bias, targets, form)  # type: ignore[no-untyped-call]
    return loss


class _ChunkedLoss(torch.autograd.Function):
    """The gradient of the hidden rows is computed while a chunk's logits exist; that of a trained head from
    logits that are computed again."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        targets: torch.Tensor,
        form: HeadForm,
    ) -> torch.Tensor:
        needs_hidden, *needs_head = ctx.needs_input_grad[:3]
        rows = hidden.detach().to(weight.dtype)
        gradient = torch.empty_like(hidden) if needs_hidden else None
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        for chunk in row_chunks(rows, weight):
            loss, d_logits = _chunk(rows[chunk], weight, bias, targets[chunk], form, gradient is not None)
            total += loss
            if gradient is not None and d_logits is not None:
                gradient[chunk] = matmul(d_logits, weight)
            # Gone before the next chunk's logits are there.
            del d_logits
        ctx.form = form
        # What a frozen head does not need is not kept.
        kept = (rows, weight, bias, targets) if any(needs_head) else (None,) * 4
        ctx.save_for_backward(gradient, *kept)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        gradient, rows, weight, bias, targets = ctx.saved_tensors
        d_weight = d_bias = None
        if rows is not None:
            d_weight = torch.zeros_like(weight, dtype=torch.float32)
            d_bias = None if bias is None else torch.zeros_like(bias, dtype=torch.float32)
            for chunk in row_chunks(rows, weight):
                _, d_logits = _chunk(rows[chunk], weight, bias, targets[chunk], ctx.form, True)
                if d_logits is None:
                    continue
                scaled = d_logits.float() * grad_output
                d_weight.addmm_(scaled.t(), rows[chunk].float())
                if d_bias is not None:
                    d_bias += scaled.sum(dim=0)
            d_weight = d_weight.to(weight.dtype)
            d_bias = None if d_bias is None else d_bias.to(bias.dtype)
        # In fp32: what fp16 would round to zero is first lifted by the loss's scale.
        d_hidden = None if gradient is None else (gradient.float() * grad_output).to(gradient.dtype)
        return d_hidden, d_weight, d_bias, None, None


def _chunk(
    rows: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    targets: torch.Tensor,
    form: HeadForm,
    with_gradient: bool,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The summed loss of a chunk and its gradient for the head's own output, in the rows' type."""
    target = targets[:, None]
    logits, bend = _bent(linear(rows, weight, bias).float(), form)
    log_probabilities = torch.log_softmax(logits, dim=-1)
    del logits
    total = -log_probabilities.gather(1, target).sum()
    if not with_gradient:
        return total, None
    d_logits = log_probabilities.exp_()
    d_logits.scatter_add_(1, target, d_logits.new_full(target.shape, -1.0))
    if bend is not None:
        # The slope of c·tanh(z / c) is 1 - tanh²(z / c).
        d_logits.mul_(bend.square_().neg_().add_(1.0))
    if form.scale != 1.0:
        d_logits.mul_(form.scale)
    return total, d_logits.to(rows.dtype)


def _bent(logits: torch.Tensor, form: HeadForm) -> tuple[torch.Tensor, torch.Tensor | None]:
    """(logits, tanh(z / c) where they are capped), fp32; uses up its argument."""
    if form.scale != 1.0:
        logits.mul_(form.scale)
    if form.softcap is None:
        return logits, None
    bend = logits.div_(form.softcap).tanh_()
    return bend * form.softcap, bend
