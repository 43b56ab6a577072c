import { Download, Upload } from 'lucide-react';
import { useRef } from 'react';

import { Button } from '~/components/Button';
import { ErrorNotice } from '~/components/ErrorNotice';
import { ImportResult } from '~/features/imports/ImportResult';
import { useImport } from '~/features/imports/useImport';
import { saveFile } from '~/features/session/saveFile';
import { t } from '~/locales';
import { Section } from './Section';

/** What a person brings along, and takes away again. */
export const DataPage = () => (
  <>
    <ImportSection />
    <Section title={t('data.export')} text={t('data.exportText')}>
      <Button
        className="w-fit"
        icon={<Download className="size-4" />}
        onClick={() => void saveFile('/users/me/export')}
      >
        {t('data.exportAll')}
      </Button>
    </Section>
  </>
);

function ImportSection() {
  const input = useRef<HTMLInputElement>(null);
  const { upload, job, error } = useImport();
  return (
    <Section title={t('import.title')} text={t('import.text')}>
      <input
        ref={input}
        type="file"
        accept=".json,.ndjson,.jsonl,.zip,application/json"
        aria-label={t('import.file')}
        tabIndex={-1}
        className="sr-only"
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          if (file) upload.mutate(file);
          // The same file may be chosen again.
          target.value = '';
        }}
      />
      <Button
        look="primary"
        className="w-fit"
        icon={<Upload className="size-4" />}
        isBusy={upload.isPending}
        disabled={job?.status === 'running'}
        onClick={() => input.current?.click()}
      >
        {t(upload.isPending ? 'import.uploading' : 'import.choose')}
      </Button>
      <ErrorNotice error={error} />
      {job && <ImportResult job={job} />}
    </Section>
  );
}
