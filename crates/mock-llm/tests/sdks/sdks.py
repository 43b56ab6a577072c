"""The vendors' own clients for Python against mock-llm: `sdks.py ADDRESS`.

The models are scripted in tests/it/sdks.rs; each client must understand what they say.
"""

import sys

import anthropic
import ollama
import openai
from google import genai
from google.genai import errors, types

TEXT = "Grüße, 世界 🦀"
SAID = [{"role": "user", "content": "Hi"}]


def same(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def fails(error, code, ask):
    """Whether `ask` fails in that way; every client has the status under one of these names."""
    try:
        ask()
    except error as failed:
        statuses = [getattr(failed, name, None) for name in ("status_code", "code")]
        assert code is None or code in statuses, f"{failed!r} has the status {statuses}"
    else:
        raise AssertionError(f"no {error.__name__}")


def openai_compatible(address, key="sk-1"):
    client = openai.OpenAI(base_url=address, api_key=key, max_retries=0)
    ask = client.chat.completions.create

    message = ask(model="plain", messages=SAID)
    same(message.choices[0].message.content, TEXT)
    call = message.choices[0].message.tool_calls[0].function
    same((call.name, call.arguments), ("weather", '{"city":"Zürich"}'))
    same(message.choices[0].finish_reason, "tool_calls")
    same((message.usage.prompt_tokens, message.usage.completion_tokens), (100, 20))
    same(message.usage.prompt_tokens_details.cached_tokens, 30)

    def stream(model):
        options = {"include_usage": True}
        return list(ask(model=model, messages=SAID, stream=True, stream_options=options))

    chunks = stream("plain")
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    same("".join(delta.content or "" for delta in deltas), TEXT)
    calls = [call.function for delta in deltas for call in delta.tool_calls or []]
    same("".join(call.arguments for call in calls), '{"city":"Zürich"}')
    same(chunks[-1].usage.total_tokens, 120)
    same(len(client.models.list().data) > 1, True)

    fails(openai.AuthenticationError, 401, lambda: stream("bad-key"))
    fails(openai.RateLimitError, 429, lambda: stream("limited"))
    fails(openai.InternalServerError, 500, lambda: stream("failed"))
    fails(openai.APIError, None, lambda: stream("later"))
    return stream


def try_openai(address):
    stream = openai_compatible(f"{address}/v1")
    fails(openai.NotFoundError, 404, lambda: stream("unknown"))


def try_openrouter(address):
    stream = openai_compatible(f"{address}/api/v1")
    fails(openai.BadRequestError, 400, lambda: stream("unknown"))


def try_anthropic(address):
    client = anthropic.Anthropic(base_url=address, api_key="sk-1", max_retries=0)
    asked = {"max_tokens": 100, "messages": SAID}

    def check(message):
        thinking, text, call = message.content
        same((thinking.thinking, text.text), ("hm", TEXT))
        same(bool(thinking.signature), True)
        same((call.name, call.input), ("weather", {"city": "Zürich"}))
        same(message.stop_reason, "tool_use")
        usage = message.usage
        same((usage.input_tokens, usage.cache_read_input_tokens), (70, 30))
        same(usage.output_tokens, 20)

    def stream(model):
        with client.messages.stream(model=model, **asked) as events:
            return events.get_final_message()

    check(client.messages.create(model="plain", **asked))
    check(stream("plain"))
    same(client.messages.count_tokens(model="plain", messages=SAID).input_tokens, 1)
    same(len(client.models.list().data) > 1, True)

    fails(anthropic.AuthenticationError, 401, lambda: stream("bad-key"))
    fails(anthropic.RateLimitError, 429, lambda: stream("limited"))
    fails(anthropic.NotFoundError, 404, lambda: stream("unknown"))
    fails(anthropic.InternalServerError, 500, lambda: stream("failed"))
    fails(anthropic.APIStatusError, None, lambda: stream("later"))


def try_google(address):
    options = types.HttpOptions(base_url=address)
    client = genai.Client(api_key="sk-1", vertexai=False, http_options=options)

    def stream(model):
        return list(client.models.generate_content_stream(model=model, contents="Hi"))

    def check(answers):
        parts = [part for answer in answers for part in answer.candidates[0].content.parts]
        same("".join(part.text or "" for part in parts if part.thought), "hm")
        same("".join(part.text or "" for part in parts if not part.thought), TEXT)
        call = next(part.function_call for part in parts if part.function_call)
        same((call.name, call.args), ("weather", {"city": "Zürich"}))
        same(answers[-1].candidates[0].finish_reason, types.FinishReason.STOP)
        usage = answers[-1].usage_metadata
        same((usage.prompt_token_count, usage.cached_content_token_count), (100, 30))
        same((usage.candidates_token_count, usage.thoughts_token_count), (19, 1))

    check([client.models.generate_content(model="plain", contents="Hi")])
    check(stream("plain"))
    same(client.models.count_tokens(model="plain", contents="Hi").total_tokens, 1)
    same(len(list(client.models.list())) > 1, True)
    same(stream("filtered")[0].prompt_feedback.block_reason.value, "PROHIBITED_CONTENT")

    fails(errors.ClientError, 400, lambda: stream("bad-key"))
    fails(errors.ClientError, 429, lambda: stream("limited"))
    fails(errors.ClientError, 404, lambda: stream("unknown"))
    fails(errors.ServerError, 500, lambda: stream("failed"))
    fails(errors.APIError, 503, lambda: stream("later"))


def try_ollama(address):
    client = ollama.Client(host=address)

    def stream(model):
        return list(client.chat(model=model, messages=SAID, stream=True))

    def check(answers):
        messages = [answer.message for answer in answers]
        same("".join(message.thinking or "" for message in messages), "hm")
        same("".join(message.content or "" for message in messages), TEXT)
        call = next(message.tool_calls[0].function for message in messages if message.tool_calls)
        same((call.name, call.arguments), ("weather", {"city": "Zürich"}))
        same((answers[-1].done_reason, answers[-1].eval_count), ("stop", 20))

    check([client.chat(model="plain", messages=SAID)])
    check(stream("plain"))
    same(client.generate(model="plain").done_reason, "load")
    same([model.model for model in client.ps().models], ["plain:latest"])
    same(client.show("plain").capabilities[0], "completion")
    same([step.status for step in client.pull("new", stream=True)][-1], "success")
    same("new:latest" in [model.model for model in client.list().models], True)

    fails(ollama.ResponseError, 404, lambda: stream("unknown"))
    fails(ollama.ResponseError, 429, lambda: stream("limited"))
    fails(ollama.ResponseError, 500, lambda: stream("failed"))
    fails(ollama.ResponseError, None, lambda: stream("later"))


if __name__ == "__main__":
    for client in (try_openai, try_openrouter, try_anthropic, try_google, try_ollama):
        client(sys.argv[1])
