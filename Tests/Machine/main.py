"""What the booted machine runs: every check, and how many failed."""

import os
import sys

sys.dont_write_bytecode = True

import checks
import service_checks  # noqa: F401 — importing is what lists the checks, in order

if os.environ.get("ULTRA_ATTACK_SECONDS"):
    # They take minutes, and judge times, which a machine with other work would spoil.
    import attack_checks  # noqa: F401
    import loop_checks  # noqa: F401
import uninstall_checks  # noqa: F401
import package_checks  # noqa: F401

failures = checks.run_all(sys.argv[1] if len(sys.argv) > 1 else "")
with open("/usr/src/ultra/failures", "w") as file:
    file.write(f"{failures}\n")
