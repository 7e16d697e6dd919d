"""The Modelfile, and the programs of others that an export may run: llama-quantize and ollama, as stand-ins
that do with real files what the real ones do."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import gguf
import pytest
from export_fixtures import run_export

from legal_eagle.export.go_template import to_go_template
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.templates import TEMPLATES
from merge_fixtures import write_adapter, write_base

EVEN = {"hidden_size": 64, "num_attention_heads": 8, "num_key_value_heads": 2, "intermediate_size": 96}

# Reads its input as GGUF and writes another with the type it was asked for; FAULT makes it one that lies.
QUANTIZE = """
import os, sys
import gguf
from gguf.scripts.gguf_new_metadata import MetadataDetails, copy_with_new_metadata
source, target, kind = sys.argv[1:]
fault = FAULT
print("main: quantizing", source)
if fault == "exit": sys.exit("failed to quantize: no memory")
reader = gguf.GGUFReader(source)
writer = gguf.GGUFWriter(target, arch="llama")
number = 1 if fault == "type" else int(gguf.LlamaFileType["MOSTLY_" + kind])
new = {"general.file_type": MetadataDetails(gguf.GGUFValueType.UINT32, number)}
if fault == "tensor": reader.tensors.pop()
copy_with_new_metadata(reader, writer, new, [])
"""

OLLAMA = """
import json, os, sys
from pathlib import Path
home = Path(HOME)
known = json.loads((home / "known.json").read_text()) if (home / "known.json").exists() else {}
if FAULT == "exit":
    print("transferring model data"); sys.exit("Error: could not connect to a running Ollama instance")
if sys.argv[1] == "create":
    name, flag, file = sys.argv[2:]
    text = Path(file).read_text(encoding="utf-8")
    source = next(line for line in text.splitlines() if line.startswith("FROM ")).removeprefix("FROM ")
    assert flag == "-f" and Path(source).read_bytes()[:4] == b"GGUF"
    known[name] = {"modelfile": text, "environment": sorted(os.environ)}
    (home / "known.json").write_text(json.dumps(known))
    print("success")
else:
    sys.exit(0 if sys.argv[1] == "show" and sys.argv[2] in known else "Error: model not found")
"""


def install(folder: Path, name: str, source: str, monkeypatch: pytest.MonkeyPatch, fault: str = "") -> None:
    """An executable of that name, alone on the PATH."""
    folder.mkdir(exist_ok=True)
    script = source.replace("FAULT", repr(fault)).replace("HOME", repr(str(folder)))
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_k_quants_are_made_by_llama_quantize_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch the 16-bit file left beside the result, and a result that nobody looked at."""
    write_base(tmp_path / "base", layout="llama", **EVEN)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(JobError, match=r"export\.quantiser_missing"):
        run_export(tmp_path / "base", "gguf-q4_k_m", tmp_path / "out")
    install(tmp_path / "bin", "llama-quantize", QUANTIZE, monkeypatch)
    run_export(tmp_path / "base", "gguf-q4_k_m", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "LICENSE",
        "Modelfile",
        "SHA256SUMS",
        "export.json",
        "model-Q4_K_M.gguf",
    }
    reader = gguf.GGUFReader(tmp_path / "out" / "model-Q4_K_M.gguf")
    assert reader.get_field("general.file_type").contents() == 15


@pytest.mark.parametrize(
    ("fault", "reason"), [("exit", "code 1"), ("type", "type 1"), ("tensor", "tensors are missing")]
)
def test_a_quantiser_that_fails_or_lies_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, reason: str
) -> None:
    write_base(tmp_path / "base", layout="llama", **EVEN)
    install(tmp_path / "bin", "llama-quantize", QUANTIZE, monkeypatch, fault)
    with pytest.raises(JobError) as failed:
        run_export(tmp_path / "base", "gguf-q4_k_m", tmp_path / "out")
    assert failed.value.code == "export.quantiser_failed"
    assert reason in str(failed.value.params["reason"])
    if fault == "exit":
        assert "no memory" in str(failed.value.detail)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "bin"]


def test_ollama_takes_the_published_folder_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a model created from a folder that is renamed afterwards, a name read by a shell, a token
    of this process in a child's environment."""
    write_base(tmp_path / "base", layout="llama", **EVEN)
    monkeypatch.setenv("HF_TOKEN", "canary")
    install(tmp_path / "bin", "ollama", OLLAMA, monkeypatch)
    run_export(tmp_path / "base", "gguf-f16", tmp_path / "out", ollama="me/law:v1")
    known = json.loads((tmp_path / "bin" / "known.json").read_text(encoding="utf-8"))
    assert known["me/law:v1"]["modelfile"] == (tmp_path / "out" / "Modelfile").read_text(encoding="utf-8")
    assert "HF_TOKEN" not in known["me/law:v1"]["environment"]


def test_without_ollama_nothing_is_written_and_with_a_dead_one_the_export_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch an hour of writing that ends in "not installed", or a good file lost with Ollama's no."""
    config = write_base(tmp_path / "base", layout="llama", **EVEN)
    write_adapter(tmp_path / "adapter", config)
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(JobError, match=r"export\.ollama_missing"):
        run_export(tmp_path / "base", "gguf-f16", tmp_path / "out", ollama="law")
    assert not (tmp_path / "out").exists()
    install(tmp_path / "bin", "ollama", OLLAMA, monkeypatch, "exit")
    with pytest.raises(JobError, match=r"export\.ollama_adapter"):
        run_export(tmp_path / "base", "gguf-lora", tmp_path / "lora", tmp_path / "adapter", ollama="law")
    with pytest.raises(JobError, match=r"export\.ollama_format"):
        run_export(tmp_path / "base", "llama", tmp_path / "other", ollama="law")
    with pytest.raises(JobError) as failed:
        run_export(tmp_path / "base", "gguf-f16", tmp_path / "out", ollama="law")
    assert failed.value.code == "export.ollama_failed"
    assert failed.value.params["reason"] == "Error: could not connect to a running Ollama instance"
    assert (tmp_path / "out" / "export.json").is_file()


def test_the_modelfile_of_a_run(tmp_path: Path) -> None:
    """Would catch a model that never stops, answers without its prompt, or comes without its licence."""
    config = write_base(tmp_path / "base", layout="llama", **EVEN)
    write_adapter(tmp_path / "adapter", config)
    record = tmp_path / "adapter" / "legal_eagle.json"
    record.write_text(json.dumps({"template": "internlm2", "systemPrompt": "你是律师。\n"}), encoding="utf-8")
    run_export(tmp_path / "base", "gguf-lora", tmp_path / "out", tmp_path / "adapter")
    lines = (tmp_path / "out" / "Modelfile").read_text(encoding="utf-8").splitlines()
    assert lines[2:] == [
        "FROM ./base-F16.gguf",
        "ADAPTER ./model-LoRA-F32.gguf",
        f'TEMPLATE """{to_go_template(TEMPLATES["internlm2"])}"""',
        'SYSTEM """你是律师。',
        '"""',
        'PARAMETER stop "<|im_end|>"',
        "PARAMETER num_ctx 256",
        'LICENSE """licence of the base"""',
    ]
    quoted = {"template": "internlm2", "systemPrompt": '说"""停"""'}
    record.write_text(json.dumps(quoted), encoding="utf-8")
    watched = run_export(tmp_path / "base", "gguf-lora", tmp_path / "quoted", tmp_path / "adapter")
    assert "export.system_left_out" in watched.codes()
    assert "SYSTEM" not in (tmp_path / "quoted" / "Modelfile").read_text(encoding="utf-8")


# Each was run by Go's own text/template on chats with and without system prompt, of one to five messages, and
# gave what `Template.render` gives but for the first token.
GO_TEMPLATES = {
    "internlm2": (
        "{{ range $i, $message := .Messages }}{{ $last := eq (len (slice $.Messages $i)) 1 }}"
        '{{ if eq .Role "system" }}{{ "<|im_start|>system\\n" }}{{ .Content }}{{ "<|im_end|>\\n" }}'
        '{{ else if eq .Role "user" }}{{ "<|im_start|>user\\n" }}{{ .Content }}{{ "<|im_end|>\\n" }}'
        '{{ else if eq .Role "assistant" }}{{ "<|im_start|>assistant\\n" }}{{ .Content }}'
        '{{ if not $last }}{{ "<|im_end|>\\n" }}{{ end }}{{ end }}'
        '{{ if and $last (ne .Role "assistant") }}{{ "<|im_start|>assistant\\n" }}{{ end }}{{ end }}'
    ),
    "internlm": (
        "{{ range $i, $message := .Messages }}{{ $last := eq (len (slice $.Messages $i)) 1 }}"
        '{{ if eq .Role "system" }}{{ "<|System|>:" }}{{ .Content }}{{ "\\n" }}'
        '{{ else if eq .Role "user" }}{{ "<|User|>:" }}{{ .Content }}{{ "<eoh>\\n" }}'
        '{{ else if eq .Role "assistant" }}{{ "<|Bot|>:" }}{{ .Content }}'
        '{{ if not $last }}{{ "<eoa>\\n" }}{{ end }}{{ end }}'
        '{{ if and $last (ne .Role "assistant") }}{{ "<|Bot|>:" }}{{ end }}{{ end }}'
    ),
    "gemma": (
        '{{ $told := "" }}{{ range $i, $message := .Messages }}'
        "{{ $last := eq (len (slice $.Messages $i)) 1 }}"
        '{{ if eq .Role "system" }}{{ $told = printf "%s%s" .Content "\\n\\n" }}'
        '{{ else if eq .Role "user" }}{{ "<start_of_turn>user\\n" }}{{ $told }}{{ $told = "" }}{{ .Content }}'
        '{{ "<end_of_turn>\\n" }}'
        '{{ else if eq .Role "assistant" }}{{ "<start_of_turn>model\\n" }}{{ .Content }}'
        '{{ if not $last }}{{ "<end_of_turn>\\n" }}{{ end }}{{ end }}'
        '{{ if and $last (ne .Role "assistant") }}{{ "<start_of_turn>model\\n" }}{{ end }}{{ end }}'
    ),
}


@pytest.mark.parametrize("name", sorted(GO_TEMPLATES))
def test_the_go_template_of_a_family(name: str) -> None:
    """Would catch another rendering in Ollama than in training."""
    assert to_go_template(TEMPLATES[name]) == GO_TEMPLATES[name]
