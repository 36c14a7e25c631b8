"""Runs checks in order, each with a time limit, and reports the result of each."""

import re
import signal
import time
import traceback

_checks = []


class Failed(Exception):
    """A failed expectation: the expected and the actual value."""


def check(sentence, seconds=30, always=False):
    """Registers a function as a check; its name states the property. A check that others need always runs."""

    def mark(function):
        _checks.append((sentence, seconds, function, always))
        return function

    return mark


def expect(condition, *found):
    """Fails the check with the actual value unless the condition holds."""
    if not condition:
        raise Failed(" ".join(str(part) for part in found) or "not so")


def eventually(condition, seconds=10, *found):
    """Waits until the condition holds: the effect of another process cannot be awaited otherwise."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        expect(time.monotonic() < end, "not within", seconds, "s:", *found)
        time.sleep(0.01)


def _late(number, frame):
    raise Failed("took too long")


def run_all(pattern):
    """The number of checks that failed."""
    signal.signal(signal.SIGALRM, _late)
    failures = 0
    chosen = [entry for entry in _checks if entry[3] or re.search(pattern, entry[0])]
    for sentence, seconds, function, _ in chosen:
        begin = time.monotonic()
        signal.alarm(seconds)
        try:
            figures = function() or ""
            outcome, detail = "ok", f" [{figures}]" if figures else ""
        except Exception as error:
            failures += 1
            lines = [f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{number}"
                     for frame, number in traceback.walk_tb(error.__traceback__)]
            place = [line for line in lines if "_checks.py" in line][-1]
            outcome, detail = "FAILED", f"\n       {place}: {type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
        print(f"{outcome:6} {sentence} ({time.monotonic() - begin:.1f} s){detail}", flush=True)
    print(f"{len(chosen) - failures} of {len(chosen)} checks passed", flush=True)
    return failures
