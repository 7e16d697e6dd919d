"""Shapes of everything that crosses between TypeScript and Python. Generated: npm run generate."""

from typing import Any, Literal, TypedDict


class Control(TypedDict):
    version: Literal[1]
    id: str
    command: Literal["stop", "save-now", "sample-now", "ping"]
    atMs: int


class Heartbeat(TypedDict):
    version: Literal[1]
    pid: int
    osStartTime: str
    bootId: str
    nonce: str
    atMs: int


class DownloadResultFilesItem(TypedDict):
    path: str
    bytes: int
    sha256: str | None


class DownloadResult(TypedDict):
    path: str | None
    hub: Literal["modelscope", "huggingface"]
    endpoint: str
    repository: str
    revision: str
    commit: Any
    bytes: int
    files: list[DownloadResultFilesItem]
    receivedBytes: int
    seconds: float


class UploadResultFilesItem(TypedDict):
    path: str
    bytes: int
    sha256: str


class UploadResult(TypedDict):
    hub: Literal["modelscope", "huggingface"]
    endpoint: str
    repository: str
    url: str
    commit: Any
    created: bool
    visibility: Literal["absent", "private", "public"]
    files: list[UploadResultFilesItem]
    sentBytes: int
    reusedBytes: int
    resentBytes: int
    underReview: bool
    seconds: float


class AccountCheckResult(TypedDict):
    username: str
    canWrite: Any
    namespaces: list[str]


class VisibilityResult(TypedDict):
    repository: str
    url: str
    visibility: Literal["private", "public"]
