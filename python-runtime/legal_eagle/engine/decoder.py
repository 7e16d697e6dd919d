"""The fast engine's decoder: a frozen Llama-family model with LoRA, trained on packed documents."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import torch

from legal_eagle.engine.batch import PackedBatch
from legal_eagle.engine.block import Block, BlockInput, SavedBlock
from legal_eagle.engine.dropout import DropoutPlan
from legal_eagle.engine.elementwise import EAGER, Elementwise
from legal_eagle.engine.lora import LoraConfig, LoraStore
from legal_eagle.engine.loss import add_head_gradient, linear_cross_entropy, linear_cross_entropy_value
from legal_eagle.engine.norm import rms_norm, rms_norm_backward
from legal_eagle.engine.rope import RopeTable
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import ModelConfig


class Decoder:
    """Built by `build_model`. Everything but the adapter is frozen.

    `recompute_layers`: how many layers, from the first, keep only their input in a training pass and
    are computed again in its backward pass.
    """

    def __init__(
        self,
        config: ModelConfig,
        embedding: torch.Tensor,
        blocks: Sequence[Block],
        final_norm: torch.Tensor,
        head: torch.Tensor,
    ) -> None:
        self.config = config
        self.embedding = embedding
        self.blocks = list(blocks)
        self.final_norm = final_norm
        self.head = head
        self.device = embedding.device
        self.dtype = embedding.dtype
        self.lora: LoraStore | None = None
        self.recompute_layers = 0
        self.elementwise = EAGER
        self._adapter_enabled = True
        self._rope = RopeTable(config, self.device)
        self._dropout_generator: torch.Generator | None = None
        # What a loss hangs on in the autograd graph; the adapters' gradients are added by hand.
        self._anchor = torch.zeros((), requires_grad=True)

    def add_lora(self, lora: LoraConfig, generator: torch.Generator) -> None:
        """Adds a fresh adapter, which changes nothing until trained. `generator` (CPU) also feeds the
        dropout of every later training pass: its state is part of an exact resume."""
        if self.lora is not None:
            raise RuntimeError("this decoder has an adapter already")
        if lora.rank < 1 or not 0.0 <= lora.dropout < 1.0:
            raise ValueError("rank is at least 1 and dropout in [0, 1)")
        store = LoraStore(lora, self.config, self.device, self.blocks[0].attention_norm.dtype)
        for block in self.blocks:
            for linear in (block.qkv, block.o, block.gate_up, block.down):
                linear.lora = store.create_group(linear.modules, linear.weight.shape[1])
                linear.scale = lora.scale
        store.initialise(generator)
        for block in self.blocks:
            for linear in (block.qkv, block.o, block.gate_up, block.down):
                linear.start_magnitudes()
        with torch.no_grad():
            for module, base in ((store.embedding, self.embedding), (store.head, self.head)):
                if module is not None:
                    module.weight.copy_(base)
        self.lora = store
        self._dropout_generator = generator

    def compute_with(self, elementwise: Elementwise) -> None:
        """Takes `elementwise` between the matrix products of training passes and evaluations."""
        self.elementwise = elementwise
        for block in self.blocks:
            block.elementwise = elementwise

    def lora_parameters(self) -> list[tuple[str, torch.nn.Parameter]]:
        """(name, fp32 master) of every A, B, magnitude and whole module, in a fixed order. Rows of B and
        magnitudes are in the engine's order; `peft_format` writes the checkpoint's."""
        if self.lora is None:
            return []
        return [(name, parameter) for name, parameter, _ in self.lora.parameters]

    @contextmanager
    def adapter_disabled(self) -> Iterator[None]:
        """Inside, the decoder is the base model."""
        before, self._adapter_enabled = self._adapter_enabled, False
        try:
            yield
        finally:
            self._adapter_enabled = before

    def loss(self, batch: PackedBatch, answer_tokens_in_step: int) -> torch.Tensor:
        """Sum of the answer tokens' cross-entropy ÷ `answer_tokens_in_step`, fp32 scalar.

        `backward()` adds to the adapters' `.grad` (torch.autograd.grad does not see them). With
        gradients off (`torch.no_grad`) this is an evaluation: no dropout, nothing kept.
        """
        if torch.is_grad_enabled() and self.lora is not None and self._adapter_enabled:
            return cast(
                torch.Tensor,
                _TrainingLoss.apply(self._anchor, self, batch, answer_tokens_in_step),  # type: ignore[no-untyped-call]
            )
        with torch.no_grad():
            hidden = self._run_blocks(batch, self.block_input(batch), batch.answer_rows)
            normed, _ = rms_norm(hidden, self.final_norm, self.config.rms_norm_eps)
            total = linear_cross_entropy_value(normed, self.head_for(self.adapter_enabled), batch.targets)
            return total / max(1, answer_tokens_in_step)

    @torch.no_grad()
    def logits(self, ids: torch.Tensor, positions: torch.Tensor, cu_lengths: Sequence[int]) -> torch.Tensor:
        """Logits [T, V] of every row of a pack (ids, positions int64 [T])."""
        empty = torch.empty(0, dtype=torch.int64, device=ids.device)
        batch = PackedBatch(ids, positions, tuple(int(x) for x in cu_lengths), empty, empty)
        hidden = self._run_blocks(batch, self.block_input(batch), None)
        normed, _ = rms_norm(hidden, self.final_norm, self.config.rms_norm_eps)
        return torch.nn.functional.linear(normed, self.head_for(self.adapter_enabled))

    @property
    def adapter_enabled(self) -> bool:
        return self._adapter_enabled and self.lora is not None

    def head_for(self, use_lora: bool) -> torch.Tensor:
        """The output head [V, hidden], the trained one where the adapter has one."""
        trained = self.lora.head if self.lora is not None and use_lora else None
        return self.head if trained is None else trained.working

    def embed(self, ids: torch.Tensor, *, use_lora: bool = True) -> torch.Tensor:
        """Rows of the embedding [T, hidden], of the trained one where the adapter has one. Raises
        JobError `model.token_out_of_range` on CPU; a device would stop at an assertion that names nothing."""
        if ids.device.type == "cpu":
            refuse_foreign_tokens(ids, self.config.vocab_size)
        trained = self.lora.embedding if self.lora is not None and use_lora else None
        if trained is None:
            return self.embedding[ids]
        return trained.weight.detach()[ids].to(self.embedding.dtype)

    def rotations(self, positions: torch.Tensor, longest: int) -> torch.Tensor:
        return self._rope.rotations(positions, longest)

    def refresh_adapter(self) -> None:
        """Call it before a pass: what the adapter's products read follows its masters."""
        if self.lora is not None:
            self.lora.refresh()

    def draw_dropout(self) -> DropoutPlan | None:
        if self.lora is None or self._dropout_generator is None:
            return None
        return DropoutPlan.draw(self.lora.config.dropout, self._dropout_generator)

    def block_input(self, batch: PackedBatch, dropout: DropoutPlan | None = None) -> BlockInput:
        """What the layers share in a pass over `batch`; the adapter's working copy is up to date after it."""
        self.refresh_adapter()
        longest = max((end - begin for begin, end in pairwise(batch.cu_lengths)), default=0)
        rotations = self.rotations(batch.positions, longest)
        return BlockInput(batch.cu_lengths, rotations, self.adapter_enabled, dropout)

    def _run_blocks(
        self,
        batch: PackedBatch,
        shared: BlockInput,
        rows: torch.Tensor | None,
        keep: Callable[[torch.Tensor, SavedBlock], None] | None = None,
    ) -> torch.Tensor:
        """Hidden rows before the final norm: `rows`, or all. `keep` gets each layer's input and what
        its backward pass needs."""
        x = self.embed(batch.ids, use_lora=shared.use_lora)
        last = len(self.blocks) - 1
        for index, block in enumerate(self.blocks):
            output, saved = block.forward(x, shared, rows if index == last else None)
            if keep is not None:
                keep(x, saved)
            x = output
            # What nobody kept is gone before the next layer runs.
            del saved, output
        return x

    @torch.no_grad()
    def layer_kept_bytes(self, batch: PackedBatch, held_bytes: Callable[[], int]) -> list[int]:
        """What each layer keeps for its backward pass beside its input, [layers] bytes: the difference that
        recomputing it makes. One forward pass that holds one layer at a time; draws dropout."""
        shared = self.block_input(batch, self.draw_dropout())
        x = self.embed(batch.ids, use_lora=shared.use_lora)
        last = len(self.blocks) - 1
        kept = []
        for index, block in enumerate(self.blocks):
            output, saved = block.forward(x, shared, batch.answer_rows if index == last else None)
            with_saved = held_bytes()
            del saved
            kept.append(with_saved - held_bytes())
            x = output
        return kept

    def _training_pass(
        self, batch: PackedBatch, answer_tokens_in_step: int
    ) -> tuple[torch.Tensor, "_SavedPass"]:
        shared = self.block_input(batch, self.draw_dropout())
        kept: list[SavedBlock | torch.Tensor] = []

        def keep(x: torch.Tensor, saved: SavedBlock) -> None:
            kept.append(x if len(kept) < self.recompute_layers else saved)

        hidden = self._run_blocks(batch, shared, batch.answer_rows, keep)
        normed, rstd = rms_norm(hidden, self.final_norm, self.config.rms_norm_eps)
        denominator = max(1, answer_tokens_in_step)
        total, d_normed = linear_cross_entropy(
            normed, self.head_for(shared.use_lora), batch.targets, self.elementwise
        )
        d_hidden = rms_norm_backward(d_normed, hidden, self.final_norm, rstd)
        trains_head = self.lora is not None and self.lora.head is not None
        head_input = normed if trains_head else None
        return total / denominator, _SavedPass(shared, kept, batch, d_hidden, head_input, denominator)

    def _backward_pass(self, saved: "_SavedPass", grad_output: torch.Tensor) -> None:
        embedding = head = None
        if self.lora is not None:
            self.lora.attach_gradients()
            embedding, head = self.lora.embedding, self.lora.head
        if head is not None and saved.head_input is not None:
            share = float(grad_output) / saved.denominator
            weight = self.head_for(use_lora=True)
            add_head_gradient(saved.head_input, weight, saved.batch.targets, share, head.gradient)
            saved.head_input = None
        # Divided once and in fp32: what fp16 would round to zero is first lifted by the loss's scale.
        divisor = saved.denominator / grad_output.to(saved.d_hidden.device, torch.float32)
        gradient = (saved.d_hidden.float() / divisor).to(saved.d_hidden.dtype)
        last = len(self.blocks) - 1
        for index in range(last, -1, -1):
            block, kept = self.blocks[index], saved.blocks.pop()
            if isinstance(kept, torch.Tensor):
                rows = saved.batch.answer_rows if index == last else None
                kept = block.forward(kept, saved.shared, rows)[1]
            need_dx = index > 0 or embedding is not None
            below = block.backward(gradient, kept, saved.shared, need_dx=need_dx)
            if below is not None:
                gradient = below
        if embedding is not None:
            embedding.gradient.index_add_(0, saved.batch.ids, gradient.float())


def refuse_foreign_tokens(ids: torch.Tensor, vocab_size: int) -> None:
    """Raises JobError `model.token_out_of_range` for an id that the model has no row for."""
    if ids.numel() > 0 and int(ids.max()) >= vocab_size:
        raise JobError(
            "model.token_out_of_range",
            f"Token {int(ids.max())} is outside the {vocab_size} of the model.",
            params={"token": int(ids.max()), "vocabulary": vocab_size},
        )


@dataclass(slots=True)
class _SavedPass:
    """One training pass between its forward and its backward. `d_hidden`: the gradient of the summed loss for
    the answer rows before the final norm. `head_input`: where the head is trained, what it was given."""

    shared: BlockInput
    blocks: list[SavedBlock | torch.Tensor]
    batch: PackedBatch
    d_hidden: torch.Tensor
    head_input: torch.Tensor | None
    denominator: int


class _TrainingLoss(torch.autograd.Function):
    """Lets a hand-written pass be one node of autograd, so that callers write `loss.backward()`."""

    @staticmethod
    def forward(
        ctx: Any, _anchor: torch.Tensor, decoder: Decoder, batch: PackedBatch, answer_tokens: int
    ) -> torch.Tensor:
        loss, ctx.saved_pass = decoder._training_pass(batch, answer_tokens)
        ctx.decoder = decoder
        return loss

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        if ctx.saved_pass is None:
            raise RuntimeError("the backward pass of a training loss runs once")
        saved, ctx.saved_pass = ctx.saved_pass, None
        with torch.no_grad():
            ctx.decoder._backward_pass(saved, grad_outputs[0])
        return torch.zeros(()), None, None, None
