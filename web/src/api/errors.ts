/** What the server said when it refused, or `OFFLINE` when it could not be asked at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown> = {},
    readonly retryAfterSeconds: number | null = null,
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** Whether the same request may well succeed a moment later. */
  get isTransient(): boolean {
    return this.status === 0 || this.code === 'IDEMPOTENCY_IN_PROGRESS' || this.status >= 500;
  }
}

interface ErrorEnvelope {
  error?: { code?: string; message?: string; details?: Record<string, unknown> };
  requestId?: string;
}

/** Reads a refusal; an answer that is not ours (a proxy's page) becomes one too. */
export async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as ErrorEnvelope;
  const { code, message, details } = body.error ?? {};
  const after = Number(response.headers.get('retry-after'));
  return new ApiError(
    response.status,
    code ?? 'SERVICE_UNAVAILABLE',
    message ?? `The server answered ${response.status}.`,
    details ?? {},
    Number.isFinite(after) && after > 0 ? after : null,
    body.requestId ?? null,
  );
}

/** What `fetch` throws when nothing answered; an abort stays what it is. */
export function networkError(cause: unknown): Error {
  if (cause instanceof DOMException && cause.name === 'AbortError') return cause;
  if (cause instanceof ApiError) return cause;
  return new ApiError(0, 'OFFLINE', 'The server cannot be reached.');
}

export const isApiError = (cause: unknown, ...codes: string[]): cause is ApiError =>
  cause instanceof ApiError && (codes.length === 0 || codes.includes(cause.code));
