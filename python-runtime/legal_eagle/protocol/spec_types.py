"""Shapes of everything that crosses between TypeScript and Python. Generated: npm run generate."""

from typing import Any, Literal, TypeAlias, TypedDict


class RecipeBatch(TypedDict):
    unit: Literal["samples", "packs"]
    microBatch: int
    gradientAccumulation: int


class RecipeOptimizer(TypedDict):
    name: Literal["adamw"]
    learningRate: float
    beta1: float
    beta2: float
    epsilon: float
    weightDecay: float
    maxGradNorm: float


class RecipeSchedule(TypedDict):
    kind: Literal["linear", "cosine", "constant"]
    warmupRatio: float


class RecipeLora(TypedDict):
    rank: int
    alpha: float
    dropout: float
    targets: Literal["all", "attention", "mlp"] | list[str]
    targetPattern: str | None
    rsLora: bool
    dora: bool
    whole: Literal["none", "embeddings", "head", "both"]
    continueFrom: str | None
    bias: Literal["none"]


class RecipeEvaluation(TypedDict):
    everySteps: int
    maxRows: int
    samplePrompts: list[str]
    sampleEverySteps: int
    sampleMaxTokens: int


class RecipeCheckpoints(TypedDict):
    everySteps: int
    keepLast: int
    keepBest: bool


class RecipeHardware(TypedDict):
    device: Literal["auto", "cpu", "cuda"]
    gpu: str
    processes: int
    precision: Literal["auto", "fp32", "bf16", "fp16"]
    quantization: Literal["none", "int8", "fp8", "nf4"]
    engine: Literal["auto", "fast", "compat"]
    attention: Literal["auto", "varlen", "padded", "per-document"]
    compile: Literal["auto", "on", "off"]
    recompute: Literal["auto", "none", "full", "layers"]
    recomputeLayers: int
    maxTokensPerMicroBatch: int
    cpuThreads: int
    profileSteps: int


class Recipe(TypedDict):
    version: Literal[1]
    name: str
    stage: Literal["sft"]
    method: Literal["lora", "full"]
    model: str
    dataset: str
    template: str
    systemPrompt: str | None
    thinking: Literal["none", "keep", "strip", "empty"]
    cutoffLength: int
    epochs: float
    maxSteps: int
    seed: int
    batch: RecipeBatch
    optimizer: RecipeOptimizer
    schedule: RecipeSchedule
    lora: RecipeLora
    evaluation: RecipeEvaluation
    checkpoints: RecipeCheckpoints
    hardware: RecipeHardware


class Mapping(TypedDict):
    layout: Literal[
        "disc-pair",
        "disc-triplet",
        "question-answer",
        "alpaca",
        "sharegpt",
        "messages",
        "query-response",
        "human-assistant",
        "xtuner",
        "lawyer-llama",
        "custom",
    ]
    prompt: list[str]
    answer: str
    system: str
    history: str
    reference: str
    referencePlacement: Literal["ignore", "before", "after"]
    referenceHeading: str


class JobSpecTrainParams(TypedDict):
    runId: str
    attempt: int
    recipe: Recipe
    modelPath: str
    datasetPath: str
    runDir: str
    tokenCacheDir: str
    resumeFrom: str | None
    initialAdapter: str | None


class JobSpecTrain(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["train"]
    createdAtMs: int
    nonce: str
    params: JobSpecTrainParams


class JobSpecDatasetImportParams(TypedDict):
    sources: list[str]
    outPath: str
    mapping: Mapping | None
    evalFraction: float
    seed: int
    accept: Literal["none", "usable", "inspect"]


class JobSpecDatasetImport(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["dataset-import"]
    createdAtMs: int
    nonce: str
    params: JobSpecDatasetImportParams


class JobSpecDatasetStatisticsParams(TypedDict):
    datasetPath: str
    modelPath: str
    template: str
    thinking: Literal["none", "keep", "strip", "empty"]
    systemPrompt: Any
    cutoffLength: int


class JobSpecDatasetStatistics(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["dataset-statistics"]
    createdAtMs: int
    nonce: str
    params: JobSpecDatasetStatisticsParams


class JobSpecMergeParams(TypedDict):
    basePath: str
    adapterPath: str
    outPath: str
    dtype: Literal["base", "fp32"]
    maxShardBytes: int
    parityPrompts: list[str]


class JobSpecMerge(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["merge"]
    createdAtMs: int
    nonce: str
    params: JobSpecMergeParams


class JobSpecDownloadParams(TypedDict):
    hub: Literal["modelscope", "huggingface"]
    endpoint: str
    tokenOrigin: Any
    proxy: str | None
    repository: str
    revision: str | None
    include: list[str] | None
    pickleWeights: bool
    outPath: str
    listOnly: bool
    connections: int


class JobSpecDownload(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["download"]
    createdAtMs: int
    nonce: str
    params: JobSpecDownloadParams


class JobSpecUploadParamsFilesItem(TypedDict):
    path: str
    localPath: str
    sha256: str | None


class JobSpecUploadParams(TypedDict):
    hub: Literal["modelscope", "huggingface"]
    endpoint: str
    tokenOrigin: str
    proxy: str | None
    repository: str
    licence: str | None
    files: list[JobSpecUploadParamsFilesItem]
    deletes: list[str]
    deleteOthers: bool
    commitMessage: str
    existing: Literal["refuse", "update-private", "update-any"]
    statePath: str
    connections: int
    maxBytesPerSecond: int | None
    planOnly: bool


class JobSpecUpload(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["upload"]
    createdAtMs: int
    nonce: str
    params: JobSpecUploadParams


class JobSpecAccountCheckParams(TypedDict):
    hub: Literal["modelscope", "huggingface"]
    endpoint: str
    tokenOrigin: str
    proxy: str | None


class JobSpecAccountCheck(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["account-check"]
    createdAtMs: int
    nonce: str
    params: JobSpecAccountCheckParams


class JobSpecVisibilityParams(TypedDict):
    hub: Literal["modelscope", "huggingface"]
    endpoint: str
    tokenOrigin: str
    proxy: str | None
    repository: str
    visibility: Literal["private", "public"]


class JobSpecVisibility(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["visibility"]
    createdAtMs: int
    nonce: str
    params: JobSpecVisibilityParams


class JobSpecExportParams(TypedDict):
    format: Literal[
        "gguf-f32",
        "gguf-f16",
        "gguf-q8_0",
        "gguf-q4_0",
        "gguf-q4_k_m",
        "gguf-lora",
        "llama",
        "internlm2",
        "adapter-llama",
        "adapter-internlm2",
    ]
    modelPath: str
    adapterPath: str | None
    outPath: str
    name: str
    template: str
    archive: Literal["folder", "zip"]
    baseRepository: Any
    baseRevision: Any
    ollamaName: Any


class JobSpecExport(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["export"]
    createdAtMs: int
    nonce: str
    params: JobSpecExportParams


class JobSpecMemorisationParams(TypedDict):
    basePath: str
    adapterPath: str | None
    modelPath: str | None
    datasetPath: str
    outPath: str
    runId: str
    step: int
    template: str
    systemPrompt: Any
    cutoffLength: int
    rows: int
    seed: int
    prefixTokens: int
    continuationTokens: int
    device: Literal["auto", "cpu", "cuda"]
    cpuThreads: int


class JobSpecMemorisation(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["memorisation"]
    createdAtMs: int
    nonce: str
    params: JobSpecMemorisationParams


class JobSpecConvertParams(TypedDict):
    folder: str


class JobSpecConvert(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["convert"]
    createdAtMs: int
    nonce: str
    params: JobSpecConvertParams


class JobSpecTemplateInspectionParams(TypedDict):
    folder: str


class JobSpecTemplateInspection(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["template-inspection"]
    createdAtMs: int
    nonce: str
    params: JobSpecTemplateInspectionParams


class JobSpecChatParams(TypedDict):
    modelPath: str
    adapterPath: str | None
    template: str
    device: Literal["auto", "cpu", "cuda"]
    cpuThreads: int


class JobSpecChat(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["chat"]
    createdAtMs: int
    nonce: str
    params: JobSpecChatParams


class JobSpecSelfTestParams(TypedDict):
    pass


class JobSpecSelfTest(TypedDict):
    version: Literal[1]
    id: str
    kind: Literal["self-test"]
    createdAtMs: int
    nonce: str
    params: JobSpecSelfTestParams


JobSpec: TypeAlias = (
    JobSpecTrain
    | JobSpecDatasetImport
    | JobSpecDatasetStatistics
    | JobSpecMerge
    | JobSpecDownload
    | JobSpecUpload
    | JobSpecAccountCheck
    | JobSpecVisibility
    | JobSpecExport
    | JobSpecMemorisation
    | JobSpecConvert
    | JobSpecTemplateInspection
    | JobSpecChat
    | JobSpecSelfTest
)
