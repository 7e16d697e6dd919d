import { Button, Group, Text } from '@mantine/core';
import { IconCloudUpload, IconGitMerge, IconMessages, IconPlayerPlay } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';

import type { ModelDetail } from '../../../electron/shared/contract/methods/models.ts';
import { TRAINABLE_KINDS, isUsable } from '../../../electron/shared/domain/model-kinds.ts';
import { readDraft } from '../../../electron/shared/domain/recipes/recipe-draft.ts';
import { useReveal } from '../../api/desktop-host.ts';
import { useAction } from '../../api/hooks.ts';
import { restoreFromTrash } from '../../api/restore.ts';
import { useWords } from '../../i18n/use-words.ts';
import { peekDraft, putDraft } from '../../state/drafts.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { RevealButton } from '../../ui/reveal-button.tsx';
import { showUndo } from '../../ui/undo-note.tsx';
import { ExportDialog } from './export-dialog.tsx';

export type ModelActionsProps = Readonly<{ model: ModelDetail; onGone: () => void }>;

/** What can be done with a model, by what it is. */
export function ModelActions({ model, onGone }: ModelActionsProps): ReactElement {
  const words = useWords('models');
  const navigate = useNavigate();
  const reveal = useReveal();
  const [address] = useSearchParams();
  // Other screens link to the export of a model by `&export=1`.
  const [isExporting, setExporting] = useState(address.get('export') === '1');
  const isWhole = TRAINABLE_KINDS.includes(model.kind) && isUsable(model);
  const ofRun = model.origin === 'run';
  const train = (changes: Readonly<Record<string, unknown>>): void => {
    const draft = readDraft(peekDraft('new-run'));
    putDraft('new-run', { ...draft, changes: { ...draft.changes, ...changes } });
    void navigate('/new');
  };
  return (
    <div>
      <Group gap="xs">
        {isWhole && (
          <Button
            size="compact-sm"
            leftSection={<IconPlayerPlay size={14} aria-hidden />}
            onClick={() => train({ model: model.id })}
          >
            {words('do.train')}
          </Button>
        )}
        {model.kind === 'adapter' && model.base !== undefined && isUsable(model) && (
          <Button
            size="compact-sm"
            leftSection={<IconPlayerPlay size={14} aria-hidden />}
            onClick={() =>
              train({ model: model.base?.id, 'lora.continueFrom': ofRun ? model.id : model.path })
            }
          >
            {words('do.continue')}
          </Button>
        )}
        {(isWhole || ofRun) && (
          <Button
            component={Link}
            to={ofRun ? `/chat?run=${model.id}` : `/chat?model=${model.id}`}
            size="compact-sm"
            variant="default"
            leftSection={<IconMessages size={14} aria-hidden />}
          >
            {words('do.chat')}
          </Button>
        )}
        {ofRun && (
          <Button
            component={Link}
            to={`/runs/${model.id}`}
            size="compact-sm"
            variant="default"
            leftSection={<IconGitMerge size={14} aria-hidden />}
          >
            {words('do.run')}
          </Button>
        )}
        {(ofRun || (isWhole && model.origin === 'merged')) && (
          <Button
            component={Link}
            to={ofRun ? `/release?run=${model.id}` : `/release?model=${model.id}`}
            size="compact-sm"
            variant="default"
            leftSection={<IconCloudUpload size={14} aria-hidden />}
          >
            {words('do.release')}
          </Button>
        )}
        {(isWhole || ofRun) && (
          <Button size="compact-sm" variant="default" onClick={() => setExporting(true)}>
            {words('do.export')}
          </Button>
        )}
        {model.origin === 'merged' && model.state === 'failed' && <ResumeMerge model={model} />}
        <RevealButton path={model.path} reveal={reveal} look="icon" />
        {!ofRun && <Remove model={model} onGone={onGone} />}
      </Group>
      {ofRun && (
        <Text c="dimmed" mt={6}>
          {words('do.ofRun')}
        </Text>
      )}
      {isExporting && <ExportDialog model={model} onClose={() => setExporting(false)} />}
    </div>
  );
}

function ResumeMerge({ model }: Readonly<{ model: ModelDetail }>): ReactElement {
  const words = useWords('models');
  const resume = useAction('merge.resume', { changes: ['models'] });
  return (
    <>
      <Button
        size="compact-sm"
        loading={resume.isPending}
        leftSection={<IconGitMerge size={14} aria-hidden />}
        onClick={() => resume.mutate({ model: model.id })}
      >
        {words('do.resumeMerge')}
      </Button>
      {resume.error !== null && <ErrorNote error={resume.error} />}
    </>
  );
}

function Remove({ model, onGone }: ModelActionsProps): ReactElement {
  const words = useWords('models');
  const remove = useAction('models.remove', { changes: ['storage'] });
  const isOurs = model.origin !== 'added';
  const { id, name, path } = model;
  return (
    <>
      <ConfirmButton
        question={words(isOurs ? 'remove.ownQuestion' : 'remove.question', { name })}
        consequence={words(isOurs ? 'remove.ownConsequence' : 'remove.consequence', { path })}
        confirm={words('do.remove')}
        loading={remove.isPending}
        button={{ size: 'compact-sm' }}
        onConfirm={() =>
          remove.mutate(
            { model: id },
            {
              onSuccess: ({ trashId }) => {
                onGone();
                if (trashId === undefined) return;
                showUndo({
                  id: `removed-${id}`,
                  title: words('common:trash.removed', { name }),
                  message: words('common:trash.kept'),
                  closeLabel: words('common:close'),
                  onUndo: () => restoreFromTrash(trashId),
                });
              },
            },
          )
        }
      >
        {words('do.remove')}
      </ConfirmButton>
      {remove.error !== null && <ErrorNote error={remove.error} />}
    </>
  );
}
