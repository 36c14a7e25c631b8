#!/usr/bin/env python3
"""Streams one answer to standard output, with libultra and Python's standard library.

    ./generate.py "Why is the sky blue?" [MODEL]
"""

import ctypes
import json
import sys

RESULT, DONE, ERROR, DELTA = 1, 2, 3, 6  # ultra_kind

ultra = ctypes.CDLL("libultra.so.0")
ultra.ultra_connect.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_void_p)]
ultra.ultra_connection_free.argtypes = [ctypes.c_void_p]
ultra.ultra_connection_free.restype = ctypes.c_void_p
ultra.ultra_send.argtypes = [
    ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_uint64)]
ultra.ultra_next.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_void_p)]
ultra.ultra_event_kind.argtypes = [ctypes.c_void_p]
ultra.ultra_event_json.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_size_t)]
ultra.ultra_event_json.restype = ctypes.c_char_p
ultra.ultra_event_free.argtypes = [ctypes.c_void_p]
ultra.ultra_event_free.restype = ctypes.c_void_p
ultra.ultra_strerror.argtypes = [ctypes.c_int]
ultra.ultra_strerror.restype = ctypes.c_char_p


def check(result):
    """Returns the result, or raises OSError if it is negative."""
    if result < 0:
        raise OSError(ultra.ultra_strerror(result).decode())
    return result


def events(connection):
    """Yields (kind, frame) of each event up to the terminal one."""
    while True:
        event = ctypes.c_void_p()
        # The timeout lets Python handle Ctrl-C, which does not interrupt a call of the library.
        if check(ultra.ultra_next(connection, 200, ctypes.byref(event))) == 0:
            continue
        kind = ultra.ultra_event_kind(event)
        frame = json.loads(ultra.ultra_event_json(event, None))
        ultra.ultra_event_free(event)
        yield kind, frame
        if kind in (RESULT, DONE, ERROR):
            return


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: generate.py PROMPT [MODEL]")
    request = {"prompt": sys.argv[1]}
    if len(sys.argv) > 2:
        request["model"] = sys.argv[2]
    connection = ctypes.c_void_p()
    check(ultra.ultra_connect(None, 5000, ctypes.byref(connection)))
    try:
        check(ultra.ultra_send(connection, b"stream", json.dumps(request).encode(), None))
        for kind, frame in events(connection):
            if kind == DELTA:
                print(frame.get("text", ""), end="", flush=True)
            elif kind == ERROR:
                sys.exit(frame["error"]["message"])
        print()
    finally:
        ultra.ultra_connection_free(connection)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"generate.py: {error}")
