"""Reading a captured request from a file and having it judged, without HTTP."""

from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from cds_service.cds_hooks.envelope import hook_request_from
from cds_service.evaluate import Consultation, Evaluation, evaluate


def read_request(file: BinaryIO) -> bytes:
    """The whole file; `-` is standard input."""
    return file.read()


def asked(body: bytes, at: datetime | None, consultation: Consultation) -> Evaluation:
    """The evaluation of a captured request, at `at` if given, else at the instant it carries, else now."""
    request = hook_request_from(body)
    if at is not None:
        request = replace(request, judge_at=at)
    return evaluate(request, replace(consultation, honours_judge_at=True))
