"""Reads answers with HealthChain's models; run by the Python of `.venv-bench-healthchain`.

Standard input holds one object with an `answer` on each line; standard output gets one list for each, of the
places at which HealthChain refuses it, with its reason.
"""

import json
import sys

from healthchain.models import CDSResponse
from pydantic import ValidationError


def faults_in(answer: object) -> list[str]:
    """Such as `cards.0.suggestions.1.isRecommended: Field required`."""
    try:
        CDSResponse.model_validate(answer)
    except ValidationError as error:
        return [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    return []


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(faults_in(json.loads(line)["answer"])))
