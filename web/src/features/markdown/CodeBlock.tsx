import { memo, useEffect, useState, type ReactNode } from 'react';

import { CopyButton } from '~/components/CopyButton';
import { t } from '~/locales';

interface Props {
  code: string;
  language: string;
  isLive?: boolean;
}

/** Code with its language and a button that copies it. Colours come when it is whole. */
export const CodeBlock = memo(function CodeBlock({ code, language, isLive = false }: Props) {
  const coloured = useHighlight(code, language, isLive);
  return (
    <figure className="code-block">
      <figcaption>
        <span>{language || t('code.text')}</span>
        <CopyButton text={code} label={t('code.copy')} />
      </figcaption>
      <pre tabIndex={0}>
        <code>{coloured ?? code}</code>
      </pre>
    </figure>
  );
});

function useHighlight(code: string, language: string, isLive: boolean): ReactNode | null {
  const [result, setResult] = useState<{ code: string; nodes: ReactNode | null } | null>(null);
  useEffect(() => {
    if (isLive || !language) return;
    let isGone = false;
    void import('./highlight').then(({ highlight }) => {
      if (!isGone) setResult({ code, nodes: highlight(code, language) });
    });
    return () => {
      isGone = true;
    };
  }, [code, language, isLive]);
  return result?.code === code ? result.nodes : null;
}
