"""Loading a model for chat, with at most one adapter, refusing what does not belong together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from legal_eagle.engine.adapter_output import base_fingerprint
from legal_eagle.engine.compat_door import compat_engine
from legal_eagle.engine.conversation import Conversation
from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.engine.engine_choice import EngineChoice, choose_engine
from legal_eagle.engine.model import build_model
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.choose_template import choose_template
from legal_eagle.models.template import Template
from legal_eagle.models.template_families import AUTO
from legal_eagle.models.template_record import recorded_template, recorded_thinking
from legal_eagle.models.tokenizer import ChatTokenizer
from legal_eagle.models.vocabulary import check_vocabulary
from legal_eagle.release.adapter_record import WeightsRecord, difference_of_base, read_record
from legal_eagle.release.engine_adapter import put_adapter_on
from legal_eagle.serve.chat_session import ChatModel
from legal_eagle.serve.conversation_cache import ConversationCache


def load_chat_model(
    model_path: Path,
    adapter_path: Path | None,
    template_name: str,
    choice: DeviceChoice,
    on_layer: Callable[[int, int], None] | None = None,
) -> ChatModel:
    """Load weights once; ``on_layer`` hears how many layers of how many are there.

    Raises JobError ``model.*`` and ``chat.*`` before any large tensor is read.
    """
    model_record = read_record(model_path)
    if model_record.parity_failed:
        raise JobError(
            "chat.model_failed_parity",
            f"{model_path} failed its parity check",
            exit_code=EXIT_DATA,
            params={"modelPath": str(model_path)},
        )
    engine = choose_engine(model_path)
    facts = engine.facts
    tokenizer = ChatTokenizer.load(model_path)
    check_vocabulary(facts.vocab_size, tokenizer)
    adapter_record = read_record(adapter_path) if adapter_path is not None else None
    if adapter_path is not None and adapter_record is not None:
        _refuse_other_base(adapter_path, adapter_record, model_path, tokenizer)
    template = _choose_template(model_path, template_name, adapter_record, model_record)
    return ChatModel(
        new_conversation=_conversations(model_path, adapter_path, engine, choice, on_layer),
        tokenizer=tokenizer,
        template=template,
        stop_ids=template.stop_ids(tokenizer, facts.eos_ids),
        max_positions=facts.max_positions,
        has_adapter=adapter_path is not None,
        fingerprint=base_fingerprint(model_path),
        record=adapter_record or model_record,
    )


def _conversations(
    model_path: Path,
    adapter_path: Path | None,
    engine: EngineChoice,
    choice: DeviceChoice,
    on_layer: Callable[[int, int], None] | None,
) -> Callable[[bool], Conversation]:
    """Loads the weights, by the engine that computes them."""
    if engine.engine == "compat":
        compat = compat_engine(engine.facts.architecture)
        return compat.conversations(
            model_path, engine.facts, adapter_path, dtype=choice.dtype, device=choice.device
        )
    decoder = build_model(model_path, dtype=choice.dtype, device=choice.device, on_layer=on_layer)
    if adapter_path is not None:
        put_adapter_on(decoder, adapter_path)
    return lambda use_adapter: ConversationCache(decoder, use_lora=use_adapter)


def _refuse_other_base(
    adapter_path: Path, record: WeightsRecord, model_path: Path, tokenizer: ChatTokenizer
) -> None:
    difference = difference_of_base(record, model_path, tokenizer.content_hash)
    if difference is not None:
        raise JobError(
            "chat.base_mismatch",
            f"the adapter was trained on another base ({difference} differ)",
            exit_code=EXIT_DATA,
            params={
                "adapterPath": str(adapter_path),
                "modelPath": str(model_path),
                "difference": difference,
            },
        )


def _choose_template(
    model_path: Path, wanted: str, adapter: WeightsRecord | None, model: WeightsRecord
) -> Template:
    """The one that the weights were trained with; a person's choice must not contradict it."""
    of_adapter = None if adapter is None else recorded_template(adapter.raw)
    trained_with = of_adapter or recorded_template(model.raw)
    if wanted == AUTO:
        template = trained_with or choose_template(model_path, AUTO, learns=False)
    else:
        template = choose_template(model_path, wanted, learns=False)
        if of_adapter is not None and of_adapter.content_hash() != template.content_hash():
            raise JobError(
                "chat.template_mismatch",
                f"the adapter was trained with {of_adapter.name}, not {wanted}",
                exit_code=EXIT_DATA,
                params={"adapterTemplate": of_adapter.name, "template": wanted},
            )
    # How the weights think is theirs, whichever template is asked for.
    recorded = recorded_thinking(model.raw if adapter is None else adapter.raw)
    return template.with_thinking(template.own_thinking if recorded is None else recorded)
