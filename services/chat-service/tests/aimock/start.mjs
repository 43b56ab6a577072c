// Starts aimock on a free port with the fixtures beside this file, prints its address as one line, and serves until its
// standard input is closed, which it is at the latest when the test that started it has ended.
//
// A fixture is chosen by what the last message of the user contains; `fixtures.json` has them. The wires: OpenAI at
// `/v1`, OpenRouter at `/api/v1`, and Anthropic, Google and Ollama at the bare address.

import { fileURLToPath } from 'node:url';

import { LLMock } from '@copilotkit/aimock';

const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' });
mock.loadFixtureFile(fileURLToPath(new URL('fixtures.json', import.meta.url)));
console.log(await mock.start());

process.stdin.resume();
process.stdin.once('end', async () => {
  await mock.stop();
  process.exit(0);
});
