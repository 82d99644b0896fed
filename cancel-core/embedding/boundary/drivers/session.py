"""A session of the boundary, by ctypes."""

import ctypes
import json


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

    def close(self):
        self.library.cancel_close(self.handle)
