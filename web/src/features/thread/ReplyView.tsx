import type { Message } from '~/api/types';
import { Markdown } from '~/features/markdown/Markdown';
import { useModelName } from '~/features/models/modelsQuery';
import { useReply } from '~/features/replies/replyStore';
import { t, type MessageKey } from '~/locales';
import { Reasoning } from './Reasoning';
import { ReplyFooter } from './ReplyFooter';
import { ReplyProblem } from './ReplyProblem';
import { isRunning } from './turns';

/** What a model said, or is saying. */
export function ReplyView({ message }: { message: Message }) {
  const live = useReply(message.id);
  const nameOf = useModelName();
  const isLive = live ? !live.end : isRunning(message);
  const text = live?.text ?? message.content;
  const reasoning = live?.reasoning ?? message.reasoning;

  return (
    <section aria-label={t('message.reply', { model: nameOf(message.modelId) })} aria-busy={isLive}>
      <h2 className="mb-2 flex items-baseline gap-2 text-xs font-medium text-ink-soft">
        {nameOf(message.modelId)}
        {message.answeredBy && message.answeredBy !== message.modelId && (
          <span className="font-normal">
            {t('message.answeredBy', { model: nameOf(message.answeredBy) })}
          </span>
        )}
      </h2>
      {reasoning && <Reasoning text={reasoning} isLive={isLive && !text} />}
      {text && <Markdown text={text} isLive={isLive} />}
      {isLive && <Pulse progress={live?.progress ?? null} hasText={text !== ''} />}
      {!isLive && <ReplyProblem message={message} end={live?.end ?? null} />}
      {!isLive && <ReplyFooter message={message} text={text} />}
    </section>
  );
}

/** What may be done before the first word, as the server calls it; a newer one may know more. */
const PROGRESS: Record<string, MessageKey> = {
  loading: 'message.loading',
  retrying: 'message.retrying',
  falling_back: 'message.fallingBack',
  trimming: 'message.trimming',
};

/** That something is coming, and what is being done until then. */
function Pulse({
  progress,
  hasText,
}: {
  progress: { status: string; detail: string } | null;
  hasText: boolean;
}) {
  if (hasText && !progress) return null;
  const known = progress ? PROGRESS[progress.status] : 'message.thinking';
  return (
    <p className="flex h-7 items-center gap-2.5 text-sm text-ink-soft">
      <span aria-hidden className="size-2 animate-blink rounded-full bg-accent" />
      {known ? t(known) : progress?.detail}
    </p>
  );
}
