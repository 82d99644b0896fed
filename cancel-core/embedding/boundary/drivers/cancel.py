"""Cancels a publish: cancel-core over http.client, with the standard library alone."""

import contextlib, ctypes, http.client, json, socket, threading, time
from urllib.parse import urlsplit


class Session:
    def __init__(self, library):
        self.library = ctypes.CDLL(library)
        self.handle = self.library.cancel_open()

    def call(self, name, data=b"", **members):
        text, size = json.dumps({"call": name, **members}).encode(), ctypes.c_size_t
        self.library.cancel_call(self.handle, text, size(len(text)), data, size(len(data)))
        answer = json.loads(self.read("answer") or b'{"refused": "the session is closed"}')
        if "refused" in answer:
            raise ValueError(answer["refused"])
        return answer

    def read(self, what):
        copy, size = self.library[f"cancel_{what}"], ctypes.c_size_t
        into = ctypes.create_string_buffer(copy(self.handle, None, size(0)))
        copy(self.handle, into, size(len(into)))
        return into.raw

    def cancel(self, token, journal=lambda checkpoint: None, begin="begin", **members):
        """Begins or resumes, and returns the outcome or the error. When `journal` raises, nothing is sent."""
        began = time.time() - time.monotonic()
        now = lambda: int((began + time.monotonic()) * 1000)
        self.call(begin, now_ms=now(), **members)
        while (step := self.call("step", now_ms=now()))["step"] != "done":
            if step["step"] == "authenticate":
                self.call("token", token(step["reason"]).encode())
            elif step["step"] == "wait":
                journal(self.call("checkpoint")["checkpoint"])
                time.sleep(max(0, step["until_ms"] - now()) / 1000)
            else:
                said = {"failure": "not_attempted"}, b""
                try:
                    journal(self.call("checkpoint")["checkpoint"])
                    said = {"failure": "dropped"}, b""
                    seconds = (step["until_ms"] - now()) / 1000
                    said = exchange(step, self.read("authorization"), self.read("body"), seconds)
                finally:
                    name = "failure" if "failure" in said[0] else "response"
                    self.call(name, said[1], now_ms=now(), id=step["id"], **said[0])
        return step["result"]


def exchange(step, authorization, body, seconds):
    """Sends a request once, and returns what came of it, and its bytes. http.client repeats and follows nothing."""
    deadline, url = time.monotonic() + seconds, urlsplit(step["url"])
    client = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = client(url.hostname, url.port, timeout=seconds * 3 / 4)
    try:
        connection.connect()
    except (OSError, ValueError) as error:  # The latter when no time is left.
        return {"failure": "not_sent", "why": str(error)}, b""
    # For the whole exchange: the limit of a socket begins anew with each byte.
    timer = threading.Timer(deadline - time.monotonic(), socket.socket.shutdown, (connection.sock, socket.SHUT_RDWR))
    timer.start()
    try:
        connection.putrequest(step["method"], url.path + "?" + url.query, skip_accept_encoding=True)
        for name, value in {**step["headers"], "authorization": authorization}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.getheaders()) + "\r\n"
        said, body = {"status": answer.status, "body": "cut_off"}, b""
        with contextlib.suppress(OSError, http.client.HTTPException):  # The head counts all the same.
            body = answer.read(step["body_limit"] + 1)
            is_whole = not answer.length and time.monotonic() < deadline
            said["body"] = "too_large" if len(body) > step["body_limit"] else "complete" if is_whole else "cut_off"
        return said, head.encode("latin-1") + body
    except (OSError, http.client.HTTPException) as error:
        return {"failure": "maybe_sent", "why": repr(error)}, b""
    finally:
        timer.cancel()
        connection.close()
