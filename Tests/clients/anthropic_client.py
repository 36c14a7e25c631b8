"""Anthropic's SDK over the Unix socket, unchanged: anthropic_client.py ULTRAD"""
import asyncio, sys
import anthropic, httpx2
from daemon import Daemon
from report import Checks
from upstream import Upstream

check = Checks()
TOOLS = [{"name": "weather", "input_schema": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]
ASK = {"max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}


def answers(client):
    for model in ("plain", "thinking", "tools", "parallel"):
        whole = client.messages.create(model=f"openai/{model}", tools=TOOLS, **ASK)
        with client.messages.stream(model=f"openai/{model}", tools=TOOLS, **ASK) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
        check(f"{model}: a stream adds up to the unary answer",
              [b.model_dump(exclude={"signature"}) for b in final.content]
              == [b.model_dump(exclude={"signature"}) for b in whole.content]
              and final.stop_reason == whole.stop_reason, (whole, final))
        check(f"{model}: usage", final.usage.output_tokens == whole.usage.output_tokens == 7
              and whole.usage.input_tokens == 7 and whole.usage.cache_read_input_tokens == 4, (whole.usage, final.usage))
        check(f"{model}: text", text == ("" if model in ("tools", "parallel") else "Hello there"), text)
        check(f"{model}: request id", (whole._request_id or "").startswith("req_"), whole._request_id)
    whole = client.messages.create(model="openai/thinking", **ASK)
    check("thinking", whole.content[0].thinking == "Hm", whole)
    whole = client.messages.create(model="openai/tools", tools=TOOLS, tool_choice={"type": "any"}, **ASK)
    call = whole.content[0]
    check("a call", (call.type, call.id, call.name, call.input, whole.stop_reason)
          == ("tool_use", "call_1", "weather", {"city": "Rome"}, "tool_use"), whole)
    loop = ASK["messages"] + [{"role": "assistant", "content": whole.content},
                              {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}]}]
    answer = client.messages.create(model="openai/plain", max_tokens=9, messages=loop, tools=TOOLS)
    check("tool loop", answer.content[0].text == "Hello there", answer)
    with client.messages.stream(model="openai/parallel", tools=TOOLS, **ASK) as stream:
        final = stream.get_final_message()
    check("parallel calls", [b.input for b in final.content] == [{"city": "Rome"}, {"city": "Oslo"}], final)
    answer = client.messages.create(model="mock/echo", max_tokens=9, messages=[{"role": "user", "content": [
        {"type": "text", "text": "see"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAEC"}}]}])
    check("image", answer.content[0].text == "see", answer)
    answer = client.beta.messages.create(model="mock/echo", betas=["something-2026-01-01"], **ASK)
    check("beta client", answer.content[0].text == "Hi", answer)
    check("count", client.messages.count_tokens(model="mock/echo", messages=ASK["messages"]).input_tokens == 1)
    ids = [model.id for model in client.models.list(limit=2)]
    check("models by page", len(ids) == len(set(ids)) > 4 and "openai/plain" in ids, ids)
    check("one model", client.models.retrieve("openai/plain").id == "openai/plain")


def errors(client, upstream):
    check.raises("known wait", anthropic.RateLimitError,
                 lambda: client.with_options(max_retries=0).messages.create(model="openai/limited", **ASK),
                 lambda e: 1 <= int(e.response.headers["retry-after"]) <= 7)
    def cut():
        with client.messages.stream(model="openai/cut", **ASK) as stream: return stream.get_final_message()
    check.raises("a cut is no end", anthropic.APIStatusError, cut, lambda e: "api_error" in str(e.body))
    for model, kind, status in [
            ("openai/too-long", anthropic.BadRequestError, 400), ("openai/filtered", anthropic.BadRequestError, 400),
            ("openai/failing", anthropic.InternalServerError, 502), ("nobody/x", anthropic.NotFoundError, 404),
            ("openai/overloaded", anthropic.InternalServerError, 529), ("openai/broke", anthropic.RateLimitError, 429)]:
        for stream in (False, True):
            check.raises(f"{model} {status}", kind,
                         lambda: client.messages.create(model=model, stream=stream, **ASK),
                         lambda e: e.status_code == status and e.request_id.startswith("req_"))
    check("one owner of retries", upstream.calls("failing") == 2 and upstream.calls("overloaded") <= 2,
          [(m, upstream.calls(m)) for m in ("failing", "overloaded")])
    check.raises("refused", anthropic.BadRequestError,
                 lambda: client.messages.create(model="mock/echo", extra_body={"container": "c"}, **ASK))


async def many(path):
    client = anthropic.AsyncAnthropic(base_url="http://ultra", api_key="none", http_client=httpx2.AsyncClient(
        transport=httpx2.AsyncHTTPTransport(uds=path)))
    async def one(number):
        async with client.messages.stream(model="mock/echo", max_tokens=9,
                                          messages=[{"role": "user", "content": f"n {number}"}]) as stream:
            return "".join([text async for text in stream.text_stream])
    texts = await asyncio.gather(*[one(number) for number in range(100)])
    check("100 streams at once", texts == [f"n {number}" for number in range(100)], texts)
    await client.close()


def main():
    upstream = Upstream()
    daemon = Daemon(sys.argv[1], upstream)
    client = anthropic.Anthropic(base_url="http://ultra", api_key="sk-client", http_client=httpx2.Client(
        transport=httpx2.HTTPTransport(uds=daemon.http)))
    answers(client)
    asyncio.run(many(daemon.http))
    errors(client, upstream)
    client.close()
    check("exit", daemon.stop() == 0)
    check.end()


main()
