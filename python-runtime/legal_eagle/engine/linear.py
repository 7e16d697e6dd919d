"""A frozen linear layer, possibly several checkpoint modules fused along their rows, with LoRA."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from legal_eagle.engine.gemm import linear, linear_add, matmul
from legal_eagle.engine.lora import LoraGroup, ModuleRows


@dataclass(frozen=True, slots=True)
class MaskMaker:
    """`make(n, x)`: the n-th module's dropout mask [T, in] of zeros and ones, once for the forward
    and once for the backward pass, the same both times. What is kept counts `scale` = 1 / keep."""

    make: Callable[[int, torch.Tensor], torch.Tensor]
    scale: float


@dataclass(slots=True)
class SavedLinear:
    """`u` [T, n·r]: drop(x) Aᵀ of each slice side by side; None without an adapter."""

    u: torch.Tensor | None
    mask_maker: MaskMaker | None


@dataclass(slots=True)
class FrozenLinear:
    """y = x Wᵀ + bias + s · drop(x) Aᵀ Bᵀ; weight [out, in]. Only A and B have gradients."""

    weight: torch.Tensor
    bias: torch.Tensor | None
    modules: tuple[ModuleRows, ...]
    lora: LoraGroup | None = None
    scale: float = 0.0

    def forward(
        self,
        x: torch.Tensor,
        *,
        residual: torch.Tensor | None = None,
        use_lora: bool = True,
        mask_maker: MaskMaker | None = None,
    ) -> tuple[torch.Tensor, SavedLinear]:
        """x [T, in] → y [T, out] (+ residual, as a new tensor), and what `backward` needs."""
        if residual is None:
            y = linear(x, self.weight, self.bias)
        else:
            y = linear_add(x, self.weight, self.bias, residual)
        group = self.lora
        if group is None or not use_lora:
            return y, SavedLinear(None, None)
        rank = group.slices[0].a.shape[0]
        a = group.a.to(x.dtype)
        if mask_maker is None:
            u = linear(x, a)
        else:
            parts = [
                linear(x * mask_maker.make(index, x), a[index * rank : (index + 1) * rank])
                for index in range(len(group.slices))
            ]
            u = torch.cat(parts, dim=1).mul_(mask_maker.scale)
        for index, item in enumerate(group.slices):
            part = u[:, index * rank : (index + 1) * rank]
            rows = y[:, item.rows.start : item.rows.end]
            rows.addmm_(part, item.b.to(x.dtype).t(), alpha=self.scale)
        return y, SavedLinear(u, mask_maker)

    def backward(
        self, dy: torch.Tensor, x: torch.Tensor, saved: SavedLinear, *, need_dx: bool = True
    ) -> torch.Tensor | None:
        """Adds the gradients of A and B for dy [T, out] and returns that of x [T, in]."""
        dx = matmul(dy, self.weight) if need_dx else None
        group = self.lora
        if group is None or saved.u is None:
            return dx
        rank = group.slices[0].a.shape[0]
        v = dy.new_empty(dy.shape[0], rank * len(group.slices))
        # The input's gradient and A's pass through the mask, so they count its scale; B's has it in u.
        v_scale = self.scale * (saved.mask_maker.scale if saved.mask_maker is not None else 1.0)
        for index, item in enumerate(group.slices):
            columns = slice(index * rank, (index + 1) * rank)
            part = dy[:, item.rows.start : item.rows.end]
            torch.mul(matmul(part, item.b.to(dy.dtype)), v_scale, out=v[:, columns])
            # uᵀ·dy and its transpose: the product with the long side last is the fast one.
            b_grad = saved.u[:, columns].t() @ part
            item.b_grad.add_(b_grad.t(), alpha=self.scale)
        if saved.mask_maker is None:
            group.a_grad.add_(v.t() @ x)
            if dx is not None:
                dx.addmm_(v, group.a.to(dy.dtype))
            return dx
        for index, item in enumerate(group.slices):
            mask = saved.mask_maker.make(index, x)
            part = v[:, index * rank : (index + 1) * rank]
            item.a_grad.add_(part.t() @ (x * mask))
            if dx is not None:
                dx.addcmul_(matmul(part, item.a.to(dy.dtype)), mask)
        return dx
