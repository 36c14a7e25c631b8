"""A minimal client of the protocol, and a load generator made of it."""

import asyncio
import json
import struct

SOCKET = "/run/ultrad/ultrad.sock"
TERMINAL = ("result", "done", "error")


class Connection:
    """One connection, which numbers its requests in the order of sending."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.last = 0
        self.leaving = False

    @classmethod
    async def open(cls, path=SOCKET):
        return cls(*await asyncio.open_unix_connection(path))

    def send(self, op, **fields):
        self.last += 1
        body = json.dumps({"id": self.last, "op": op, **fields}).encode()
        self.writer.write(struct.pack(">I", len(body)) + body)
        return self.last

    async def frame(self):
        """The next frame; None at the end of the connection."""
        try:
            head = await self.reader.readexactly(4)
            frame = json.loads(await self.reader.readexactly(struct.unpack(">I", head)[0]))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        if frame.get("event") == "goaway":
            self.leaving = True
        return frame

    async def answer(self, op, **fields):
        """Sends a request and returns its terminal frame and the text that came before; frame None: unanswered."""
        number = self.send(op, **fields)
        text = []
        while (frame := await self.frame()) is not None:
            if frame["id"] == number and frame["event"] in TERMINAL:
                return frame, "".join(text)
            text.append(frame.get("text", "") if frame["event"] == "delta" else "")
        return None, "".join(text)

    def close(self):
        self.writer.close()


def ask(op, path=SOCKET, **fields):
    """One request on a connection of its own."""

    async def run():
        connection = await Connection.open(path)
        frame, _ = await connection.answer(op, **fields)
        connection.close()
        return frame

    return asyncio.run(run())


class Load:
    """Workers that send requests to the echo without end, a few on each connection."""

    def __init__(self, workers=32):
        self.workers = workers
        self.answered = self.refused = self.unanswered = self.unconnected = self.slowest = 0
        self.wrong = []
        self.ending = False

    async def worker(self, number):
        clock = asyncio.get_running_loop().time
        while not self.ending:
            try:
                connection = await Connection.open()
            except OSError as error:
                self.unconnected += 1
                self.wrong.append(error)
                await asyncio.sleep(0.01)
                continue
            for turn in range(20):
                if self.ending or connection.leaving:
                    break
                begin = clock()
                text = f"{number} {turn}"
                frame, _ = await connection.answer(
                    "generate", model="mock/echo", prompt=text,
                    provider_options={"mock": {"first_token_ms": 20}})
                self.slowest = max(self.slowest, clock() - begin)
                if frame is None:
                    # A request sent before the goaway arrived may stay unanswered.
                    self.unanswered += 1
                    break
                elif frame["event"] == "error" and frame["error"]["code"] == "shutting_down":
                    self.refused += 1
                    break
                elif frame.get("text") == text:
                    self.answered += 1
                else:
                    self.wrong.append(frame)
            connection.close()

    async def during(self, action):
        """Runs the action, a coroutine, while the workers ask."""
        tasks = [asyncio.create_task(self.worker(number)) for number in range(self.workers)]
        await asyncio.sleep(0.3)
        result = await action
        before = self.answered
        # The new daemon answers clients that wait for it.
        for _ in range(1000):
            if self.answered > before + self.workers:
                break
            await asyncio.sleep(0.01)
        self.ending = True
        await asyncio.gather(*tasks)
        return result

    def summary(self):
        return (
            f"{self.answered} answered, {self.refused} told to ask again, {self.unanswered} unanswered, "
            f"{self.unconnected} not connected, slowest {self.slowest:.2f} s")


async def stream(connection, words, delay_ms):
    """Requests a stream of the mock's fixed text; returns its terminal frame and its text."""
    return await connection.answer(
        "stream", model="mock/lorem", prompt="x", max_tokens=words,
        provider_options={"mock": {"delay_ms": delay_ms}})


async def during_streams(count, words, delay_ms, action):
    """Runs the action when all streams have begun; returns the outcome of each stream and of the action."""
    connections = [await Connection.open() for _ in range(count)]
    tasks = [asyncio.create_task(stream(connection, words, delay_ms)) for connection in connections]
    await asyncio.sleep(0.2)
    outcome = await action
    unfinished = sum(not task.done() for task in tasks)
    results = await asyncio.gather(*tasks)
    for connection in connections:
        connection.close()
    return results, outcome, unfinished
