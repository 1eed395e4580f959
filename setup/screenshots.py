"""Take the pictures that shots.py lists: screenshots.py ADDRESS CHROMIUM [NAME…]. ./dev screenshots runs it."""

import re
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from shots import PHONE, SHOTS

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"


def main(address, chromium, *names):
    if unknown := set(names) - {shot.name for shot in SHOTS}:
        sys.exit(f"setup/shots.py lists no picture {', '.join(sorted(unknown))}")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        sessions = {}
        for shot in SHOTS:
            if names and shot.name not in names:
                continue
            if shot.login not in sessions:
                sessions[shot.login] = log_in(browser, address, shot.login)
            file = IMAGES / f"{shot.name}.png"
            save(take(browser, address, sessions[shot.login], shot), file)
            print(f"  {file.name:<32} {file.stat().st_size / 1024:.0f} kB", flush=True)


def log_in(browser, address, login):
    """The cookies of somebody logged in."""
    context = browser.new_context()
    if login:
        page = context.new_page()
        page.goto(f"{address}/web/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", login)
        page.click("form.oe_login_form button[type=submit]")
        page.wait_for_url(lambda url: "/web/login" not in url)
    state = context.storage_state()
    context.close()
    return state


def take(browser, address, session, shot):
    context = browser.new_context(
        storage_state=session,
        viewport={"width": shot.size[0], "height": shot.size[1]},
        has_touch=shot.size == PHONE,
        is_mobile=shot.size == PHONE,
        locale="en-US",
        timezone_id="Europe/Brussels",
    )
    page = context.new_page()
    url = re.sub(r"\{([a-z_]+)\.(\w+)\}", lambda found: str(record_id(context, address, *found.groups())), shot.url)
    page.goto(address + url)
    for selector in shot.click:
        page.locator(selector).first.click()
    page.mouse.move(shot.size[0] / 2, shot.size[1] - 1)  # away from what was clicked and its tooltip
    page.locator(shot.wait).first.wait_for()
    page.wait_for_function("document.fonts.status == 'loaded' && [...document.images].every((image) => image.complete)")
    page.add_style_tag(content="*, *::before, *::after { transition: none !important; animation: none !important; }")
    page.wait_for_timeout(500)
    picture = page.locator(shot.part).first.screenshot() if shot.part else page.screenshot()
    context.close()
    return picture


def record_id(context, address, module, name):
    """The database id of a record with an external id, asked as the one who looks."""
    question = {"model": "ir.model.data", "method": "check_object_reference", "args": [module, name], "kwargs": {}}
    answer = context.request.post(f"{address}/web/dataset/call_kw", data={"jsonrpc": "2.0", "params": question})
    result = answer.json()
    if "result" not in result:
        sys.exit(f"no record {module}.{name}: {result['error']['data']['message']}")
    return result["result"][1]


def save(picture, file):
    """Store with 256 colours: a third of the size, and nobody sees the difference on a screen of forms."""
    Image.open(BytesIO(picture)).convert("RGB").quantize(256).save(file, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
