"""How far back each layer of a checkpoint looks."""

from collections.abc import Mapping

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.strict_json import whole_number

# transformers' default of `max_window_layers`, which Qwen2 and Qwen3 files may leave out.
_QWEN_FULL_LAYERS = 28
_FULL, _SLIDING = "full_attention", "sliding_attention"


def read_windows(values: Mapping[str, object], model_type: str, layers: int) -> tuple[int | None, ...]:
    """For each layer the tokens that a row attends to, itself included; None: all before it.

    Mistral's window holds for every layer. Qwen2 and Qwen3 state one that is unused unless
    `use_sliding_window` is true, and then holds for the layers that `layer_types` names, else for those from
    `max_window_layers` on. Raises JobError `model.config_invalid`, `model.unsupported_option`.
    """
    window = values.get("sliding_window")
    is_mistral = model_type == "mistral"
    if window is None or not (is_mistral or values.get("use_sliding_window") is True):
        return (None,) * layers
    tokens = whole_number(window)
    if tokens is None or tokens <= 0:
        raise _invalid("sliding_window", window)
    if is_mistral:
        return (tokens,) * layers
    kinds = values.get("layer_types")
    if kinds is None:
        stated = values.get("max_window_layers")
        first = whole_number(_QWEN_FULL_LAYERS if stated is None else stated)
        if first is None or first < 0:
            raise _invalid("max_window_layers", stated)
        return tuple(tokens if layer >= first else None for layer in range(layers))
    if not isinstance(kinds, list) or len(kinds) != layers:
        raise _invalid("layer_types", kinds)
    for kind in kinds:
        if kind not in (_FULL, _SLIDING):
            raise JobError(
                "model.unsupported_option",
                f"config.json: layer_types has {kind!r}, which is not supported.",
                params={"option": "layer_types", "value": str(kind)},
            )
    return tuple(tokens if kind == _SLIDING else None for kind in kinds)


def _invalid(key: str, value: object) -> JobError:
    return JobError(
        "model.config_invalid",
        f"config.json: {key} = {value!r} is not possible.",
        params={"key": key, "value": str(value)},
    )
