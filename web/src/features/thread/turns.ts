import type { Message } from '~/api/types';

/** What was said at once: a message and what one or several models answered to it. */
export interface Turn {
  /** The id of the person's message, which is known also where only a reply has been loaded yet. */
  id: string;
  user: Message | null;
  replies: Message[];
}

/** Groups messages, oldest first, into turns. */
export function turnsOf(messages: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    const id = message.role === 'user' ? message.id : (message.parentId ?? message.id);
    let turn = turns.at(-1);
    if (turn?.id !== id) {
      turn = { id, user: null, replies: [] };
      turns.push(turn);
    }
    if (message.role === 'user') turn.user = message;
    else turn.replies.push(message);
  }
  return turns;
}

export const isRunning = (message: Message): boolean =>
  message.status === 'pending' || message.status === 'streaming';
