"""How the benchmark has a body answered without HTTP: the one place that knows the names of the service."""

from collections.abc import Callable

import msgspec

from cds_service.app import advisor_from
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.evaluate import evaluate
from cds_service.settings import settings_from

_ENCODER = msgspec.json.Encoder()


def answering() -> Callable[[bytes], bytes]:
    """From the body of a request to the body of the answer, as the service does it."""
    advisor = advisor_from(settings_from({}))

    def answer(body: bytes) -> bytes:
        return _ENCODER.encode(evaluate(hook_request_from(body), advisor).response)

    return answer
