#!/usr/bin/env python3
"""Opens the pages of `draw` in a real browser and uses them: python3 tests/browser/check.py.

It builds the example pictures with cargo, starts Chromium without a window, presses real keys and
clicks, and compares what the page says with what it computes itself from the data in the page. Any
error on the page's console fails the check. Times are printed, not judged. It needs Chromium
(Debian: apt-get install --no-install-recommends chromium) and nothing beyond Python's own library.

    --browser PATH    the browser; by default chromium from the path
    --shots FOLDER    keep screenshots there, to be looked at
    --pages FOLDER    pages that are already built
"""

import argparse
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What the protocol calls keys that are not characters.
KEYS = {"Down": "ArrowDown", "Up": "ArrowUp", "Left": "ArrowLeft", "Right": "ArrowRight"}


class Browser:
    """One page of a browser, spoken to through pipes in the DevTools protocol."""

    def __init__(self, path, wide=1400, high=900):
        its_in, our_out = os.pipe()
        our_in, its_out = os.pipe()
        self.profile = tempfile.TemporaryDirectory()

        def wire():
            # The browser reads commands from descriptor 3 and writes answers to 4.
            os.dup2(its_in, 20)
            os.dup2(its_out, 21)
            os.dup2(20, 3)
            os.dup2(21, 4)

        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                 "--disable-background-networking", "--no-first-run", "--force-color-profile=srgb",
                 f"--user-data-dir={self.profile.name}", f"--window-size={wide},{high}"]
        self.process = subprocess.Popen(
            [path, *flags, "about:blank"], preexec_fn=wire, close_fds=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(its_in)
        os.close(its_out)
        self.out, self.back = our_out, os.fdopen(our_in, "rb", 0)
        self.number, self.rest, self.session = 0, b"", None
        self.faults, self.loaded = [], False
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        attach = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self.session = attach["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.size(wide, high)

    def receive(self):
        while b"\0" not in self.rest:
            part = self.back.read(1 << 16)
            if not part:
                sys.exit("The browser has ended by itself.")
            self.rest += part
        message, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(message)
        method, about = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.exceptionThrown":
            self.faults.append(about["exceptionDetails"])
        elif method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.faults.append(about["entry"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.faults.append(about["args"])
        elif method == "Network.requestWillBeSent":
            address = about["request"]["url"]
            if not address.startswith("file:") or not address.endswith((".html", ".svg")):
                self.faults.append(f"The page fetches {address}.")
        return message

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, page):
        self.loaded = False
        self.call("Page.navigate", url=page.resolve().as_uri())
        while not self.loaded:
            self.receive()

    def ask(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, *keys):
        for key in keys:
            shift = key.startswith("Shift+")
            key = key.removeprefix("Shift+")
            key = KEYS.get(key, key)
            params = {"key": key, "modifiers": 8 if shift else 0}
            if len(key) == 1:
                params["text"] = key
            elif key == "Enter":
                params["text"] = "\r"
            self.call("Input.dispatchKeyEvent", type="keyDown", **params)
            self.call("Input.dispatchKeyEvent", type="keyUp", **params)

    def click(self, selector):
        x, y = self.ask(f"(r => [r.x + r.width / 2, r.y + r.height / 2])"
                        f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())")
        self.click_at(x, y)

    def click_at(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def size(self, wide, high):
        self.call("Emulation.setDeviceMetricsOverride", width=wide, height=high,
                  deviceScaleFactor=1, mobile=False)

    def theme(self, dark):
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def frame(self):
        """Waits until what was changed is on the screen."""
        self.ask("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def shot(self, folder, name):
        if folder:
            self.frame()
            image = self.call("Page.captureScreenshot")["data"]
            (folder / f"{name}.png").write_bytes(base64.b64decode(image))

    def close(self):
        self.call("Browser.close")
        self.process.wait()


class Run:
    """A run as the page holds it, and what must be true of it, computed in the plainest way."""

    def __init__(self, page):
        held = re.search(r'id="runs">(.*?)</script>', page.read_text(), re.S).group(1)
        self.all = json.loads(held)
        self.one = self.all["runs"][0]
        self.count = len(self.one["at"])
        self.kinds = [name for name, _ in self.all["kinds"]]

    def kind(self, event):
        return self.kinds[self.one["kind"][event]]

    def words(self, event):
        lane = self.one["lane"][event]
        where = "" if lane < 0 else self.one["lanes"][lane] + " "
        return where + self.all["strings"][self.one["text"][event]]

    def happens(self, event):
        return self.one["lane"][event] >= 0 and self.kind(event) != "lost"

    def reach(self, event, backwards):
        """All events that are reached by steps at one node and by messages."""
        before = {}
        last = {}
        for e in filter(self.happens, range(self.count)):
            before[e] = []
            lane = self.one["lane"][e]
            if lane in last:
                before[e].append(last[lane])
            last[lane] = e
            message = self.one["message"][e]
            if self.kind(e) == "deliver" and message >= 0:
                before[e].append(self.one["send_event"][message])
        steps = before
        if not backwards:
            steps = {e: [] for e in before}
            for e, causes in before.items():
                for cause in causes:
                    steps[cause].append(e)
        seen, todo = set(), [event]
        while todo:
            for other in steps[todo.pop()]:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return len(seen)

    def matches(self, text):
        """Events whose words, effects or messages hold a text."""
        text = text.lower()
        holds = [text in string.lower() for string in self.all["strings"]]
        found = {e for e in range(self.count) if holds[self.one["text"][e]]}
        for name in ("tells", "saves", "alarms"):
            flat = self.one[name]
            found |= {flat[i] for i in range(0, len(flat), 2) if holds[flat[i + 1]]}
        sends = zip(self.one["send_event"], self.one["send_text"])
        return found | {event for event, said in sends if holds[said]}


def same(is_, should, what):
    if is_ != should:
        raise AssertionError(f"{what}: the page says {is_!r}, and it should be {should!r}.")


def chosen(browser):
    return browser.ask("app.active.chosen")


def check_steps(browser, run):
    """Keys step through events; the card and the live region say which."""
    browser.press("Escape", "Home")
    same(chosen(browser), 0, "Home")
    for event in range(1, 6):
        browser.press("Down")
        same(chosen(browser), event, "a step down")
        same(browser.ask("document.querySelector('#card .words').textContent"), run.words(event),
             "the card's words")
        said = browser.ask("document.getElementById('said').textContent")
        same(said.endswith(run.words(event)), True, "what is said aloud")
    browser.press("Up", "k")
    same(chosen(browser), 3, "steps up")
    browser.press("End")
    same(chosen(browser), run.count - 1, "End")
    lane = run.one["lane"][3]
    browser.press("g", "j", "j", "j", "Shift+Down")
    following = next(e for e in range(4, run.count) if run.one["lane"][e] == lane)
    same(chosen(browser), following, "a step at the same node")
    arrival = next(e for e in range(run.count)
                   if run.kind(e) == "deliver" and run.one["message"][e] >= 0)
    browser.ask(f"app.choose({arrival})")
    browser.press("Left")
    same(chosen(browser), run.one["send_event"][run.one["message"][arrival]], "its sending")
    row = browser.ask("[app.active.scroll.getBoundingClientRect().x + 200,"
                      " app.active.scroll.getBoundingClientRect().y + HEAD"
                      " + app.active.rows.words(app.active.rows.of[7]) * app.active.step"
                      " - app.active.scroll.scrollTop]")
    browser.click_at(*row)
    same(chosen(browser), 7, "a click on a row")


def check_causes(browser, run):
    """Counts of causes and consequences, against a search along steps and messages."""
    happen = [e for e in range(run.count) if run.happens(e)]
    for event in happen[:: max(1, len(happen) // 12)]:
        browser.ask(f"app.choose({event})")
        at = run.one["at"][event]
        when = str(at) if run.one["steps"] else f"{at // 10**9}.{at // 1000 % 10**6:06}s"
        same(browser.ask(f"app.runs[0].when({event})"), when, "the time")
        cells = browser.ask("[...document.querySelectorAll('#causality td')]"
                            ".map(cell => Number(cell.textContent.replaceAll(',', '')))")
        past, future = run.reach(event, True), run.reach(event, False)
        same(cells, [past, future, len(happen) - 1 - past - future], f"relations of {event}")
        pale = browser.ask("app.runs[0].kind.reduce((n, _, e) =>"
                           " n + (app.runs[0].place[e] > 0 && app.active.pale(e) ? 1 : 0), 0)")
        same(pale, cells[2], f"pale events beside {event}")


def check_search(browser, run, text):
    browser.press("Escape", "/")
    same(browser.ask("document.activeElement.id"), "search", "the key to search")
    browser.call("Input.insertText", text=text)
    should = sorted(run.matches(text))
    same(browser.ask("app.matches"), should, f"matches of {text}")
    same(chosen(browser), should[0], "the first match")
    browser.press("Enter")
    same(chosen(browser), should[1], "Enter goes on")
    browser.press("Shift+Enter", "Shift+Enter")
    same(chosen(browser), should[-1], "back from the first is the last")
    said = browser.ask("document.getElementById('found').textContent")
    same(said, f"{len(should):,} / {len(should):,}", "the count of matches")
    browser.click("#find-on")
    same(chosen(browser), should[0], "the button goes on")
    browser.click("#search")
    browser.press("Escape")
    same(browser.ask("app.matches.length"), 0, "Escape ends the search")


def check_filters(browser, run):
    rows = "app.active.rows.size.reduce((a, b) => a + b, 0)"
    same(browser.ask(rows), run.count, "all events have rows")
    browser.press("1")
    of_first = sum(lane == 0 for lane in run.one["lane"])
    same(browser.ask(rows), run.count - of_first, "without the first node")
    same(browser.ask("app.active.lanes.length"), len(run.one["lanes"]) - 1, "lanes without it")
    browser.press("1")
    delivered = [e for e in range(run.count) if run.kind(e) == "deliver"]
    browser.ask("[...document.querySelectorAll('#kinds button')]"
                ".find(chip => chip.textContent.startsWith('message')).click()")
    same(browser.ask(rows), run.count - len(delivered), "without deliveries")
    same(browser.ask("app.active.rows.first.every(e => app.runs[0].kind[e] !== KIND.deliver)"),
         True, "rows without deliveries")
    browser.ask("[...document.querySelectorAll('#kinds button')]"
                ".find(chip => chip.textContent.startsWith('message')).click()")
    same(browser.ask(rows), run.count, "all again")


def check_arrows(browser, run):
    """Every message that is under way within what is in sight is drawn, wherever it ends."""
    ends = {}
    for event in range(run.count):
        if run.one["message"][event] >= 0:
            ends[run.one["message"][event]] = event
    browser.press("Escape")
    crossing = 0
    for place in range(0, run.count, 7):
        browser.ask(f"app.active.scroll.scrollTop = {place} * app.active.step")
        browser.frame()
        first, last = browser.ask("[app.active.rows.first[app.active.sight.from],"
                                  " app.active.rows.first[app.active.sight.to - 1]]")
        drawn = set(browser.ask("[...app.active.drawn]"))
        for message, event in enumerate(run.one["send_event"]):
            end = ends.get(message, event)
            if event <= last and end >= first:
                same(message in drawn, True, f"message {message} is drawn in {first}..{last}")
                crossing += event < first and end > last
        same(len(drawn) < 240, True, "what is far away is not drawn")
    same(crossing > 0, True, "some message crosses all that is in sight")


def check_small(browser, pages, shots):
    run = Run(pages / "small.html")
    browser.open(pages / "small.html")
    same(chosen(browser), run.count - 1, "a page opens at the violation")
    browser.shot(shots, "small")
    check_steps(browser, run)
    check_causes(browser, run)
    browser.shot(shots, "small-causes")
    check_search(browser, run, "Append")
    check_search(browser, run, "for=n0")
    check_filters(browser, run)
    browser.press("?")
    same(browser.ask("document.getElementById('help').open"), True, "the keys are shown")
    browser.shot(shots, "keys")
    browser.press("Enter")
    same(browser.ask("document.getElementById('help').open"), False, "and closed")
    browser.theme(True)
    browser.shot(shots, "small-dark")
    browser.theme(False)
    painted = "app.active.canvas.toDataURL()"
    before = browser.ask(painted)
    browser.press("+")
    browser.frame()
    same(browser.ask(painted) != before, True, "zooming paints anew")
    browser.press("-")


def check_middle(browser, pages, shots):
    run = Run(pages / "some.html")
    browser.open(pages / "some.html")
    check_causes(browser, run)
    check_filters(browser, run)
    browser.ask("Rows.BLOCK = 4; app.zoom(9); app.active.arrange()")
    browser.size(1400, 240)
    browser.frame()
    check_arrows(browser, run)
    browser.size(1400, 900)
    browser.ask("app.zoom(22 / 60)")
    browser.press("f")
    folded = browser.ask("app.active.rows.count")
    same(folded < run.count, True, "quiet stretches are folded")
    total = "app.active.rows.size.reduce((a, b) => a + b, 0)"
    same(browser.ask(total), run.count, "and none is lost")
    browser.press("1")
    of_first = sum(lane == 0 for lane in run.one["lane"])
    same(browser.ask(total), run.count - of_first, "nor counted if it is hidden")
    browser.press("1")
    browser.press("f", "Escape", "g", "t")
    words = browser.ask("Array.from(app.active.rows.scaled.words)")
    least = min(b - a for a, b in zip(words, words[1:]))
    same(least >= 0.95 - 1e-9, True, "words do not overlap when drawn to scale")
    browser.shot(shots, "scale")
    browser.press("t")


def check_pair(browser, pages, shots):
    browser.open(pages / "pair.html")
    first = Run(pages / "pair.html").all["differences"][1][0]
    same(browser.ask("app.panes.map(pane => pane.chosen)"), [first, first], "the first difference")
    same(browser.ask("app.panes.every(pane => pane.rows.of[app.differs] >= pane.sight.from"
                     " && pane.rows.of[app.differs] < pane.sight.to)"), True, "it is in sight")
    browser.press("Down")
    same(browser.ask("app.panes.map(pane => pane.chosen)"), [first + 1, first], "one pane steps")
    browser.press("d")
    browser.shot(shots, "pair")
    browser.press("Home", "Down")
    browser.frame()
    tops = browser.ask("app.panes.map(pane => pane.sight.from)")
    same(tops[0], tops[1], "while runs are alike, both show the same")
    same(browser.ask("location.hash"), "#event-2", "the address names the event")
    browser.ask("location.hash = '#right-12'")
    browser.frame()
    same(browser.ask("[app.active.number, app.active.chosen]"), [1, 11], "and is followed")


TIMED = """(async () => {
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const times = [];
  for (let i = 0; i < 40; i++) {
    const begin = performance.now();
    ACT;
    await frame();
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  return [times[20], times[39]];
})()"""


def check_long(browser, pages, shots):
    page = pages / "long.html"
    run = Run(page)
    begin = time.monotonic()
    browser.open(page)
    browser.frame()
    took = time.monotonic() - begin
    size = page.stat().st_size / 1e6
    print(f"  {run.count:,} events, {size:.1f} MB: opened and drawn in {took:.2f} s")
    same(run.count, 100_000, "the long run's events")
    browser.shot(shots, "long")
    browser.ask("app.choose(50000)")
    for name, act in [
        ("step to the next event", "app.walk(1)"),
        ("scroll by a screen", "app.active.scroll.scrollTop += 800"),
        ("jump across the run", "app.active.scroll.scrollTop = (i * 7919 % 40) / 40 * app.active.height"),
        ("zoom out and in", "app.zoom(i % 2 ? 1.25 : 0.8)"),
    ]:
        middle, worst = browser.ask(TIMED.replace("ACT", act))
        print(f"  {name}: {middle:.0f} ms median, {worst:.0f} ms at worst, painting included")
    for name, act in [
        ("search for one entry", "(document.getElementById('search').value = '[3155]', app.search())"),
        ("search for all heartbeats",
         "(document.getElementById('search').value = 'heartbeat', app.search())"),
        ("search for nothing", "(document.getElementById('search').value = '', app.search())"),
        ("unfold all", "app.toggle('fold')"),
        ("draw to scale", "app.toggle('scale')"),
        ("hide a node", "document.querySelector('#nodes button').click()"),
    ]:
        took = browser.ask("(async () => { const begin = performance.now(); " + act + ";"
                           " await new Promise(done => requestAnimationFrame(() => setTimeout(done)));"
                           " return performance.now() - begin; })()")
        print(f"  {name}: {took:.0f} ms")
    browser.ask("document.querySelector('#nodes button').click()")
    for by, name in ((0.4, "long-far"), (0.01, "long-farthest")):
        browser.ask(f"app.scale && app.toggle('scale'); app.zoom({by})")
        browser.shot(shots, name)
    browser.ask("app.zoom(5)")
    check_search(browser, run, "[3155]")


def check_odd(browser, pages, shots):
    """Hostile text is only text, and nothing to show is no fault."""
    browser.open(pages / "none.html")
    browser.press("Down", "n", "v", "End", "+", "f", "t", "?")
    same(browser.ask("document.getElementById('subject').textContent"), "No run", "no run")
    browser.open(pages / "empty.html")
    browser.press("Down", "Shift+Up", "n", "v", "d", "End", "Home", "+", "f", "t", "c", "1", "Left")
    browser.press("/")
    browser.call("Input.insertText", text="nothing")
    browser.press("Enter", "Escape", "Escape")
    same(chosen(browser), -1, "nothing is chosen of nothing")
    browser.frame()
    run = Run(pages / "hostile.html")
    browser.open(pages / "hostile.html")
    same(browser.ask("document.scripts.length"), 2, "scripts of the page")
    same(browser.ask("document.getElementById('subject').textContent"), run.one["subject"],
         "the subject as text")
    for event in range(run.count):
        browser.ask(f"app.choose({event})")
        same(browser.ask("document.querySelector('#card .words').textContent"), run.words(event),
             "words as text")
    browser.shot(shots, "hostile")


def check_rest(browser, pages, shots):
    for name in ("small.svg", "small-right.svg", "small-dark.svg", "scale.svg", "sheet.html"):
        for dark in (False, True):
            browser.theme(dark)
            browser.open(pages / name)
            browser.shot(shots, name.split(".")[0] + ("-in-dark" if dark else "-in-light"))
    browser.theme(False)
    browser.size(420, 800)
    browser.open(pages / "small.html")
    wide = browser.ask("document.documentElement.scrollWidth")
    same(wide <= 420, True, "a narrow page does not scroll sideways")
    browser.shot(shots, "narrow")
    browser.size(1400, 900)
    browser.open(pages / "small.html")
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.ask("app.print(true)")
    browser.shot(shots, "printed")
    browser.ask("app.print(false)")
    browser.call("Emulation.setEmulatedMedia", media="")
    printed = browser.call("Page.printToPDF", printBackground=True)["data"]
    same(len(base64.b64decode(printed)) > 10_000, True, "the page prints")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--browser", default=shutil.which("chromium"))
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--pages", type=Path)
    options = parser.parse_args()
    if not options.browser:
        sys.exit("There is no chromium in the path; name the browser with --browser.")
    if options.shots:
        options.shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pages = options.pages or Path(folder)
        if not options.pages:
            example = ["cargo", "run", "-q", "-p", "draw", "--example", "pictures", "--", folder]
            subprocess.run(example, cwd=ROOT, check=True)
        browser = Browser(options.browser)
        try:
            for check in (check_small, check_middle, check_pair, check_long, check_odd, check_rest):
                print(check.__name__.replace("_", " "))
                check(browser, pages, options.shots)
                if browser.faults:
                    sys.exit(f"The page's console has {browser.faults}.")
        finally:
            browser.close()
    print("all is well")


if __name__ == "__main__":
    main()
