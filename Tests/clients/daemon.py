"""The built daemon with a socket and a state directory of its own."""
import os, pathlib, subprocess, tempfile, time


class Daemon:
    def __init__(self, program, upstream):
        self.folder = tempfile.TemporaryDirectory(prefix="ultra-clients-")
        path = pathlib.Path(self.folder.name)
        (path / "ultrad.toml").write_text("[retry]\nper_candidate = 0\n[health]\nbreaker_failures = 1000\nbreaker_calls = 100000\n")
        self.http = str(path / "http.sock")
        environment = {"PATH": os.environ["PATH"], "USE_MOCK": "true", "OPENAI_API_KEY": "sk-daemon",
                       "OPENAI_API_ENDPOINT": upstream.url, "STATE_DIRECTORY": self.folder.name,
                       "CONFIGURATION_DIRECTORY": self.folder.name}
        self.log = open(path / "log", "w+")
        self.process = subprocess.Popen([program, "--socket", str(path / "ultrad.sock")], env=environment,
                                        stdout=self.log, stderr=self.log)
        for _ in range(1000):
            if os.path.exists(path / "ultrad.sock"): break
            if self.process.poll() is not None: raise SystemExit((path / "log").read_text())
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        code = self.process.wait(20)
        self.folder.cleanup()
        return code
