import type { MessageContent } from '~/api/types';
import { ownKey } from '~/features/session/ownStorage';
import { owner } from '~/features/session/session';
import { bigStorage } from '~/lib/bigStorage';
import { createStore, type Store } from '~/lib/store';
import { storage } from '~/lib/storage';

/** A message on its way: kept from the moment it is sent until the server says that it has it. */
export interface Outgoing {
  /** The idempotency key: however often this is sent, it is said once. */
  key: string;
  conversationId: string;
  /** What is posted where. */
  path: string;
  body: Record<string, unknown>;
  kind: 'send' | 'edit' | 'regenerate';
  content: MessageContent;
  models: string[];
  createdAt: string;
  state: 'sending' | 'waiting' | 'failed';
  problem: { code: string; message: string } | null;
}

/** The server remembers a key for 24 hours; after that sending again might say it twice, and a person decides. */
const LASTS = 23 * 3_600_000;
export const OUTDATED = 'OUTDATED';
export const isOutdated = ({ createdAt }: Outgoing): boolean =>
  Date.now() - Date.parse(createdAt) > LASTS;

const byTime = (a: Outgoing, b: Outgoing) => a.createdAt.localeCompare(b.createdAt);
const asFound = (outgoing: Outgoing): Outgoing =>
  isOutdated(outgoing)
    ? { ...outgoing, state: 'failed', problem: { code: OUTDATED, message: '' } }
    : outgoing;

/** What whose page this is has sent and the server does not have yet. */
export const outbox: Store<readonly Outgoing[]> = createStore<readonly Outgoing[]>(restore());
owner.subscribe(() => outbox.set(restore()));

function restore(): Outgoing[] {
  const kept: Outgoing[] = [];
  for (const key of storage.keys(ownKey('outbox'))) {
    const outgoing = storage.get<Outgoing>(key);
    if (outgoing) kept.push(asFound(outgoing));
    else storage.remove(key);
  }
  return kept.sort(byTime);
}

/** Adds what was too big for `storage`, as messages with pictures are. */
export async function restoreBig(): Promise<void> {
  for (const key of await bigStorage.keys(ownKey('outbox'))) {
    const outgoing = await bigStorage.get<Outgoing>(key);
    if (outgoing && !inOutbox(outgoing.key)) put(asFound(outgoing));
  }
}

function put(outgoing: Outgoing): void {
  const others = outbox.get().filter((one) => one.key !== outgoing.key);
  outbox.set([...others, outgoing].sort(byTime));
}

/** Adds a message or replaces what is known of it. */
export function keep(outgoing: Outgoing): void {
  const key = ownKey('outbox', outgoing.key);
  if (!storage.set(key, outgoing)) void bigStorage.set(key, outgoing);
  put(outgoing);
}

export function drop(key: string): void {
  storage.remove(ownKey('outbox', key));
  void bigStorage.remove(ownKey('outbox', key));
  outbox.set(outbox.get().filter((one) => one.key !== key));
}

export const inOutbox = (key: string): Outgoing | undefined =>
  outbox.get().find((one) => one.key === key);
