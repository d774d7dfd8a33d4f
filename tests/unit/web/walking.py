"""A walk through the service as a browser takes it, along each address that an answer names."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import urldefrag, urljoin

LINKS: Final = re.compile(r'(?:href|src|action)="([^"]*)"')
IMPORTS: Final = re.compile(r'(?:from|import) "([^"]+)"')
POSTED: Final = re.compile(r'posted\("([^"]+)"')
IN_STYLES: Final = re.compile(r'url\("?([^")]+)"?\)')
MOST: Final = 500


class Page(NamedTuple):
    """What came from an address."""

    status: int
    media_type: str
    text: str


Ask = Callable[[str, str, Any], Page]
"""A method, an address and a JSON body, asked."""


def walked(ask: Ask, base: str) -> dict[str, Page]:
    """Every answer by its address, from the first page and from discovery; what leads elsewhere is not asked.

    `base` is the public URL.
    """
    found: dict[str, Page] = {}
    waiting = [f"{base}/", f"{base}/cds-services", f"{base}/openapi.json"]
    while waiting and len(found) < MOST:
        address = urldefrag(waiting.pop()).url
        if address in found:
            continue
        found[address] = page = ask("GET", address, None)
        waiting += [named for named in named_in(page, address) if is_ours(named, base)]
    return found


def named_in(page: Page, address: str) -> Iterator[str]:
    """The addresses that an answer names, as who got it resolves them."""
    if page.media_type == "text/html":
        yield from (urljoin(address, link) for link in LINKS.findall(page.text))
    elif page.media_type == "text/javascript":
        yield from (urljoin(address, name) for name in IMPORTS.findall(page.text))
    elif page.media_type == "text/css":
        yield from (urljoin(address, name) for name in IN_STYLES.findall(page.text))


def is_ours(address: str, base: str) -> bool:
    """Whether it is at the host of the service, wherever there."""
    host = "/".join(base.split("/")[:3])
    return address.startswith(f"{host}/")


def urls_in(content: Any) -> Iterator[str]:
    """Every URL in JSON."""
    yield from re.findall(r'"(https?://[^"\s]+)"', json.dumps(content))
