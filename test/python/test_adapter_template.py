"""Going on from an adapter: only in the format that it was trained in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from legal_eagle.engine.adapter_output import RECORD_FILE
from legal_eagle.engine.adapter_template import refuse_other_template
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.template_families import TEMPLATES
from legal_eagle.models.template_record import template_record

TRAINED = TEMPLATES["internlm2"].with_thinking("keep")


def test_an_adapter_goes_on_in_its_own_format_only(tmp_path: Path) -> None:
    """A run that unlearns, in another template or thinking mode, what its start had learned."""
    record = tmp_path / RECORD_FILE
    record.write_text(json.dumps(template_record(TRAINED)), encoding="utf-8")
    refuse_other_template(tmp_path, TRAINED)
    for other in (TEMPLATES["llama-chatml"].with_thinking("keep"), TRAINED.with_thinking("strip")):
        with pytest.raises(JobError) as caught:
            refuse_other_template(tmp_path, other)
        assert caught.value.code == "train.adapter_template"
    # Records from before templates had a hash, and adapters of other programs.
    record.write_text(json.dumps({"template": "internlm2", "thinking": "keep"}), encoding="utf-8")
    refuse_other_template(tmp_path, TRAINED)
    for unknown in ("{}", "[]", "no JSON"):
        record.write_text(unknown, encoding="utf-8")
        refuse_other_template(tmp_path, TEMPLATES["qwen3"])
    record.unlink()
    refuse_other_template(tmp_path, TEMPLATES["qwen3"])
