"""The machine's commands and users."""

import asyncio
import grp
import json
import os
import pwd
import subprocess
import time

SOURCE = "/usr/src/ultra"
#: A user with access, an administrator, and a user without access.
ANNA, CLARA, BERT = "anna", "clara", "bert"
KEY = "sk-of-the-credential-7d1f"


def run(*command, user=None, status=0, environment=None, stdin=None):
    """Runs a command and returns its result; fails unless it ends with the status (None: any)."""
    identity = {}
    if user:
        entry = pwd.getpwnam(user)
        # The user's groups, as after a login.
        identity = {
            "user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": os.getgrouplist(user, entry.pw_gid)}
    variables = {"PATH": "/usr/local/bin:/usr/bin:/usr/sbin:/bin", "LC_ALL": "C.UTF-8", **(environment or {})}
    done = subprocess.run(
        command, capture_output=True, text=True, env=variables, stdin=stdin or subprocess.DEVNULL, **identity)
    if status is not None and done.returncode != status:
        raise AssertionError(
            f"{' '.join(command)} ended with {done.returncode}, not {status}: {done.stdout[-800:]}{done.stderr[-800:]}")
    return done


async def run_async(*command, status=0):
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output = (await process.communicate())[0].decode()
    if status is not None and process.returncode != status:
        raise AssertionError(f"{' '.join(command)} ended with {process.returncode}, not {status}: {output[-1500:]}")
    return process.returncode, output


def ultractl(*arguments, user=ANNA, status=0, **more):
    return run("ultractl", *arguments, user=user, status=status, **more)


def systemctl(*arguments, status=0):
    return run("systemctl", *arguments, status=status)


def show(name, unit="ultrad.service"):
    return systemctl("show", "--value", "-p", name, unit).stdout.strip()


def main_pid():
    return int(show("MainPID"))


def journal(*arguments, since=None):
    """Entries of the daemon's unit, as dictionaries."""
    run("journalctl", "--sync")
    begin = ["--since", f"@{since:.6f}"] if since else []
    lines = run("journalctl", "-u", "ultrad.service", "-o", "json", "--no-pager", *begin, *arguments).stdout
    return [json.loads(line) for line in lines.splitlines()]


def now():
    return time.time()


def uid(user):
    return pwd.getpwnam(user).pw_uid


def has_group(name):
    try:
        grp.getgrnam(name)
        return True
    except KeyError:
        return False


def is_debug():
    """True if the programs under test are not optimised, so that their times mean nothing."""
    with open("/usr/src/ultra/built/kind") as file:
        return file.read().strip() == "debug"


def make_users():
    """Creates the users; the groups must exist."""
    for user, groups in ((ANNA, ["ultra"]), (CLARA, ["ultra", "ultra-admin"]), (BERT, [])):
        if run("id", user, status=None).returncode != 0:
            run("useradd", "--create-home", *(["-G", ",".join(groups)] if groups else []), user)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(text)


def drop_in(name, text):
    """Adds a drop-in to the service; text None removes it."""
    path = f"/etc/systemd/system/ultrad.service.d/{name}.conf"
    if text is None:
        os.remove(path)
    else:
        write(path, text)
    systemctl("daemon-reload")


def files_below(*folders):
    """Every path, without those on other mounted file systems."""
    found = set()
    for top in folders:
        for folder, directories, names in os.walk(top):
            directories[:] = [name for name in directories if not os.path.ismount(f"{folder}/{name}")]
            found.update(f"{folder}/{name}" for name in names + directories)
    return found
