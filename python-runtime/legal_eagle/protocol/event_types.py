"""Shapes of everything that crosses between TypeScript and Python. Generated: npm run generate."""

from typing import Any, Literal, TypeAlias, TypedDict


class JobEventStartedData(TypedDict):
    pid: int
    osStartTime: str
    bootId: str
    nonce: str
    platform: str
    python: str


class JobEventStarted(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["started"]
    data: JobEventStartedData


class JobEventPhaseData(TypedDict):
    name: str
    detail: str


class JobEventPhase(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["phase"]
    data: JobEventPhaseData


class JobEventProgressData(TypedDict):
    done: float
    total: Any
    unit: Literal["bytes", "rows", "tokens", "tensors", "steps", "prompts"]
    etaMs: Any


class JobEventProgress(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["progress"]
    data: JobEventProgressData


class JobEventDeviceDataRanksItem(TypedDict):
    rank: int
    host: str
    device: str
    name: str
    uuid: str


class JobEventDeviceData(TypedDict):
    device: str
    name: str
    uuid: str
    precision: str
    cpuThreads: int
    reasons: list[str]
    ranks: list[JobEventDeviceDataRanksItem]


class JobEventDevice(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["device"]
    data: JobEventDeviceData


class JobEventMemoryData(TypedDict):
    recompute: Literal["auto", "none", "full", "layers"]
    recomputedLayers: int
    layers: int
    microBatchTokens: int
    standingBytes: int | None
    predictedPeakBytes: int | None
    layerBytesPerToken: Any
    budgetBytes: int | None
    reason: str


class JobEventMemory(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["memory"]
    data: JobEventMemoryData


class JobEventPlanData(TypedDict):
    steps: int
    startStep: int
    stepsPerEpoch: float
    epochs: float
    globalBatch: int
    batchUnit: Literal["samples", "packs"]
    trainRows: int
    evalRows: int
    trainTokens: int
    answerTokens: int
    truncatedRows: int
    droppedRows: int
    fill: float
    loraParameters: int
    planHash: str


class JobEventPlan(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["plan"]
    data: JobEventPlanData


class JobEventStepDataSkew(TypedDict):
    slowestRank: int
    slowestMs: float
    fastestMs: float


class JobEventStepData(TypedDict):
    step: int
    epoch: float
    loss: Any
    learningRate: float
    gradNorm: Any
    tokens: int
    answerTokens: int
    tokensPerSecond: Any
    padShare: float
    microBatches: int
    stepMs: float
    peakBytes: int
    remainingTokens: int
    etaMs: Any
    skipped: bool
    skew: JobEventStepDataSkew
    nonFinite: list[str]


class JobEventStep(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["step"]
    data: JobEventStepData


class JobEventEvalData(TypedDict):
    step: int
    loss: Any
    answerTokens: int
    rows: int
    best: bool
    nonFinite: list[str]


class JobEventEval(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["eval"]
    data: JobEventEvalData


class JobEventSampleData(TypedDict):
    step: int
    prompt: str
    answer: str
    finish: Literal["stop", "length", "cancelled"]
    tokens: int


class JobEventSample(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["sample"]
    data: JobEventSampleData


class JobEventCheckpointData(TypedDict):
    step: int
    path: str
    bytes: int
    manifestSha256: str
    reason: Literal["interval", "save-now", "stop", "end", "non-finite"]
    evalLoss: Any
    best: bool


class JobEventCheckpoint(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["checkpoint"]
    data: JobEventCheckpointData


class JobEventCheckpointRemovedData(TypedDict):
    step: int
    path: str


class JobEventCheckpointRemoved(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["checkpoint-removed"]
    data: JobEventCheckpointRemovedData


class JobEventListingDataFilesItem(TypedDict):
    path: str
    bytes: int
    sha256: str | None
    taken: bool


class JobEventListingData(TypedDict):
    repository: str
    revision: str
    commit: Any
    files: list[JobEventListingDataFilesItem]
    unlisted: int
    takenFiles: int
    takenBytes: int
    repositoryFiles: int
    repositoryBytes: int
    presentBytes: int
    partialPath: str


class JobEventListing(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["listing"]
    data: JobEventListingData


class JobEventFileProgressData(TypedDict):
    path: str
    doneBytes: int
    bytes: int


class JobEventFileProgress(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["file-progress"]
    data: JobEventFileProgressData


class JobEventFileVerifiedData(TypedDict):
    path: str
    bytes: int
    sha256: str
    kept: bool
    by: Literal["sha256", "git", "size"]


class JobEventFileVerified(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["file-verified"]
    data: JobEventFileVerifiedData


class JobEventWaitingData(TypedDict):
    reason: Literal["network", "rate-limit", "server"]
    waitMs: int
    attempt: int
    detail: str


class JobEventWaiting(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["waiting"]
    data: JobEventWaitingData


class JobEventHashProgress(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["hash-progress"]
    data: JobEventFileProgressData


class JobEventUploadPlanDataFilesItem(TypedDict):
    path: str
    bytes: int
    sha256: str
    change: Literal["add", "replace", "same"]


class JobEventUploadPlanData(TypedDict):
    repository: str
    state: Literal["absent", "private", "public"]
    files: list[JobEventUploadPlanDataFilesItem]
    deletes: list[str]
    others: list[str]
    totalBytes: int
    sendBytes: int


class JobEventUploadPlan(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["upload-plan"]
    data: JobEventUploadPlanData


class JobEventFileSentData(TypedDict):
    path: str
    bytes: int
    sha256: str
    reused: bool


class JobEventFileSent(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["file-sent"]
    data: JobEventFileSentData


class JobEventControlAckData(TypedDict):
    id: str
    command: str


class JobEventControlAck(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["control-ack"]
    data: JobEventControlAckData


class JobEventControlDoneData(TypedDict):
    id: str
    command: str
    step: int


class JobEventControlDone(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["control-done"]
    data: JobEventControlDoneData


class JobEventWarningData(TypedDict):
    code: str
    message: str
    params: dict[str, Any]


class JobEventWarning(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["warning"]
    data: JobEventWarningData


class JobEventErrorData(TypedDict):
    code: str
    message: str
    params: dict[str, Any]
    detail: Any


class JobEventError(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["error"]
    data: JobEventErrorData


class JobEventResult(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["result"]
    data: dict[str, Any]


class JobEventEndedData(TypedDict):
    status: Literal["done", "stopped", "failed"]
    exitCode: int


class JobEventEnded(TypedDict):
    v: Literal[1]
    seq: int
    t: int
    type: Literal["ended"]
    data: JobEventEndedData


JobEvent: TypeAlias = (
    JobEventStarted
    | JobEventPhase
    | JobEventProgress
    | JobEventDevice
    | JobEventMemory
    | JobEventPlan
    | JobEventStep
    | JobEventEval
    | JobEventSample
    | JobEventCheckpoint
    | JobEventCheckpointRemoved
    | JobEventListing
    | JobEventFileProgress
    | JobEventFileVerified
    | JobEventWaiting
    | JobEventHashProgress
    | JobEventUploadPlan
    | JobEventFileSent
    | JobEventControlAck
    | JobEventControlDone
    | JobEventWarning
    | JobEventError
    | JobEventResult
    | JobEventEnded
)
