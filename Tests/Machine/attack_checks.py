"""Attacks by one member of the group, within the memory the unit grants, while another member asks twenty times a second."""

import asyncio
import os
import pwd
import subprocess
import sys

import attack
from checks import check, expect
from client import Connection
from machine import ANNA, CLARA, SOURCE, is_debug, journal, main_pid, now, show, systemctl, write
from memory_group import MemoryGroup

CONFIGURATION = "/etc/ultrad/ultrad.toml"
#: The duration of each attack; etc/test-service --long sets ULTRA_ATTACK_SECONDS.
SECONDS = float(os.environ.get("ULTRA_ATTACK_SECONDS") or 10)
OTHER_SECONDS = min(SECONDS, 5)
REQUESTS_A_SECOND = 20
#: The delay of the model's first token, which is short for a real one.
FIRST_TOKEN_MS = 50
#: Of the time in quiet, by the slowest of a hundred requests. Quiet is measured before each attack, and is hardly more
#: than the first word takes.
MOST_TIMES = 3
QUIET_SECONDS = 3
#: The attacker and its provider, which want all the processor time they can get, and the user whose times are taken.
#: The kernel divides that time, not the daemon: with two processors and equal priorities, the user's own program would
#: wait for its turn longer than for its answer.
ATTACKER_NICE, USER_NICE = 15, -10
#: Providers with other APIs, by their environment variables.
OTHER_PROVIDERS = ("OPENAI", "ANTHROPIC", "GOOGLE", "GEMINI", "MISTRAL", "COHERE")
CROWD = """[providers.crowd]
kind = "openai-compatible"
endpoint = "http://127.0.0.1:{port}/v1"
concurrency = 8
[ledger]
disk_bytes = "32MiB"
"""


def program(user, *command):
    """A Python program of this folder, run by a user."""
    entry = pwd.getpwnam(user)
    return subprocess.Popen(
        [sys.executable, *command], cwd=f"{SOURCE}/checks", stdout=subprocess.PIPE, text=True, user=entry.pw_uid,
        group=entry.pw_gid, extra_groups=os.getgrouplist(user, entry.pw_gid), preexec_fn=lambda: os.nice(ATTACKER_NICE))


async def ask_steadily(seconds):
    """The times of the answers in milliseconds, and the failures."""
    connection = await Connection.open()
    clock = asyncio.get_running_loop().time
    times, lost = [], []
    start = clock()
    for turn in range(int(seconds * REQUESTS_A_SECOND)):
        await asyncio.sleep(max(0, start + turn / REQUESTS_A_SECOND - clock()))
        begin = clock()
        frame, _ = await connection.answer(
            "generate", model="mock/echo", prompt=f"{turn}", provider_options={"mock": {"first_token_ms": FIRST_TOKEN_MS}})
        if not frame or frame.get("text") != f"{turn}":
            lost.append(frame)
            if frame is None:
                connection = await Connection.open()
        times.append((clock() - begin) * 1000)
    connection.close()
    return times, lost


def as_other(seconds):
    """The same requests by a member of the group that attacks nobody."""
    entry, groups = pwd.getpwnam(CLARA), os.getgroups()
    os.setpriority(os.PRIO_PROCESS, 0, USER_NICE)
    os.setgroups(os.getgrouplist(CLARA, entry.pw_gid))
    os.setegid(entry.pw_gid)
    os.seteuid(entry.pw_uid)
    try:
        return asyncio.run(ask_steadily(seconds))
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
        os.setpriority(os.PRIO_PROCESS, 0, 0)


def p99(times):
    return sorted(times)[int(len(times) * 0.99) - 1 if len(times) >= 100 else -1]


crowd_provider = None
group = None


def start_crowd():
    """Starts the provider, configures the daemon for it, and returns its port."""
    global crowd_provider
    crowd_provider = program("nobody", "crowd_provider.py")
    port = int(crowd_provider.stdout.readline())
    write(CONFIGURATION, CROWD.format(port=port))
    return port


@check("in quiet, another user is answered at once", seconds=40, always=True)
def quiet_times():
    global group
    start_crowd()
    systemctl("restart", "ultrad.service")
    quiet = quiet_time()
    group = MemoryGroup.of(main_pid(), int(show("MemoryMax")))
    return f"p99 {quiet:.0f} ms; {group.words}"


def quiet_time():
    """The time of the slowest request without an attack, in milliseconds."""
    times, lost = as_other(QUIET_SECONDS)
    expect(not lost, lost[:3])
    return max(times)


def withstands(one, seconds):
    """The check of one attack."""
    pid, since = main_pid(), now()
    quiet = quiet_time()
    kills = group.kills(pid)
    group.forget_peak(pid)
    attacker = program(ANNA, "attack.py", one.__name__, str(seconds + 2))
    try:
        attacker.stdout.readline()
        times, lost = as_other(seconds)
    finally:
        attacker.kill()
        attacker.wait()
    expect(main_pid() == pid, "the daemon was killed", [entry["MESSAGE"] for entry in journal(since=since)][-3:])
    expect(group.kills(pid) == kills, "the kernel killed for memory")
    expect(not lost, len(lost), "of", len(times), "not answered:", lost[:2])
    most = p99(times)
    peak = group.peak(pid)
    expect(peak < group.limit, "used", peak >> 20, "MB")
    expect(is_debug() or most <= MOST_TIMES * quiet, f"p99 {most:.0f} ms, {quiet:.0f} ms in quiet")
    return f"p99 {most:.0f} ms ({quiet:.0f} ms in quiet), slowest {max(times):.0f} ms, {len(times)} answered, memory at most {peak >> 20} MB"


def add(one, seconds):
    sentence = one.__name__.replace("_", " ")
    # The user asks one request after the other, and each may take three times as long as in quiet.
    limit = MOST_TIMES * int(seconds) + QUIET_SECONDS + 30
    check(f"attack: {sentence} by one user cost no other an answer", seconds=limit)(
        lambda: withstands(one, seconds))


for one in attack.MEMORY:
    add(one, SECONDS)
for one in attack.OTHERS:
    add(one, OTHER_SECONDS)


@check("after all attacks nothing is left of them")
def afterwards():
    crowd_provider.kill()
    systemctl("restart", "ultrad.service")
    size = sum(os.path.getsize(f"/var/lib/ultrad/{name}") for name in os.listdir("/var/lib/ultrad"))
    expect(size < 64 << 20, "state of", size >> 20, "MB")
    expect(show("ActiveState", "ultrad.socket") == "active")
    return f"state {size >> 10} KB"
