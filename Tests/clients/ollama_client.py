"""Ollama's SDK over the Unix socket, unchanged: ollama_client.py ULTRAD"""
import asyncio, sys
import httpx, ollama
from daemon import Daemon
from report import Checks
from upstream import Upstream

check = Checks()
ASK = [{"role": "user", "content": "Hi"}]


def weather(city: str) -> str:
    """The weather.

    Args:
      city: where
    """
    return "sunny"


def answers(client):
    answer = client.chat("openai/plain", messages=ASK)
    check("unary", (answer.message.content, answer.done, answer.done_reason, answer.model)
          == ("Hello there", True, "stop", "openai/plain"), answer)
    check("counts", (answer.prompt_eval_count, answer.eval_count) == (11, 7) and answer.total_duration > 0, answer)
    parts = list(client.chat("openai/plain", messages=ASK, stream=True))
    check("stream", "".join(p.message.content for p in parts) == "Hello there" and parts[-1].eval_count == 7
          and [p.done for p in parts] == [False, False, True], parts)
    answer = client.chat("openai/thinking", messages=ASK, think=True)
    check("thinking", (answer.message.thinking, answer.message.content) == ("Hm", "Hello there"), answer)
    parts = list(client.chat("openai/thinking", messages=ASK, think=True, stream=True))
    check("thinking in a stream", "".join(p.message.thinking or "" for p in parts) == "Hm", parts)
    answer = client.chat("openai/tools", messages=ASK, tools=[weather])
    call = answer.message.tool_calls[0].function
    check("a call", (call.name, call.arguments) == ("weather", {"city": "Rome"}), answer)
    parts = list(client.chat("openai/parallel", messages=ASK, tools=[weather], stream=True))
    calls = [c.function.arguments for p in parts for c in p.message.tool_calls or []]
    check("parallel calls in a stream", calls == [{"city": "Rome"}, {"city": "Oslo"}], parts)
    loop = ASK + [answer.message, {"role": "tool", "content": "sunny", "tool_name": "weather"}]
    check("tool loop", client.chat("openai/plain", messages=loop, tools=[weather]).message.content == "Hello there")
    answer = client.chat("mock/echo", messages=[{"role": "user", "content": "see", "images": [b"\x89PNG\r\n\x1a\n\0\0\0\0"]}])
    check("image", answer.message.content == "see", answer)
    answer = client.chat("openai/plain", messages=ASK, format={"type": "object"}, options={"num_predict": 9, "num_ctx": 8192})
    check("format and options", answer.message.content == "Hello there", answer)
    answer = client.generate("openai/plain", prompt="Hi", system="S")
    check("generate", answer.response == "Hello there" and answer.done, answer)
    parts = list(client.generate("openai/plain", prompt="Hi", stream=True))
    check("generate in a stream", "".join(p.response for p in parts) == "Hello there", parts)
    check("load", client.generate("openai/plain").done_reason == "load")
    check("unload", client.generate("openai/plain", keep_alive=0).done_reason == "unload")
    check("latest", client.chat("mock/echo:latest", messages=ASK).model == "mock/echo:latest")


def others(client):
    answer = client.embed("openai/text-embedding-3-small", input=["a", "b"])
    check("embed", answer.embeddings[1] == [0.5, -0.25, 1.0] and answer.prompt_eval_count == 5, answer)
    check("embeddings", client.embeddings("openai/text-embedding-3-small", prompt="a").embedding == [0.5, -0.25, 0.0])
    models = client.list().models
    check("list", {"openai/plain", "mock/echo"} <= {m.model for m in models}
          and all(m.size == 0 and len(m.digest) == 64 and m.details.family for m in models), models)
    shown = client.show("openai/plain")
    check("show", "completion" in shown.capabilities and shown.modelinfo["general.architecture"] == "ultra", shown)
    check("ps", client.ps().models == [])
    check("pull", client.pull("openai/plain").status == "success")


def errors(client):
    check.raises("pull of another", ollama.ResponseError, lambda: client.pull("nobody/x"),
                 lambda e: e.status_code == 404 and "ollama pull" in e.error)
    check.raises("copy", ollama.ResponseError, lambda: client.copy("a", "b"), lambda e: e.status_code == 501)
    check.raises("a cut is no end", ollama.ResponseError,
                 lambda: list(client.chat("openai/cut", messages=ASK, stream=True)))
    for model, status in [("openai/too-long", 400), ("openai/filtered", 400), ("openai/failing", 502),
                          ("nobody/x", 404), ("openai/overloaded", 503), ("openai/broke", 429)]:
        for stream in (False, True):
            check.raises(f"{model} {status}", ollama.ResponseError,
                         lambda: list(client.chat(model, messages=ASK, stream=stream)),
                         lambda e: e.status_code == status and e.error and not e.error.startswith("{"))


async def many(path):
    client = ollama.AsyncClient(host="http://ultra", transport=httpx.AsyncHTTPTransport(uds=path))
    async def one(number):
        stream = await client.chat("mock/echo", messages=[{"role": "user", "content": f"n {number}"}], stream=True)
        return "".join([part.message.content async for part in stream])
    texts = await asyncio.gather(*[one(number) for number in range(100)])
    check("100 streams at once", texts == [f"n {number}" for number in range(100)], texts)


def main():
    upstream = Upstream()
    daemon = Daemon(sys.argv[1], upstream)
    client = ollama.Client(host="http://ultra", transport=httpx.HTTPTransport(uds=daemon.http))
    answers(client)
    others(client)
    asyncio.run(many(daemon.http))
    errors(client)
    check("exit", daemon.stop() == 0)
    check.end()


main()
