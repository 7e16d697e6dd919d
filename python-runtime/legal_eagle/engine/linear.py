"""A frozen linear layer, possibly several checkpoint modules fused along their rows, with LoRA.

With DoRA a module's output is g ⊙ (x Wᵀ + s · drop(x) Aᵀ Bᵀ) + bias, g = magnitude / ‖W + s·B·A‖ by rows.
The norm counts as a constant in the backward pass (section 4.3 of the paper, and PEFT). Dropout stays on
the adapter's branch; PEFT drops the base's input too where it is scaled by g - 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from legal_eagle.engine.frozen_weight import FrozenWeight
from legal_eagle.engine.gemm import linear, matmul
from legal_eagle.engine.lora import LoraGroup, LoraSlice, ModuleRows


@dataclass(frozen=True, slots=True)
class MaskMaker:
    """`make(n, x)`: the n-th module's dropout mask [T, in] of zeros and ones, once for the forward
    and once for the backward pass, the same both times. What is kept counts `scale` = 1 / keep."""

    make: Callable[[int, torch.Tensor], torch.Tensor]
    scale: float


@dataclass(slots=True)
class SavedLinear:
    """`u` [T, n·r]: drop(x) Aᵀ of each slice side by side; None without an adapter. `row_norms`: with DoRA,
    fp32 [rows] of each slice."""

    u: torch.Tensor | None
    mask_maker: MaskMaker | None
    row_norms: tuple[torch.Tensor, ...] = ()


@dataclass(slots=True)
class FrozenLinear:
    """y = x Wᵀ + bias + s · drop(x) Aᵀ Bᵀ; weight [out, in]. Only A and B have gradients."""

    weight: FrozenWeight
    bias: torch.Tensor | None
    modules: tuple[ModuleRows, ...]
    lora: LoraGroup | None = None
    scale: float = 0.0
    # Squared lengths of the weight's rows, fp32 [out]: DoRA's, made when first needed.
    _squares: torch.Tensor | None = None

    def forward(
        self,
        x: torch.Tensor,
        *,
        residual: torch.Tensor | None = None,
        use_lora: bool = True,
        mask_maker: MaskMaker | None = None,
    ) -> tuple[torch.Tensor, SavedLinear]:
        """x [T, in] → y [T, out] (+ residual, as a new tensor), and what `backward` needs."""
        group = self.lora if use_lora else None
        if group is not None and group.slices[0].magnitude is not None:
            y = self.weight.linear(x)
        else:
            y = self.weight.linear(x, self.bias)
            if residual is not None:
                y.add_(residual)
        if group is None:
            return y, SavedLinear(None, None)
        u = self._project(group, x, mask_maker)
        self._add_updates(group, u, y)
        row_norms = self._row_norms(group)
        for item, norms in zip(group.slices, row_norms, strict=bool(row_norms)):
            y[:, item.rows.start : item.rows.end].mul_(_gain(item, norms, y.dtype))
        if row_norms:
            for term in (self.bias, residual):
                if term is not None:
                    y.add_(term)
        return y, SavedLinear(u, mask_maker, row_norms)

    def start_magnitudes(self) -> None:
        """DoRA starts at the weights' own row lengths: nothing is changed until trained."""
        for item in self.lora.slices if self.lora is not None else ():
            if item.magnitude is not None:
                rows = self.weight.rows(item.rows.start, item.rows.end)
                with torch.no_grad():
                    item.magnitude.copy_(_squared_rows(rows).sqrt())

    def _project(self, group: LoraGroup, x: torch.Tensor, mask_maker: MaskMaker | None) -> torch.Tensor:
        """drop(x) Aᵀ of each slice side by side, [T, n·r]."""
        rank = group.slices[0].a.shape[0]
        a = group.working_a
        if mask_maker is None:
            return linear(x, a)
        parts = [
            linear(x * mask_maker.make(index, x), a[index * rank : (index + 1) * rank])
            for index in range(len(group.slices))
        ]
        return torch.cat(parts, dim=1).mul_(mask_maker.scale)

    def _add_updates(self, group: LoraGroup, u: torch.Tensor, y: torch.Tensor) -> None:
        rank = group.slices[0].a.shape[0]
        for index, item in enumerate(group.slices):
            part = u[:, index * rank : (index + 1) * rank]
            rows = y[:, item.rows.start : item.rows.end]
            rows.addmm_(part, item.working_b.t(), alpha=self.scale)

    def _row_norms(self, group: LoraGroup) -> tuple[torch.Tensor, ...]:
        """‖W + s·B·A‖ by rows of each slice, without ever making the sum: by the terms of its square."""
        if group.slices[0].magnitude is None:
            return ()
        if self._squares is None:
            self._squares = _squared_rows(self.weight.rows(0, self.weight.shape[0]))
        norms = []
        for item in group.slices:
            weight = self.weight.rows(item.rows.start, item.rows.end)
            a, b = item.a.detach(), item.b.detach()
            crossed = (linear(weight, item.working_a).float() * b).sum(1)
            own = (linear(b, a @ a.t()) * b).sum(1)
            squares = self._squares[item.rows.start : item.rows.end]
            total = squares + 2.0 * self.scale * crossed + self.scale**2 * own
            norms.append(total.clamp_min_(torch.finfo(torch.float32).tiny).sqrt_())
        return tuple(norms)

    def _dora_backward(
        self, group: LoraGroup, dy: torch.Tensor, x: torch.Tensor, saved: SavedLinear, u: torch.Tensor
    ) -> torch.Tensor:
        """Adds the gradient of the magnitudes; returns that of what they scale, [T, out]. What they scale is
        computed again: keeping it would be the largest tensor of the layer."""
        scaled = self.weight.linear(x)
        self._add_updates(group, u, scaled)
        scaled.mul_(dy)
        for item, norms in zip(group.slices, saved.row_norms, strict=True):
            if item.magnitude_grad is not None:
                rows = scaled[:, item.rows.start : item.rows.end]
                item.magnitude_grad.add_(rows.sum(0, dtype=torch.float32) / norms)
        # The caller still needs dy itself.
        dz = scaled.copy_(dy)
        for item, norms in zip(group.slices, saved.row_norms, strict=True):
            dz[:, item.rows.start : item.rows.end].mul_(_gain(item, norms, dy.dtype))
        return dz

    def backward(
        self, dy: torch.Tensor, x: torch.Tensor, saved: SavedLinear, *, need_dx: bool = True
    ) -> torch.Tensor | None:
        """Adds the gradients of A and B for dy [T, out] and returns that of x [T, in]."""
        group = self.lora
        if group is None or saved.u is None:
            return self.weight.matmul(dy) if need_dx else None
        if saved.row_norms:
            dy = self._dora_backward(group, dy, x, saved, saved.u)
        dx = self.weight.matmul(dy) if need_dx else None
        rank = group.slices[0].a.shape[0]
        v = dy.new_empty(dy.shape[0], rank * len(group.slices))
        # The input's gradient and A's pass through the mask, so they count its scale; B's has it in u.
        v_scale = self.scale * (saved.mask_maker.scale if saved.mask_maker is not None else 1.0)
        for index, item in enumerate(group.slices):
            columns = slice(index * rank, (index + 1) * rank)
            part = dy[:, item.rows.start : item.rows.end]
            torch.mul(matmul(part, item.working_b), v_scale, out=v[:, columns])
            # uᵀ·dy and its transpose: the product with the long side last is the fast one.
            b_grad = saved.u[:, columns].t() @ part
            item.b_grad.add_(b_grad.t(), alpha=self.scale)
        if saved.mask_maker is None:
            group.a_grad.add_(v.t() @ x)
            if dx is not None:
                dx.addmm_(v, group.working_a)
            return dx
        for index, item in enumerate(group.slices):
            mask = saved.mask_maker.make(index, x)
            part = v[:, index * rank : (index + 1) * rank]
            item.a_grad.add_(part.t() @ (x * mask))
            if dx is not None:
                dx.addcmul_(matmul(part, item.working_a), mask)
        return dx


def _squared_rows(weight: torch.Tensor) -> torch.Tensor:
    """fp32 squares of the rows' lengths, [rows]."""
    lengths: torch.Tensor = torch.linalg.vector_norm(weight, dim=1, dtype=torch.float32)
    return lengths.square_()


def _gain(item: LoraSlice, norms: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    if item.magnitude is None:
        raise RuntimeError("only DoRA scales rows")
    return (item.magnitude.detach() / norms).to(dtype)
