"""The browser of the browser tests: one that is there, else Debian's, else Playwright's own.

    python -m ops.local.browser

installs what is missing and prints where the browser is.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str | None:
    """Path of a Chromium or Chrome that is installed; `SOUDAN_CHROMIUM` names one."""
    named = os.environ.get("SOUDAN_CHROMIUM")
    if named:
        return named
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def playwrights_own() -> str | None:
    """Path of the browser that Playwright downloaded, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find() -> str | None:
    """Path of the browser to use, if there is one."""
    return installed() or playwrights_own()


def install() -> str:
    """Path of a browser, installed when none was there. Raises RuntimeError."""
    if path := find():
        return path
    commands = _debian() if os.geteuid() == 0 and shutil.which("apt-get") else _playwright()
    for command in commands:
        subprocess.run(  # noqa: S603  # fixed words
            command,
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    path = find()
    if path is None:
        raise RuntimeError(
            "ブラウザーを用意できません。Chromium か Chrome を入れるか、"
            "SOUDAN_CHROMIUM にその場所を指定してください。"
        )
    return path


def _debian() -> list[list[str]]:
    return [
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-cjk"],
    ]


def _playwright() -> list[list[str]]:
    return [[sys.executable, "-m", "playwright", "install", "chromium"]]


if __name__ == "__main__":
    sys.stdout.write(f"{install()}\n")
