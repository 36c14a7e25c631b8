"""Checks that etc/uninstall removes everything that etc/install installed."""

import os
import re

from checks import check, expect
from machine import SOURCE, files_below, run, show
from service_checks import CONFIGURATION, PLACES, before_install


@check("etc/uninstall leaves state, keys and changed configuration, and says so")
def uninstall():
    expect(os.listdir("/var/lib/ultrad"), "there is no state to keep")
    words = run(f"{SOURCE}/etc/uninstall").stdout
    for path in ("/var/lib/ultrad", "/etc/ultrad/credentials", CONFIGURATION, "/etc/ultrad/ultrad.env"):
        expect(path in words and os.path.exists(path), path, words)
    expect(not os.path.exists("/run/ultrad"), "/run/ultrad is left")
    expect(show("LoadState") == "not-found", show("LoadState"))
    ours = re.compile(r"/var/lib/ultrad|/etc/ultrad")
    # Files that the system creates for itself.
    theirs = re.compile(
        r"/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|/etc/ld\.so\.cache|/var/(log|cache|spool|mail|tmp)/"
        r"|/var/lib/(systemd|AccountsService|sudo)|/var/lib/systemd/catalog|__pycache__|/etc/systemd/system/ultrad.service.d$"
        r"|/etc/machine-id")
    left = [path for path in files_below(*PLACES) - before_install if not ours.match(path) and not theirs.search(path)]
    expect(left == [], sorted(left)[:20])
    run("rm", "-r", "/var/lib/ultrad", "/etc/ultrad", "/etc/systemd/system/ultrad.service.d")
