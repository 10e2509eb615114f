"""The local cloud as a process: an AWS emulator on 127.0.0.1 with its state in `.local/`."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx

from ops.paths import BIN, LOCAL, ROOT

DEFAULT_PORT = 4566
ACCOUNT = "122041000001"
REGION = "ap-northeast-1"

_LOCK = ROOT / "requirements" / "ministack.txt"


# A client is made from the session that all share, which takes no two threads; it is used by many.
MAKING_CLIENTS = threading.Lock()


class CloudError(Exception):
    """The local cloud did not start or stop; the text says what to do (Japanese)."""


@dataclass(frozen=True)
class LocalCloud:
    """One emulator: a home directory for its state and a port on the loopback."""

    home: Path = LOCAL
    port: int = DEFAULT_PORT

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def _pid_file(self) -> Path:
        return self.home / "pid"

    @property
    def log(self) -> Path:
        return self.home / "log"

    def is_up(self) -> bool:
        """True when our emulator runs and answers."""
        return self._pid() is not None and self._answers()

    def start(self, *, enforce_iam: bool = False) -> None:
        """Starts the emulator and waits until it answers. Raises CloudError."""
        if self.is_up():
            return
        if self._answers():
            raise CloudError(
                f"ポート {self.port} を別のプログラムが使っています。それを終了するか、"
                "SOUDAN_CLOUD_PORT に空いている番号を指定してください。"
            )
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  # our own interpreter and a fixed module
                [str(_interpreter()), "-m", "ministack"],
                env=self._environment(enforce_iam=enforce_iam),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.home,
                start_new_session=True,
            )
        self._pid_file.write_text(str(process.pid))
        deadline = time.monotonic() + 60
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise CloudError(f"手元のクラウドが起動しません。記録: {self.log}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stops the emulator in order, which is when it writes its state. Raises CloudError."""
        pid = self._pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 60
        while self._pid() is not None:
            if time.monotonic() > deadline:
                raise CloudError(f"手元のクラウドが止まりません(プロセス {pid})。")
            time.sleep(0.1)
        self._pid_file.unlink(missing_ok=True)

    def aws_environment(self, account: str = ACCOUNT) -> dict[str, str]:
        """The variables with which any AWS client works on this cloud and nothing else."""
        return {
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        """A boto3 client on this cloud; an account's number is its access key."""
        with MAKING_CLIENTS:
            return boto3.client(  # type: ignore[call-overload]  # any service
                service,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id=account,
                aws_secret_access_key="local",  # noqa: S106  # the emulator asks for none
            )

    def _environment(self, *, enforce_iam: bool) -> dict[str, str]:
        state, files = self.home / "state", self.home / "s3"
        for directory in (state, files):
            directory.mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "TMPDIR": str(self.home),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(files),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "AUTH": "true" if enforce_iam else "false",
        }

    def _pid(self) -> int | None:
        """The process that we started, if it still runs."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline")
            if command.exists():
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
                return pid if b"ministack" in command.read_bytes() and state != "Z" else None
            os.kill(pid, 0)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None
        return pid

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.endpoint}/_ministack/health", timeout=2).is_success
        except httpx.HTTPError:
            return False


def _interpreter() -> Path:
    """The emulator's own environment: it pins botocore, and functions must not see ours."""
    home = LOCAL / "ministack"
    python = home / "bin" / "python"
    installed = home / "lock"
    if not installed.is_file() or installed.read_bytes() != _LOCK.read_bytes():
        uv = str(BIN / "uv")
        commands = (
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)],
            [
                uv, "pip", "install", "--quiet", "--require-hashes",
                "--python", str(python), "--requirement", str(_LOCK),
            ],
        )  # fmt: skip
        for command in commands:
            subprocess.run(command, check=True)  # noqa: S603  # fixed words and our own paths
        installed.write_bytes(_LOCK.read_bytes())
    return python


def the_cloud() -> LocalCloud:
    """The local cloud of this checkout."""
    return LocalCloud(port=int(os.environ.get("SOUDAN_CLOUD_PORT", DEFAULT_PORT)))
