"""A browser without a window: chromedriver spoken to by its own protocol, with the standard library alone."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
_LOCAL = ("data:", "file:", "about:", "blob:", "chrome:")


class Browser:
    """One session; `call` sends a command of the WebDriver protocol."""

    def __init__(self, address: str, session: str) -> None:
        self.base = f"{address}/session/{session}"
        self.call("url", url="about:blank")
        self.complaints(), self.requests()  # those of the browser's own first page

    def call(self, path: str, **content: Any) -> Any:
        return _post(f"{self.base}/{path}", content)

    def cdp(self, command: str, **params: Any) -> Any:
        return self.call("goog/cdp/execute", cmd=command, params=params)

    def look(self, page: Path, width: int, *, dark: bool) -> None:
        """Open the page at this width, in light or dark."""
        self.cdp(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.cdp("Emulation.setEmulatedMedia", features=[scheme])
        self.call("url", url=page.as_uri())

    def look_without_scripts(self, page: Path, width: int) -> None:
        """Open the page where its own scripts do not run; `run` still looks at it."""
        self.cdp("Emulation.setScriptExecutionDisabled", value=True)
        self.look(page, width, dark=True)
        self.cdp("Emulation.setScriptExecutionDisabled", value=False)

    def run(self, script: str) -> Any:
        return self.call("execute/sync", script=script, args=[])

    def screenshot(self, path: Path) -> None:
        """The whole page."""
        shot = self.cdp("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """What the console said since this was last asked: errors and warnings, refusals by policy included."""
        return [str(entry["message"]) for entry in self.call("se/log", type="browser")]

    def requests(self) -> list[str]:
        """The addresses asked for since this was last asked, files and data apart."""
        events = [
            json.loads(entry["message"])["message"] for entry in self.call("se/log", type="performance")
        ]
        sent = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in sent if not url.startswith(_LOCAL)]


@contextmanager
def browser() -> Iterator[Browser]:
    """A fresh browser with a fresh profile."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = shutil.which("chromedriver")
    assert program is not None
    driver = subprocess.Popen(
        [program, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        with tempfile.TemporaryDirectory() as profile:
            _wait(address)
            found = _post(f"{address}/session", {"capabilities": {"alwaysMatch": _wanted(profile)}})
            session = Browser(address, found["sessionId"])
            try:
                yield session
            finally:
                _send(session.base, None, "DELETE")
    finally:
        driver.terminate()
        driver.wait(timeout=20)


def _wanted(profile: str) -> dict[str, Any]:
    options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
    return {
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    }


def _wait(address: str) -> None:
    for _ in range(200):
        try:
            if _send(f"{address}/status", None, "GET")["ready"]:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError("chromedriver does not answer")


def _post(url: str, content: Any) -> Any:
    return _send(url, json.dumps(content).encode(), "POST")


def _send(url: str, content: bytes | None, method: str) -> Any:
    request = urllib.request.Request(
        url, data=content, method=method, headers={"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.load(answer)["value"]
