"""OpenAI's SDK over the Unix socket, unchanged: openai_client.py ULTRAD"""
import asyncio, sys
import httpx2, openai
from daemon import Daemon
from upstream import Upstream

TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
ASK = [{"role": "user", "content": "Hi"}]


def check(name, isTrue, shown=""):
    print(("ok    " if isTrue else "WRONG ") + name, "" if isTrue else shown)
    check.failed += not isTrue


check.failed = 0


def chat(client):
    answer = client.chat.completions.create(model="openai/plain", messages=ASK)
    check("unary text", answer.choices[0].message.content == "Hello there", answer)
    check("unary usage", (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens,
                          answer.usage.prompt_tokens_details.cached_tokens,
                          answer.usage.completion_tokens_details.reasoning_tokens) == (11, 7, 18, 4, 3), answer.usage)
    check("request id", (answer._request_id or "").startswith("req_"), answer._request_id)
    answer = client.chat.completions.create(model="openai/thinking", messages=ASK)
    check("reasoning", answer.choices[0].message.reasoning_content == "Hm", answer)
    events = list(client.chat.completions.create(model="openai/plain", messages=ASK, stream=True))
    check("stream text", "".join(e.choices[0].delta.content or "" for e in events) == "Hello there", events)
    check("no usage unasked", all(e.usage is None for e in events), events)
    events = list(client.chat.completions.create(model="openai/plain", messages=ASK, stream=True,
                                                 stream_options={"include_usage": True}))
    check("stream usage", events[-1].usage.total_tokens == 18 and events[-1].choices == [], events[-1])
    with client.chat.completions.stream(model="openai/tools", messages=ASK, tools=TOOLS) as stream:
        final = stream.get_final_completion()
    call = final.choices[0].message.tool_calls[0]
    check("stream call", (call.id, call.function.name, call.function.arguments) == ("call_1", "weather", '{"city":"Rome"}'), call)
    answer = client.chat.completions.create(model="openai/tools", messages=ASK, tools=TOOLS, tool_choice="required")
    check("unary call", answer.choices[0].finish_reason == "tool_calls", answer)
    messages = ASK + [answer.choices[0].message, {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]
    answer = client.chat.completions.create(model="openai/plain", messages=messages, tools=TOOLS)
    check("tool loop", answer.choices[0].message.content == "Hello there", answer)
    answer = client.chat.completions.create(model="mock/echo", messages=[{"role": "user", "content": [
        {"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAEC"}}]}])
    check("image", answer.choices[0].message.content == "see", answer)


def responses(client):
    tools = [{"type": "function", "name": "weather", "parameters": TOOLS[0]["function"]["parameters"], "strict": False}]
    for model in ("plain", "thinking", "tools", "parallel"):
        whole = client.responses.create(model=f"openai/{model}", input="Hi", tools=tools, store=False)
        with client.responses.stream(model=f"openai/{model}", input="Hi", tools=tools, store=False) as stream:
            events = list(stream)
            final = stream.get_final_response()
        plain = lambda response: [{k: v for k, v in item.model_dump().items() if k not in ("id", "parsed_arguments")}
                                  for item in response.output]
        check(f"responses {model}: a stream adds up to the unary answer",
              [(i["type"], i.get("name"), i.get("arguments"), i.get("summary")) for i in plain(final)]
              == [(i["type"], i.get("name"), i.get("arguments"), i.get("summary")) for i in plain(whole)]
              and final.output_text == whole.output_text, (whole, final))
        check(f"responses {model}: numbers without gaps",
              [e.sequence_number for e in events] == list(range(len(events))), events)
        check(f"responses {model}: usage", (final.usage.total_tokens, whole.usage.input_tokens_details.cached_tokens,
                                            whole.usage.output_tokens_details.reasoning_tokens) == (18, 4, 3), whole)
    check("responses text", client.responses.create(model="openai/plain", input="Hi").output_text == "Hello there")
    answer = client.responses.create(model="openai/tools", input="Hi", tools=tools, tool_choice="required")
    call = answer.output[0]
    check("responses call", (call.type, call.call_id, call.name, call.arguments)
          == ("function_call", "call_1", "weather", '{"city":"Rome"}'), answer)
    loop = [{"role": "user", "content": "Hi"}, *answer.output,
            {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}]
    answer = client.responses.create(model="openai/plain", input=loop, tools=tools)
    check("responses tool loop", answer.output_text == "Hello there", answer)
    text = ""
    try:
        for event in client.responses.create(model="openai/cut", input="Hi", stream=True):
            if event.type == "response.output_text.delta": text += event.delta
        check("responses: a cut is no end", False, "a clean end")
    except openai.APIError as error:
        check("responses: a cut is no end", text == "Hello there" and error.code == "stream_truncated", repr(error))
    for wrong in ({"previous_response_id": "resp_1"}, {"background": True}, {"top_logprobs": 3}):
        try:
            client.responses.create(model="mock/echo", input="Hi", **wrong)
            check(f"responses refused {wrong}", False, "no error")
        except openai.BadRequestError as error:
            check(f"responses refused {wrong}", error.param == next(iter(wrong)), repr(error))
    try:
        client.completions.create(model="mock/echo", prompt="Hi")
        check("completions", False, "no error")
    except openai.BadRequestError as error:
        check("completions", "/v1/chat/completions" in str(error), repr(error))
    check("input tokens", client.responses.input_tokens.count(model="mock/echo", input="12345").input_tokens == 2)


def fails(client, model, kind, status):
    for stream in (False, True):
        try:
            client.chat.completions.create(model=model, messages=ASK, stream=stream)
            check(model, False, "no error")
        except openai.APIStatusError as error:
            check(f"{model} {status}", isinstance(error, kind) and error.status_code == status, repr(error))


def errors(client, upstream):
    try:
        client.with_options(max_retries=0).chat.completions.create(model="openai/limited", messages=ASK)
    except openai.RateLimitError as error:
        check("known wait", 1 <= int(error.response.headers["retry-after"]) <= 7
              and error.response.headers["x-should-retry"] == "true", error.response.headers)
    text = ""
    try:
        for event in client.chat.completions.create(model="openai/cut", messages=ASK, stream=True):
            text += event.choices[0].delta.content or ""
        check("a cut is no end", False, "a clean end")
    except openai.APIError as error:
        check("a cut is no end", text == "Hello there" and error.code == "stream_truncated", repr(error))
    for model, kind, status in [
            ("openai/too-long", openai.BadRequestError, 400), ("openai/filtered", openai.BadRequestError, 400),
            ("openai/failing", openai.InternalServerError, 502), ("nobody/x", openai.NotFoundError, 404),
            ("openai/overloaded", openai.InternalServerError, 503),
            # The last check, because without credit the provider is unavailable.
            ("openai/broke", openai.RateLimitError, 429)]:
        fails(client, model, kind, status)
    # The SDK retries 5xx and 429 twice by default; the daemon tells it not to.
    check("one owner of retries", upstream.calls("failing") == 2 and upstream.calls("overloaded") <= 2,
          [(m, upstream.calls(m)) for m in ("failing", "overloaded")])
    for wrong in ({"n": 2}, {"logprobs": True}, {"temperature": 9}):
        try:
            client.chat.completions.create(model="mock/echo", messages=ASK, **wrong)
            check(f"refused {wrong}", False, "no error")
        except openai.BadRequestError as error:
            check(f"refused {wrong}", error.param == next(iter(wrong)), repr(error))


def others(client):
    for encoding in (openai.NOT_GIVEN, "float", "base64"):
        answer = client.embeddings.create(model="openai/text-embedding-3-small", input=["a", "b"], encoding_format=encoding)
        vector = answer.data[1].embedding
        if encoding == "base64":
            check("packed vector", vector == "AAAAPwAAgL4AAIA/", vector)
        else:
            check(f"vector {encoding}", vector == [0.5, -0.25, 1.0] and answer.usage.prompt_tokens == 5, answer)
    ids = [model.id for model in client.models.list()]
    check("models", "openai/plain" in ids and "mock/echo" in ids, ids)
    check("one model", client.models.retrieve("openai/plain").owned_by == "openai")
    raw = client.chat.completions.with_raw_response.create(model="openai/plain", messages=ASK, user="u")
    check("warning", "user" in raw.headers["x-ultra-warning"], raw.headers)


async def many(path):
    client = openai.AsyncOpenAI(base_url="http://ultra/v1", api_key="none", http_client=httpx2.AsyncClient(
        transport=httpx2.AsyncHTTPTransport(uds=path)))
    async def one(number):
        stream = await client.chat.completions.create(
            model="mock/echo", messages=[{"role": "user", "content": f"n {number}"}], stream=True)
        return "".join([event.choices[0].delta.content or "" async for event in stream])
    texts = await asyncio.gather(*[one(number) for number in range(100)])
    check("100 streams at once", texts == [f"n {number}" for number in range(100)], texts)
    await client.close()


def connect(daemon):
    return openai.OpenAI(base_url="http://ultra/v1", api_key="sk-client", http_client=httpx2.Client(
        transport=httpx2.HTTPTransport(uds=daemon.http)))


def main():
    upstream = Upstream()
    daemon = Daemon(sys.argv[1], upstream)
    # A refused key is not used for a while.
    fails(connect(daemon), "openai/refused-key", openai.APIStatusError, 424)
    check("exit", daemon.stop() == 0)
    daemon = Daemon(sys.argv[1], upstream)
    client = connect(daemon)
    chat(client)
    others(client)
    responses(client)
    errors(client, upstream)
    asyncio.run(many(daemon.http))
    client.close()
    check("exit", daemon.stop() == 0)
    sys.exit(f"{check.failed} wrong" if check.failed else 0)


main()
