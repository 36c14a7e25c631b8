"""Checks of an installation by etc/install: access, and the clients' view of a change, a stop or a kill."""

import asyncio
import os
import re
import signal
import stat
import time

import upstream
from checks import check, eventually, expect
from client import SOCKET, Connection, Load, ask, during_streams, stream
from machine import (
    ANNA, BERT, CLARA, KEY, SOURCE, drop_in, files_below, has_group, is_debug, journal, main_pid, make_users, now, run, run_async, show,
    systemctl, uid, ultractl, write)

BUILD = "/usr/src/ultra/built"
PLACES = ("/etc", "/usr", "/var", "/opt")
before_install = set()
CONFIGURATION = "/etc/ultrad/ultrad.toml"


# MARK: - Install


@check("etc/install installs, and makes users, groups and directories", always=True)
def install():
    before_install.update(files_below(*PLACES))
    run(f"{SOURCE}/etc/install", "--build-path", BUILD, "--no-prepare")
    for group in ("ultra", "ultra-admin", "ultrad"):
        expect(has_group(group), group)
    expect(stat.S_IMODE(os.stat("/etc/ultrad/credentials").st_mode) == 0o700)
    expect(os.stat("/run/ultrad").st_uid == 0)
    make_users()
    write("/etc/ultrad/credentials/openai_api_key", KEY + "\n", mode=0o600)
    port = upstream.start()
    write("/etc/ultrad/ultrad.env", f"USE_MOCK=true\nOPENAI_API_ENDPOINT=http://127.0.0.1:{port}/v1\n", mode=0o600)
    libraries = run("ldconfig", "-p").stdout
    expect("libultra.so.0" in libraries, "ldconfig does not know libultra.so.0")
    page = run("man", "-w", "ultrad").stdout
    expect(page.startswith("/usr/local/"), page)


@check("the units verify without a word, and the service's exposure is at most 1.3")
def units():
    folder = "/usr/local/lib/systemd"
    words = run("systemd-analyze", "verify", f"{folder}/system/ultrad.service", f"{folder}/system/ultrad.socket")
    expect(words.stdout + words.stderr == "", words.stdout + words.stderr)
    words = run(
        "systemd-analyze", "verify", "--user", f"{folder}/user/ultrad.service", f"{folder}/user/ultrad.socket",
        environment={"XDG_RUNTIME_DIR": "/run"})
    expect(words.stdout + words.stderr == "", words.stdout + words.stderr)
    report = run("systemd-analyze", "security", "--threshold=13", "--no-pager", "ultrad.service").stdout
    return "exposure " + re.search(r"exposure level for ultrad.service: (\S+)", report)[1]


@check("once enabled the socket is there, for its group alone, and the first connection starts the daemon", always=True)
def first_connection():
    systemctl("enable", "--now", "ultrad.socket")
    status = os.stat(SOCKET)
    expect(stat.S_IMODE(status.st_mode) == 0o660, oct(status.st_mode))
    expect(show("ActiveState") == "inactive", show("ActiveState"))
    begin = time.monotonic()
    answer = ultractl("generate", "-m", "mock/echo", "hello", "there")
    took = time.monotonic() - begin
    expect(answer.stdout == "hello there", answer.stdout)
    expect(show("ActiveState") == "active" and show("StatusText"), show("StatusText"))
    return f"first answer after {took * 1000:.0f} ms"


@check("who is not in the group is refused, and told which group that is")
def refused():
    refusal = ultractl("generate", "-m", "mock/echo", "x", user=BERT, status=3)
    expect("usermod -aG ultra " in refusal.stderr, refusal.stderr)


@check("the daemon knows its clients by the kernel's word")
def peers():
    ultractl("call", "models", "{}")
    status = ultractl("call", "status", "{}", user=CLARA).stdout
    expect(f'"{uid(CLARA)}":1' in status.replace(" ", ""), status)
    process = os.stat(f"/proc/{main_pid()}")
    expect(process.st_uid == uid("ultrad"), process.st_uid)


# MARK: - Keys


@check("the key is read from the credentials, and is nowhere else to be seen")
def credentials():
    answer = ultractl("generate", "-m", "openai/gpt-4o-mini", "--no-stream", "hello")
    expect(answer.stdout == "from upstream", answer.stdout)
    expect(f"Bearer {KEY}" in upstream.keys_seen, upstream.keys_seen)
    pid = main_pid()
    for name in ("environ", "cmdline"):
        with open(f"/proc/{pid}/{name}", "rb") as file:
            expect(KEY.encode() not in file.read(), name)
    expect(KEY not in systemctl("show", "ultrad.service").stdout, "systemctl show")
    expect(KEY not in systemctl("status", "ultrad.service").stdout, "systemctl status")
    run("journalctl", "--sync")
    expect(KEY not in run("journalctl", "-o", "export", "--no-pager").stdout, "journal")
    for operation in ("status", "models"):
        expect(KEY not in ultractl("call", operation, "{}").stdout, operation)
    expect(run("cat", "/run/credentials/ultrad.service/keys_openai_api_key", user=ANNA, status=1).stdout == "")
    expect(run("cat", f"/proc/{pid}/environ", user=ANNA, status=1).stdout == "")


@check("without any key it starts, too")
def no_key():
    os.rename("/etc/ultrad/credentials/openai_api_key", "/root/key")
    systemctl("restart", "ultrad.service")
    key = [provider["key"] for provider in ask("status")["providers"] if provider["id"] == "openai"]
    os.rename("/root/key", "/etc/ultrad/credentials/openai_api_key")
    systemctl("restart", "ultrad.service")
    expect(key == ["missing"], key)
    again = [provider["key"] for provider in ask("status")["providers"] if provider["id"] == "openai"]
    expect(again == ["set"], again)


# MARK: - Roles and reload


@check("reloading is for root, the daemon's own user and the group ultra-admin")
def roles():
    for user in (None, CLARA, "ultrad"):
        ultractl("call", "reload", "{}", user=user)
    refusal = ultractl("call", "reload", "{}", user=ANNA, status=1)
    words = refusal.stdout + refusal.stderr
    expect("permission_denied" in words and "ultra-admin" in words, words)


GOOD = '[limits]\ndrain = "20s"\n\n[providers.extra]\nkind = "openai-compatible"\nendpoint = "http://127.0.0.1:9/v1"\n'
BAD = '[limits]\ndrian = "20s"\n'


@check("a good file and a bad one are reloaded under 100 streams, which go on")
def reload():
    expected = asyncio.run(whole_stream(40))

    async def reloads():
        write(CONFIGURATION, GOOD)
        await run_async("systemctl", "reload", "ultrad.service")
        providers = await names()
        write(CONFIGURATION, BAD)
        status, _ = await run_async("systemctl", "reload", "ultrad.service", status=None)
        after = await names()
        write(CONFIGURATION, GOOD)
        return providers, status, after

    pid, since = main_pid(), now()
    results, (providers, status, after), unfinished = asyncio.run(during_streams(100, 40, 50, reloads()))
    expect("extra" in providers, providers)
    expect(status != 0, "the bad file was taken")
    expect("extra" in after, "the bad file changed something:", after)
    expect(unfinished > 90, "only", unfinished, "streams outlasted the reloads")
    expect(all(frame and frame["event"] == "done" and text == expected for frame, text in results),
           [frame for frame, _ in results if not frame or frame["event"] != "done"][:3])
    expect(main_pid() == pid)
    words = " ".join(entry.get("MESSAGE", "") for entry in journal(since=since))
    expect(f"{CONFIGURATION}:2" in words and "drain" in words, "no line in the journal:", words[-600:])
    return f"{unfinished} of 100 streams outlasted both"


async def names():
    connection = await Connection.open()
    frame, _ = await connection.answer("status")
    connection.close()
    return [provider["id"] for provider in frame["providers"]]


async def whole_stream(words):
    connection = await Connection.open()
    _, text = await stream(connection, words, 0)
    connection.close()
    return text


# MARK: - Stop and start


@check("a restart under load refuses no connection and loses no request", seconds=60)
def restart():
    pid = main_pid()
    async def restarts():
        for _ in range(5):
            await run_async("systemctl", "restart", "ultrad.service")
            await asyncio.sleep(0.2)

    load = Load(workers=48)
    asyncio.run(load.during(restarts()))
    expect(main_pid() != pid)
    expect(load.unconnected == 0 and load.unanswered == 0 and not load.wrong, load.summary(), load.wrong[:3])
    return load.summary()


@check("streams in flight are finished before a restart")
def drain():
    expected = asyncio.run(whole_stream(30))
    results, _, unfinished = asyncio.run(
        during_streams(20, 30, 50, run_async("systemctl", "restart", "ultrad.service")))
    expect(unfinished == 0)
    expect(all(frame and frame["event"] == "done" and text == expected for frame, text in results), results[0][0])


@check("killed, it is back within 2 s, and its clients are told at once")
def kill():
    async def scene():
        connections = [await Connection.open() for _ in range(20)]
        tasks = [asyncio.create_task(stream(connection, 1000, 50)) for connection in connections]
        program = await asyncio.create_subprocess_exec(
            "ultractl", "generate", "-m", "mock/lorem", "--max-tokens", "100", "x",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        await asyncio.sleep(0.4)
        clock = time.monotonic()
        os.kill(main_pid(), signal.SIGKILL)
        results = await asyncio.gather(*tasks)
        told = time.monotonic() - clock
        # The connection waits in the socket's queue until the new daemon accepts it.
        connection = await Connection.open()
        frame, _ = await connection.answer("generate", model="mock/echo", prompt="back")
        return results, told, time.monotonic() - clock, frame, await program.communicate(), program.returncode

    starts = int(show("NRestarts"))
    results, told, back, frame, (_, words), status = asyncio.run(scene())
    expect(all(frame is None for frame, _ in results) and told < 0.5, told)
    expect(frame and frame.get("text") == "back" and back < 2, frame, back)
    expect(int(show("NRestarts")) == starts + 1, show("NRestarts"))
    return f"told after {told * 1000:.0f} ms, back after {back:.2f} s"


@check("killed as often as a client could bring about, its socket stays", seconds=60)
def killed_again():
    starts = int(show("NRestarts"))
    for _ in range(12):
        pid = main_pid()
        os.kill(pid, signal.SIGKILL)
        # A waiting client's connection starts the daemon.
        frame = ask("generate", model="mock/echo", prompt="back")
        expect(frame["text"] == "back", frame)
        eventually(lambda: main_pid() not in (0, pid))
    expect(show("ActiveState", "ultrad.socket") == "active", show("ActiveState", "ultrad.socket"))
    return f"{int(show('NRestarts')) - starts} restarts"


@check("when its loop blocks, the watchdog has it restarted", seconds=40)
def watchdog():
    drop_in("test", "[Service]\nWatchdogSec=2s\nEnvironment=ULTRA_TEST_BLOCK_LOOP=1\n")
    systemctl("restart", "ultrad.service")
    ask("ping")
    time.sleep(3)
    expect(int(show("NRestarts")) == 0, "restarted without a reason")
    pid, since, clock = main_pid(), now(), time.monotonic()
    # Only a debug build has the hook that blocks the loop.
    os.kill(pid, signal.SIGUSR2 if is_debug() else signal.SIGSTOP)
    eventually(lambda: main_pid() not in (0, pid), 15)
    frame = ask("generate", model="mock/echo", prompt="again")
    expect(frame["text"] == "again", frame)
    took = time.monotonic() - clock
    entries = journal("--grep", "Watchdog timeout", since=since)
    expect(entries, "no word of the watchdog in the journal")
    drop_in("test", None)
    systemctl("restart", "ultrad.service")
    return f"WatchdogSec=2s, {'blocked loop' if is_debug() else 'stopped process'}, answered after {took:.1f} s"


@check("a configuration that cannot be meant stops the start with 78, once, and is named")
def bad_configuration():
    write(CONFIGURATION, BAD)
    since = now()
    systemctl("restart", "ultrad.service", status=1)
    expect(show("ExecMainStatus") == "78", show("ExecMainStatus"))
    time.sleep(1.5)
    expect(show("ActiveState") == "failed" and show("NRestarts") == "0", show("ActiveState"), show("NRestarts"))
    words = " ".join(entry.get("MESSAGE", "") for entry in journal(since=since))
    expect(f"{CONFIGURATION}:2" in words, words)
    problems = check_configuration(status=78)
    expect(f"{CONFIGURATION}:2" in problems, problems)

    # Every connection makes systemd start the service again, until it closes the socket; operating.md has the remedy.
    for _ in range(40):
        if show("ActiveState", "ultrad.socket") != "active":
            break
        failure = ultractl("generate", "-m", "mock/echo", "x", status=None)
        expect(failure.returncode in (1, 3) and failure.stderr, failure)
    expect(show("ActiveState", "ultrad.socket") == "failed", show("ActiveState", "ultrad.socket"))
    hint = ultractl("generate", "-m", "mock/echo", "x", status=3).stderr
    expect("systemctl start ultrad.socket" in hint, hint)
    write(CONFIGURATION, GOOD)
    expect(check_configuration() == "the configuration is fine\n")
    time.sleep(5)  # the interval of TriggerLimitIntervalSec= must pass
    systemctl("reset-failed", "ultrad.service", "ultrad.socket")
    systemctl("start", "ultrad.socket")
    ultractl("generate", "-m", "mock/echo", "x")


def check_configuration(status=0):
    """Runs a command as root with the service's environment and credentials."""
    return run("ultrad", "--check-config", "--env-file", "/etc/ultrad/ultrad.env", status=status,
               environment={"CREDENTIALS_DIRECTORY": "/etc/ultrad/credentials"}).stdout


# MARK: - Journal and limits


@check("the journal has the fields that say who asked what, and the catalogue explains")
def fields():
    since = now()
    refusal = ultractl("generate", "-m", "openai/gpt-4o-mini", "refuse this: secret words", status=1)
    expect("secret words" not in refusal.stderr, refusal.stderr)
    systemctl("reload", "ultrad.service")
    entries = journal(since=since)
    failed = [entry for entry in entries if entry.get("ULTRA_REQUEST_ID") == "req_of_upstream"]
    expect(len(failed) == 1, "not one entry:", failed)
    fields = {name: failed[0].get(name) for name in (
        "ULTRA_PROVIDER", "ULTRA_MODEL", "ULTRA_PEER_UID", "ULTRA_ERROR_CODE", "ULTRA_DURATION_USEC", "MESSAGE_ID")}
    expect(None not in fields.values(), fields)
    expect(fields["ULTRA_PROVIDER"] == "openai" and fields["ULTRA_PEER_UID"] == str(uid(ANNA)), fields)
    expect("secret words" not in str(journal()))
    explained = run("journalctl", "-x", "-u", "ultrad.service", "--no-pager", "-q").stdout
    expect("\n-- Subject: " in explained.replace("░░", "--"), "nothing is explained")
    catalogue = run("journalctl", "--list-catalog").stdout
    ids = {entry["MESSAGE_ID"] for entry in journal() if "MESSAGE_ID" in entry}
    expect(all(number in catalogue for number in ids), "not in the catalogue:", [i for i in ids if i not in catalogue])


@check("it keeps within its limits")
def limits():
    # systemd's own counts are absent if the machine lacks the controllers.
    with open(f"/proc/{main_pid()}/status") as file:
        status = file.read()
    memory = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) << 10
    tasks = int(re.search(r"Threads:\s+(\d+)", status)[1])
    expect(memory < 128 << 20 and tasks < 8, memory, tasks)
    expect(show("MemoryMax") == str(256 << 20) and show("TasksMax") == "64")
    with open(f"/proc/{main_pid()}/limits") as file:
        expect(re.search(r"Max core file size +0 +0", file.read()))
    return f"{memory / 1e6:.1f} MB, {tasks} threads"


@check("a user's own daemon listens for that user alone, and comes before the system's")
def own_daemon():
    number = uid(ANNA)
    systemctl("start", f"user@{number}.service")
    variables = {
        "XDG_RUNTIME_DIR": f"/run/user/{number}", "HOME": f"/home/{ANNA}",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path=/run/user/{number}/bus"}
    write(f"/home/{ANNA}/.config/ultrad/ultrad.env", "USE_MOCK=true\n")
    run("chown", "-R", f"{ANNA}:", f"/home/{ANNA}/.config")
    run("systemctl", "--user", "enable", "--now", "ultrad.socket", user=ANNA, environment=variables)
    path = f"/run/user/{number}/ultrad/ultrad.sock"
    expect(stat.S_IMODE(os.stat(path).st_mode) == 0o600)
    answer = ultractl("generate", "-m", "mock/echo", "mine", environment=variables)
    expect(answer.stdout == "mine", answer.stdout)
    pid = ultractl("call", "status", "{}", environment=variables).stdout
    expect(f'"pid":{main_pid()},' not in pid.replace(" ", ""), "the system's daemon answered")
    run("systemctl", "--user", "reload", "ultrad.service", user=ANNA, environment=variables)
    run("systemctl", "--user", "disable", "--now", "ultrad.socket", "ultrad.service", user=ANNA, environment=variables)
    systemctl("stop", f"user@{number}.service")
