"""The mapping of an import job (electron/shared/protocol/mapping.ts), applied to a record's fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from legal_eagle.data.fields import CONVERSATION_FIELDS, RowFields, detect_fields

Placement = Literal["ignore", "before", "after"]
DEFAULT_HEADING = "参考资料："
_CONVERSATIONS = {
    "messages": "messages",
    "sharegpt": "conversations",
    "human-assistant": "conversation",
    "xtuner": "conversation",
}
# Fields of a forced layout, where they are not found by their usual names in the record itself.
_LAYOUT_FIELDS = {
    "disc-pair": RowFields(("input",), "output"),
    "disc-triplet": RowFields(("input",), "output", "reference"),
    "question-answer": RowFields(("question",), "answer", "reference"),
    "alpaca": RowFields(("instruction", "input"), "output", None, "history", "system"),
    "query-response": RowFields(("query",), "response", None, "history", "system"),
    "lawyer-llama": RowFields(("query",), "response", "laws", "history"),
}


@dataclass(frozen=True)
class MappingOptions:
    """Named fields win over detected ones; what is not named is detected row by row."""

    layout: str | None = None
    prompt: tuple[str, ...] = ()
    answer: str | None = None
    system: str | None = None
    history: str | None = None
    reference: str | None = None
    placement: Placement = "ignore"
    heading: str = DEFAULT_HEADING

    @staticmethod
    def from_wire(value: Mapping[str, Any] | None) -> MappingOptions:
        """From the validated `mapping` of an import job; None means detect everything."""
        value = value or {}
        return MappingOptions(
            layout=value.get("layout"),
            prompt=tuple(value.get("prompt") or ()),
            answer=value.get("answer"),
            system=value.get("system"),
            history=value.get("history"),
            reference=value.get("reference"),
            placement=value.get("referencePlacement", "ignore"),
            heading=value.get("referenceHeading", DEFAULT_HEADING),
        )

    def fields_of(self, row: Mapping[str, Any]) -> RowFields:
        """The fields of a record: detected, then narrowed to the forced layout, then the named ones."""
        if self.prompt or self.answer is not None:
            # A person who names question or answer does not mean the conversation that is there too.
            row = {key: None for key in row if key not in CONVERSATION_FIELDS}
        found = detect_fields(row)
        if self.layout is not None:
            found = self._forced(found)
        return replace(
            found,
            prompt=self.prompt or found.prompt,
            answer=self.answer or found.answer,
            system=self.system or found.system,
            history=self.history or found.history,
            reference=self.reference or found.reference,
        )

    def _forced(self, found: RowFields) -> RowFields:
        if self.layout in _CONVERSATIONS and not (self.prompt or self.answer):
            return replace(
                found, prompt=(), answer=None, conversation=found.conversation or _CONVERSATIONS[self.layout]
            )
        wanted = _LAYOUT_FIELDS.get(self.layout or "")
        if wanted is None or found.layout == self.layout:
            return found
        return replace(wanted, system=wanted.system or found.system)

    def wire_of(self, fields: RowFields) -> dict[str, Any]:
        """The complete mapping that was used for a layout, as it is kept in the dataset file."""
        return {
            "prompt": list(fields.prompt),
            "answer": fields.answer,
            "system": fields.system,
            "history": fields.history,
            "reference": fields.reference,
            "conversation": fields.conversation,
            "referencePlacement": self.placement,
            "referenceHeading": self.heading,
        }
