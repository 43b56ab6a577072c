import { useState } from 'react';

import { errorText } from '~/api/errorText';
import { Button } from '~/components/Button';
import { Notice } from '~/components/Notice';
import { drafts } from '~/features/composer/drafts';
import { picturesOf } from '~/features/composer/images';
import { OUTDATED, type Outgoing } from '~/features/replies/outbox';
import { t } from '~/locales';
import { textOf } from './startedMessages';
import { useActions } from './threadActions';

/** A message on its way, or one that the server refused. */
export function OutgoingView({ outgoing }: { outgoing: Outgoing }) {
  const { state, problem, kind } = outgoing;
  const text = textOf(outgoing.content);
  return (
    <article className="mx-auto grid w-full max-w-3xl grid-cols-1 gap-3 px-4 pb-9">
      {kind !== 'regenerate' && (
        <div className="max-w-[min(85%,42rem)] justify-self-end rounded-2xl rounded-br-md bg-sunken px-4 py-2.5 leading-relaxed wrap-anywhere whitespace-pre-wrap opacity-70">
          {text || t('message.image')}
        </div>
      )}
      {state === 'failed' && problem ? (
        <Notice tone="danger" actions={<Choices outgoing={outgoing} />}>
          {problem.code === OUTDATED ? t('outgoing.outdated') : errorText(problem)}
        </Notice>
      ) : (
        <p role="status" className="justify-self-end text-xs text-ink-soft">
          {t(state === 'waiting' ? 'outgoing.waiting' : 'outgoing.sending')}
        </p>
      )}
    </article>
  );
}

function Choices({ outgoing }: { outgoing: Outgoing }) {
  const { content, conversationId, kind } = outgoing;
  const actions = useActions();
  const [isGoing, setGoing] = useState(false);
  if (!actions) return null;

  const giveBack = async () => {
    setGoing(true);
    const pictures = picturesOf(content, t('message.image'));
    await drafts.giveBack(conversationId, textOf(content), pictures);
    actions.discard(outgoing);
  };

  return (
    <>
      <Button onClick={() => actions.resend(outgoing)}>{t('common.tryAgain')}</Button>
      {kind !== 'regenerate' && (
        <Button isBusy={isGoing} onClick={() => void giveBack()}>
          {t('outgoing.backToDraft')}
        </Button>
      )}
      <Button look="danger" onClick={() => actions.discard(outgoing)}>
        {t('outgoing.discard')}
      </Button>
    </>
  );
}
