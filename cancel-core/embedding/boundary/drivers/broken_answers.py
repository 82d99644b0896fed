"""What a driver makes of answers that break, drip or do not end: `broken_answers.py COMMAND…` starts the driver as the
program `conversations` does. A head that is not whole is no answer; a whole head counts, whatever becomes of its body."""

import json
import socket
import subprocess
import sys
import threading
import time

LOCATION = b"Location: /api/operations/contoso$contoso-offer$2$preview\r\n"
ACCEPTED = b"HTTP/1.1 202 Accepted\r\n" + LOCATION

NO_ANSWER, ANSWER = "ambiguous", "accepted"
# What is sent at once, what then drips (or, where that is long, floods), and what must come of it.
CASES = {
    "nothing at all": (b"", b"", NO_ANSWER),
    "a head that breaks within a line": (ACCEPTED + b"Content-Length: 0\r\nX: a", None, NO_ANSWER),
    "a head that breaks between lines": (ACCEPTED + b"Content-Length: 0\r\n", None, NO_ANSWER),
    "a head without an end": (ACCEPTED + b"X: ", b"a", NO_ANSWER),
    "no HTTP": (b"SSH-2.0-x\r\n\r\n", None, NO_ANSWER),
    "an empty body that nothing ends": (b"HTTP/1.1 200 OK\r\n\r\n", None, NO_ANSWER),
    "a page that breaks after a blank line": (b"HTTP/1.1 200 OK\r\n\r\n\r\n", None, NO_ANSWER),
    "a page that breaks after a number": (b"HTTP/1.1 200 OK\r\n\r\n12 ", None, NO_ANSWER),
    "a body that breaks": (ACCEPTED + b"Content-Length: 9\r\n\r\n1", None, ANSWER),
    "a body that drips": (ACCEPTED + b"Content-Length: 9999\r\n\r\n", b"a", ANSWER),
    "a body without an end": (ACCEPTED + b"\r\n", b"a" * 65536, ANSWER),
}


def answer(connection, at_once, then):
    try:
        connection.recv(65536)
        connection.sendall(at_once)
        while then is not None:
            connection.sendall(then)
            time.sleep(0.05 if len(then) < 2 else 0)
    except OSError:
        pass
    connection.close()


def serve(at_once, then):
    def loop():
        while True:
            arguments = listener.accept()[0], at_once, then
            threading.Thread(target=answer, args=arguments, daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=loop, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


driver = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
# A driver that hangs is a failure too.
watchdog = threading.Timer(60, driver.kill)
watchdog.daemon = True
watchdog.start()
policy = {"until": "accepted", "attempt_timeout_ms": 1000, "deadline_ms": 20000, "body_limit": 1000}
for name, (at_once, then, expected) in CASES.items():
    scenario = {
        "endpoint": serve(at_once, then),
        "request": {"publisher": "contoso", "offer": "contoso-offer"},
        "policy": policy,
        "token": "the-first-token",
        "fresh_token": "the-fresh-token",
    }
    began = time.monotonic()
    print(json.dumps(scenario), file=driver.stdin, flush=True)
    result = json.loads(driver.stdout.readline())
    kind = result.get("error", {}).get("kind", result["outcome"])
    assert kind == expected, f"{name}: {result}"
    assert (expected == ANSWER) == ("location" in result), f"{name}: {result}"
    assert time.monotonic() - began < 10, f"{name}: the limit of an exchange was not kept"
driver.stdin.close()
print(f"{len(CASES)} broken answers, and each was taken for what it is")
