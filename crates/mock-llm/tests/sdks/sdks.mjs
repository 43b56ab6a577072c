// The vendors' own clients for JavaScript against mock-llm: `sdks.mjs ADDRESS`.
//
// The models are scripted in tests/it/sdks.rs; each client must understand what they say.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict';

import Anthropic from '@anthropic-ai/sdk';
import { ApiError, GoogleGenAI } from '@google/genai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

const TEXT = 'Grüße, 世界 🦀';
const CITY = { city: 'Zürich' };
const SAID = [{ role: 'user', content: 'Hi' }];

// Whether `promise` fails with that error; every client has the status under one of these names.
async function fails(error, status, promise) {
  await rejects(promise, (failed) => {
    ok(failed instanceof error, `${failed}`);
    ok(status === null || [failed.status, failed.status_code].includes(status), `${failed}`);
    return true;
  });
}

async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

const text = (items, choose) => items.map((item) => choose(item) ?? '').join('');

async function openaiCompatible(baseURL) {
  const client = new OpenAI({ baseURL, apiKey: 'sk-1', maxRetries: 0 });
  const ask = (model, more) => client.chat.completions.create({ model, messages: SAID, ...more });
  const stream = async (model) =>
    all(await ask(model, { stream: true, stream_options: { include_usage: true } }));

  const message = await ask('plain');
  equal(message.choices[0].message.content, TEXT);
  deepEqual(JSON.parse(message.choices[0].message.tool_calls[0].function.arguments), CITY);
  equal(message.usage.prompt_tokens_details.cached_tokens, 30);

  const chunks = await stream('plain');
  const deltas = chunks.flatMap((chunk) => chunk.choices).map((choice) => choice.delta);
  equal(text(deltas, (delta) => delta.content), TEXT);
  const calls = deltas.flatMap((delta) => delta.tool_calls ?? []);
  deepEqual(JSON.parse(text(calls, (call) => call.function.arguments)), CITY);
  equal(chunks.at(-1).usage.total_tokens, 120);
  ok((await client.models.list()).data.length > 1);

  await fails(OpenAI.AuthenticationError, 401, stream('bad-key'));
  await fails(OpenAI.RateLimitError, 429, stream('limited'));
  await fails(OpenAI.InternalServerError, 500, stream('failed'));
  await fails(OpenAI.APIError, null, stream('later'));
  return stream;
}

const clients = {
  async openai(address) {
    const stream = await openaiCompatible(`${address}/v1`);
    await fails(OpenAI.NotFoundError, 404, stream('unknown'));
  },

  async openrouter(address) {
    const stream = await openaiCompatible(`${address}/api/v1`);
    await fails(OpenAI.BadRequestError, 400, stream('unknown'));
  },

  async anthropic(baseURL) {
    const client = new Anthropic({ baseURL, apiKey: 'sk-1', maxRetries: 0 });
    const asked = { max_tokens: 100, messages: SAID };
    const stream = (model) => client.messages.stream({ model, ...asked }).finalMessage();
    const check = (message) => {
      const [thinking, said, call] = message.content;
      deepEqual([thinking.thinking, said.text, call.input], ['hm', TEXT, CITY]);
      ok(thinking.signature);
      equal(message.stop_reason, 'tool_use');
      const { input_tokens, cache_read_input_tokens, output_tokens } = message.usage;
      deepEqual([input_tokens, cache_read_input_tokens, output_tokens], [70, 30, 20]);
    };

    check(await client.messages.create({ model: 'plain', ...asked }));
    check(await stream('plain'));
    const counted = await client.messages.countTokens({ model: 'plain', messages: SAID });
    equal(counted.input_tokens, 1);
    ok((await client.models.list()).data.length > 1);

    await fails(Anthropic.AuthenticationError, 401, stream('bad-key'));
    await fails(Anthropic.RateLimitError, 429, stream('limited'));
    await fails(Anthropic.NotFoundError, 404, stream('unknown'));
    await fails(Anthropic.InternalServerError, 500, stream('failed'));
    await fails(Anthropic.APIError, null, stream('later'));
  },

  async google(baseUrl) {
    const client = new GoogleGenAI({ apiKey: 'sk-1', httpOptions: { baseUrl } });
    const asked = (model) => ({ model, contents: 'Hi' });
    const stream = async (model) => all(await client.models.generateContentStream(asked(model)));
    const check = (answers) => {
      const parts = answers.flatMap((answer) => answer.candidates[0].content.parts);
      equal(text(parts, (part) => (part.thought ? part.text : '')), 'hm');
      equal(text(parts, (part) => (part.thought ? '' : part.text)), TEXT);
      deepEqual(parts.find((part) => part.functionCall).functionCall.args, CITY);
      equal(answers.at(-1).candidates[0].finishReason, 'STOP');
      const usage = answers.at(-1).usageMetadata;
      deepEqual([usage.candidatesTokenCount, usage.thoughtsTokenCount], [19, 1]);
    };

    check([await client.models.generateContent(asked('plain'))]);
    check(await stream('plain'));
    equal((await client.models.countTokens(asked('plain'))).totalTokens, 1);
    ok((await all(await client.models.list())).length > 1);
    equal((await stream('filtered'))[0].promptFeedback.blockReason, 'PROHIBITED_CONTENT');

    await fails(ApiError, 400, stream('bad-key'));
    await fails(ApiError, 429, stream('limited'));
    await fails(ApiError, 404, stream('unknown'));
    await fails(ApiError, 500, stream('failed'));
    await fails(ApiError, 503, stream('later'));
  },

  async ollama(host) {
    const client = new Ollama({ host });
    const ask = (model, stream) => client.chat({ model, messages: SAID, stream });
    const stream = async (model) => all(await ask(model, true));
    const check = (answers) => {
      const messages = answers.map((answer) => answer.message);
      equal(text(messages, (message) => message.thinking), 'hm');
      equal(text(messages, (message) => message.content), TEXT);
      const call = messages.find((message) => message.tool_calls).tool_calls[0];
      deepEqual(call.function.arguments, CITY);
      deepEqual([answers.at(-1).done_reason, answers.at(-1).eval_count], ['stop', 20]);
    };

    check([await ask('plain', false)]);
    check(await stream('plain'));
    equal((await client.generate({ model: 'plain' })).done_reason, 'load');
    deepEqual((await client.ps()).models.map((model) => model.name), ['plain:latest']);
    const pulled = await all(await client.pull({ model: 'new', stream: true }));
    equal(pulled.at(-1).status, 'success');
    ok((await client.list()).models.some((model) => model.name === 'new:latest'));

    // its own class of errors is not exported; no other has a status
    await fails(Error, 404, stream('unknown'));
    await fails(Error, 429, stream('limited'));
    await fails(Error, 500, stream('failed'));
    await fails(Error, null, stream('later'));
  },
};

for (const client of Object.values(clients)) await client(process.argv[2]);
