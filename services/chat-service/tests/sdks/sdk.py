"""OpenAI's own client for Python against OmniChat: `sdk.py ADDRESS TOKEN READ_ONLY_TOKEN PROJECT`.

The models are scripted in tests/it/sdks.rs; the client must understand what OmniChat makes of what they say.
"""

import json
import sys

import openai

ADDRESS, TOKEN, READER, PROJECT = sys.argv[1:]
TEXT = "Grüße, 世界 🦀"
CITY = {"city": "Zürich"}
SAID = [{"role": "user", "content": "Hi"}]
WEATHER = {"name": "weather", "parameters": {"type": "object"}}
TOOLS = [{"type": "function", "function": WEATHER}]


def same(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def client(token=TOKEN):
    return openai.OpenAI(base_url=ADDRESS, api_key=token, max_retries=0)


def ask(model="gpt-4o-mini", messages=SAID, token=TOKEN, **more):
    return client(token).chat.completions.create(model=model, messages=messages, **more)


def stream(model="gpt-4o-mini", **more):
    return list(ask(model, stream=True, stream_options={"include_usage": True}, **more))


def fails(error, code, asking):
    try:
        asking()
    except error as failed:
        same(failed.code, code)
    else:
        raise AssertionError(f"no {error.__name__}")


def whole():
    answer = ask(temperature=0.5, max_tokens=100, stop=["END"], extra_headers={"X-Project-Id": PROJECT})
    same((answer.object, answer.model), ("chat.completion", "gpt-4o-mini"))
    same((answer.choices[0].message.role, answer.choices[0].message.content), ("assistant", TEXT))
    same(answer.choices[0].message.reasoning_content, "hm")
    same(answer.choices[0].finish_reason, "stop")
    usage = answer.usage
    same((usage.prompt_tokens, usage.completion_tokens, usage.total_tokens), (100, 20, 120))
    same(usage.prompt_tokens_details.cached_tokens, 30)


def chunks():
    answer = stream()
    same({chunk.object for chunk in answer}, {"chat.completion.chunk"})
    same(len({chunk.id for chunk in answer}), 1)
    deltas = [choice.delta for chunk in answer for choice in chunk.choices]
    same(deltas[0].role, "assistant")
    same("".join(delta.content or "" for delta in deltas), TEXT)
    same(answer[-2].choices[0].finish_reason, "stop")
    same((answer[-1].choices, answer[-1].usage.total_tokens), ([], 120))
    with client().chat.completions.stream(model="gpt-4o-mini", messages=SAID) as events:
        same(events.get_final_completion().choices[0].message.content, TEXT)


def tools():
    answer = ask("gpt-4o", tools=TOOLS, tool_choice="auto")
    same(answer.choices[0].finish_reason, "tool_calls")
    message = answer.choices[0].message
    call = message.tool_calls[0]
    same((call.type, call.function.name, json.loads(call.function.arguments)), ("function", "weather", CITY))
    sky = {"role": "tool", "tool_call_id": call.id, "content": "blue"}
    same(ask(messages=[*SAID, message, sky], tools=TOOLS).choices[0].message.content, TEXT)

    deltas = [choice.delta for chunk in stream("gpt-4o", tools=TOOLS) for choice in chunk.choices]
    calls = [call.function for delta in deltas for call in delta.tool_calls or []]
    same(calls[0].name, "weather")
    same(json.loads("".join(call.arguments for call in calls)), CITY)


def models():
    ids = [model.id for model in client().models.list()]
    same("gpt-4o-mini" in ids and "claude-haiku" in ids, True)
    same(client().models.retrieve("gpt-4o-mini").owned_by, "openai")
    fails(openai.NotFoundError, "model_not_found", lambda: client().models.retrieve("none"))


def errors():
    fails(openai.AuthenticationError, "invalid_api_key", lambda: ask(token="sk-1"))
    fails(openai.PermissionDeniedError, "insufficient_scope", lambda: ask(token=READER))
    fails(openai.NotFoundError, "model_not_found", lambda: ask("gpt-none"))
    fails(openai.BadRequestError, "invalid_value", lambda: ask(n=2))
    too_long = [{"role": "user", "content": "word " * 20_000}]
    fails(openai.BadRequestError, "context_length_exceeded", lambda: ask("gpt-4", too_long))
    fails(openai.UnprocessableEntityError, "unsupported_by_model", lambda: ask("llama3", tools=TOOLS))
    fails(openai.RateLimitError, "rate_limit_exceeded", lambda: stream("gpt-5"))
    fails(openai.InternalServerError, "provider_auth_failed", lambda: stream("gpt-5-mini"))
    fails(openai.APIError, "provider_truncated", lambda: stream("gpt-4"))


for check in (whole, chunks, tools, models, errors):
    check()
