"""Reads the statutes that the tiny model is trained on: Markdown laws, one paragraph a line."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

# Laws that stay out of training so that the published loss is on unseen text. Chosen from different
# branches and without a second version elsewhere in the corpus.
HELD_OUT_LAWS = (
    "家庭教育促进法",
    "拍卖法",
    "国徽法",
    "人民调解法",
)

_INFO_END = "<!-- INFO END -->"
_ARTICLE = re.compile(r"^(第[一二三四五六七八九十百千零〇]+条(?:之[一二三四五六七八九十]+)?)[\s　]+(.+)$")
_HEADING = re.compile(r"^#{1,6}\s*(.+)$")
_DATE = re.compile(r"((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日")
_COUNTRY = "中华人民共和国"


@dataclass(frozen=True)
class Article:
    """One numbered article; `paragraphs` are its lines, `chapter` the nearest heading's words."""

    number: str
    paragraphs: tuple[str, ...]
    chapter: str


@dataclass(frozen=True)
class Law:
    """One file of the corpus. `name` has no country prefix; `date` is the newest date in its head."""

    path: str
    name: str
    date: tuple[int, int, int]
    lines: tuple[str, ...]
    articles: tuple[Article, ...]

    @property
    def held_out(self) -> bool:
        return self.name in HELD_OUT_LAWS

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def law_files(corpus_dir: Path) -> list[Path]:
    """The law files in a stable order. Files directly in `corpus_dir` describe it and are left out.

    Raises FileNotFoundError when there are none.
    """
    files = sorted(corpus_dir.glob("*/*.md"), key=lambda f: f.relative_to(corpus_dir).as_posix())
    if not files:
        raise FileNotFoundError(f"no */*.md laws under {corpus_dir}")
    return files


def tree_sha256(corpus_dir: Path) -> str:
    """One digest over names and bytes of all law files: sha256 of `<sha256>  <path>` lines."""
    tree = hashlib.sha256()
    for file in law_files(corpus_dir):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        tree.update(f"{digest}  {file.relative_to(corpus_dir).as_posix()}\n".encode())
    return tree.hexdigest()


def read_laws(corpus_dir: Path) -> list[Law]:
    """Every law of the corpus, in file order."""
    return [
        parse_law(file.relative_to(corpus_dir).as_posix(), file.read_text(encoding="utf-8"))
        for file in law_files(corpus_dir)
    ]


def newest_versions(laws: list[Law]) -> list[Law]:
    """Drops older versions of the same law (pairs must not give two texts for one article)."""
    newest: dict[tuple[str, str], Law] = {}
    for law in laws:
        # Parts of the Civil Code share a name; their file stems keep them apart.
        part = law.path.rsplit("/", 1)[-1] if law.name == "民法典" else ""
        key = (law.name, part)
        if key not in newest or newest[key].date < law.date:
            newest[key] = law
    kept = {law.path for law in newest.values()}
    return [law for law in laws if law.path in kept]


def parse_law(path: str, markdown: str) -> Law:
    """Splits one law: title, then (after the head) headings and articles with their paragraphs."""
    head, _, body = markdown.partition(_INFO_END)
    titles = [m.group(1) for line in head.splitlines() if (m := _HEADING.match(line.strip()))]
    title = _one_line(titles[0]) if titles else path.rsplit("/", 1)[-1].removesuffix(".md")
    name = title.removeprefix(_COUNTRY)
    dates = sorted((int(y), int(m), int(d)) for y, m, d in _DATE.findall(head))
    lines = [f"《{title}》", *(_one_line(part) for part in titles[1:])]
    articles: list[Article] = []
    chapter = ""
    for raw in body.splitlines():
        line = _one_line(raw)
        if not line:
            continue
        if heading := _HEADING.match(line):
            words = heading.group(1)
            chapter = words.split(" ", 1)[-1]
            lines.append(words)
            continue
        lines.append(line)
        if article := _ARTICLE.match(line):
            articles.append(Article(article.group(1), (article.group(2),), chapter))
        elif articles:
            last = articles[-1]
            articles[-1] = Article(last.number, (*last.paragraphs, line), last.chapter)
    return Law(path, name, dates[-1] if dates else (0, 0, 0), tuple(lines), tuple(articles))


def _one_line(text: str) -> str:
    return re.sub(r"[\s　]+", " ", text).strip()
