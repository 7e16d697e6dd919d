"""Shapes of everything that crosses between TypeScript and Python. Generated: npm run generate."""

from typing import Any, Literal, TypeAlias, TypedDict

RecipeBatch = TypedDict(
    "RecipeBatch",
    {
        "unit": Literal["samples", "packs"],
        "microBatch": int,
        "gradientAccumulation": int,
    },
)

RecipeOptimizer = TypedDict(
    "RecipeOptimizer",
    {
        "name": Literal["adamw"],
        "learningRate": float,
        "beta1": float,
        "beta2": float,
        "epsilon": float,
        "weightDecay": float,
        "maxGradNorm": float,
    },
)

RecipeSchedule = TypedDict(
    "RecipeSchedule",
    {
        "kind": Literal["linear", "cosine", "constant"],
        "warmupRatio": float,
    },
)

RecipeLora = TypedDict(
    "RecipeLora",
    {
        "rank": int,
        "alpha": float,
        "dropout": float,
        "targets": Literal["all", "attention", "mlp"] | list[str],
        "rsLora": bool,
    },
)

RecipeEvaluation = TypedDict(
    "RecipeEvaluation",
    {
        "everySteps": int,
        "maxRows": int,
        "samplePrompts": list[str],
        "sampleEverySteps": int,
        "sampleMaxTokens": int,
    },
)

RecipeCheckpoints = TypedDict(
    "RecipeCheckpoints",
    {
        "everySteps": int,
        "keepLast": int,
        "keepBest": bool,
    },
)

RecipeHardware = TypedDict(
    "RecipeHardware",
    {
        "device": Literal["auto", "cpu", "cuda"],
        "precision": Literal["auto", "fp32", "bf16", "fp16"],
        "cpuThreads": int,
        "maxTokensPerMicroBatch": int,
    },
)

Recipe = TypedDict(
    "Recipe",
    {
        "version": Literal[1],
        "name": str,
        "stage": Literal["sft"],
        "model": str,
        "dataset": str,
        "template": str,
        "systemPrompt": str | None,
        "thinking": Literal["none", "keep", "strip", "empty"],
        "cutoffLength": int,
        "epochs": float,
        "maxSteps": int,
        "seed": int,
        "batch": RecipeBatch,
        "optimizer": RecipeOptimizer,
        "schedule": RecipeSchedule,
        "lora": RecipeLora,
        "evaluation": RecipeEvaluation,
        "checkpoints": RecipeCheckpoints,
        "hardware": RecipeHardware,
    },
)

Mapping = TypedDict(
    "Mapping",
    {
        "layout": Literal["disc-pair", "disc-triplet", "question-answer", "alpaca", "sharegpt", "messages", "query-response", "human-assistant", "xtuner", "lawyer-llama", "custom"],
        "prompt": list[str],
        "answer": str,
        "system": str,
        "history": str,
        "reference": str,
        "referencePlacement": Literal["ignore", "before", "after"],
        "referenceHeading": str,
    },
)

JobSpecTrainParamsRecipeBatch = TypedDict(
    "JobSpecTrainParamsRecipeBatch",
    {
        "unit": Literal["samples", "packs"],
        "microBatch": int,
        "gradientAccumulation": int,
    },
)

JobSpecTrainParamsRecipeOptimizer = TypedDict(
    "JobSpecTrainParamsRecipeOptimizer",
    {
        "name": Literal["adamw"],
        "learningRate": float,
        "beta1": float,
        "beta2": float,
        "epsilon": float,
        "weightDecay": float,
        "maxGradNorm": float,
    },
)

JobSpecTrainParamsRecipeSchedule = TypedDict(
    "JobSpecTrainParamsRecipeSchedule",
    {
        "kind": Literal["linear", "cosine", "constant"],
        "warmupRatio": float,
    },
)

JobSpecTrainParamsRecipeLora = TypedDict(
    "JobSpecTrainParamsRecipeLora",
    {
        "rank": int,
        "alpha": float,
        "dropout": float,
        "targets": Literal["all", "attention", "mlp"] | list[str],
        "rsLora": bool,
    },
)

JobSpecTrainParamsRecipeEvaluation = TypedDict(
    "JobSpecTrainParamsRecipeEvaluation",
    {
        "everySteps": int,
        "maxRows": int,
        "samplePrompts": list[str],
        "sampleEverySteps": int,
        "sampleMaxTokens": int,
    },
)

JobSpecTrainParamsRecipeCheckpoints = TypedDict(
    "JobSpecTrainParamsRecipeCheckpoints",
    {
        "everySteps": int,
        "keepLast": int,
        "keepBest": bool,
    },
)

JobSpecTrainParamsRecipeHardware = TypedDict(
    "JobSpecTrainParamsRecipeHardware",
    {
        "device": Literal["auto", "cpu", "cuda"],
        "precision": Literal["auto", "fp32", "bf16", "fp16"],
        "cpuThreads": int,
        "maxTokensPerMicroBatch": int,
    },
)

JobSpecTrainParamsRecipe = TypedDict(
    "JobSpecTrainParamsRecipe",
    {
        "version": Literal[1],
        "name": str,
        "stage": Literal["sft"],
        "model": str,
        "dataset": str,
        "template": str,
        "systemPrompt": str | None,
        "thinking": Literal["none", "keep", "strip", "empty"],
        "cutoffLength": int,
        "epochs": float,
        "maxSteps": int,
        "seed": int,
        "batch": JobSpecTrainParamsRecipeBatch,
        "optimizer": JobSpecTrainParamsRecipeOptimizer,
        "schedule": JobSpecTrainParamsRecipeSchedule,
        "lora": JobSpecTrainParamsRecipeLora,
        "evaluation": JobSpecTrainParamsRecipeEvaluation,
        "checkpoints": JobSpecTrainParamsRecipeCheckpoints,
        "hardware": JobSpecTrainParamsRecipeHardware,
    },
)

JobSpecTrainParams = TypedDict(
    "JobSpecTrainParams",
    {
        "runId": str,
        "attempt": int,
        "recipe": JobSpecTrainParamsRecipe,
        "modelPath": str,
        "datasetPath": str,
        "runDir": str,
        "tokenCacheDir": str,
        "resumeFrom": str | None,
    },
)

JobSpecTrain = TypedDict(
    "JobSpecTrain",
    {
        "version": Literal[1],
        "id": str,
        "kind": Literal["train"],
        "createdAtMs": int,
        "nonce": str,
        "params": JobSpecTrainParams,
    },
)

JobSpecDatasetImportParamsMapping = TypedDict(
    "JobSpecDatasetImportParamsMapping",
    {
        "layout": Literal["disc-pair", "disc-triplet", "question-answer", "alpaca", "sharegpt", "messages", "query-response", "human-assistant", "xtuner", "lawyer-llama", "custom"],
        "prompt": list[str],
        "answer": str,
        "system": str,
        "history": str,
        "reference": str,
        "referencePlacement": Literal["ignore", "before", "after"],
        "referenceHeading": str,
    },
)

JobSpecDatasetImportParams = TypedDict(
    "JobSpecDatasetImportParams",
    {
        "sources": list[str],
        "outPath": str,
        "mapping": JobSpecDatasetImportParamsMapping | None,
        "evalFraction": float,
        "seed": int,
        "accept": Literal["none", "usable"],
    },
)

JobSpecDatasetImport = TypedDict(
    "JobSpecDatasetImport",
    {
        "version": Literal[1],
        "id": str,
        "kind": Literal["dataset-import"],
        "createdAtMs": int,
        "nonce": str,
        "params": JobSpecDatasetImportParams,
    },
)

JobSpecDatasetStatisticsParams = TypedDict(
    "JobSpecDatasetStatisticsParams",
    {
        "datasetPath": str,
        "modelPath": str,
        "template": str,
        "systemPrompt": Any,
        "cutoffLength": int,
    },
)

JobSpecDatasetStatistics = TypedDict(
    "JobSpecDatasetStatistics",
    {
        "version": Literal[1],
        "id": str,
        "kind": Literal["dataset-statistics"],
        "createdAtMs": int,
        "nonce": str,
        "params": JobSpecDatasetStatisticsParams,
    },
)

JobSpecMergeParams = TypedDict(
    "JobSpecMergeParams",
    {
        "basePath": str,
        "adapterPath": str,
        "outPath": str,
        "dtype": Literal["base", "fp32"],
        "maxShardBytes": int,
        "parityPrompts": list[str],
    },
)

JobSpecMerge = TypedDict(
    "JobSpecMerge",
    {
        "version": Literal[1],
        "id": str,
        "kind": Literal["merge"],
        "createdAtMs": int,
        "nonce": str,
        "params": JobSpecMergeParams,
    },
)

JobSpecChatParams = TypedDict(
    "JobSpecChatParams",
    {
        "modelPath": str,
        "adapterPath": str | None,
        "template": str,
        "device": Literal["auto", "cpu", "cuda"],
        "cpuThreads": int,
    },
)

JobSpecChat = TypedDict(
    "JobSpecChat",
    {
        "version": Literal[1],
        "id": str,
        "kind": Literal["chat"],
        "createdAtMs": int,
        "nonce": str,
        "params": JobSpecChatParams,
    },
)

JobSpecSelfTestParams = TypedDict(
    "JobSpecSelfTestParams",
    {

    },
)

JobSpecSelfTest = TypedDict(
    "JobSpecSelfTest",
    {
        "version": Literal[1],
        "id": str,
        "kind": Literal["self-test"],
        "createdAtMs": int,
        "nonce": str,
        "params": JobSpecSelfTestParams,
    },
)

JobSpec: TypeAlias = JobSpecTrain | JobSpecDatasetImport | JobSpecDatasetStatistics | JobSpecMerge | JobSpecChat | JobSpecSelfTest

JobEventStartedData = TypedDict(
    "JobEventStartedData",
    {
        "pid": int,
        "osStartTime": str,
        "bootId": str,
        "nonce": str,
        "platform": str,
        "python": str,
    },
)

JobEventStarted = TypedDict(
    "JobEventStarted",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["started"],
        "data": JobEventStartedData,
    },
)

JobEventPhaseData = TypedDict(
    "JobEventPhaseData",
    {
        "name": str,
        "detail": str,
    },
)

JobEventPhase = TypedDict(
    "JobEventPhase",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["phase"],
        "data": JobEventPhaseData,
    },
)

JobEventProgressData = TypedDict(
    "JobEventProgressData",
    {
        "done": float,
        "total": Any,
        "unit": Literal["bytes", "rows", "tokens", "tensors", "steps", "prompts"],
        "etaMs": Any,
    },
)

JobEventProgress = TypedDict(
    "JobEventProgress",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["progress"],
        "data": JobEventProgressData,
    },
)

JobEventDeviceData = TypedDict(
    "JobEventDeviceData",
    {
        "device": str,
        "name": str,
        "precision": str,
        "cpuThreads": int,
        "reasons": list[str],
    },
)

JobEventDevice = TypedDict(
    "JobEventDevice",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["device"],
        "data": JobEventDeviceData,
    },
)

JobEventPlanData = TypedDict(
    "JobEventPlanData",
    {
        "steps": int,
        "startStep": int,
        "stepsPerEpoch": float,
        "epochs": float,
        "globalBatch": int,
        "batchUnit": Literal["samples", "packs"],
        "trainRows": int,
        "evalRows": int,
        "trainTokens": int,
        "answerTokens": int,
        "truncatedRows": int,
        "droppedRows": int,
        "fill": float,
        "loraParameters": int,
        "planHash": str,
    },
)

JobEventPlan = TypedDict(
    "JobEventPlan",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["plan"],
        "data": JobEventPlanData,
    },
)

JobEventStepData = TypedDict(
    "JobEventStepData",
    {
        "step": int,
        "epoch": float,
        "loss": Any,
        "learningRate": float,
        "gradNorm": Any,
        "tokens": int,
        "answerTokens": int,
        "tokensPerSecond": Any,
        "padShare": float,
        "microBatches": int,
        "stepMs": float,
        "peakBytes": int,
        "remainingTokens": int,
        "etaMs": Any,
        "skipped": bool,
        "nonFinite": list[str],
    },
)

JobEventStep = TypedDict(
    "JobEventStep",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["step"],
        "data": JobEventStepData,
    },
)

JobEventEvalData = TypedDict(
    "JobEventEvalData",
    {
        "step": int,
        "loss": Any,
        "answerTokens": int,
        "rows": int,
        "best": bool,
        "nonFinite": list[str],
    },
)

JobEventEval = TypedDict(
    "JobEventEval",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["eval"],
        "data": JobEventEvalData,
    },
)

JobEventSampleData = TypedDict(
    "JobEventSampleData",
    {
        "step": int,
        "prompt": str,
        "answer": str,
        "finish": Literal["stop", "length", "cancelled"],
        "tokens": int,
    },
)

JobEventSample = TypedDict(
    "JobEventSample",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["sample"],
        "data": JobEventSampleData,
    },
)

JobEventCheckpointData = TypedDict(
    "JobEventCheckpointData",
    {
        "step": int,
        "path": str,
        "bytes": int,
        "manifestSha256": str,
        "reason": Literal["interval", "save-now", "stop", "end", "non-finite"],
        "evalLoss": Any,
        "best": bool,
    },
)

JobEventCheckpoint = TypedDict(
    "JobEventCheckpoint",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["checkpoint"],
        "data": JobEventCheckpointData,
    },
)

JobEventCheckpointRemovedData = TypedDict(
    "JobEventCheckpointRemovedData",
    {
        "step": int,
        "path": str,
    },
)

JobEventCheckpointRemoved = TypedDict(
    "JobEventCheckpointRemoved",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["checkpoint-removed"],
        "data": JobEventCheckpointRemovedData,
    },
)

JobEventControlAckData = TypedDict(
    "JobEventControlAckData",
    {
        "id": str,
        "command": str,
    },
)

JobEventControlAck = TypedDict(
    "JobEventControlAck",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["control-ack"],
        "data": JobEventControlAckData,
    },
)

JobEventWarningData = TypedDict(
    "JobEventWarningData",
    {
        "code": str,
        "message": str,
        "params": dict[str, Any],
    },
)

JobEventWarning = TypedDict(
    "JobEventWarning",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["warning"],
        "data": JobEventWarningData,
    },
)

JobEventErrorData = TypedDict(
    "JobEventErrorData",
    {
        "code": str,
        "message": str,
        "params": dict[str, Any],
        "detail": Any,
    },
)

JobEventError = TypedDict(
    "JobEventError",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["error"],
        "data": JobEventErrorData,
    },
)

JobEventResult = TypedDict(
    "JobEventResult",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["result"],
        "data": dict[str, Any],
    },
)

JobEventEndedData = TypedDict(
    "JobEventEndedData",
    {
        "status": Literal["done", "stopped", "failed"],
        "exitCode": int,
    },
)

JobEventEnded = TypedDict(
    "JobEventEnded",
    {
        "v": Literal[1],
        "seq": int,
        "t": int,
        "type": Literal["ended"],
        "data": JobEventEndedData,
    },
)

JobEvent: TypeAlias = JobEventStarted | JobEventPhase | JobEventProgress | JobEventDevice | JobEventPlan | JobEventStep | JobEventEval | JobEventSample | JobEventCheckpoint | JobEventCheckpointRemoved | JobEventControlAck | JobEventWarning | JobEventError | JobEventResult | JobEventEnded

Control = TypedDict(
    "Control",
    {
        "version": Literal[1],
        "id": str,
        "command": Literal["stop", "save-now", "sample-now", "ping"],
        "atMs": int,
    },
)

Heartbeat = TypedDict(
    "Heartbeat",
    {
        "version": Literal[1],
        "pid": int,
        "osStartTime": str,
        "bootId": str,
        "nonce": str,
        "atMs": int,
    },
)

ChatRequestGenerateMessagesItem = TypedDict(
    "ChatRequestGenerateMessagesItem",
    {
        "role": Literal["system", "user", "assistant"],
        "content": str,
    },
)

ChatRequestGenerateSampling = TypedDict(
    "ChatRequestGenerateSampling",
    {
        "temperature": float,
        "topP": float,
        "repetitionPenalty": float,
        "maxNewTokens": int,
        "seed": int | None,
        "stop": list[str],
    },
)

ChatRequestGenerate = TypedDict(
    "ChatRequestGenerate",
    {
        "id": str,
        "op": Literal["generate"],
        "messages": list[ChatRequestGenerateMessagesItem],
        "target": Literal["base", "adapter"],
        "sampling": ChatRequestGenerateSampling,
    },
)

ChatRequestStop = TypedDict(
    "ChatRequestStop",
    {
        "id": str,
        "op": Literal["stop"],
    },
)

ChatRequest: TypeAlias = ChatRequestGenerate | ChatRequestStop

ChatReplyReady = TypedDict(
    "ChatReplyReady",
    {
        "kind": Literal["ready"],
        "model": str,
        "adapter": Any,
        "template": str,
    },
)

ChatReplyDelta = TypedDict(
    "ChatReplyDelta",
    {
        "id": str,
        "kind": Literal["delta"],
        "text": str,
    },
)

ChatReplyDone = TypedDict(
    "ChatReplyDone",
    {
        "id": str,
        "kind": Literal["done"],
        "finish": Literal["stop", "length", "cancelled"],
        "text": str,
        "promptTokens": int,
        "answerTokens": int,
    },
)

ChatReplyErrorError = TypedDict(
    "ChatReplyErrorError",
    {
        "code": str,
        "message": str,
        "params": dict[str, Any],
    },
)

ChatReplyError = TypedDict(
    "ChatReplyError",
    {
        "id": Any,
        "kind": Literal["error"],
        "error": ChatReplyErrorError,
    },
)

ChatReply: TypeAlias = ChatReplyReady | ChatReplyDelta | ChatReplyDone | ChatReplyError
