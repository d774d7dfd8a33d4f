"""The knowledge that is shipped."""

import pytest

from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.terminology.terminology import Terminology


@pytest.fixture(scope="module")
def terminology() -> Terminology:
    return load_knowledge().terminology
