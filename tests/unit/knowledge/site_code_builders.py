"""Files of a site's own order codes, and what is read from them."""

from functools import cache
from pathlib import Path

from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.site_codes import SiteCodes, site_codes_from

FIXTURES = Path(__file__).parents[3] / "fixtures"
EXAMPLE = FIXTURES / "order-codes.example.csv"
HEADER = "system,code,procedure,display,orderable"
LOCAL = "urn:oid:1.2.3"
CTA = "cta-chest-with-contrast"


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


def read(folder: Path, *lines: str, header: str = HEADER) -> SiteCodes:
    file = folder / "codes.csv"
    file.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return site_codes_from(file, knowledge())
