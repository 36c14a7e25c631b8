"""Installed as Debian packages: install, upgrade with a daemon that serves, remove, purge."""

import asyncio
import os

from checks import check, expect
from client import SOCKET, Load
from machine import ANNA, KEY, files_below, main_pid, make_users, run, run_async, show, systemctl, ultractl, write

FIRST, SECOND = "/usr/src/ultra/packages/first", "/usr/src/ultra/packages/second"
before = set()


def packages(folder):
    return [f"{folder}/{name}" for name in sorted(os.listdir(folder))]


@check("the packages install, and listen", seconds=60)
def install():
    before.update(files_below("/etc", "/usr", "/var"))
    run("dpkg", "-i", *packages(FIRST), environment={"DEBIAN_FRONTEND": "noninteractive"})
    make_users()
    expect(show("ActiveState", "ultrad.socket") == "active" and show("ActiveState") == "inactive")
    expect(show("UnitFileState", "ultrad.socket") == "enabled")
    write("/etc/ultrad/ultrad.env", "USE_MOCK=true\n", mode=0o600)
    write("/etc/ultrad/credentials/openai_api_key", KEY, mode=0o600)
    expect(ultractl("generate", "-m", "mock/echo", "packed").stdout == "packed")
    expect(run("dpkg", "--verify", "libultra0", "libultra-dev").stdout == "")
    run("gcc", "-std=c99", "-o", "/tmp/generate", "/usr/share/doc/libultra-dev/examples/generate.c",
        *run("pkg-config", "--cflags", "--libs", "ultra").stdout.split())
    answer = run("/tmp/generate", "by the library", "mock/echo", user=ANNA)
    expect(answer.stdout == "by the library\n", answer.stdout)


@check("an upgrade under load refuses no connection and loses no request", seconds=60)
def upgrade():
    pid = main_pid()
    load = Load(workers=16)
    asyncio.run(load.during(run_async("dpkg", "-i", *packages(SECOND))))
    expect(main_pid() not in (0, pid), "the daemon is the old one")
    expect(load.unconnected == 0 and load.unanswered == 0 and not load.wrong, load.summary(), load.wrong[:3])
    with open("/etc/ultrad/ultrad.env") as file:
        expect(file.read() == "USE_MOCK=true\n", "configuration was overwritten")
    return load.summary()


@check("removed, configuration and state stay; purged, nothing does", seconds=60)
def purge():
    run("dpkg", "-r", "ultrad", "libultra-dev", "libultra0")
    expect(not os.path.exists(SOCKET) and show("LoadState") == "not-found", show("LoadState"))
    for path in ("/etc/ultrad/ultrad.env", "/etc/ultrad/credentials/openai_api_key", "/var/lib/ultrad"):
        expect(os.path.exists(path), path)
    run("dpkg", "-P", "ultrad", "libultra-dev", "libultra0")
    expect(systemctl("list-unit-files", "ultrad*", "--no-legend", status=None).stdout == "")
    theirs = ("/var/cache/", "/var/log/", "/var/lib/dpkg/", "/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/subuid-",
              "/etc/subgid-", "/var/lib/systemd/", "/etc/ld.so.cache")
    left = [path for path in files_below("/etc", "/usr", "/var") - before
            if not path.startswith(theirs) and "__pycache__" not in path]
    expect(left == [], sorted(left)[:20])
