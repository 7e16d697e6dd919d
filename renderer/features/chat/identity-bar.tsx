import { Group } from '@mantine/core';
import type { ReactElement } from 'react';

import { useReveal } from '../../api/desktop-host.ts';
import { useWords } from '../../i18n/use-words.ts';
import { RevealButton } from '../../ui/reveal-button.tsx';
import type { Answerer } from './answerer.ts';
import classes from './chat.module.css';
import { identityFacts } from './identity-facts.ts';
import type { OpenConversation } from './use-conversation.ts';

/** The fixed bar: what answers here. It stays where the process that answered is gone. */
export function IdentityBar({ open }: Readonly<{ open: OpenConversation }>): ReactElement | null {
  const words = useWords('chat');
  const reveal = useReveal();
  const { model, settings } = open.state;
  const session = 'session' in model ? model.session : undefined;
  const answerer: Answerer = open.conversation.answerer;
  const facts = session === undefined ? [] : identityFacts(session, answerer, settings, words);
  if (facts.length === 0) return null;
  const path = session?.adapterPath ?? session?.modelPath;
  return (
    <Group gap="xs" wrap="nowrap" align="center">
      <dl className={classes['facts']} aria-label={words('identity')}>
        {facts.map(({ name, value, title }) => (
          <div key={name} title={title === '' ? undefined : title}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {path !== undefined && <RevealButton path={path} reveal={reveal} look="icon" />}
    </Group>
  );
}
