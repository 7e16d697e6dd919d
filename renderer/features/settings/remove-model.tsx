import { Text } from '@mantine/core';
import type { ReactElement } from 'react';

import type { UsageItem } from '../../../electron/shared/contract/methods/storage.ts';
import { useAction } from '../../api/hooks.ts';
import { restoreFromTrash } from '../../api/restore.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { showUndo } from '../../ui/undo-note.tsx';

export type RemoveModelProps = Readonly<{ item: UsageItem; modelId: string }>;

/** Takes a model out of the library: a merged one with its files, an added one without touching its folder. */
export function RemoveModel({ item, modelId }: RemoveModelProps): ReactElement {
  const words = useWords('storage');
  const remove = useAction('models.remove', { changes: ['storage'] });
  const { name, isOurs } = item;
  const verb = words(isOurs ? 'model.remove' : 'model.forget');
  return (
    <>
      <ConfirmButton
        question={words(isOurs ? 'model.removeQuestion' : 'model.forgetQuestion', { name })}
        consequence={
          <Text>
            {words(isOurs ? 'model.removeConsequence' : 'model.forgetConsequence', { path: item.path })}
          </Text>
        }
        confirm={verb}
        label={words(isOurs ? 'model.removeLabel' : 'model.forgetLabel', { name })}
        loading={remove.isPending}
        button={{ size: 'compact-sm' }}
        onConfirm={() =>
          remove.mutate(
            { model: modelId },
            {
              onSuccess: ({ trashId }) => {
                if (trashId === undefined) return;
                showUndo({
                  id: `removed-${modelId}`,
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
        {verb}
      </ConfirmButton>
      {remove.error !== null && <ErrorNote error={remove.error} />}
    </>
  );
}
