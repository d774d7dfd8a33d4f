"""What is counted by the threads of a process, in rooms that do not see their number."""

from cds_service.cds_hooks.catalog import prefetch_templates
from cds_service.cli.serve import THREADS
from cds_service.outbound.client import CONNECTIONS_PER_SERVER
from cds_service.records.sql.engine import CONNECTIONS_KEPT
from cds_service.trust.key_sets import MOST_WAITING
from tests.unit.fhir.builders import knowledge


def test_every_thread_finds_a_connection_of_the_store_of_seen_tokens() -> None:
    assert CONNECTIONS_KEPT >= THREADS


def test_half_of_the_threads_go_on_while_the_others_wait_for_keys() -> None:
    assert MOST_WAITING <= THREADS // 2


def test_every_thread_may_ask_one_server_for_every_kind_of_data_at_once() -> None:
    assert THREADS * len(prefetch_templates(knowledge())) <= CONNECTIONS_PER_SERVER
