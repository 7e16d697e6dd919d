"""Which linear layers get an adapter: a group, module names, and a regular expression over full names.

The expression is a subset that Python and JavaScript read alike and that no text makes slow: literals, `.`,
classes, alternatives and groups, at most four quantifiers and none on a group.
"""

import re
from collections.abc import Sequence

from legal_eagle.jobs.errors import EXIT_SPEC, JobError
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.layouts import linear_names, linear_shapes, model_names

EMBEDDINGS, HEAD = "embeddings", "head"
_MAX_QUANTIFIERS = 4
# Escapes and classes say nothing about structure, so they are taken out before it is looked at.
_ATOMS = re.compile(r"\\[dws.\\/+*?(){}\[\]|^$-]|\[\^?(?:[^\[\]\\]|\\[dws.\\-])+\]")
_QUANTIFIER = re.compile(r"[*+?]|\{\d+(?:,\d*)?\}")


def check_target_pattern(pattern: str) -> re.Pattern[str]:
    """Compiles `pattern`. Raises JobError `model.lora_pattern` with the reason in its params."""
    bare = _ATOMS.sub("a", pattern)
    reason = None
    if "\\" in bare or "[" in bare or "]" in bare:
        reason = "escape"
    elif re.search(r"\((?=\?)(?!\?:)", bare):
        reason = "group"
    elif re.search(r"\)(?:[*+?]|\{)", bare):
        reason = "quantified-group"
    elif len(_QUANTIFIER.findall(bare.replace("(?:", "("))) > _MAX_QUANTIFIERS:
        reason = "quantifiers"
    else:
        try:
            return re.compile(pattern, re.ASCII)
        except re.error:
            reason = "syntax"
    raise JobError(
        "model.lora_pattern",
        f"{pattern!r} is not an expression that can choose layers ({reason}).",
        exit_code=EXIT_SPEC,
        params={"pattern": pattern, "reason": reason},
    )


def target_modules(config: ModelConfig, targets: str | Sequence[str], pattern: str | None) -> list[str]:
    """Full names of the targeted modules, in layer order. A name in `targets` means every module that ends
    in it at a dot, as in PEFT; `pattern` keeps those whose whole name it matches.

    Raises JobError `model.lora_target` for a name that the layout has not, with those it has, and
    `model.lora_pattern_unmatched` where the expression leaves none.
    """
    return matching(_by_targets(config, targets), pattern)


def matching(chosen: Sequence[str], pattern: str | None) -> list[str]:
    """Those of `chosen` whose whole name `pattern` matches; all without one. Raises JobError
    `model.lora_pattern_unmatched` where none is left."""
    if pattern is None:
        return list(chosen)
    compiled = check_target_pattern(pattern)
    matched = [name for name in chosen if compiled.fullmatch(name)]
    if not matched:
        raise JobError(
            "model.lora_pattern_unmatched",
            f"{pattern!r} matches none of the model's linear layers.",
            exit_code=EXIT_SPEC,
            params={"pattern": pattern, "example": chosen[0]},
        )
    return matched


def _by_targets(config: ModelConfig, targets: str | Sequence[str]) -> list[str]:
    everything = linear_names(config)
    names = model_names(config.layout).layer
    attention = {*names.qkv, names.o}
    if targets == "all":
        return everything
    if targets in ("attention", "mlp"):
        wanted_inside = targets == "attention"
        return [name for name in everything if (name.split(".", 3)[-1] in attention) is wanted_inside]
    wanted = [targets] if isinstance(targets, str) else list(targets)
    available = [name.rsplit(".", 1)[-1] for name in linear_shapes(config)]
    unknown = [
        one for one in wanted if one not in available and not any(_is_named(name, one) for name in everything)
    ]
    if unknown or not wanted:
        raise JobError(
            "model.lora_target",
            f"{unknown[0] if unknown else 'nothing'} is not a linear layer of this model.",
            params={"target": unknown[0] if unknown else "", "available": ", ".join(available)},
        )
    exact, ends = set(wanted), tuple(f".{one}" for one in wanted)
    return [name for name in everything if name in exact or name.endswith(ends)]


def whole_modules(config: ModelConfig, wanted: Sequence[str]) -> dict[str, str]:
    """Name in the checkpoint of each of EMBEDDINGS and HEAD that `wanted` means, by either name.

    Raises JobError `model.lora_whole` for another module, and `model.lora_whole_tied` where both are one.
    """
    names = model_names(config.layout)
    known = {EMBEDDINGS: names.embedding, HEAD: names.head}
    chosen: dict[str, str] = {}
    for one in wanted:
        part = next((part for part, name in known.items() if one == part or _is_named(name, one)), None)
        if part is None:
            raise JobError(
                "model.lora_whole",
                f"{one} cannot be trained as a whole.",
                exit_code=EXIT_SPEC,
                params={
                    "module": one,
                    "available": ", ".join(name.rsplit(".", 1)[-1] for name in known.values()),
                },
            )
        chosen[part] = known[part]
    if chosen and config.tied_embeddings:
        raise JobError(
            "model.lora_whole_tied",
            "embeddings and head are one tensor in this model; training one would part them.",
            exit_code=EXIT_SPEC,
        )
    return {part: chosen[part] for part in known if part in chosen}


def _is_named(name: str, wanted: str) -> bool:
    return name == wanted or name.endswith(f".{wanted}")


def short_targets(config: ModelConfig, modules: Sequence[str]) -> list[str]:
    """`modules` as PEFT's `target_modules`: last names where these mean exactly the same, else full ones."""
    short = sorted({name.rsplit(".", 1)[-1] for name in modules})
    return short if set(_by_targets(config, short)) == set(modules) else sorted(modules)
