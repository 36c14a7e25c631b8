"""A provider on loopback with OpenAI's API, which records the keys of its requests."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

keys_seen = set()


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("x-request-id", "req_of_upstream")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            pass  # The daemon was killed.

    def note_key(self):
        keys_seen.add(self.headers.get("Authorization"))

    def do_GET(self):
        self.note_key()
        self.reply({"object": "list", "data": [
            {"id": "gpt-4o-mini", "object": "model", "created": 1721172741, "owned_by": "system"}]})

    def do_POST(self):
        self.note_key()
        request = self.rfile.read(int(self.headers["Content-Length"]))
        if b"refuse this" in request:
            return self.reply({"error": {"message": "no", "type": "permission_error", "code": None}}, 403)
        self.reply({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1741569952, "model": "gpt-4o-mini",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "from upstream"},
                         "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}})

    def log_message(self, *_):
        pass


def start():
    """The port it listens on."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
