"""The pages of a server's answer as the contents of one value."""

from dataclasses import replace

from cds_service.fhir.before.prefetch import FAILED, Contents, Fault, Shape, contents_of
from cds_service.outbound.client import Answer

_OF_ONE_PAGE = {Fault.CUT_OFF, Fault.FEWER_THAN_TOTAL}


def contents_of_pages(answer: Answer) -> Contents:
    """All pages together; a page that leads on is cut off only if it is the last one that was read."""
    pages = [contents_of(page) if _is_text(page) else FAILED for page in answer.pages]
    good = [page for page in pages if page.shape in (Shape.BUNDLE, Shape.RESOURCE)]
    if not good:
        return FAILED
    faults = {fault for page in good for fault in page.faults} - _OF_ONE_PAGE
    if len(good) == 1:
        faults = set(good[0].faults)
    if answer.failure or len(good) < len(pages) or Fault.CUT_OFF in good[-1].faults:
        faults.add(Fault.NOT_ALL_FETCHED)
    return replace(
        good[0],
        resources=tuple(resource for page in good for resource in page.resources),
        unreadable=tuple(kind for page in good for kind in page.unreadable),
        faults=tuple(sorted(faults)),
    )


def _is_text(page: bytes) -> bool:
    try:
        page.decode()
    except UnicodeDecodeError:
        return False
    return True
