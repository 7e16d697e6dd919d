"""Shapes of everything that crosses between TypeScript and Python. Generated: npm run generate."""

from typing import Any, Literal, TypeAlias, TypedDict


class ChatRequestGenerateMessagesItem(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


class ChatRequestGenerateSampling(TypedDict):
    temperature: float
    topP: float
    repetitionPenalty: float
    maxNewTokens: int
    seed: int | None
    stop: list[str]


class ChatRequestGenerate(TypedDict):
    id: str
    op: Literal["generate"]
    messages: list[ChatRequestGenerateMessagesItem]
    target: Literal["base", "adapter"]
    sampling: ChatRequestGenerateSampling
    useRecordedSystem: bool


class ChatRequestStop(TypedDict):
    id: str
    op: Literal["stop"]


ChatRequest: TypeAlias = ChatRequestGenerate | ChatRequestStop


class ChatReplyLoading(TypedDict):
    kind: Literal["loading"]
    layers: int
    totalLayers: int


class ChatReplyReadyIdentityMerged(TypedDict):
    baseName: Any
    baseFingerprint: Any


class ChatReplyReadyIdentity(TypedDict):
    template: str
    modelFingerprint: str
    merged: ChatReplyReadyIdentityMerged | None
    fineTuned: ChatReplyReadyIdentityMerged | None
    runId: Any
    step: int | None
    thinking: Any
    systemPrompt: Any
    maxPositions: int
    device: str
    deviceName: str
    precision: str


class ChatReplyReady(TypedDict):
    kind: Literal["ready"]
    model: str
    adapter: Any
    identity: ChatReplyReadyIdentity


class ChatReplyDelta(TypedDict):
    id: str
    kind: Literal["delta"]
    text: str


class ChatReplyDone(TypedDict):
    id: str
    kind: Literal["done"]
    finish: Literal["stop", "length", "cancelled"]
    text: str
    promptTokens: int
    answerTokens: int
    answerMs: int


class ChatReplyErrorError(TypedDict):
    code: str
    message: str
    params: dict[str, Any]


class ChatReplyError(TypedDict):
    id: Any
    kind: Literal["error"]
    error: ChatReplyErrorError


ChatReply: TypeAlias = ChatReplyLoading | ChatReplyReady | ChatReplyDelta | ChatReplyDone | ChatReplyError
