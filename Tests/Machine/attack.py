"""One client that takes what it can get, for so many seconds: attack.py NAME SECONDS. It says "begun" once it is under way.

Every attack is what an ordinary member of the group may send. Whatever the daemon answers, it is sent again.
"""

import json
import selectors
import socket
import struct
import sys
import time

SOCKET = "/run/ultrad/ultrad.sock"
MIB = 1 << 20


def frame(number, op, **fields):
    body = json.dumps({"id": number, "op": op, **fields}).encode()
    return struct.pack(">I", len(body)) + body


class Sender:
    """A connection that repeats the same bytes without end, and reads the answers or not."""

    def __init__(self, make, reads=True, once=False):
        self.make, self.reads, self.once = make, reads, once
        self.socket = None
        self.turn = 0
        self.open()

    def open(self):
        if self.socket:
            self.socket.close()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.setblocking(False)
        self.turn += 1
        self.left = memoryview(self.make(self.turn))
        try:
            self.socket.connect(SOCKET)
        except OSError:
            self.left = memoryview(b"")  # The backlog is full, or the socket is closed: retried at the next call.

    def step(self):
        """Sends as much as possible; returns True if any byte was sent."""
        try:
            if self.reads:
                while chunk := self.socket.recv(MIB):
                    if len(chunk) < MIB:
                        break
                else:
                    raise ConnectionError
        except BlockingIOError:
            pass
        except OSError:
            self.open()
            return False
        if not self.left and not self.once:
            self.turn += 1
            self.left = memoryview(self.make(self.turn))
        if not self.left:
            return False
        try:
            sent = self.socket.send(self.left)
        except BlockingIOError:
            return False
        except OSError:
            self.open()
            return False
        self.left = self.left[sent:]
        return True


def crowd(count, make, seconds, **more):
    """Runs `count` senders until the time is over."""
    senders = [Sender(make, **more) for _ in range(count)]
    end = time.monotonic() + seconds
    print("begun", flush=True)
    while time.monotonic() < end:
        if not any([sender.step() for sender in senders]):
            wait(senders)


def wait(senders):
    """Waits until one of the senders can go on, for a moment at most."""
    with selectors.DefaultSelector() as selector:
        for sender in senders:
            events = selectors.EVENT_READ if sender.reads else 0
            if sender.left:
                events |= selectors.EVENT_WRITE
            if events:
                selector.register(sender.socket, events)
        if selector.get_map():
            selector.select(0.05)
        else:
            time.sleep(0.05)


def prompt(text, **more):
    return lambda turn: frame(turn, "generate", model="crowd/slow", prompt=text, **more)


# MARK: - Memory


def partial_frames(seconds):
    whole = struct.pack(">I", 16 * MIB) + b'{"id":1,"op":"ping","x":"' + b"a" * (15 * MIB)
    crowd(24, lambda turn: whole, seconds, once=True)


def large_prompts(seconds):
    crowd(12, prompt("a" * 15_000_000), seconds)


def queued_requests(seconds):
    crowd(1, prompt("a" * 50_000), seconds)


def unread_streams(seconds):
    stream = frame(1, "stream", model="crowd/flood", prompt="x")
    crowd(300, lambda turn: stream, seconds, reads=False, once=True)


def long_answers(seconds):
    crowd(16, lambda turn: frame(turn, "generate", model="crowd/long", prompt="x"), seconds)


# MARK: - Everything else


def definitions(count):
    return {
        "type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}},
        "$defs": {f"d{i}": {"properties": {"a": {"$ref": f"#/$defs/d{i + 1}"}}} for i in range(count)}}


def recursive_schemas(seconds):
    for_one = {"name": "a", "schema": definitions(1200)}
    crowd(2, prompt("x", response_format=for_one), seconds)


def tool_results(seconds, count=4000):
    calls = [{"id": f"c{i}", "name": f"f{i}", "arguments": "{}"} for i in range(count)]
    results = [{"role": "tool", "tool_call_id": f"c{count - 1 - i}", "content": "x"} for i in range(count - 200)]
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": calls}, *results]
    request = {"model": "crowd/slow", "messages": messages}
    crowd(2, lambda turn: frame(turn, "generate", **request), seconds)


def many_values(seconds):
    members = ",".join(f'"m{i}":1' for i in range(1_500_000))
    def make(turn):
        body = b'{"id":%d,"op":"ping","x":{%s}}' % (turn, members.encode())
        return struct.pack(">I", len(body)) + body
    crowd(2, make, seconds)


def long_names(seconds):
    crowd(4, lambda turn: frame(turn, "generate", model=f"crowd/{turn}" + "n" * MIB, prompt="x"), seconds)


def made_up_names(seconds):
    crowd(4, lambda turn: frame(turn, "generate", model=f"crowd/made-up-{turn}", prompt="x", tags=[f"t{turn}"]), seconds)


def fallbacks(seconds):
    crowd(4, prompt("x", fallback=[f"crowd/a{i}" for i in range(16)]), seconds)


def full_queue(seconds):
    crowd(40, prompt("x"), seconds)


def probes(seconds):
    crowd(8, lambda turn: frame(turn, "probe", provider="crowd"), seconds)


def usage_queries(seconds):
    keys = ["tag", "hour", "model", "program"]
    crowd(4, lambda turn: frame(turn, "usage", since="90d", group_by=keys), seconds)


def subscriptions(seconds):
    crowd(40, lambda turn: frame(turn, "subscribe"), seconds, reads=False)


def lists_of_models(seconds):
    crowd(8, lambda turn: frame(turn, "models"), seconds, reads=False)


def connections(seconds):
    end = time.monotonic() + seconds
    print("begun", flush=True)
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(1)
            try:
                one.connect(SOCKET)
            except OSError:
                pass


MEMORY = [partial_frames, large_prompts, queued_requests, unread_streams, long_answers]
OTHERS = [
    recursive_schemas, tool_results, many_values, long_names, made_up_names, fallbacks, full_queue, probes, usage_queries,
    subscriptions, lists_of_models, connections]

if __name__ == "__main__":
    {attack.__name__: attack for attack in MEMORY + OTHERS}[sys.argv[1]](float(sys.argv[2]))
