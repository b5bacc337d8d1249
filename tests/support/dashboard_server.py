"""The dashboard as people start it, in a process of its own, and a browser that looks at it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, Dialog, Page, Request, expect, sync_playwright

from sandbox.processes import listening
from sandbox.settings import ROOT
from tests.support.sandboxes import free_port
from tests.support.waiting import wait_until

CHROMIUM = Path("/usr/bin/chromium")
NOWHERE_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
SECONDS = 60
"""How long anything may take before it counts as broken; the machine may be busy."""
expect.set_options(timeout=SECONDS * 1000)

IS_DRAWN = """
([page, told]) => {
    const heading = document.querySelector("header.page h1");
    if (!heading || (page && heading.textContent !== page)) return false;
    if (told && document.querySelector("header.page p")?.innerText === told) return false;
    const app = document.querySelector("[data-testid=stApp]");
    if (app.getAttribute("data-test-script-state") !== "notRunning") return false;
    // A skeleton stands for a part of the page as long as the browser has not loaded the script that draws it.
    if (document.querySelector("[data-stale=true], [data-testid=stSkeleton]")) return false;
    return [...document.querySelectorAll("[data-testid=stPlotlyChart]")].every(
        (chart) => chart.querySelector(".main-svg")?.checkVisibility()
    );
}
"""


@contextmanager
def headless_chromium() -> Iterator[Browser]:
    """A new browser, its cache empty, that finds no other machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", NOWHERE_ELSE])
        yield browser
        browser.close()


@contextmanager
def served(warehouse: Path, log: Path) -> Iterator[str]:
    """Serve a warehouse folder; gives the address."""
    port = free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "serve", "--port", str(port), "--warehouse", str(warehouse)],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        with suppress(TimeoutError):
            wait_until(lambda: listening(port) or process.poll() is not None, "the dashboard", 2 * SECONDS)
        assert process.poll() is None, log.read_text()
        assert listening(port), log.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Visitor:
    """A browser tab that remembers what it should not have seen: errors, dialogs, requests to elsewhere."""

    def __init__(self, browser: Browser, address: str, width: int = 1280) -> None:
        self.address = address
        self._context = browser.new_context(viewport={"width": width, "height": 900})
        self.page: Page = self._context.new_page()
        self.page.on("request", self._look_at)
        self.page.set_default_timeout(SECONDS * 1000)
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self._complain(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self._complain(str(error)))
        self.page.on("dialog", self._dismiss)

    def _complain(self, what: str) -> None:
        self.complaints.append(what)

    def _dismiss(self, dialog: Dialog) -> None:
        self._complain(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _look_at(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.hostname != "127.0.0.1":
            self._complain(f"request to {request.url}")

    def open(self, page: str = "Executive Overview", **slicers: str | list[str]) -> "Visitor":
        """Go to a page, with slicers set by the link, and wait until it is drawn."""
        self.page.goto(f"{self.address}/?{urlencode({'page': page, **slicers}, doseq=True)}", wait_until="commit")
        return self.wait(page)

    def turn_to(self, page: str) -> "Visitor":
        """Go to a page by the sidebar, and wait until it is drawn."""
        self.page.get_by_role("radio", name=page).check(force=True)
        return self.wait(page)

    def wait(self, page: str | None = None, told: str | None = None) -> "Visitor":
        """Wait until the script has run and what it drew is there.

        Args:
            page: which must be there by its heading; by default whichever is.
            told: what stood under the heading before, and must stand there no longer.
        """
        # Looked at with every frame: `expect` looks at growing intervals, up to a second apart.
        self.page.wait_for_function(IS_DRAWN, arg=[page, told], polling="raf")
        return self

    def told(self) -> str:
        """What stands under the heading: which days, states and categories are shown."""
        return self.page.locator("header.page p").inner_text()

    def choose(self, slicer: str, value: str) -> None:
        """Choose a value of a slicer in the sidebar, as a person does."""
        self.page.get_by_role("combobox", name=re.compile(slicer)).click()
        self.page.get_by_role("option", name=value, exact=True).click()
        self.page.keyboard.press("Escape")

    def cards(self) -> dict[str, str]:
        """What the cards say, by measure."""
        return {
            str(card.get_attribute("data-measure")): card.locator(".value").inner_text()
            for card in self.page.locator(".card").all()
        }

    def changes(self) -> dict[str, str]:
        """What the cards say of changes, by measure."""
        return {
            str(card.get_attribute("data-measure")): card.locator(".change b").inner_text()
            for card in self.page.locator(".card", has=self.page.locator(".change b")).all()
        }

    def close(self) -> None:
        """Close the tab."""
        self._context.close()
