import { useMemo, type ReactElement } from 'react';

import { Button, Tabs } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from 'react-router';

import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { verdictOf, type Verdict } from '../../../electron/shared/domain/verdict.ts';
import { useWords } from '../../i18n/use-words.ts';
import { putCloneDraft } from '../../state/clone-run.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { AnswerBoard } from './answer-board.tsx';
import { CheckpointList } from './checkpoint-list.tsx';
import { GpuCharts } from './gpu-charts.tsx';
import { RunCharts } from './run-charts.tsx';
import { RunEvents } from './run-events.tsx';
import { inWords, MemoryProposals } from './memory-proposals.tsx';
import type { LiveRun } from './run-frames.ts';
import { RunHeader } from './run-header.tsx';
import { RunLog } from './run-log.tsx';
import { RunSettings } from './run-settings.tsx';
import { RunWarnings } from './run-warnings.tsx';
import classes from './run.module.css';
import { useCheckpoints } from './use-checkpoints.ts';
import { useCurves } from './use-curves.ts';
import { useRun } from './use-run.ts';
import { VerdictLine } from './verdict-line.tsx';

/** Newest steps that the verdict is made from. */
const VERDICT_STEPS = 400;
/** The window moves on in strides, so that it is not asked for at each step. */
const VERDICT_STRIDE_STEPS = 200;
const FIRST_STEPS = { from: 0, to: 10 };
const RECENT_KEYS = ['loss', 'tokensPerSecond', 'peakBytes'] as const;
const TABS = ['board', 'checkpoints', 'gpu', 'log', 'settings', 'events'] as const;

export function RunScreen(): ReactElement {
  const { id = '' } = useParams();
  return <FollowedRun key={id} id={id} />;
}

function FollowedRun({ id }: Readonly<{ id: string }>): ReactElement {
  const words = useWords('run');
  const { detail, live, error, retry } = useRun(id);
  if (detail === undefined && error?.code === 'core.not_found') {
    return (
      <EmptyState
        icon={<IconHistory size={40} stroke={1.5} />}
        sentence={words('missing')}
        action={
          <Button component={Link} to="/runs">
            {words('toRuns')}
          </Button>
        }
      />
    );
  }
  if (detail === undefined) {
    return (
      <div className={classes['screen']}>
        {error === null ? <Skeletons rows={9} height={28} /> : <ErrorNote error={error} onRetry={retry} />}
      </div>
    );
  }
  return <Run detail={detail} live={live} />;
}

function Run({ detail, live }: Readonly<{ detail: RunDetail; live: LiveRun | undefined }>): ReactElement {
  const words = useWords('run');
  const navigate = useNavigate();
  const [tab, setTab] = useViewMemory<string>('run.tab', 'board');
  const run = live?.run ?? detail;
  const checkpoints = live?.checkpoints ?? detail.checkpoints;
  const samples = live?.samples ?? detail.samples;
  const prompts = detail.recipe.evaluation.samplePrompts;
  const saved = `${run.state} ${checkpoints.map((one) => one.step).join()}`;
  const onDisk = useCheckpoints(detail.id, saved);
  // A live run has just written them; of one that ended, files may be gone by now.
  const checkpointStep =
    isLive(run.state) || onDisk.data === undefined
      ? checkpoints.at(-1)?.step
      : onDisk.data.items.findLast((one) => one.whole)?.step;
  const { verdict, peakBytes } = useVerdict(detail, live, checkpointStep);
  const clone = (): void => {
    putCloneDraft(detail, words('copyName', { name: detail.name }));
    void navigate('/new');
  };
  return (
    <div className={classes['screen']}>
      <VerdictLine verdict={verdict} />
      {run.error !== undefined && (
        <ErrorNote
          error={inWords(run.error, words)}
          action={<MemoryProposals detail={detail} error={run.error} />}
        />
      )}
      <RunWarnings
        runId={run.id}
        mark={`${run.state} ${String(run.attempts)} ${String(Math.floor(run.step / WARNING_STRIDE_STEPS))}`}
      />
      <RunHeader
        run={run}
        live={live}
        checkpointStep={checkpointStep}
        hasPrompts={prompts.length > 0}
        peakBytes={peakBytes}
        dir={detail.dir}
        onClone={clone}
      />
      <RunCharts run={run} live={live} />
      <Panel>
        <Tabs value={tab} onChange={(value) => setTab(value ?? 'board')} keepMounted={false}>
          <Tabs.List mb="sm">
            {TABS.map((one) => (
              <Tabs.Tab key={one} value={one}>
                {words(`tab.${one}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="board">
            <AnswerBoard samples={samples} prompts={prompts} isLive={isLive(run.state)} />
          </Tabs.Panel>
          <Tabs.Panel value="checkpoints">
            <CheckpointList run={run} checkpoints={onDisk} />
          </Tabs.Panel>
          <Tabs.Panel value="gpu">
            <GpuCharts run={run} />
          </Tabs.Panel>
          <Tabs.Panel value="log">
            <RunLog
              runId={run.id}
              attempts={run.attempts}
              isLive={isLive(run.state)}
              dirOf={(attempt) => detail.attemptList.find(({ number }) => number === attempt)?.dir}
            />
          </Tabs.Panel>
          <Tabs.Panel value="settings">
            <RunSettings detail={detail} onClone={clone} />
          </Tabs.Panel>
          <Tabs.Panel value="events">
            <RunEvents
              key={`${run.id} ${String(run.attempts)}`}
              runId={run.id}
              mark={`${saved} ${String(samples.length)}`}
            />
          </Tabs.Panel>
        </Tabs>
      </Panel>
    </div>
  );
}

/** Warnings are looked for this often. */
const WARNING_STRIDE_STEPS = 50;
const EVAL_KEYS = ['evalLoss'] as const;
const LOSS_KEYS = ['loss'] as const;

type Judged = Readonly<{ verdict: Verdict; peakBytes: number | undefined }>;

function useVerdict(
  detail: RunDetail,
  live: LiveRun | undefined,
  checkpointStep: number | undefined,
): Judged {
  const strides = Math.floor(((live?.run ?? detail).step - VERDICT_STEPS) / VERDICT_STRIDE_STEPS);
  const from = Math.max(0, strides * VERDICT_STRIDE_STEPS);
  const recent = useCurves(detail.id, live, { keys: RECENT_KEYS, from });
  const { evalLoss } = useCurves(detail.id, live, { keys: EVAL_KEYS });
  const { loss: early } = useCurves(detail.id, live, { keys: LOSS_KEYS, range: FIRST_STEPS });
  const run = live?.run ?? detail;
  return useMemo(() => {
    const recentLoss = [
      ...recent.loss.points,
      ...recent.loss.nonFiniteSteps.map((step) => ({ step, value: null })),
    ].sort((left, right) => left.step - right.step);
    const verdict = verdictOf({
      state: run.state,
      step: run.step,
      recentLoss,
      firstLosses: from === 0 ? recent.loss.points : early.points,
      evalLoss: evalLoss.points,
      recentThroughput: recent.tokensPerSecond.points,
      checkpointStep,
    });
    return { verdict, peakBytes: recent.peakBytes.points.at(-1)?.value };
  }, [recent, evalLoss, early, from, run.state, run.step, checkpointStep]);
}
