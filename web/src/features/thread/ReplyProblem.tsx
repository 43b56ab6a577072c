import { Link } from 'react-router';

import { errorText } from '~/api/errorText';
import type { Message } from '~/api/types';
import { Button } from '~/components/Button';
import { Notice } from '~/components/Notice';
import type { ReplyEnd } from '~/features/replies/reply';
import { t } from '~/locales';
import { useActions } from './threadActions';

/** Why a reply is not whole, and the next step. */
export function ReplyProblem({ message, end }: { message: Message; end: ReplyEnd | null }) {
  const actions = useActions();
  const error = end?.error ?? message.error;
  const reason = reasonOf(message, end);
  if (!reason) return null;

  const needsKey = error?.code === 'API_KEY_REQUIRED' || error?.code === 'PROVIDER_AUTH_FAILED';
  const mayHelp = actions && (error?.retryable !== false || !needsKey);
  return (
    <div className="mt-3">
      <Notice
        tone={reason.tone}
        actions={
          <>
            {mayHelp && (
              <Button onClick={() => actions.regenerate(message, message.modelId)}>
                {t('problem.again')}
              </Button>
            )}
            {needsKey && (
              <Link
                to="/settings/keys"
                className="inline-flex h-9 items-center rounded-lg border border-line bg-raised px-3.5 font-medium"
              >
                {t('problem.keys')}
              </Link>
            )}
          </>
        }
      >
        {reason.text}
      </Notice>
    </div>
  );
}

interface Reason {
  tone: 'info' | 'warn' | 'danger';
  text: string;
}

function reasonOf(message: Message, end: ReplyEnd | null): Reason | null {
  const error = end?.error ?? message.error;
  if (error) return { tone: 'danger', text: errorText(error) };
  if (message.status === 'failed') return { tone: 'danger', text: t('problem.failed') };
  if (message.status === 'interrupted') return { tone: 'warn', text: t('problem.interrupted') };
  const finish = end?.finishReason ?? message.finishReason;
  if (finish === 'cancelled' || message.status === 'cancelled')
    return { tone: 'info', text: t('problem.cancelled') };
  if (finish === 'length') return { tone: 'warn', text: t('problem.length') };
  if (finish === 'content_filter') return { tone: 'warn', text: t('problem.filter') };
  return null;
}
