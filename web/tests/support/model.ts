/** What the scripted model server can be told; see `crates/mock-llm`. */
export interface Script {
  reply?: { text: string } | { generated: number } | { tokens: string[] } | 'echo';
  reasoning?: string[];
  paceMs?: number;
  firstByteDelayMs?: number;
  fault?: Record<string, unknown>;
}

interface Asked {
  path: string;
  ended: string;
}

export interface Model {
  /** What the next request is answered with. */
  next: (script: Script) => Promise<void>;
  /** What a model answers for as long as the stack lives: for a test that has a stack of its own. */
  always: (model: string, script: Script) => Promise<void>;
  loading: (script: Script) => Promise<void>;
  /** What was asked for replies. The server also asks which models there are, whenever it likes. */
  requests: () => Promise<Asked[]>;
  put: (path: string, body: unknown) => Promise<void>;
  /** Whether each script has had its request: what is asked without one comes back. */
  isSpent: () => Promise<boolean>;
}

export function modelAt(url: string): Model {
  const call = async (method: string, path: string, body: unknown) => {
    const response = await fetch(`${url}/mock/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  };
  return {
    next: (script) => call('POST', 'scripts', script),
    always: (model, script) => call('POST', `scripts?model=${model}`, script),
    loading: (script) => call('POST', 'scripts?of=loading', script),
    async requests() {
      const response = await fetch(`${url}/mock/requests`);
      const all = (await response.json()) as Asked[];
      return all.filter(({ path }) => /\/(completions|messages|chat)$/.test(path));
    },
    put: (path, body) => call('PUT', path, body),
    async isSpent() {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test' },
        body: JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Anybody?' }] }),
        signal: AbortSignal.timeout(5_000),
      });
      return response.ok && (await response.text()).includes('Anybody?');
    },
  };
}
