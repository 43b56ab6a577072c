import { RefreshCw } from 'lucide-react';

import type { Message } from '~/api/types';
import { CopyButton } from '~/components/CopyButton';
import { IconButton } from '~/components/IconButton';
import { Menu, MenuItem } from '~/components/Menu';
import { useModels } from '~/features/models/modelsQuery';
import { formatCost, formatNumber } from '~/lib/format';
import { t } from '~/locales';
import { Siblings } from './Siblings';
import { useActions } from './threadActions';

/** What can be done with a reply, and what it took. */
export function ReplyFooter({ message, text }: { message: Message; text: string }) {
  const actions = useActions();
  return (
    <footer className="mt-2 -ml-1.5 flex min-h-7 flex-wrap items-center gap-x-0.5 text-ink-soft">
      {text && <CopyButton text={text} label={t('message.copy')} />}
      {actions && <RegenerateMenu message={message} />}
      <Siblings message={message} />
      <UsageNote message={message} />
    </footer>
  );
}

function RegenerateMenu({ message }: { message: Message }) {
  const actions = useActions();
  const models = useModels().filter((model) => model.available);
  const others = models.filter((model) => model.id !== message.modelId).slice(0, 8);
  return (
    <Menu
      align="start"
      trigger={
        <IconButton isSmall label={t('message.regenerate')}>
          <RefreshCw />
        </IconButton>
      }
    >
      <MenuItem icon={<RefreshCw />} onSelect={() => actions?.regenerate(message, message.modelId)}>
        {t('message.again')}
      </MenuItem>
      {others.map((model) => (
        <MenuItem key={model.id} onSelect={() => actions?.regenerate(message, model.id)}>
          {t('message.againWith', { model: model.name })}
        </MenuItem>
      ))}
    </Menu>
  );
}

function UsageNote({ message: { usage, tokens } }: { message: Message }) {
  const count = usage?.completionTokens ?? tokens;
  if (count === null) return null;
  const title = usage
    ? t('usage.detail', {
        prompt: formatNumber(usage.promptTokens),
        completion: formatNumber(usage.completionTokens),
      })
    : undefined;
  return (
    <span className="ml-1.5 text-xs tabular-nums" title={title}>
      {t('usage.tokens', { count, shown: formatNumber(count) })}
      {usage?.costUsd != null && ` · ${formatCost(usage.costUsd)}`}
    </span>
  );
}
