"""LoRA (Hu et al. 2021, arXiv:2106.09685): settings, targets and the adapter's storage.

rsLoRA (Kalajdzievski 2023, arXiv:2312.03732) scales by alpha / sqrt(rank) instead of alpha / rank.
DoRA (Liu et al. 2024, arXiv:2402.09353) also learns the length of each row of the adapted weight.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from legal_eagle.engine.lora_targets import EMBEDDINGS, HEAD, target_modules, whole_modules
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.layouts import linear_shapes

# Numbers that ranks add up together with the gradients (`distributed.exchange`).
EXCHANGE_FLOATS = 2


@dataclass(frozen=True, slots=True)
class LoraConfig:
    """`targets`: all linear layers, the attention's, the MLP's, or module names such as `q_proj`;
    `pattern` keeps of these what it matches (`lora_targets`)."""

    rank: int
    alpha: float
    dropout: float = 0.0
    targets: Literal["all", "attention", "mlp"] | Sequence[str] = "all"
    rs_lora: bool = False
    pattern: str | None = None
    dora: bool = False
    # Trained as wholes beside the matrices: "embeddings", "head", or their module names (PEFT's
    # `modules_to_save`).
    whole: tuple[str, ...] = ()

    @property
    def scale(self) -> float:
        return self.alpha / (math.sqrt(self.rank) if self.rs_lora else self.rank)


@dataclass(frozen=True, slots=True)
class ModuleRows:
    """One checkpoint module inside a fused linear: its rows there, and the checkpoint's row for each
    of them (None: the same order)."""

    name: str
    start: int
    end: int
    order: torch.Tensor | None = None


@dataclass(frozen=True, slots=True)
class LoraSlice:
    """The adapter of one module: A [r, in], B [out, r] and DoRA's row lengths [out] are fp32 masters, views
    into the store. `working_a` and `working_b` are what a pass computes with (`LoraStore.refresh`)."""

    rows: ModuleRows
    a: torch.nn.Parameter
    b: torch.nn.Parameter
    working_a: torch.Tensor
    working_b: torch.Tensor
    a_grad: torch.Tensor
    b_grad: torch.Tensor
    magnitude: torch.nn.Parameter | None = None
    magnitude_grad: torch.Tensor | None = None


@dataclass(frozen=True, slots=True)
class WholeModule:
    """A module whose weight [rows, columns] is trained itself: `name` in the checkpoint, fp32 master,
    and what a pass computes with."""

    name: str
    weight: torch.nn.Parameter
    working: torch.Tensor
    gradient: torch.Tensor


@dataclass(frozen=True, slots=True)
class LoraGroup:
    """The adapters of one fused linear. `working_a` and `a_grad` [n·r, in] hold all their A below each
    other, so that one product serves all."""

    slices: tuple[LoraSlice, ...]
    working_a: torch.Tensor
    a_grad: torch.Tensor


class LoraStore:
    """All masters in one flat fp32 tensor and all gradients in another: one all-reduce, one clip.

    A pass computes in `dtype` with a rounded copy of the masters, made once and not again for each product;
    in fp32 with the masters themselves.
    """

    def __init__(
        self, config: LoraConfig, model: ModelConfig, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.config = config
        self.device = device
        self.modules = target_modules(model, config.targets, config.pattern)
        self._targets = set(self.modules)
        shapes = linear_shapes(model)
        size = 0
        for name in self.modules:
            rows, columns = shapes[name.split(".", 3)[-1]]
            size += config.rank * (rows + columns) + (rows if config.dora else 0)
        whole = whole_modules(model, config.whole)
        size += len(whole) * model.vocab_size * model.hidden_size
        self.masters = torch.zeros(size, dtype=torch.float32, device=device)
        # With room behind the gradients for what ranks tell each other in the same sum.
        self.exchanged = torch.zeros(size + EXCHANGE_FLOATS, dtype=torch.float32, device=device)
        self.gradients = self.exchanged[:size]
        self._working = (
            self.masters if dtype is torch.float32 else torch.zeros_like(self.masters, dtype=dtype)
        )
        self._used = 0
        self.parameters: list[tuple[str, torch.nn.Parameter, torch.Tensor]] = []
        taken = {part: self._take_whole(name, model) for part, name in whole.items()}
        self.embedding, self.head = taken.get(EMBEDDINGS), taken.get(HEAD)

    def create_group(self, modules: Iterable[ModuleRows], columns: int) -> LoraGroup | None:
        """Takes storage for the targeted ones of `modules`; None where none is."""
        wanted = [module for module in modules if module.name in self._targets]
        if not wanted:
            return None
        rank = self.config.rank
        a, working_a, a_grad = self._take(len(wanted) * rank, columns)
        slices = []
        for index, module in enumerate(wanted):
            part = slice(index * rank, (index + 1) * rank)
            b, working_b, b_grad = self._take(module.end - module.start, rank)
            magnitude, magnitude_grad = None, None
            if self.config.dora:
                row, _, row_grad = self._take(1, module.end - module.start)
                magnitude, magnitude_grad = torch.nn.Parameter(row[0]), row_grad[0]
            item = LoraSlice(
                module,
                torch.nn.Parameter(a[part]),
                torch.nn.Parameter(b),
                working_a[part],
                working_b,
                a_grad[part],
                b_grad,
                magnitude,
                magnitude_grad,
            )
            self.parameters.append((f"{module.name}.lora_A.weight", item.a, item.a_grad))
            self.parameters.append((f"{module.name}.lora_B.weight", item.b, item.b_grad))
            if magnitude is not None and magnitude_grad is not None:
                self.parameters.append((f"{module.name}.lora_magnitude_vector", magnitude, magnitude_grad))
            slices.append(item)
        return LoraGroup(tuple(slices), working_a, a_grad)

    def initialise(self, generator: torch.Generator) -> None:
        """A uniform in ±1/sqrt(in) (Kaiming with a = sqrt(5), as PEFT), B zero: the adapter starts as
        nothing. `generator` is a CPU one, so that every device starts alike. DoRA's lengths and whole
        modules start as the base has them, which the decoder sees to."""
        with torch.no_grad():
            for name, parameter, _ in self.parameters:
                if name.endswith("lora_A.weight"):
                    bound = 1.0 / math.sqrt(parameter.shape[1])
                    values = torch.empty(parameter.shape).uniform_(-bound, bound, generator=generator)
                    parameter.copy_(values)
                elif name.endswith("lora_B.weight"):
                    parameter.zero_()

    def refresh(self) -> None:
        """Rounds the masters into the working copy. Once a pass and without asking whether they changed:
        torch does not count what a fused optimizer writes, and next to a pass the copy costs nothing."""
        if self._working is not self.masters:
            with torch.no_grad():
                self._working.copy_(self.masters)

    def attach_gradients(self) -> None:
        """Makes every `.grad` the view into the flat buffer, keeping what it holds; a gradient that
        was dropped (`zero_grad(set_to_none=True)`) starts at zero."""
        for _, parameter, view in self.parameters:
            if parameter.grad is None:
                view.zero_()
                parameter.grad = view
            elif parameter.grad.data_ptr() != view.data_ptr():
                view.copy_(parameter.grad)
                parameter.grad = view

    @property
    def whole(self) -> list[WholeModule]:
        return [module for module in (self.embedding, self.head) if module is not None]

    def _take_whole(self, name: str, model: ModelConfig) -> WholeModule:
        master, working, gradient = self._take(model.vocab_size, model.hidden_size)
        module = WholeModule(name, torch.nn.Parameter(master), working, gradient)
        self.parameters.append((f"{name}.weight", module.weight, gradient))
        return module

    def _take(self, rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The next rows · columns numbers of the masters, the working copy and the gradients."""
        begin, self._used = self._used, self._used + rows * columns
        part = slice(begin, self._used)
        master, working, gradient = (
            flat[part].view(rows, columns) for flat in (self.masters, self._working, self.gradients)
        )
        return master, working, gradient
