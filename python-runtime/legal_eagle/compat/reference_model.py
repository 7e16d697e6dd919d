"""A base, alone or with an adapter, computed in fp32 from weights in memory as they are stored.

Each layer is widened while it computes and given back afterwards, so that comparing a 16-bit model takes its
size in memory and one layer more, not twice its size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Literal

import peft
import torch
from peft.tuners.lora import LoraLayer
from peft.utils import ModulesToSaveWrapper
from torch.nn.modules.module import register_module_parameter_registration_hook
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.initialization import no_init_weights
from transformers.modeling_layers import GradientCheckpointingLayer

from legal_eagle.compat.adapter_files import read_adapter
from legal_eagle.compat.base_model import load_base
from legal_eagle.compat.chat_reader import CompatConversation, as_itself
from legal_eagle.compat.lora_layers import PREFIX, add_stored_layers, stored_name
from legal_eagle.compat.stored_tensors import read_base_tensors
from legal_eagle.models.adapter_layers import AdapterLayers
from legal_eagle.models.weights import SafetensorsFolder

Mode = Literal["plain", "adapter", "rounded"]

_DTYPES = {"F16": torch.float16, "BF16": torch.bfloat16}
_CPU = torch.device("cpu")


def widest_dtype(weights: SafetensorsFolder) -> torch.dtype:
    """The type that holds every tensor of a folder exactly."""
    stored = {weights.dtype(name) for name in weights.names()}
    return _DTYPES.get(stored.pop(), torch.float32) if len(stored) == 1 else torch.float32


def reference_peak_bytes(folder: Path) -> int:
    """Host memory of a `ReferenceModel`, about: all weights as they are held, and the largest tensor twice in
    fp32 (a layer is seldom more)."""
    weights = SafetensorsFolder(folder)
    held = widest_dtype(weights).itemsize
    elements = [math.prod(weights.shape(name)) for name in weights.names()]
    return held * sum(elements) + 2 * 4 * max(elements)


class ReferenceModel:
    """On CPU. Modes as `release.layered_model` has them: `rounded` is base plus adapter as merged weights,
    rounded once to the stored type, by PEFT's own arithmetic."""

    def __init__(self, folder: Path, adapter: Path | None, layers: AdapterLayers | None) -> None:
        """Raises JobError `model.*`."""
        weights = SafetensorsFolder(folder)
        self._dtype = widest_dtype(weights)
        self._model = load_base(folder, self._dtype, _CPU)
        self._max_positions = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        # What the parameters of a widened layer were before.
        self._narrow_data: dict[torch.nn.Parameter, torch.Tensor] = {}
        # Modules whose weight the adapter changes: how, and the type it is stored in.
        self._merged: dict[torch.nn.Module, tuple[Callable[[], torch.Tensor], torch.dtype]] = {}
        self._wrapped: peft.PeftModel | None = None
        self._rounds = False
        if self._dtype is not torch.float32:
            _exact_buffers(self._model)
        if adapter is not None and layers is not None:
            self._wrapped = add_stored_layers(self._model, layers)
            masters = [
                (stored_name(name), one)
                for name, one in self._wrapped.named_parameters()
                if one.requires_grad
            ]
            read_adapter(adapter, masters)
            self._wrapped.eval().requires_grad_(False)
            stored = read_base_tensors(folder).stored
            self._merged = {
                module: (weight, _DTYPES.get(weights.dtype(stored[f"{name}.weight"]), torch.float32))
                for name, module, weight in _merged_weights(self._wrapped)
            }
        for unit in _units(self._model):
            unit.register_forward_pre_hook(self._widen)
            unit.register_forward_hook(self._narrow, always_call=True)

    @torch.no_grad()
    def logits(self, documents: Sequence[Sequence[int]], mode: Mode) -> torch.Tensor:
        """fp32 logits [T, V] of all tokens of all documents, in order."""
        with self._as(mode):
            read = [
                self._model(input_ids=torch.tensor([list(ids)]), use_cache=False).logits[0].float()
                for ids in documents
            ]
        return torch.cat(read)

    def greedy(
        self,
        prompts: Sequence[Sequence[int]],
        mode: Mode,
        *,
        stop_ids: Sequence[int],
        max_tokens: int,
        should_stop: Callable[[], bool],
    ) -> list[list[int]]:
        """Greedy answers; the stop id is part of an answer that reaches it."""
        answers = []
        with self._as(mode):
            for prompt in prompts:
                room = (self._max_positions or len(prompt) + max_tokens) - len(prompt)
                answers.append(self._answer(prompt, stop_ids, min(max_tokens, room), should_stop))
        return answers

    def _answer(
        self,
        prompt: Sequence[int],
        stop_ids: Sequence[int],
        max_tokens: int,
        should_stop: Callable[[], bool],
    ) -> list[int]:
        conversation = CompatConversation(self._model, as_itself)
        answer: list[int] = []
        logits = conversation.read_prompt(prompt, should_stop)
        while logits is not None and len(answer) < max_tokens:
            answer.append(int(logits.argmax()))
            if answer[-1] in stop_ids or len(answer) == max_tokens or should_stop():
                break
            logits = conversation.read_token(answer[-1])
        return answer

    @contextmanager
    def _as(self, mode: Mode) -> Iterator[None]:
        with_adapter = mode == "adapter" or self._wrapped is None
        disabled: AbstractContextManager[Any] = nullcontext()
        if self._wrapped is not None and not with_adapter:
            disabled = self._wrapped.disable_adapter()
        self._rounds = mode == "rounded"
        try:
            with disabled:
                yield
        finally:
            self._rounds = False

    def _widen(self, unit: torch.nn.Module, _: Any) -> None:
        for parameter in unit.parameters():
            self._narrow_data[parameter] = parameter.data
            parameter.data = parameter.data.float()
        for module in unit.modules() if self._rounds else ():
            if module in self._merged:
                merged, dtype = self._merged[module]
                module.weight.data = merged().to(dtype).float()

    def _narrow(self, unit: torch.nn.Module, *_: Any) -> None:
        for parameter in unit.parameters():
            parameter.data = self._narrow_data.pop(parameter)


def _units(model: PreTrainedModel) -> list[torch.nn.Module]:
    """Modules that hold every parameter once: whole layers, and what holds parameters outside of them."""
    layers = [one for one in model.modules() if isinstance(one, GradientCheckpointingLayer)]
    inside = {module for layer in layers for module in layer.modules()}
    nested = {module for layer in layers for module in layer.modules() if module is not layer}
    alone = [
        module
        for module in model.modules()
        if module not in inside and any(True for _ in module.parameters(False))
    ]
    return [one for one in layers if one not in nested] + alone


def _merged_weights(
    wrapped: peft.PeftModel,
) -> Iterator[tuple[str, torch.nn.Module, Callable[[], torch.Tensor]]]:
    """(name, module of the base, its weight with the adapter in fp32). The weight of a low-rank layer is
    asked for while the module is widened."""
    for name, module in wrapped.named_modules():
        own = name.removeprefix(PREFIX)
        if isinstance(module, LoraLayer):
            yield own, module.get_base_layer(), partial(_with_update, module)
        elif isinstance(module, ModulesToSaveWrapper):
            yield own, module.original_module, partial(_trained_whole, module)


def _with_update(layer: Any) -> torch.Tensor:
    weight: torch.Tensor = layer.get_base_layer().weight.data
    changed: torch.Tensor = weight + layer.get_delta_weight("default")
    if "default" in layer.lora_magnitude_vector:
        lengths = layer.lora_magnitude_vector["default"].weight
        changed = torch.nn.functional.normalize(changed, dim=1) * lengths[:, None]
    return changed


def _trained_whole(wrapper: Any) -> torch.Tensor:
    weight: torch.Tensor = wrapper.modules_to_save["default"].weight.data
    return weight


def _exact_buffers(model: PreTrainedModel) -> None:
    """Gives `model` the buffers that it has in fp32: transformers makes those that no file holds (a factor on
    the embeddings) in the type of the weights."""

    def on_meta(_module: torch.nn.Module, _name: str, parameter: torch.nn.Parameter) -> torch.nn.Parameter:
        return torch.nn.Parameter(parameter.detach().to("meta"), requires_grad=False)

    hook = register_module_parameter_registration_hook(on_meta)  # type: ignore[arg-type]
    try:
        with no_init_weights():
            twin = AutoModelForCausalLM.from_config(
                model.config.__class__(**model.config.to_dict()), dtype=torch.float32
            )
    finally:
        hook.remove()
    exact = dict(twin.named_buffers())
    kept = model.state_dict().keys()
    for name, buffer in model.named_buffers():
        if name not in kept and buffer.is_floating_point() and buffer.dtype != exact[name].dtype:
            buffer.data = exact[name].data
