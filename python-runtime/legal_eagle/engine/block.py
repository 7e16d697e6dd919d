"""One decoder layer, forward and backward by hand.

The base is frozen, so the backward pass is the input gradient and the adapters' gradients and
nothing else; written out, it keeps fewer tensors and makes fewer passes over memory than autograd.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from legal_eagle.engine.attention import Attention
from legal_eagle.engine.dropout import DropoutPlan
from legal_eagle.engine.elementwise import EAGER, Elementwise
from legal_eagle.engine.kv_cache import Attending
from legal_eagle.engine.linear import FrozenLinear, MaskMaker, SavedLinear
from legal_eagle.engine.norm import rms_norm, rms_norm_backward
from legal_eagle.engine.swiglu import swiglu


@dataclass(frozen=True, slots=True)
class BlockInput:
    """What all layers of one pass share. `rotations`: of `RopeTable`."""

    cu_lengths: Sequence[int]
    rotations: torch.Tensor
    use_lora: bool
    dropout: DropoutPlan | None


@dataclass(slots=True)
class SavedBlock:
    """Activations that `backward` needs; `rows` are those the layer went on with after attention."""

    x: torch.Tensor
    attention_rstd: torch.Tensor
    attention_input: torch.Tensor
    qkv: SavedLinear
    raw_qk: torch.Tensor | None
    qk_rstd: torch.Tensor | None
    attention: Any
    heads: torch.Tensor
    o: SavedLinear
    rows: torch.Tensor | None
    middle: torch.Tensor
    mlp_rstd: torch.Tensor
    mlp_input: torch.Tensor
    gate_up: torch.Tensor
    gate_up_saved: SavedLinear
    inner: torch.Tensor
    down: SavedLinear


@dataclass(slots=True)
class Block:
    """A pre-norm layer: x + O(attention(QKV(norm x))), then + down(swiglu(gate_up(norm x)))."""

    index: int
    heads: int
    kv_heads: int
    head_dim: int
    eps: float
    attention_norm: torch.Tensor
    mlp_norm: torch.Tensor
    qk_norm: tuple[torch.Tensor, torch.Tensor] | None
    qkv: FrozenLinear
    o: FrozenLinear
    gate_up: FrozenLinear
    down: FrozenLinear
    attention: Attention
    elementwise: Elementwise = EAGER

    def forward(
        self, x: torch.Tensor, shared: BlockInput, rows: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, SavedBlock]:
        """x [T, hidden] → [T, hidden], or [len(rows), hidden] where only `rows` are wanted: nothing
        after the attention mixes rows, so the others need not be computed."""
        attention_input, attention_rstd = self.elementwise.rms_norm(x, self.attention_norm, self.eps)
        qkv, qkv_saved = self.qkv.forward(
            attention_input, use_lora=shared.use_lora, mask_maker=self._masks(shared, 0)
        )
        raw_qk, qk_rstd = self._normalise_and_rotate(qkv, shared.rotations)
        heads, attention_saved = self.attention.forward(*self._split(qkv), shared.cu_lengths)
        flat_heads, residual = heads.flatten(1), x
        if rows is not None:
            flat_heads, residual = flat_heads[rows], x[rows]
        middle, o_saved = self.o.forward(
            flat_heads, residual=residual, use_lora=shared.use_lora, mask_maker=self._masks(shared, 1)
        )
        mlp_input, mlp_rstd = self.elementwise.rms_norm(middle, self.mlp_norm, self.eps)
        gate_up, gate_up_saved = self.gate_up.forward(
            mlp_input, use_lora=shared.use_lora, mask_maker=self._masks(shared, 2)
        )
        inner = self.elementwise.swiglu(gate_up)
        output, down_saved = self.down.forward(
            inner, residual=middle, use_lora=shared.use_lora, mask_maker=self._masks(shared, 3)
        )
        return output, SavedBlock(
            x=x,
            attention_rstd=attention_rstd,
            attention_input=attention_input,
            qkv=qkv_saved,
            raw_qk=raw_qk,
            qk_rstd=qk_rstd,
            attention=attention_saved,
            heads=flat_heads,
            o=o_saved,
            rows=rows,
            middle=middle,
            mlp_rstd=mlp_rstd,
            mlp_input=mlp_input,
            gate_up=gate_up,
            gate_up_saved=gate_up_saved,
            inner=inner,
            down=down_saved,
        )

    def backward(
        self, d_output: torch.Tensor, saved: SavedBlock, shared: BlockInput, *, need_dx: bool = True
    ) -> torch.Tensor | None:
        """Adds the adapters' gradients; returns that of x [T, hidden], unless nothing below needs it."""
        d_inner = _required(self.down.backward(d_output, saved.inner, saved.down))
        d_gate_up = self.elementwise.swiglu_backward(d_inner, saved.gate_up)
        d_mlp_input = _required(self.gate_up.backward(d_gate_up, saved.mlp_input, saved.gate_up_saved))
        d_middle = self.elementwise.norm_backward_add(
            d_mlp_input, saved.middle, self.mlp_norm, saved.mlp_rstd, d_output
        )
        d_heads = _required(self.o.backward(d_middle, saved.heads, saved.o))
        tokens = saved.x.shape[0]
        if saved.rows is not None:
            d_heads = d_heads.new_zeros(tokens, d_heads.shape[1]).index_copy_(0, saved.rows, d_heads)
        d_qkv = torch.empty(tokens, self.qkv.weight.shape[0], dtype=d_heads.dtype, device=d_heads.device)
        dq, dk, dv = self._split(d_qkv)
        d_heads = d_heads.view(tokens, self.heads, self.head_dim)
        self.attention.backward(d_heads, saved.attention, dq, dk, dv)
        self._rotate_and_normalise_backward(d_qkv, saved, shared.rotations)
        d_input = self.qkv.backward(d_qkv, saved.attention_input, saved.qkv, need_dx=need_dx)
        if d_input is None:
            return None
        if saved.rows is None:
            return self.elementwise.norm_backward_add(
                d_input, saved.x, self.attention_norm, saved.attention_rstd, d_middle
            )
        dx = rms_norm_backward(d_input, saved.x, self.attention_norm, saved.attention_rstd)
        return dx.index_add_(0, saved.rows, d_middle)

    def forward_cached(
        self, x: torch.Tensor, rotations: torch.Tensor, cache: Attending, *, use_lora: bool
    ) -> torch.Tensor:
        """The next rows of one document: x [T, hidden], keys and values of earlier rows in `cache`."""
        attention_input, _ = rms_norm(x, self.attention_norm, self.eps)
        qkv, _ = self.qkv.forward(attention_input, use_lora=use_lora)
        self._normalise_and_rotate(qkv, rotations)
        heads = cache.attend(*self._split(qkv))
        middle, _ = self.o.forward(heads.flatten(1), residual=x, use_lora=use_lora)
        mlp_input, _ = rms_norm(middle, self.mlp_norm, self.eps)
        gate_up, _ = self.gate_up.forward(mlp_input, use_lora=use_lora)
        output, _ = self.down.forward(swiglu(gate_up), residual=middle, use_lora=use_lora)
        return output

    def _masks(self, shared: BlockInput, slot: int) -> MaskMaker | None:
        return None if shared.dropout is None else shared.dropout.mask_maker(self.index, slot)

    def _split(self, qkv: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Views q [T, H, d], k and v [T, K, d] of qkv [T, (H + 2K)·d]."""
        every = qkv.view(qkv.shape[0], -1, self.head_dim)
        k_end = self.heads + self.kv_heads
        return every[:, : self.heads], every[:, self.heads : k_end], every[:, k_end:]

    def _qk(self, qkv: torch.Tensor) -> torch.Tensor:
        return qkv.view(qkv.shape[0], -1, self.head_dim)[:, : self.heads + self.kv_heads]

    def _qk_weight(self, norms: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        q, k = norms
        return torch.cat((q.expand(self.heads, -1), k.expand(self.kv_heads, -1)))

    def _normalise_and_rotate(
        self, qkv: torch.Tensor, rotations: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """In place on q and k; returns them as they were and their rstd, where the model norms them."""
        qk = self._qk(qkv)
        raw, rstd = None, None
        if self.qk_norm is not None:
            raw = qk.clone()
            normed, rstd = rms_norm(raw, self._qk_weight(self.qk_norm), self.eps)
            qk.copy_(normed)
        self.elementwise.rotate(qk, rotations, False)
        return raw, rstd

    def _rotate_and_normalise_backward(
        self, d_qkv: torch.Tensor, saved: SavedBlock, rotations: torch.Tensor
    ) -> None:
        d_qk = self._qk(d_qkv)
        self.elementwise.rotate(d_qk, rotations, True)
        if self.qk_norm is not None and saved.raw_qk is not None and saved.qk_rstd is not None:
            weight = self._qk_weight(self.qk_norm)
            d_qk.copy_(rms_norm_backward(d_qk, saved.raw_qk, weight, saved.qk_rstd))


def _required(gradient: torch.Tensor | None) -> torch.Tensor:
    if gradient is None:
        raise RuntimeError("an inner linear layer always returns its input gradient")
    return gradient
