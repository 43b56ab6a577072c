import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { renderHook } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';

import { ApiError } from './errors';
import { useCreation } from './useCreation';

const down = new ApiError(503, 'SERVICE_UNAVAILABLE', 'Try again.', {}, 0.001);
const refused = new ApiError(409, 'CONFLICT', 'There are enough.');

let keys: string[];
let outcomes: (Error | 'made')[];

beforeEach(() => {
  keys = [];
  outcomes = [];
});

function creation() {
  const make = vi.fn((asked: { name: string }, header: { 'Idempotency-Key': string }) => {
    keys.push(header['Idempotency-Key']);
    const outcome = outcomes.shift() ?? 'made';
    return outcome === 'made' ? Promise.resolve(asked) : Promise.reject(outcome);
  });
  const client = new QueryClient();
  const { result } = renderHook(() => useCreation(make), {
    wrapper: ({ children }) => (
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    ),
  });
  return (name: string) => result.current.mutateAsync({ name }).catch(() => undefined);
}

it('what the server does not answer is asked for again under its key', async () => {
  outcomes = [down, down];
  await creation()('Novel');
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
});

it('whoever tries the same once more means the same, and otherwise something else', async () => {
  const create = creation();
  outcomes = [refused];
  await create('Novel');
  await create('Novel');
  expect(new Set(keys).size).toBe(1);
  await create('Novel');
  expect(new Set(keys).size).toBe(2);
  outcomes = [refused];
  await create('Essay');
  await create('Essays');
  expect(new Set(keys).size).toBe(4);
});
