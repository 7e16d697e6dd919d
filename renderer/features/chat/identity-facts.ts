import type { ChatSession } from '../../../electron/shared/contract/methods/chat.ts';
import type { Words } from '../../i18n/use-words.ts';
import type { Answerer } from './answerer.ts';
import type { ChatSettings } from './turns.ts';

/** One fact of the fixed bar; `title` is the whole of what is shortened. */
export type Fact = Readonly<{ name: string; value: string; title?: string }>;

/** Enough to tell models apart at a glance; the whole digest is in the title. */
const SHORT_DIGEST = 8;

const short = (digest: string): string => digest.slice(0, SHORT_DIGEST);

/** What answers, as the core says it. What is not recorded is said to be so. */
export function identityFacts(
  session: ChatSession,
  answerer: Answerer,
  settings: ChatSettings,
  words: Words,
): readonly Fact[] {
  const { identity } = session;
  if (identity === undefined) return [];
  const { merged, fineTuned, modelFingerprint, step, template, thinking } = identity;
  const madeOf = merged ?? fineTuned;
  const unknown = words('fact.notRecorded');
  const own: Fact = {
    name: words(merged !== null ? 'fact.merged' : fineTuned !== null ? 'fact.fineTuned' : 'fact.base'),
    value: `${session.model}@${short(modelFingerprint)}`,
    title: `${session.modelPath}\nSHA-256 ${modelFingerprint}`,
  };
  const runName = session.run?.name ?? identity.runId ?? unknown;
  const adapter = `${runName}@${step === null ? unknown : String(step)}`;
  return [
    own,
    ...(madeOf === null
      ? []
      : [
          {
            name: words('fact.madeOf'),
            value: `${madeOf.baseName ?? unknown}@${madeOf.baseFingerprint === null ? unknown : short(madeOf.baseFingerprint)} + ${adapter}`,
            ...(madeOf.baseFingerprint === null ? {} : { title: `SHA-256 ${madeOf.baseFingerprint}` }),
          },
        ]),
    ...(madeOf !== null || answerer.kind === 'model' ? [] : [adapterFact(session, answerer, adapter, words)]),
    { name: words('fact.template'), value: template },
    { name: words('fact.thinking'), value: thinking === null ? unknown : words(`thinkingMode.${thinking}`) },
    systemFact(session, settings, words),
    {
      name: words('fact.runsOn'),
      value: `${identity.deviceName} · ${identity.precision}`,
      title: identity.device,
    },
  ];
}

function adapterFact(session: ChatSession, answerer: Answerer, adapter: string, words: Words): Fact {
  const name = words('fact.adapter');
  if (session.adapterPath === undefined) return { name, value: words('fact.noAdapter') };
  return {
    name,
    value: answerer.kind === 'base' ? words('fact.adapterOff', { adapter }) : adapter,
    title: session.adapterPath,
  };
}

function systemFact(session: ChatSession, { system }: ChatSettings, words: Words): Fact {
  const name = words('fact.system');
  if (system.from === 'none') return { name, value: words('systemFrom.none') };
  if (system.from === 'own') {
    const isEmpty = system.text.trim() === '';
    return { name, value: words(isEmpty ? 'systemFrom.none' : 'systemFrom.own'), title: system.text };
  }
  const { source = 'none', text = '' } = session.recordedSystem ?? {};
  return { name, value: words(`systemFrom.${source}`), title: text };
}
