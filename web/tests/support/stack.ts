import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real server, which serves the built app too, with a scriptable model behind it; on free ports. */
export interface Stack {
  url: string;
  mock: string;
  /** Ends the server as asked, and starts it again on the same data and at the same address. */
  restart: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
  stop: () => Promise<void>;
}

export async function startStack(): Promise<Stack> {
  const [model, omnichat] = [binary('MOCK_LLM_BIN'), binary('OMNICHAT_BIN')];
  const data = await mkdtemp(join(tmpdir(), 'omnichat-web-'));
  const mock = await start(model, ['--port', '0'], {}, /http:\/\/[\d.:]+/);
  const env = {
    OMNICHAT__RATE_LIMITS__ENABLED: 'false',
    OMNICHAT__PASSWORDS__ROUNDS: '100000',
    OPENAI_BASE_URL: `${mock.match}/v1`,
    OPENAI_API_KEY: 'sk-test',
    ANTHROPIC_BASE_URL: mock.match,
    ANTHROPIC_API_KEY: 'sk-test',
    OPENROUTER_BASE_URL: `${mock.match}/api/v1`,
    OLLAMA_BASE_URL: mock.match,
  };
  const serve = (port: string) =>
    start(omnichat, ['--data-dir', data], { PORT: port, ...env }, /listens on ([\d.]+:\d+)/);
  let server = await serve('0');
  const port = server.match.replace(/.*:/, '');
  return {
    // The name, for browsers let `localhost` alone have secure cookies without TLS.
    url: `http://localhost:${port}`,
    mock: mock.match,
    async restart(signal) {
      await end(server.child, signal);
      server = await serve(port);
    },
    async stop() {
      await Promise.all([mock, server].map(({ child }) => end(child, 'SIGKILL')));
      await rm(data, { recursive: true, force: true });
    },
  };
}

function binary(variable: string): string {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} must name a built binary; web/README.md says how.`);
  return path;
}

/** Starts a program and waits until it has said where it listens. */
function start(path: string, args: string[], env: Record<string, string>, said: RegExp) {
  const child = spawn(path, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise<{ child: ChildProcess; match: string }>((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-10_000);
      const match = said.exec(output)?.[0];
      if (match) resolve({ child, match });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${path} ended with ${code}:\n${output}`)));
  });
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
