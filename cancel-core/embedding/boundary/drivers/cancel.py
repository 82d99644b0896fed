"""Cancels a publish: cancel-core over http.client, with the standard library alone."""

import contextlib
import http.client
import io
import socket
import threading
import time
from urllib.parse import urlsplit


def cancel(session, token, journal=lambda checkpoint: None, begin="begin", **members):
    """Begins or resumes, and returns the outcome or the error. When `journal` raises, nothing is sent."""
    began = time.time() - time.monotonic()
    now = lambda: int((began + time.monotonic()) * 1000)
    session.call(begin, now_ms=now(), **members)
    while (step := session.call("step", now_ms=now()))["step"] != "done":
        if step["step"] == "authenticate":
            session.call("token", token(step["reason"]).encode())
        elif step["step"] == "wait":
            journal(session.call("checkpoint")["checkpoint"])
            time.sleep(step["wait_ms"] / 1000)
        else:
            said = {"failure": "not_attempted"}, b""
            try:
                journal(session.call("checkpoint")["checkpoint"])
                said = {"failure": "dropped"}, b""
                seconds = (step["until_ms"] - now()) / 1000
                said = exchange(step, session.read("authorization"), session.read("body"), seconds)
            finally:
                name = "failure" if "failure" in said[0] else "response"
                session.call(name, said[1], now_ms=now(), id=step["id"], **said[0])
    return step["result"]


class Lines(io.BufferedReader):
    def readline(self, *limit):
        line = super().readline(*limit)
        if not line.endswith(b"\n"):
            raise http.client.IncompleteRead(line)
        return line


class Response(http.client.HTTPResponse):
    """One whose head has an end: http.client takes a connection that breaks for that."""
    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.fp = Lines(self.fp.detach())


def exchange(step, authorization, body, seconds):
    """Sends a request once, and returns what came of it, and its bytes. http.client repeats and follows nothing."""
    deadline, url = time.monotonic() + seconds, urlsplit(step["url"])
    client = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = client(url.hostname, url.port, timeout=seconds * 3 / 4)
    connection.response_class = Response
    try:
        connection.connect()
    except (OSError, ValueError) as error:  # The latter when no time is left.
        return {"failure": "not_sent", "why": str(error)}, b""
    # For the whole exchange: the limit of a socket begins anew with each byte.
    timer = threading.Timer(deadline - time.monotonic(), socket.socket.shutdown, (connection.sock, socket.SHUT_RDWR))
    timer.start()
    try:
        headers = {**step["headers"], "authorization": authorization, "accept-encoding": "identity"}
        connection.request(step["method"], url.path + "?" + url.query, body or None, headers)
        answer = connection.getresponse()
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.getheaders()) + "\r\n"
        said, body = {"status": answer.status, "body": "cut_off"}, b""
        with contextlib.suppress(OSError, http.client.HTTPException):  # The head counts all the same.
            body = answer.read(step["body_limit"] + 1)
            is_late = time.monotonic() >= deadline
            said["body"] = "too_large" if len(body) > step["body_limit"] else "cut_off" if is_late else "ended"
        return said, head.encode("latin-1") + body
    except (OSError, http.client.HTTPException) as error:
        return {"failure": "maybe_sent", "why": repr(error)}, b""
    finally:
        timer.cancel()
        connection.close()
