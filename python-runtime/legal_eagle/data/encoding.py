"""Which encoding a source is in, and which of its lines are in another one."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from legal_eagle.data.source_bytes import CompressedDamagedError, SourceBytes

# A line longer than this is judged in pieces, so that a file of one line takes no more memory than any other.
_LONG_LINE_BYTES = 8 << 20
UNDECODABLE = "undecodable"


@dataclass(frozen=True)
class TextFacts:
    """What one pass over the bytes told. Line numbers count from 1."""

    path: Path
    bytes_on_disk: int
    sha256: str
    encoding: str  # utf-8 | utf-8-bom | utf-16le | utf-16be | gb18030
    crlf: bool
    empty: bool
    damaged: str | None = None
    # Lines in another encoding than the file's: line -> that encoding, or UNDECODABLE.
    odd_lines: dict[int, str] = field(default_factory=dict)
    # Bytes outside of odd_lines may come out as U+FFFD: UTF-16, and lines too long to be judged whole.
    may_replace: bool = False


def inspect_text(path: Path, on_bytes: Callable[[int], None] = lambda _: None) -> TextFacts:
    """Read a whole file once: hash, size, encoding, odd lines. Memory does not grow with the file."""
    source = SourceBytes(path)
    judge = _Judge()
    damaged = None
    try:
        for block in source.blocks():
            judge.feed(block)
            on_bytes(source.position)
    except CompressedDamagedError as error:
        damaged = str(error) or "damaged"
    judge.finish()
    encoding, odd_lines = judge.verdict()
    return TextFacts(
        path=path,
        bytes_on_disk=source.position,
        sha256=source.digest(),
        encoding=encoding,
        crlf=judge.crlf,
        empty=judge.empty,
        damaged=damaged,
        odd_lines=odd_lines,
        may_replace=judge.may_replace or encoding.startswith("utf-16"),
    )


def binary_facts(path: Path, on_bytes: Callable[[int], None] = lambda _: None) -> TextFacts:
    """Size and hash of a file that is no text."""
    source = SourceBytes(path)
    for _ in source.raw_blocks():
        on_bytes(source.position)
    return TextFacts(path, source.position, source.digest(), "binary", crlf=False, empty=False)


def decoded(facts: TextFacts, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[str]:
    """The text in pieces, without byte order mark. Bytes that fit no encoding become U+FFFD."""
    source = SourceBytes(facts.path)
    blocks = _readable_blocks(source)
    if facts.odd_lines:
        for text in _line_wise(blocks, facts):
            on_bytes(source.position)
            yield text
        return
    codec = {"utf-8": "utf-8", "utf-8-bom": "utf-8-sig", "gb18030": "gb18030", "utf-16le": "utf-16-le"}
    decoder = codecs.getincrementaldecoder(codec.get(facts.encoding, "utf-16-be"))("replace")
    first = True
    for block in blocks:
        text = decoder.decode(block)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        on_bytes(source.position)
        if text:
            yield text
    if tail := decoder.decode(b"", True):
        yield tail


def _readable_blocks(source: SourceBytes) -> Iterator[bytes]:
    # inspect_text has reported the damage; here the readable part counts.
    try:
        yield from source.blocks()
    except CompressedDamagedError:
        return


def _line_wise(blocks: Iterator[bytes], facts: TextFacts) -> Iterator[str]:
    base = "utf-8" if facts.encoding.startswith("utf-8") else facts.encoding
    line = 0
    carry: list[bytes] = []
    first = True

    def decode(data: bytes) -> str:
        nonlocal first, line
        line += 1
        odd = facts.odd_lines.get(line)
        text = data.decode(base if odd is None or odd == UNDECODABLE else odd, "replace")
        if first:
            text, first = text.removeprefix("\ufeff"), False
        return text

    for block in blocks:
        *whole, rest = block.split(b"\n")
        if not whole:
            carry.append(rest)
            continue
        whole[0] = b"".join([*carry, whole[0]])
        carry = [rest]
        yield "".join(decode(data) + "\n" for data in whole)
    if any(carry):
        yield decode(b"".join(carry))


class _Judge:
    """Collects evidence for UTF-8 and for GB18030, line by line once UTF-8 failed in a block."""

    def __init__(self) -> None:
        self.crlf = False
        self.empty = True
        self.may_replace = False
        self._head = b""
        self._wide: str | None = None
        self._carry = b""
        self._line = 1
        self._long: codecs.IncrementalDecoder | None = None
        self._utf8_lines = 0
        self._other_lines = 0
        self._not_utf8: dict[int, str] = {}
        # Lines that are UTF-8 but not GB18030: needed only if the file turns out to be GB18030.
        self._not_gb: list[int] = []
        self._clean_runs: list[tuple[int, int]] = []

    def feed(self, block: bytes) -> None:
        if not self._head:
            self._head = block[:4096]
            self._wide = _wide_encoding(self._head)
        self.crlf = self.crlf or b"\r\n" in block or b"\r\0\n" in block
        if self._wide is not None:
            self.empty = self.empty and not block.strip(b"\xff\xfe\0 \t\r\n")
            return
        self.empty = self.empty and not block.removeprefix(codecs.BOM_UTF8).strip()
        data = self._carry + block if self._carry else block
        cut = data.rfind(b"\n") + 1
        if cut:
            self._judge(data[:cut])
            data = data[cut:]
        if len(data) > _LONG_LINE_BYTES:
            self._judge_piece(data, final=False)
            data = b""
        self._carry = data

    def finish(self) -> None:
        if self._carry:
            self._judge(self._carry)
            self._carry = b""
        elif self._long is not None:
            self._judge_piece(b"", final=True)

    def verdict(self) -> tuple[str, dict[int, str]]:
        if self._wide is not None:
            return self._wide, {}
        bom = self._head.startswith(codecs.BOM_UTF8)
        if self._other_lines > self._utf8_lines and not bom:
            odd = dict.fromkeys(self._not_gb, "utf-8")
            for start, count in self._clean_runs:
                odd.update(dict.fromkeys(range(start, start + count), "utf-8"))
            odd.update({line: UNDECODABLE for line, name in self._not_utf8.items() if name == UNDECODABLE})
            return "gb18030", odd
        return ("utf-8-bom" if bom else "utf-8"), self._not_utf8

    def _judge(self, lines: bytes) -> None:
        if self._long is not None:
            end = lines.find(b"\n") + 1 or len(lines)
            self._judge_piece(lines[:end], final=True)
            self._line += lines[:end].count(b"\n")
            lines = lines[end:]
        count = lines.count(b"\n")
        if lines.isascii():
            self._line += count
            return
        try:
            lines.decode("utf-8")
        except UnicodeDecodeError:
            self._judge_each(lines)
        else:
            self._utf8_lines += max(count, 1)
            self._clean_runs.append((self._line, max(count, 1)))
            self._line += count

    def _judge_each(self, lines: bytes) -> None:
        for data in lines.splitlines(keepends=True) if b"\r" not in lines else _split_keeping(lines):
            if not data.isascii():
                self._judge_line(data)
            if data.endswith(b"\n"):
                self._line += 1

    def _judge_line(self, data: bytes) -> None:
        if _decodes(data, "utf-8"):
            self._utf8_lines += 1
            if not _decodes(data, "gb18030"):
                self._not_gb.append(self._line)
            return
        # Damaged text is evidence for nothing.
        other = _decodes(data, "gb18030")
        self._other_lines += other
        self._not_utf8[self._line] = "gb18030" if other else UNDECODABLE

    def _judge_piece(self, data: bytes, *, final: bool) -> None:
        if self._long is None:
            self._long = codecs.getincrementaldecoder("utf-8")("replace")
        text = self._long.decode(data, final)
        beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
        replaced = text.count("\ufffd")
        if replaced:
            self.may_replace = True
        # Another encoding taken for UTF-8 gives little else than replacements; damage gives a few.
        if replaced * 4 > beyond_ascii:
            self._other_lines += 1
        elif beyond_ascii:
            self._utf8_lines += 1
        if final:
            self._long = None


def _split_keeping(lines: bytes) -> list[bytes]:
    # bytes.splitlines would also split at a lone carriage return; lines are counted by line feeds only.
    return [part + b"\n" for part in lines.split(b"\n")[:-1]] + (
        [] if lines.endswith(b"\n") else [lines.rsplit(b"\n", 1)[-1]]
    )


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _wide_encoding(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16be"
    # Without a mark: JSON and CSV begin with ASCII, whose other byte is zero in UTF-16.
    if len(head) >= 4 and head[0] and not head[1] and head[2] and not head[3]:
        return "utf-16le"
    if len(head) >= 4 and not head[0] and head[1] and not head[2] and head[3]:
        return "utf-16be"
    return None
