"""Whether a folder holds exactly the tensors its configuration means."""

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.layouts import expected_tensors, is_ignored_extra
from legal_eagle.models.weights import FLOAT_DTYPES, SafetensorsFolder, missing_tensors


def check_tensors(weights: SafetensorsFolder, config: ModelConfig) -> None:
    """Compares a folder with what `config` needs, before anything is loaded.

    Raises JobError `model.missing_tensors`, `model.extra_tensors`, `model.tensor_shape` or
    `model.tensor_dtype`, naming the first offender and counting the rest.
    """
    expected = expected_tensors(config)
    names = set(weights.names())
    missing = [name for name in expected if name not in names]
    if missing:
        raise missing_tensors(weights.folder, missing)
    extra = sorted(name for name in names - expected.keys() if not is_ignored_extra(name, config))
    if extra:
        raise JobError(
            "model.extra_tensors",
            f"{len(extra)} tensors do not belong to this architecture, first: {extra[0]}.",
            params={"path": str(weights.folder), "count": len(extra), "first": extra[0]},
            detail="\n".join(extra[:50]),
        )
    for name, shape in expected.items():
        if weights.shape(name) != shape:
            raise JobError(
                "model.tensor_shape",
                f"{name} has shape {weights.shape(name)} where config.json means {shape}.",
                params={
                    "tensor": name,
                    "shape": "×".join(map(str, weights.shape(name))),
                    "expected": "×".join(map(str, shape)),
                },
            )
        if weights.dtype(name) not in FLOAT_DTYPES:
            raise JobError(
                "model.tensor_dtype",
                f"{name} is stored as {weights.dtype(name)}.",
                params={"tensor": name, "dtype": weights.dtype(name)},
            )
