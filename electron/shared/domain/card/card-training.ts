import { formatDuration } from '../figures.ts';
import { percentText, settingText, type CardScene } from './card-scene.ts';
import { fill } from './card-words.ts';
import { inlineText, markdownTable } from './markdown-text.ts';

/** How it was trained, as a table; what was not recorded says so. */
export function trainingSection(scene: CardScene): string {
  const { words } = scene;
  const rows = [...methodRows(scene), ...batchRows(scene), ...scheduleRows(scene), ...machineRows(scene)];
  return [`## ${words.training.heading}`, markdownTable([words.item, words.value], rows)].join('\n\n');
}

function methodRows({ record, figure, text, words: { training, comma } }: CardScene): string[][] {
  const { lora, method, hardware } = record.training.recipe;
  const { plan } = record.training;
  const framework = [
    training.framework,
    fill(training.studio, { version: inlineText(record.studioVersion) }),
  ];
  const trained = plan?.trainedParameters;
  const total = record.base.parameters;
  const trainedText =
    trained === undefined || total === undefined || total === 0
      ? figure(trained)
      : fill(training.trainedShare, { count: figure(trained), share: percentText(trained / total) });
  if (method === 'full') {
    return [framework, [training.method, training.full], [training.trained, trainedText]];
  }
  const kinds = [
    hardware.quantization === 'none'
      ? training.lora
      : fill(training.qlora, { bits: hardware.quantization.toUpperCase() }),
    ...(lora.dora ? [training.dora] : []),
    ...(lora.rsLora ? [training.rsLora] : []),
  ];
  const { targets } = lora;
  const targetText =
    typeof targets === 'string'
      ? training.targetNames[targets]
      : targets.map((name) => `\`${name}\``).join(comma);
  return [
    framework,
    [training.method, kinds.join(comma)],
    [training.lowRank, `${lora.rank} / ${settingText(lora.alpha)} / ${settingText(lora.dropout)}`],
    [training.targets, text(targetText)],
    ...(lora.whole === 'none' ? [] : [[training.whole, training.wholes[lora.whole]]]),
    ...(lora.continueFrom === null ? [] : [[training.continued, training.continuedFrom]]),
    [training.trained, trainedText],
  ];
}

function batchRows({ record, figure, words: { training } }: CardScene): string[][] {
  const { batch, hardware } = record.training.recipe;
  const { machine, plan } = record.training;
  const processes = Math.max(1, machine.devices.length, hardware.processes);
  const isCpu = machine.devices.every((device) => /\bcpu\b/iu.test(device)) && machine.devices.length > 0;
  const cards =
    isCpu && processes === 1
      ? training.cards.cpu
      : processes === 1
        ? training.cards.one
        : fill(training.cards.many, { count: String(processes) });
  return [
    [
      training.batch,
      plan === undefined
        ? figure(undefined)
        : fill(training.batchOf, {
            total: figure(plan.globalBatch),
            unit: training.batchUnits[plan.batchUnit],
            micro: String(batch.microBatch),
            accumulation: String(batch.gradientAccumulation),
            cards,
          }),
    ],
    [training.packing, training.packed[batch.unit]],
  ];
}

function scheduleRows({ record, figure, words: { training } }: CardScene): string[][] {
  const { epoch, plan, recipe, step } = record.training;
  const { optimizer, schedule } = recipe;
  return [
    [
      training.optimizer,
      fill(optimizer.maxGradNorm === 0 ? training.noClipping : training.optimizerOf, {
        beta1: settingText(optimizer.beta1),
        beta2: settingText(optimizer.beta2),
        epsilon: settingText(optimizer.epsilon),
        decay: settingText(optimizer.weightDecay),
        norm: settingText(optimizer.maxGradNorm),
      }),
    ],
    [training.learningRate, settingText(optimizer.learningRate)],
    [
      training.schedule,
      fill(training.scheduleOf, {
        kind: training.schedules[schedule.kind],
        share: settingText(schedule.warmupRatio),
      }),
    ],
    [training.epochs, settingText(recipe.epochs)],
    [
      training.steps,
      plan === undefined
        ? figure(step)
        : fill(training.stepsOf, {
            step: figure(step),
            total: figure(plan.steps),
            epochs:
              epoch === undefined
                ? figure(undefined)
                : settingText(Number(epoch < 0.01 ? epoch.toPrecision(1) : epoch.toFixed(2))),
          }),
    ],
    [training.cutoff, fill(training.cutoffOf, { tokens: figure(recipe.cutoffLength) })],
    [training.seed, String(recipe.seed)],
  ];
}

function machineRows({ record, text, day, words, language }: CardScene): string[][] {
  const { training } = words;
  const { attempts, computeMs, machine, startedAtMs } = record.training;
  const time =
    computeMs === undefined ? undefined : formatDuration(computeMs, language === 'zh' ? 'zh-CN' : 'en');
  const packages = machine.packages.map(({ name, version }) => `${name} ${version}`).join(words.comma);
  return [
    [training.precision, inlineText(text(machine.precision))],
    [training.hardware, inlineText(text(hardwareText(machine.devices)))],
    [
      training.time,
      time === undefined || attempts < 2
        ? text(time)
        : fill(training.timeResumed, { time, attempts: String(attempts) }),
    ],
    [training.started, text(day(startedAtMs))],
    [training.system, inlineText(text(machine.platform))],
    ['Python', inlineText(text(machine.python))],
    [training.packages, inlineText(text(packages))],
    ...(record.weightType === undefined ? [] : [[training.weightType, inlineText(record.weightType)]]),
    ...parityRows(record, words.training, text),
  ];
}

/** 4 × NVIDIA GeForce RTX 4090 */
function hardwareText(devices: readonly string[]): string {
  return [...Map.groupBy(devices, (device) => device)]
    .map(([device, all]) => (all.length === 1 ? device : `${all.length} × ${device}`))
    .join(' + ');
}

function parityRows(
  { parity }: CardScene['record'],
  training: CardScene['words']['training'],
  text: CardScene['text'],
): string[][] {
  if (parity === undefined) return [];
  const difference = parity.maxAbsLogitDiff;
  const values = {
    prompts: text(parity.prompts === undefined ? undefined : String(parity.prompts)),
    difference: text(difference === undefined ? undefined : settingText(Number(difference.toPrecision(2)))),
  };
  return [[training.parity, fill(parity.passed ? training.parityPassed : training.parityFailed, values)]];
}
