#!/usr/bin/env python3
"""Uses the page of `synod explore` in a real browser: python3 tests/browser/explore.py.

It starts the program, chooses events by clicking, goes back, branches, and compares what the page
shows with what the story says. It needs Chromium and nothing beyond Python's own library.

    --synod PATH      the program; by default that of the last release build
    --browser PATH    the browser; by default chromium from the path
    --shots FOLDER    keep screenshots there, to be looked at
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

from check import ROOT, Browser, same


class Address:
    """A page on this machine, as the browser's `open` takes it."""

    def __init__(self, address):
        self.address = address

    def resolve(self):
        return self

    def as_uri(self):
        return self.address


def start(options, *arguments):
    program = subprocess.Popen([options.synod, "explore", *arguments], stdout=subprocess.PIPE,
                               text=True)
    line = program.stdout.readline()
    if "http://" not in line:
        sys.exit(f"The program said {line!r}.")
    return program, Address(line.split()[1])


def settled(browser, script, wanted):
    """The page asks its server, so what it shows comes a little later."""
    deadline = time.monotonic() + 10
    while (shown := browser.ask(script)) != wanted:
        if time.monotonic() > deadline:
            same(shown, wanted, script)


def choose(browser, command):
    way = browser.ask("document.querySelectorAll('#tree .on').length")
    browser.ask(f"""[...document.querySelectorAll('#choices button')]
        .find(one => one.textContent.startsWith({command!r})).click()""")
    settled(browser, "document.querySelectorAll('#tree .on').length", way + 1)


def check_by_hand(browser, options):
    program, page = start(options, "ricart-agrawala", "--nodes", "2")
    try:
        browser.open(page)
        settled(browser, "document.querySelectorAll('#lights li').length", 3)
        for command in ["request n0 enter", "deliver n0 n1 Request", "deliver n1 n0 Reply"]:
            choose(browser, command)
        story = browser.ask("document.querySelector('#story').textContent")
        same("n0 tells entered" in story, True, "the story tells what happened")
        same(browser.ask("document.querySelectorAll('#picture svg').length"), 1, "pictures")
        browser.press("Left")
        settled(browser, "document.querySelectorAll('#tree .on').length", 3)
        # Another way from here is a branch; the first stays in the tree.
        choose(browser, "crash n1")
        same(browser.ask("document.querySelectorAll('#tree ol li').length"), 1, "branches")
        same(browser.ask("document.querySelectorAll('#nodes .down').length"), 1, "nodes down")
        same(browser.ask("document.querySelectorAll('#lights .broken').length"), 0, "broken")
        if options.shots:
            browser.shot(options.shots, "explore")
    finally:
        program.kill()
        program.wait()


def check_counterexample(browser, options):
    mutant = ["ricart-agrawala", "--mutant", "reply-inside"]
    story = Path(options.folder) / "way.story"
    subprocess.run([options.synod, "check", *mutant, "--story", str(story), "--json"],
                   stdout=subprocess.DEVNULL, check=False)
    program, page = start(options, *mutant, "--story", str(story))
    try:
        browser.open(page)
        settled(browser, "document.querySelectorAll('#lights .broken').length", 1)
        said = browser.ask("document.querySelector('#lights .broken').textContent")
        same("is inside and has not left" in said, True, "the light says why")
        browser.press("Left")
        settled(browser, "document.querySelectorAll('#lights .broken').length", 0)
        if options.shots:
            browser.shot(options.shots, "counterexample")
    finally:
        program.kill()
        program.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--synod", default=str(ROOT / "target" / "release" / "synod"))
    parser.add_argument("--browser", default=shutil.which("chromium"))
    parser.add_argument("--shots", type=Path)
    options = parser.parse_args()
    if not options.browser:
        sys.exit("There is no chromium in the path; name the browser with --browser.")
    if options.shots:
        options.shots.mkdir(parents=True, exist_ok=True)
    browser = Browser(options.browser)
    options.folder = browser.profile.name
    try:
        for check in (check_by_hand, check_counterexample):
            print(check.__name__.replace("_", " "))
            check(browser, options)
            # It asks its own server, and nobody else.
            own = "The page fetches http://127.0.0.1:"
            faults = [one for one in browser.faults if not str(one).startswith(own)]
            if faults:
                sys.exit(f"The page's console has {faults}.")
    finally:
        browser.close()
    print("all is well")


if __name__ == "__main__":
    main()
