// OpenAI's own client for JavaScript against OmniChat: `sdk.mjs ADDRESS TOKEN READ_ONLY_TOKEN PROJECT`, in the folder that has
// the client.
//
// The models are scripted in tests/it/sdks.rs; the client must understand what OmniChat makes of what they say.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { createRequire } from 'node:module';

const OpenAI = createRequire(`${process.cwd()}/`)('openai');

const [baseURL, TOKEN, READER, PROJECT] = process.argv.slice(2);
const TEXT = 'Grüße, 世界 🦀';
const CITY = { city: 'Zürich' };
const SAID = [{ role: 'user', content: 'Hi' }];
const WEATHER = { name: 'weather', parameters: { type: 'object' } };
const TOOLS = [{ type: 'function', function: WEATHER }];

const client = (apiKey = TOKEN) => new OpenAI({ baseURL, apiKey, maxRetries: 0 });

const ask = (more, options, token) =>
  client(token).chat.completions.create({ model: 'gpt-4o-mini', messages: SAID, ...more }, options);

async function stream(more) {
  const chunks = [];
  const asked = { stream: true, stream_options: { include_usage: true }, ...more };
  for await (const chunk of await ask(asked)) chunks.push(chunk);
  return chunks;
}

async function fails(error, code, promise) {
  await rejects(promise, (failed) => {
    ok(failed instanceof error, `${failed}`);
    equal(failed.code, code);
    return true;
  });
}

const deltas = (chunks) => chunks.flatMap((chunk) => chunk.choices).map((choice) => choice.delta);
const text = (items, choose) => items.map((item) => choose(item) ?? '').join('');

const checks = {
  async whole() {
    const headers = { 'X-Project-Id': PROJECT };
    const answer = await ask({ temperature: 0.5, max_tokens: 100, stop: 'END' }, { headers });
    equal(answer.choices[0].message.content, TEXT);
    equal(answer.choices[0].message.reasoning_content, 'hm');
    equal(answer.choices[0].finish_reason, 'stop');
    deepEqual([answer.model, answer.usage.total_tokens], ['gpt-4o-mini', 120]);
    equal(answer.usage.prompt_tokens_details.cached_tokens, 30);
  },

  async chunks() {
    const chunks = await stream();
    equal(text(deltas(chunks), (delta) => delta.content), TEXT);
    equal(chunks.at(-2).choices[0].finish_reason, 'stop');
    deepEqual([chunks.at(-1).choices, chunks.at(-1).usage.total_tokens], [[], 120]);
    const final = client().chat.completions.stream({ model: 'gpt-4o-mini', messages: SAID });
    equal(await final.finalContent(), TEXT);
  },

  async tools() {
    const { message, finish_reason } = (await ask({ model: 'gpt-4o', tools: TOOLS })).choices[0];
    equal(finish_reason, 'tool_calls');
    const [call] = message.tool_calls;
    deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['weather', CITY]);
    const sky = { role: 'tool', tool_call_id: call.id, content: 'blue' };
    const answer = await ask({ messages: [...SAID, message, sky], tools: TOOLS });
    equal(answer.choices[0].message.content, TEXT);

    const streamed = deltas(await stream({ model: 'gpt-4o', tools: TOOLS }));
    const calls = streamed.flatMap((delta) => delta.tool_calls ?? []);
    equal(calls[0].function.name, 'weather');
    deepEqual(JSON.parse(text(calls, (call) => call.function.arguments)), CITY);
  },

  async models() {
    const ids = (await client().models.list()).data.map((model) => model.id);
    ok(ids.includes('gpt-4o-mini') && ids.includes('claude-haiku'));
    equal((await client().models.retrieve('gpt-4o-mini')).owned_by, 'openai');
    await fails(OpenAI.NotFoundError, 'model_not_found', client().models.retrieve('none'));
  },

  async errors() {
    await fails(OpenAI.AuthenticationError, 'invalid_api_key', ask({}, {}, 'sk-1'));
    await fails(OpenAI.PermissionDeniedError, 'insufficient_scope', ask({}, {}, READER));
    await fails(OpenAI.NotFoundError, 'model_not_found', ask({ model: 'gpt-none' }));
    await fails(OpenAI.BadRequestError, 'invalid_value', ask({ n: 2 }));
    const messages = [{ role: 'user', content: 'word '.repeat(20_000) }];
    const tooLong = ask({ model: 'gpt-4', messages });
    await fails(OpenAI.BadRequestError, 'context_length_exceeded', tooLong);
    const noTools = ask({ model: 'llama3', tools: TOOLS });
    await fails(OpenAI.UnprocessableEntityError, 'unsupported_by_model', noTools);
    await fails(OpenAI.RateLimitError, 'rate_limit_exceeded', stream({ model: 'gpt-5' }));
    const badKey = stream({ model: 'gpt-5-mini' });
    await fails(OpenAI.InternalServerError, 'provider_auth_failed', badKey);
    await fails(OpenAI.APIError, 'provider_truncated', stream({ model: 'gpt-4' }));
  },
};

for (const check of Object.values(checks)) await check();
