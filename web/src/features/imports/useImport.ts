import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { api, dataOf } from '~/api/client';
import { isApiError } from '~/api/errors';
import { useCreation } from '~/api/useCreation';
import { ownKey } from '~/features/session/ownStorage';
import { storage } from '~/lib/storage';
import { uploadFile } from './uploadFile';

/** The last import on this device, so that it is found again after a reload. */
const keyOf = () => ownKey('import');

/** Brings a file to the server, which makes conversations of it by itself, and tells how far that is. */
export function useImport() {
  const client = useQueryClient();
  const [jobId, setJobId] = useState(() => storage.get<string>(keyOf()));
  const remember = (id: string | null) => {
    if (id) storage.set(keyOf(), id);
    else storage.remove(keyOf());
    setJobId(id);
  };
  const upload = useCreation(uploadFile, {
    meta: { isShown: true },
    onMutate: () => remember(null),
    onSuccess: remember,
  });
  const job = useQuery({
    queryKey: ['import', jobId],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/imports/{id}', { params: { path: { id: jobId ?? '' } }, signal })).then(
        (data) => data.import,
      ),
    enabled: jobId !== null,
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? 1000 : false),
  });

  const status = job.data?.status;
  useEffect(() => {
    if (status && status !== 'running')
      void client.invalidateQueries({ queryKey: ['conversations'] });
  }, [client, status]);

  // One that is forgotten by now.
  const isGone = isApiError(job.error, 'NOT_FOUND');
  return {
    upload,
    job: isGone ? undefined : job.data,
    error: upload.error ?? (isGone ? null : job.error),
  };
}
