"""Every fault of the knowledge that is found and named."""

from tests.clinical.knowledge_faults import codes, criteria, files
from tests.clinical.knowledge_faults.fault import Fault

FAULTS: list[Fault] = [*criteria.FAULTS, *files.FAULTS, *codes.FAULTS]
