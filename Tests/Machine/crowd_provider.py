"""A provider on loopback for attacks, in a process of its own: prints its port. What it answers goes by the model asked:
slow (after a second), flood (a stream of 40 MB), long (30 MB in one document), large-… (15 MB, of many of a thing); of others
it knows nothing."""

import asyncio
import json

MODELS = ("slow", "flood", "long")
SIZE = 15_000_000
PIECE = b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": "b" * 60_000}}]}).encode() + b"\n\n"


def call(number):
    return {"index": number, "id": f"c{number}", "function": {"name": "f", "arguments": '{"a":"' + "x" * 14_000 + '"}'}}


def message(**fields):
    return json.dumps({"choices": [{"index": 0, "message": fields, "finish_reason": "stop"}]}).encode()


def delta(**fields):
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": fields}]}).encode() + b"\n\n"


END = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
#: Status, type and body by name; made when asked for.
LARGE = {
    "text": lambda: (200, message(content="word " * (SIZE // 5))),
    "escapes": lambda: (200, message(content="TEXT").replace(b"TEXT", b"\\u00e9" * (SIZE // 6))),
    "marks": lambda: (200, message(content="TEXT").replace(b"TEXT", "\u0301".encode() * (SIZE // 2))),
    "calls": lambda: (200, message(tool_calls=[call(number) for number in range(1000)])),
    "values": lambda: (200, b'{"x":[%s],%s' % (b",".join([b"1"] * (SIZE // 2)), message(content="x")[1:])),
    "event": lambda: (200, delta(content="word " * (SIZE // 5)) + END),
    "events": lambda: (200, delta(content="word ") * (SIZE // 80) + END),
    "reasoning": lambda: (200, message(content="x", reasoning_content="word " * (SIZE // 5))),
    "error": lambda: (400, json.dumps({"error": {"message": "no " * (SIZE // 3)}}).encode()),
    "vectors": lambda: (200, json.dumps({"data": [
        {"index": number, "embedding": [0.123456789] * 1536} for number in range(SIZE // 20_000)]}).encode()),
}


def answer(text):
    return json.dumps({
        "id": "x", "object": "chat.completion", "model": "slow", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}).encode()


def head(status, length):
    return b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, length)


async def respond(method, body, writer):
    if method == b"GET":
        text = json.dumps({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]}).encode()
        writer.write(head(200, len(text)) + text)
    elif b'"flood"' in body[:400] or b'"flood"' in body[-400:]:
        writer.write(b"HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for _ in range(700):
            writer.write(PIECE)
            await writer.drain()
        writer.close()
    elif b'"long"' in body[:400] or b'"long"' in body[-400:]:
        text = answer("z" * 30_000_000)
        writer.write(head(200, len(text)) + text)
    elif b'"slow"' in body[:400] or b'"slow"' in body[-400:]:
        await asyncio.sleep(1)
        text = answer("from the crowd's provider")
        writer.write(head(200, len(text)) + text)
    elif b'"large-' in body[:400]:
        status, text = LARGE[body.split(b'"large-', 1)[1].split(b'"', 1)[0].decode()]()
        kind = b"text/event-stream" if text.startswith(b"data:") else b"application/json"
        writer.write(head(status, len(text)).replace(b"application/json", kind) + text)
    else:
        text = b'{"error":{"message":"The model does not exist","code":"model_not_found","type":"invalid_request_error"}}'
        writer.write(head(404, len(text)) + text)
    await writer.drain()


async def serve(reader, writer):
    try:
        while line := await reader.readline():
            length = 0
            while (field := await reader.readline()) not in (b"\r\n", b""):
                name, _, value = field.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            await respond(line.split(b" ")[0], await reader.readexactly(length), writer)
    except (ConnectionError, asyncio.IncompleteReadError, ValueError):
        pass  # The daemon gave up.
    finally:
        writer.close()


async def run():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(run())
