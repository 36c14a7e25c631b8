"""Results of the checks of one client."""
import sys


class Checks:
    def __init__(self): self.failed = 0

    def __call__(self, name, isTrue, shown=""):
        print(("ok    " if isTrue else "WRONG ") + name, "" if isTrue else shown)
        self.failed += not isTrue

    def raises(self, name, kind, call, isTrue=lambda error: True):
        try:
            self(name, False, f"no error: {call()}")
        except kind as error:
            self(name, isTrue(error), repr(error))

    def end(self): sys.exit(f"{self.failed} wrong" if self.failed else 0)
