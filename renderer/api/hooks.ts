import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';

import {
  keepPreviousData,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';

import type { CallInput, MethodOutput } from '../../electron/shared/contract/define.ts';
import type { StudioContract } from '../../electron/shared/contract/index.ts';
import type { StudioError } from '../../electron/shared/contract/studio-error.ts';
import { studio, type Connection } from './studio-client.ts';
import type { Topic, TopicData } from './topics.ts';

export type MethodName = keyof StudioContract;
export type InputOf<Name extends MethodName> = CallInput<StudioContract[Name]>;
export type OutputOf<Name extends MethodName> = MethodOutput<StudioContract[Name]>;

export type CallOptions = Readonly<{
  enabled?: boolean;
  /** Asks again this often while the page is visible. */
  refetchIntervalMs?: number;
  /** Shows the former answer while the input changes (paging, typing into a search). */
  keepPrevious?: boolean;
  /** An answer younger than this is not asked for again. */
  staleMs?: number;
  /** Another mark is another question: of an answer that depends on more than its input. */
  mark?: number | string | undefined;
}>;

const queryKeyOf = <Name extends MethodName>(method: Name, input?: InputOf<Name>): readonly unknown[] => {
  const domain = method.slice(0, method.indexOf('.'));
  return input === undefined ? [domain, method] : [domain, method, input];
};

/** A method's answer as a query. It waits for the connection, so a page never starts with a failure. */
export function useCall<Name extends MethodName>(
  method: Name,
  input: InputOf<Name> | undefined,
  options: CallOptions = {},
): UseQueryResult<OutputOf<Name>, StudioError> {
  return useQuery<OutputOf<Name>, StudioError>({
    queryKey: [...queryKeyOf(method), input, ...(options.mark === undefined ? [] : [options.mark])],
    queryFn: async () => {
      if (input === undefined) throw new Error('a query without input is not enabled');
      await studio.ready();
      return studio.client.call(method, input);
    },
    enabled: input !== undefined && options.enabled !== false,
    staleTime: options.staleMs ?? 0,
    ...(options.refetchIntervalMs === undefined ? {} : { refetchInterval: options.refetchIntervalMs }),
    ...(options.keepPrevious === true ? { placeholderData: keepPreviousData } : {}),
    // A socket that drops under a call says nothing about the call; any other refusal stands.
    retry: (failures, error) => error.code === 'core.disconnected' && failures < 5,
  });
}

export type ActionOptions = Readonly<{
  /** Domains whose answers this changes, besides the method's own. */
  changes?: readonly string[];
}>;

/** A method that changes something. What the page knows of its domain is asked for again afterwards. */
export function useAction<Name extends MethodName>(
  method: Name,
  options: ActionOptions = {},
): UseMutationResult<OutputOf<Name>, StudioError, InputOf<Name>> {
  const queries = useQueryClient();
  const domain = method.slice(0, method.indexOf('.'));
  return useMutation<OutputOf<Name>, StudioError, InputOf<Name>>({
    mutationFn: (input) => studio.client.call(method, input),
    onSuccess: async () => {
      await Promise.all(
        [domain, ...(options.changes ?? [])].map((one) => queries.invalidateQueries({ queryKey: [one] })),
      );
    },
  });
}

/** Follows a topic while the component stands; a snapshot comes first, and again after a gap. */
export function useTopic<T extends Topic>(topic: T | undefined, onData: (data: TopicData<T>) => void): void {
  const receive = useEffectEvent(onData);
  useEffect(() => {
    if (topic === undefined) return undefined;
    const subscription = studio.client.subscribe(topic, ({ data }) => receive(data as TopicData<T>));
    return () => subscription.dispose();
  }, [topic]);
}

const subscribeConnection = (listener: () => void): (() => void) => studio.onChange(listener);

export function useConnection(): Connection {
  return useSyncExternalStore(subscribeConnection, () => studio.connection);
}
