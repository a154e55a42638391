"""An OpenAI-compatible server on 127.0.0.1 that says what it is told to: real HTTP, no network."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def claims(*triples, answerable=True):
    """A tool call's arguments."""
    written = [{"sentence": s, "passage": p, "quote": q} for s, p, q in triples]
    return {"tool": json.dumps({"answerable": answerable, "claims": written}, ensure_ascii=False)}


class Speaker:
    """`replies` holds one entry a request, or is a function of the request's body.

    An entry is {"tool": arguments} or {"text": …}; with "status" an HTTP error; with "cut" the
    connection breaks after that many characters; with "wait" seconds pass before each piece.
    """

    def __init__(self, replies):
        self.requests = []
        self.keys = []
        self._replies = replies
        self._lock = threading.Lock()

    def next(self, body):
        with self._lock:
            self.requests.append(body)
            if callable(self._replies):
                return self._replies(body)
            return self._replies[min(len(self.requests), len(self._replies)) - 1]


@contextlib.contextmanager
def speak(replies):
    """A Speaker and the URL it answers at."""
    speaker = Speaker(replies)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            speaker.keys.append(self.headers["Authorization"])
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                _send(self, body, speaker.next(body))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield speaker, f"http://127.0.0.1:{server.server_port}/v1#scripted"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _send(handler, body, reply):
    if status := reply.get("status"):
        told = json.dumps({"error": {"message": "no sk-secret", "type": "error"}}).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(told)))
        handler.send_header("Retry-After", "0")
        handler.end_headers()
        handler.wfile.write(told)
        return
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()
    for delta in _deltas(reply):
        time.sleep(reply.get("wait", 0))
        _put(handler, {"delta": delta, "finish_reason": None})
    if "cut" not in reply:
        _put(handler, {"delta": {}, "finish_reason": "tool_calls" if "tool" in reply else "stop"})
        handler.wfile.write(b"data: [DONE]\n\n")


def _deltas(reply):
    text = reply.get("tool", reply.get("text"))[: reply.get("cut")]
    pieces = [text[i : i + 7] for i in range(0, len(text), 7)]
    if "text" in reply:
        return [{"role": "assistant", "content": piece} for piece in pieces]
    first = {"index": 0, "id": "c1", "type": "function", "function": {"name": "answer", "arguments": ""}}
    more = [{"index": 0, "function": {"arguments": piece}} for piece in pieces]
    return [{"role": "assistant", "tool_calls": [call]} for call in (first, *more)]


def _put(handler, choice):
    chunk = {
        "id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted",
        "choices": [{"index": 0, **choice}],
    }  # fmt: skip
    handler.wfile.write(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode())
    handler.wfile.flush()
