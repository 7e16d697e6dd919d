import { Button, Code, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { IconServer2 } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import { localProcesses } from '../../../electron/shared/domain/choose-card.ts';
import { launchLines, parseHosts } from '../../../electron/shared/domain/launch-lines.ts';
import { LAUNCH_WORDS, launchNeeds } from '../../../electron/shared/domain/launch-words.ts';
import type { Recipe } from '../../../electron/shared/protocol/recipe.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { CopyTextButton } from '../../ui/copy-text-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { saveFile } from '../../ui/save-file.ts';
import classes from './machines-dialog.module.css';
import { Notice } from './notice.tsx';
import type { Library } from './use-library.ts';
import type { RecipeForm } from './use-recipe-form.ts';

export type MachinesDialogProps = Readonly<{ form: RecipeForm; library: Library }>;

const RECIPE_FILE = 'recipe.json';

/** The line to run on each machine of a run over several. Starts nothing: who may log in where is not ours. */
export function MachinesDialog({ form, library }: MachinesDialogProps): ReactElement {
  const words = useWords('new-run');
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        leftSection={<IconServer2 size={14} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        {words('machines.open')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={words('machines.title')}
        size="xl"
        centered
        closeButtonProps={{ 'aria-label': words('common:close') }}
      >
        {form.recipe === undefined ? (
          <Notice tone="amber">{words('machines.noRecipe')}</Notice>
        ) : (
          <Machines recipe={form.recipe} library={library} />
        )}
      </Modal>
    </>
  );
}

function Machines({ recipe, library }: Readonly<{ recipe: Recipe; library: Library }>): ReactElement {
  const words = useWords('new-run');
  const [list, setList] = useViewMemory('new-run.hosts', '');
  const [file, setFile] = useViewMemory('new-run.recipe-file', RECIPE_FILE);
  const hosts = list.trim() === '' ? undefined : parseHosts(list);
  return (
    <Stack>
      <TextInput
        data-autofocus
        label={words('machines.hosts')}
        description={words('machines.hostsHelp')}
        placeholder="node-1,node-2"
        spellCheck={false}
        value={list}
        onChange={(event) => setList(event.currentTarget.value)}
      />
      <TextInput
        label={words('machines.file')}
        description={words('machines.fileHelp')}
        spellCheck={false}
        value={file}
        onChange={(event) => setFile(event.currentTarget.value)}
      />
      <Group>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() =>
            saveFile(RECIPE_FILE, new Blob([recipeFile(recipe, library)], { type: 'application/json' }))
          }
        >
          {words('machines.save')}
        </Button>
        <Text fz="xs" c="dimmed">
          {words('machines.saveHint')}
        </Text>
      </Group>
      {hosts !== undefined && 'code' in hosts && <ErrorNote error={hosts} />}
      {hosts !== undefined && !('code' in hosts) && (
        <Lines recipe={recipe} hosts={hosts} file={file.trim() === '' ? RECIPE_FILE : file.trim()} />
      )}
    </Stack>
  );
}

type LinesProps = Readonly<{ recipe: Recipe; hosts: readonly string[]; file: string }>;

function Lines({ recipe, hosts, file }: LinesProps): ReactElement {
  const words = useWords('new-run');
  const language = useErrorLanguage();
  const each = localProcesses(recipe.hardware);
  const { microBatch, gradientAccumulation, unit } = recipe.batch;
  const processes = hosts.length * each;
  return (
    <>
      <Notice tone="plain">
        {words('machines.batch', {
          machines: hosts.length,
          each,
          micro: microBatch,
          accumulation: gradientAccumulation,
          processes,
          batch: formatNumber(microBatch * gradientAccumulation * processes),
          unit: words(`unit.${unit}`),
        })}
      </Notice>
      <Text>{LAUNCH_WORDS.before[language]}</Text>
      {launchLines(hosts, recipe.hardware, file, []).map(({ host, command }) => (
        <section key={host} aria-label={host}>
          <Group justify="space-between" gap="xs">
            <Text fw={600}>{host}</Text>
            <CopyTextButton text={command} label={words('machines.copy', { host })} />
          </Group>
          <Code block className={classes['line'] ?? ''}>
            {command}
          </Code>
        </section>
      ))}
      <Text c="dimmed">
        {launchNeeds(language, hosts)
          .split('`')
          .map((part, at) => (at % 2 === 1 ? <Code key={part}>{part}</Code> : part))}
      </Text>
    </>
  );
}

/** The form's recipe with folders in place of the library's ids, which no other machine knows. */
function recipeFile(recipe: Recipe, { models, datasets }: Library): string {
  const pathOf = (items: readonly Readonly<{ id: string; path: string }>[], id: string): string =>
    items.find((item) => item.id === id)?.path ?? id;
  const named = {
    ...recipe,
    model: pathOf(models, recipe.model),
    dataset: pathOf(datasets, recipe.dataset),
    // UUIDs name cards of this machine only.
    hardware: { ...recipe.hardware, gpu: 'auto', processes: localProcesses(recipe.hardware) },
  };
  return `${JSON.stringify(named, undefined, 2)}\n`;
}
