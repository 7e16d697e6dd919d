"""Matrix products with frozen weights.

PyTorch sends fp32 products on CPU to MKL, which on AMD processors reaches less than half of what
oneDNN does (measured: 105 against 245 GFLOP/s a core on Zen 5). oneDNN is in the same wheel, behind
the operator that the compiler uses; where it is absent the plain product is taken.
"""

import torch


def _has_onednn() -> bool:
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    try:
        probe = torch.ops.mkldnn._linear_pointwise(torch.ones(2, 3), torch.ones(4, 3), None, "none", [], "")
    except (AttributeError, RuntimeError, NotImplementedError):
        return False
    return bool((probe == 3).all())


_ONEDNN = _has_onednn()


def linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """x [T, in] times weight [out, in] transposed, plus bias [out]: [T, out]."""
    if _ONEDNN and x.dtype is torch.float32 and x.device.type == "cpu" and x.shape[0] > 1:
        result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
        return result
    if x.dtype is torch.float16 and x.device.type == "cpu":
        # A CPU without fp16 instructions takes about 60 times as long; the sums are fp32 either way.
        wide_bias = None if bias is None else bias.float()
        return torch.nn.functional.linear(x.float(), weight.float(), wide_bias).half()
    return torch.nn.functional.linear(x, weight, bias)


def matmul(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """x [T, out] times weight [out, in]: [T, in], the input gradient of `linear`."""
    return linear(x, weight.t())
