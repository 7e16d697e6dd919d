"""Renders chats by a foreign Jinja template, in a process of its own that has nothing to lose.

Run as a script by `template_sandbox.py`: one JSON object on standard input, one on standard output. It
imports nothing of the studio. What a template may use up is bounded here; behind it stands the parent's wall
limit.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from types import FrameType
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError, TemplateError, TemplateRuntimeError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

# Lines of the compiled template over all chats: a real one needs some hundreds a chat.
MAX_LINES = 400_000
MAX_OUTPUT_CHARACTERS = 200_000
# One value inside a template, such as a text that it repeats.
MAX_VALUE_CHARACTERS = 1_000_000
MAX_MEMORY_BYTES = 1 << 30
MAX_CPU_SECONDS = 10
MAX_DEPTH = 200
_WIDTH_FILTERS = frozenset({"format", "center", "indent", "wordwrap", "batch", "slice"})
# Where `{% generation %}` begins and ends in the output; no text of a probe holds them.
GENERATION_BEGIN, GENERATION_END = "\ue0f0", "\ue0f1"


class RefusedError(Exception):
    """Why a template is not rendered: a reason of the studio's errors, and what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class RaisedError(TemplateError):
    """The template itself says that it does not render this chat."""


class GenerationTag(Extension):
    """`{% generation %}…{% endgeneration %}`: what an assistant wrote, in templates made for training."""

    tags = {"generation"}  # noqa: RUF012 (declared so by jinja2)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_marked"), [], [], body).set_lineno(line)

    def _marked(self, caller: Callable[[], str]) -> str:
        return f"{GENERATION_BEGIN}{caller()}{GENERATION_END}"


class ProbeEnvironment(ImmutableSandboxedEnvironment):
    """Nothing of Python's behind a name with an underscore, no change of what it is given, no huge value."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            raise RefusedError("limits", "a power")
        if operator == "%" and isinstance(left, str):
            raise RefusedError("limits", "a format with a width")
        if operator == "*" and _size(left) * max(_count(right), 1) > MAX_VALUE_CHARACTERS:
            raise RefusedError("limits", "a repeated value")
        if operator == "*" and _size(right) * max(_count(left), 1) > MAX_VALUE_CHARACTERS:
            raise RefusedError("limits", "a repeated value")
        if operator == "+" and _size(left) + _size(right) > MAX_VALUE_CHARACTERS:
            raise RefusedError("limits", "a long value")
        return super().call_binop(context, operator, left, right)

    def call(self, context: Any, callee: Any, *arguments: Any, **named: Any) -> Any:
        # Methods of texts that make a short text long: `center`, `ljust`, `zfill`, `format`, `replace`, …
        for value in (*arguments, *named.values()):
            if _count(value) > MAX_VALUE_CHARACTERS:
                raise RefusedError("limits", "a wide value")
        name = getattr(callee, "__name__", "")
        text = getattr(callee, "__self__", None)
        if isinstance(text, str):
            if name in ("format", "format_map"):
                raise RefusedError("limits", "a format with a width")
            if name == "replace":
                return _replace(text, *arguments, **named)
            if name == "join" and len(arguments) == 1:
                return _join(arguments[0], text)
        result = super().call(context, callee, *arguments, **named)
        if _size(result) > MAX_VALUE_CHARACTERS:
            raise RefusedError("limits", "a long value")
        return result

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return not attr.startswith("_") and super().is_safe_attribute(obj, attr, value)


class _BoundedConcat(NodeTransformer):
    """`a ~ b` goes through a filter that looks at the length first; jinja2 intercepts no such operator."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        joined = nodes.Filter(parts, "bounded_concat", [], [], None, None, lineno=node.lineno)
        joined.environment = node.environment
        parts.environment = node.environment
        return joined


def _joined(parts: list[object]) -> str:
    return _join(parts, "")


def _join(parts: Iterable[object], between: object = "") -> str:
    texts = [str(part) for part in parts]
    if sum(map(len, texts)) + len(str(between)) * len(texts) > MAX_VALUE_CHARACTERS:
        raise RefusedError("limits", "a long value")
    return str(between).join(texts)


def _replace(text: object, old: object, new: object, count: int | None = None) -> str:
    source, wanted = str(text), str(old)
    if len(source) + (source.count(wanted) + 1) * len(str(new)) > MAX_VALUE_CHARACTERS:
        raise RefusedError("limits", "a long value")
    return source.replace(wanted, str(new), -1 if count is None else count)


def _size(value: object) -> int:
    return len(value) if isinstance(value, str | bytes | list | tuple) else 0


def _count(value: object) -> int:
    return abs(value) if isinstance(value, int) else 0


def _environment(now_ms: int) -> ProbeEnvironment:
    environment = ProbeEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.loopcontrols", GenerationTag],
        cache_size=0,
    )
    now = datetime.fromtimestamp(now_ms / 1000, tz=timezone.utc)  # noqa: UP017 (datetime.UTC is 3.11's)

    def raise_exception(message: object = "") -> None:
        raise RaisedError(str(message)[:500])

    environment.globals = {
        "range": environment.globals["range"],
        "namespace": environment.globals["namespace"],
        "raise_exception": raise_exception,
        "strftime_now": lambda form: now.strftime(str(form)[:100]),
    }
    environment.filters["tojson"] = lambda value, indent=None: json.dumps(
        value, ensure_ascii=False, indent=None if indent is None else min(int(indent), 8)
    )
    environment.filters["bounded_concat"] = _joined
    environment.filters["replace"] = _replace
    environment.filters["join"] = lambda parts, d="": _join(parts, d)
    for name in _WIDTH_FILTERS:
        environment.filters[name] = _refused_filter(name)
    return environment


def _refused_filter(name: str) -> Callable[..., str]:
    def refuse(*_: object, **__: object) -> str:
        raise RefusedError("limits", f"the filter {name}")

    return refuse


def parse_checked(environment: ProbeEnvironment, text: str) -> nodes.Template:
    """The parsed template, its `~` bounded. Raises RefusedError for what no chat template needs: other files,
    and names behind an underscore."""
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        raise RefusedError("syntax", f"line {error.lineno}: {error.message}") from error
    except RecursionError as error:
        raise RefusedError("limits", "nesting") from error
    files = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
    for _ in tree.find_all(files):
        raise RefusedError("files", "include, import or extends")
    for attribute in tree.find_all(nodes.Getattr):
        if attribute.attr.startswith("_"):
            raise RefusedError("names", attribute.attr)
    for item in tree.find_all(nodes.Getitem):
        key = item.arg
        if isinstance(key, nodes.Const) and isinstance(key.value, str) and key.value.startswith("__"):
            raise RefusedError("names", key.value)
    _BoundedConcat().visit(tree)
    return tree


def _counted(lines: list[int]) -> Callable[[FrameType, str, object], Any]:
    """A trace function that ends a template after so many lines, whatever it loops over."""

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename != "<template>":
            return None
        lines[0] += event == "line"
        if lines[0] > MAX_LINES:
            raise RefusedError("limits", f"more than {MAX_LINES} lines run")
        return trace

    return trace


def _rendered(pieces: Iterator[str]) -> str:
    found: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_OUTPUT_CHARACTERS:
            raise RefusedError("limits", f"more than {MAX_OUTPUT_CHARACTERS} characters written")
        found.append(piece)
    return "".join(found)


def render_all(request: dict[str, Any]) -> list[dict[str, str]]:
    """For each chat `{"text": …}`, or `{"raised": …}` where the template refuses it by itself."""
    environment = _environment(int(request["nowMs"]))
    template = environment.from_string(parse_checked(environment, request["template"]))
    results: list[dict[str, str]] = []
    lines = [0]
    for chat in request["chats"]:
        sys.settrace(_counted(lines))
        try:
            results.append({"text": _rendered(template.generate(**chat))})
        except RaisedError as error:
            results.append({"raised": str(error)})
        finally:
            sys.settrace(None)
    return results


def _limit_process() -> None:
    """The system's own limits, where it has them (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    # No file can be written, and no process be started.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def main() -> None:
    request = json.loads(sys.stdin.buffer.read())
    _limit_process()
    sys.setrecursionlimit(MAX_DEPTH + 200)
    try:
        answer: dict[str, Any] = {"chats": render_all(request)}
    except RefusedError as error:
        answer = {"reason": error.reason, "detail": str(error)[:500]}
    except SecurityError as error:
        answer = {"reason": "names", "detail": str(error)[:500]}
    except (RecursionError, MemoryError, OverflowError) as error:
        answer = {"reason": "limits", "detail": type(error).__name__}
    except (TemplateRuntimeError, TemplateError) as error:
        answer = {"reason": "fails", "detail": f"{type(error).__name__}: {error}"[:500]}
    # A foreign program may fail in any way.
    except Exception as error:
        answer = {"reason": "fails", "detail": f"{type(error).__name__}: {error}"[:500]}
    sys.stdout.buffer.write(json.dumps(answer).encode("utf-8"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
