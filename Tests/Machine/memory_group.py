"""The control group that bounds the daemon's memory: systemd's, or where the machine has no such controller, one that
etc/test-service has made outside and hands in."""

import os

#: A group of cgroup v1, bound into the machine.
HANDED_IN = "/run/ultra-memory"


def number(path):
    with open(path) as file:
        return int(file.read())


def fields(path):
    with open(path) as file:
        return dict(line.split() for line in file)


class MemoryGroup:
    """No control group limits the memory: the process's own figures are used."""

    words = "no control group bounds the memory here: the resident set is looked at"

    def __init__(self, limit):
        self.limit = limit

    @staticmethod
    def of(pid, limit):
        with open(f"/proc/{pid}/cgroup") as file:
            groups = [line.rstrip("\n").split(":", 2) for line in file]
        for _, controllers, path in groups:
            folder = f"/sys/fs/cgroup{path}"
            if controllers == "" and os.path.exists(f"{folder}/memory.peak"):
                return Unified(limit, folder)
        if os.path.exists(f"{HANDED_IN}/cgroup.procs"):
            return HandedIn(limit)
        return MemoryGroup(limit)

    def kills(self, pid):
        return 0

    def forget_peak(self, pid):
        """Resets `peak` (proc(5), clear_refs)."""
        with open(f"/proc/{pid}/clear_refs", "w") as file:
            file.write("5")

    def peak(self, pid):
        with open(f"/proc/{pid}/status") as file:
            line = next(line for line in file if line.startswith("VmHWM:"))
        return int(line.split()[1]) << 10


class Unified(MemoryGroup):
    """The service's own group of cgroup v2."""

    words = "systemd bounds the memory"

    def __init__(self, limit, folder):
        super().__init__(limit)
        self.folder = folder

    def kills(self, pid):
        return int(fields(f"{self.folder}/memory.events")["oom_kill"])


class HandedIn(MemoryGroup):
    """A group of cgroup v1 into which the daemon is moved."""

    words = "a control group of cgroup v1 bounds the memory"

    def __init__(self, limit):
        super().__init__(limit)
        with open(f"{HANDED_IN}/memory.limit_in_bytes", "w") as file:
            file.write(str(limit))

    def kills(self, pid):
        # A restarted daemon is not in the group yet.
        with open(f"{HANDED_IN}/cgroup.procs", "w") as file:
            file.write(str(pid))
        return int(fields(f"{HANDED_IN}/memory.oom_control")["oom_kill"])
