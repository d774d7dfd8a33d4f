"""A card as an EHR shows it: 300 px wide, a named font of 16 px, and where its first button starts."""

import html
import re
from typing import Final

from playwright.sync_api import Page

from tests.scenarios.chart import Json

WIDTH: Final = 300
FONT: Final = "DejaVu Sans Condensed"
"""Of the Debian package fonts-dejavu-extra; its letters are about as wide as those of Arial."""
_STYLE: Final = f"""
body {{ margin: 0; width: {WIDTH}px; font: 16px/1.25 "{FONT}"; color: #1b1b1b; background: #fff; }}
article {{ padding: 6px 8px 10px; border-left: 6px solid #2a6fb0; }}
article.warning {{ border-color: #b26a00; }} article.critical {{ border-color: #b3261e; }}
h2 {{ margin: 0 0 4px; font-size: 16px; line-height: 1.25; }}
p, ol {{ margin: 0 0 4px; }} ol {{ padding-left: 19px; }}
button {{ display: block; width: 100%; margin: 6px 0 0; padding: 6px; font: inherit; text-align: left; }}
footer {{ margin-top: 8px; font-size: 13px; }} footer a {{ margin-right: 10px; }}
"""
_BOLD: Final = re.compile(r"\*\*(.+?)\*\*")
_ESCAPE: Final = re.compile(r"\\([\\`*_\[\]~|$])")


def page_of(card: Json) -> str:
    """The page of one card; its detail may hold what the short form holds: paragraphs, a list, bold words."""
    buttons = "".join(f"<button>{html.escape(s['label'])}</button>" for s in card.get("suggestions", ()))
    links = "".join(f'<a href="{link["url"]}">{link["label"]}</a>' for link in card.get("links", ()))
    parts = "".join(_block(part) for part in card.get("detail", "").split("\n\n") if part)
    return (
        f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style><article class="{card["indicator"]}">'
        f"<h2>{html.escape(card['summary'])}</h2>{parts}{buttons}"
        f"<footer>{html.escape(card['source']['label'])}<br>{links}</footer></article>"
    )


def _block(part: str) -> str:
    if not part.startswith("1. "):
        return f"<p>{_inline(part)}</p>"
    items = (line.partition(". ")[2] for line in part.splitlines())
    return f"<ol>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ol>"


def _inline(text: str) -> str:
    return _ESCAPE.sub(r"\1", _BOLD.sub(r"<b>\1</b>", text))


def has_font(page: Page) -> bool:
    """True where the named font is there: its words are not as wide as those of the font that stands in."""
    script = f"""() => {{
        const pen = document.createElement("canvas").getContext("2d");
        const width = (font) => {{
            pen.font = `16px ${{font}}`;
            return pen.measureText("hemoptysis").width;
        }};
        return width('"{FONT}", monospace') !== width("monospace");
    }}"""
    return bool(page.evaluate(script))


def first_button_starts_at(page: Page, card: Json) -> float:
    """How many px lie above the first button of a card that has one."""
    page.set_content(page_of(card))
    box = page.locator("button").first.bounding_box()
    assert box is not None
    return box["y"]
