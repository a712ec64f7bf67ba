"""Draw the README's pictures from the demonstration: `make screenshots`."""

import os
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from browsing import ARGUMENTS, CHROMIUM, READY, open_at, play_demo, serving  # noqa: E402

WIDTH, TALL = 1280, 4000
PICTURES = {"overview": "/", "compare": "/compare?cell=dogwood-lab:R3"}


def draw(page, address: str, path: Path) -> None:
    """Photograph a whole page: the app scrolls inside itself, so the window is made as tall as it is."""
    page.set_viewport_size({"width": WIDTH, "height": 900})
    open_at(page, address)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": min(height, TALL)})
    page.wait_for_timeout(300)
    page.wait_for_function(READY)
    page.screenshot(path=path)
    _shrink(path)


def _shrink(path: Path) -> None:
    """Keep the 256 colours that cover most, exactly: a repository keeps every picture for ever."""
    with Image.open(path) as opened:
        whole = opened.convert("RGB")
    counted = sorted(whole.getcolors(whole.width * whole.height), reverse=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in counted[:256] for part in colour])
    whole.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        play_demo(Path(folder))
        with serving(Path(folder)) as (base, _), sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_context(reduced_motion="reduce", color_scheme="light").new_page()
            for name, path in PICTURES.items():
                draw(page, base + path, ROOT / "docs" / f"{name}.png")
                print(os.path.relpath(ROOT / "docs" / f"{name}.png"))
            browser.close()


if __name__ == "__main__":
    main()
