"""The FHIR client in processes that fork and that end."""

import os
import subprocess
import sys
import textwrap

import pytest

from tests.integration.gateway import Gateway, Mode

pytestmark = pytest.mark.usefixtures("_no_thread_outlives_its_test")

FORKED = """
    import os, sys, time
    from dataclasses import replace
    from cds_service.outbound.client import FhirClient
    from cds_service.settings import settings_from

    def is_complete():
        answers = client.read(sys.argv[1], "", {"conditions": "Condition?patient=1"})
        return answers["conditions"].failure is None

    client = FhirClient(replace(settings_from({}), fhir_deadline_ms=10_000))
    before = is_complete()
    child = os.fork()
    if child == 0:
        os._exit(0 if is_complete() else 1)
    _, status = os.waitpid(child, 0)
    sys.exit(0 if before and status == 0 and is_complete() else 1)
"""

HANGING = """
    import sys
    from dataclasses import replace
    from cds_service.outbound import transport
    from cds_service.outbound.client import FhirClient
    from cds_service.settings import settings_from

    client = FhirClient(replace(settings_from({}), fhir_deadline_ms=200))
    transport.Caller._sent_within = lambda *_: __import__("time").sleep(60)  # as a name server that hangs
    client.read(sys.argv[1], "", {"conditions": "Condition?patient=1"})
"""


def run_python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_parent_and_child_of_a_fork_each_have_connections_of_their_own() -> None:
    with Gateway(None, "", Mode.HONEST) as gateway:
        run = run_python(FORKED, gateway.base_url)

    assert run.returncode == 0, run.stderr
    assert len(gateway.requests) == 3
    assert gateway.requests[0].port == gateway.requests[2].port != gateway.requests[1].port


def test_a_call_that_nothing_can_end_holds_up_neither_the_answer_nor_the_end_of_the_process() -> None:
    run = run_python(HANGING, "http://127.0.0.1:9/fhir")

    assert (run.returncode, run.stderr) == (0, "")
