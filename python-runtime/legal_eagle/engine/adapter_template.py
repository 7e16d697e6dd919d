"""An adapter goes on only with the template that it was trained with."""

from __future__ import annotations

import json
from pathlib import Path

from legal_eagle.engine.adapter_output import RECORD_FILE
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.template import Template
from legal_eagle.models.template_record import recorded_template


def refuse_other_template(folder: Path, template: Template) -> None:
    """Raises JobError `train.adapter_template` where the adapter's record names another template or thinking
    mode. An adapter of another program says nothing and is taken."""
    try:
        record = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    before = recorded_template(record) if isinstance(record, dict) else None
    if before is None:
        return
    same = before.content_hash() == template.content_hash() and before.thinking == template.thinking
    if not same:
        raise JobError(
            "train.adapter_template",
            f"{folder} was trained with {before.name} ({before.thinking}), "
            f"not {template.name} ({template.thinking})",
            exit_code=EXIT_DATA,
            params={
                "adapter": folder.name,
                "adapterTemplate": before.name,
                "adapterThinking": before.thinking,
                "template": template.name,
                "thinking": template.thinking,
            },
        )
