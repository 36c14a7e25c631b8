"""A provider with OpenAI's API, whose behaviour is selected by the model's name."""
import http.server, json, threading, time


def chunk(delta, finish=None):
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18,
         "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 3}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}
ERRORS = {
    "refused-key": (401, {"message": "Incorrect API key provided", "code": "invalid_api_key"}),
    "too-long": (400, {"message": "This model's maximum context length is 9 tokens.", "code": "context_length_exceeded"}),
    "filtered": (400, {"message": "flagged", "code": "content_filter"}),
    "limited": (429, {"message": "slow down", "code": "rate_limit_exceeded"}),
    "broke": (429, {"message": "no money", "code": "insufficient_quota"}),
    "overloaded": (503, {"message": "busy"}),
    "failing": (500, {"message": "oops"}),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_): pass

    def reply(self, status, value, **fields):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in fields.items(): self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        names = ["plain", "tools", "parallel", "thinking", "cut", "slow", "text-embedding-3-small", *ERRORS]
        self.reply(200, {"object": "list", "data": [{"id": n, "object": "model"} for n in names]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, body))
        model = body["model"]
        if self.path.endswith("/embeddings"):
            data = [{"object": "embedding", "index": i, "embedding": [0.5, -0.25, i]} for i, _ in enumerate(body["input"])]
            return self.reply(200, {"object": "list", "data": data, "model": model,
                                    "usage": {"prompt_tokens": 5, "total_tokens": 5}})
        if model in ERRORS:
            status, error = ERRORS[model]
            return self.reply(status, {"error": error}, **({"retry_after": "7"} if model == "limited" else {}))
        if model == "slow": time.sleep(0.3)
        if body.get("stream"): return self.stream(model)
        message = {"role": "assistant", "content": "Hello there"}
        finish = "stop"
        if model == "tools": message, finish = {"role": "assistant", "content": None, "tool_calls": [CALL]}, "tool_calls"
        if model == "parallel":
            calls = [{**CALL, "id": f"call_{i}", "function": {"name": "weather", "arguments": f'{{"city":"{c}"}}'}}
                     for i, c in enumerate(["Rome", "Oslo"])]
            message, finish = {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls"
        if model == "thinking": message["reasoning_content"] = "Hm"
        self.reply(200, {"id": "c", "object": "chat.completion", "created": 1, "model": model, "usage": USAGE,
                         "choices": [{"index": 0, "message": message, "finish_reason": finish}]})

    def stream(self, model):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        events = [chunk({"role": "assistant", "content": ""})]
        if model == "thinking": events.append(chunk({"reasoning_content": "Hm"}))
        if model == "tools":
            events += [chunk({"tool_calls": [{"index": 0, **CALL, "function": {"name": "weather", "arguments": ""}}]}),
                       chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]}),
                       chunk({"tool_calls": [{"index": 0, "function": {"arguments": '"Rome"}'}}]}), chunk({}, "tool_calls")]
        elif model == "parallel":
            for index, city in enumerate(["Rome", "Oslo"]):
                call = {"id": f"call_{index}", "type": "function", "function": {"name": "weather", "arguments": ""}}
                events.append(chunk({"tool_calls": [{"index": index, **call}]}))
            # The pieces of the calls alternate.
            for piece in range(2):
                for index, city in enumerate(["Rome", "Oslo"]):
                    text = ['{"city":', f'"{city}"}}'][piece]
                    events.append(chunk({"tool_calls": [{"index": index, "function": {"arguments": text}}]}))
            events.append(chunk({}, "tool_calls"))
        else:
            events += [chunk({"content": "Hello"}), chunk({"content": " there"})]
            if model == "cut": events.append(None)
            events.append(chunk({}, "stop"))
        events.append({"id": "c", "choices": [], "usage": USAGE})
        for event in events:
            if event is None: return
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")


class Upstream(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self): return f"http://127.0.0.1:{self.server_port}/v1"

    def calls(self, model): return sum(1 for _, body in self.requests if body["model"] == model)
