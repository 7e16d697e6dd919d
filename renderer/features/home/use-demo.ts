import { useState } from 'react';

import { useNavigate } from 'react-router';

import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { readDraft } from '../../../electron/shared/domain/recipes/recipe-draft.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { queryClient } from '../../api/query-client.ts';
import { studio } from '../../api/studio-client.ts';
import { peekDraft, putDraft } from '../../state/drafts.ts';

/** The demo's rows and model are found again under these names. */
const DATASET_NAME = 'quickstart';
const MODEL_NAME = 'tiny-model';
const EVAL_FRACTION = 0.08;
/** The form of a new run keeps its draft under this name, and the recipe is one of its presets. */
const DRAFT_NAME = 'new-run';
const PRESET_ID = 'quickstart';

export type Demo = Readonly<{
  phase: 'idle' | 'model' | 'data';
  error: unknown;
  /** Whether the form holds something that the demo would overwrite, and the person is asked. */
  isAsking: boolean;
  start: () => void;
  /** The answers to the question. */
  replace: () => void;
  keep: () => void;
  dismiss: () => void;
}>;

/** Puts the sample rows and the tiny model in place where they are missing, and opens the filled form. */
export function useDemo(): Demo {
  const navigate = useNavigate();
  const [phase, setPhase] = useState<Demo['phase']>('idle');
  const [error, setError] = useState<unknown>();
  const [isAsking, setAsking] = useState(false);

  const prepare = async (): Promise<void> => {
    setError(undefined);
    try {
      const samples = await studio.client.call('app.samples', {});
      setPhase('model');
      const model = await findModel(samples.modelPath);
      setPhase('data');
      const dataset = await findDataset(samples.rowsPath);
      await queryClient.invalidateQueries();
      putDraft(DRAFT_NAME, {
        presetId: PRESET_ID,
        changes: { model, dataset, 'evaluation.samplePrompts': samples.samplePrompts },
      });
      void navigate('/new');
    } catch (failure) {
      setError(failure);
    } finally {
      setPhase('idle');
    }
  };
  return {
    phase,
    error,
    isAsking,
    start: () => {
      if (hasOwnDraft()) setAsking(true);
      else void prepare();
    },
    replace: () => {
      setAsking(false);
      void prepare();
    },
    keep: () => {
      setAsking(false);
      void navigate('/new');
    },
    dismiss: () => setAsking(false),
  };
}

/** What the demo itself fills in is nobody's work. */
const DEMO_FIELDS: ReadonlySet<string> = new Set(['model', 'dataset', 'evaluation.samplePrompts']);

function hasOwnDraft(): boolean {
  const { presetId, changes } = readDraft(peekDraft(DRAFT_NAME));
  const fields = Object.keys(changes);
  return presetId === PRESET_ID ? fields.some((field) => !DEMO_FIELDS.has(field)) : fields.length > 0;
}

async function findModel(path: string): Promise<string> {
  const { items } = await studio.client.call('models.list', { search: MODEL_NAME, limit: 500 });
  const known = items.find((item) => item.path === path && item.state === 'ready');
  return known?.id ?? (await studio.client.call('models.add', { path, name: MODEL_NAME })).id;
}

async function findDataset(rowsPath: string): Promise<string> {
  const { items } = await studio.client.call('datasets.list', { search: DATASET_NAME, limit: 500 });
  const known = items.find((item) => item.name === DATASET_NAME && item.state === 'ready');
  if (known !== undefined) return known.id;
  const { datasetId, jobId } = await studio.client.call('datasets.import', {
    sources: [rowsPath],
    name: DATASET_NAME,
    evalFraction: EVAL_FRACTION,
    mapping: { referencePlacement: 'ignore' },
  });
  await jobEnd(jobId);
  return datasetId;
}

/** Resolves when the job is done; rejects with its error where it is not. */
function jobEnd(jobId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscription = studio.client.subscribe(`job.${jobId}`, () => {
      // The frame says that something changed; the record says what is true.
      studio.client.call('jobs.show', { jobId }).then((job) => {
        if (isLive(job.state)) return;
        subscription.dispose();
        if (job.state === 'done') resolve();
        else reject(new StudioError(job.error?.code ?? 'core.internal', job.error?.params ?? {}));
      }, reject);
    });
  });
}
