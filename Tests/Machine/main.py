"""Runs every check in the booted machine, and reports how many failed."""

import os
import sys

sys.dont_write_bytecode = True

import checks
import service_checks  # noqa: F401 — importing a module adds its checks, in order

if os.environ.get("ULTRA_ATTACK_SECONDS"):
    # These checks take minutes and measure times, which other load of the machine would distort.
    import attack_checks  # noqa: F401
    import loop_checks  # noqa: F401
import uninstall_checks  # noqa: F401
import package_checks  # noqa: F401

failures = checks.run_all(sys.argv[1] if len(sys.argv) > 1 else "")
with open("/usr/src/ultra/failures", "w") as file:
    file.write(f"{failures}\n")
