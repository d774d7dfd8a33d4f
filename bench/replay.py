"""What a replayed order costs beside one that is answered live, in this process: `python -m bench.replay`.

Both get the same requests, in turn, patient by patient; of each patient the fastest of several rounds counts,
so that a busy machine troubles neither more than the other.
"""

import gc
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from cds_service.cards.site import Site
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.evaluate import Advisor, evaluate
from cds_service.outbound.client import NO_READER
from cds_service.random_uuids import new_uuid
from cds_service.records.site_key import SiteKey
from cds_service.replay.as_of import as_of
from cds_service.replay.example import write_example
from cds_service.replay.export import FileTally
from cds_service.replay.judging import SERVICE, Judge, JudgeSetup
from cds_service.replay.lines import Asked, Finder, KeptLine, templates_of
from cds_service.replay.orders import signed_together
from cds_service.replay.past_request import PatientLines, SentKind, prefetch_of, request_body
from cds_service.replay.steps import editions_of, job_of, scanned
from cds_service.settings import settings_from
from cds_service.trust.clients import ANYONE
from cds_service.web.consultations import Call, Keys, consultations_of

_ROUNDS: Final = 6
_ENCODER: Final = msgspec.json.Encoder()
Lines = Sequence[KeptLine]


def costs(patients: int, seed: int = 1) -> tuple[int, dict[str, float]]:
    """How many orders there are, and the seconds that all of them take: replayed, and live in two ways."""
    settings = settings_from({})
    setup = JudgeSetup(settings, editions_of((), settings.knowledge_dir), ("bench",))
    charts: dict[str, list[KeptLine]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        write_example(Path(folder) / "export", patients=patients, seed=seed)
        job = job_of(str(Path(folder) / "export"), setup, Asked())
        reader = Judge(setup)
        for step in ("orders", "chart"):
            for part in job.ranges(step):
                for line in scanned(part, step, job, reader, FileTally("")):
                    charts[line.patient].append(line)
    judge, key = Judge(job.setup), setup.site_key()
    site = Site(job.setup.sites()[0][1].knowledge, settings)
    wanted = {
        patient: lines for patient, lines in charts.items() if any(one.role == "order" for one in lines)
    }
    requests = {
        patient: _requests(patient, lines, site, job.setup.types) for patient, lines in wanted.items()
    }
    ways: dict[str, Callable[[str], object]] = {
        "replayed": lambda patient: list(judge.rows(patient, wanted[patient])),
        "answered": lambda patient: [_answered(*one, site) for one in requests[patient]],
        "answered and recorded": lambda patient: [_recorded(*one, site, key) for one in requests[patient]],
    }
    gc.collect()
    gc.freeze()
    orders = sum(line.role == "order" for lines in wanted.values() for line in lines)
    return orders, {way: sum(times.values()) for way, times in _fastest(ways, list(wanted)).items()}


def _fastest(
    ways: dict[str, Callable[[str], object]], patients: Sequence[str]
) -> dict[str, dict[str, float]]:
    best = {way: dict.fromkeys(patients, float("inf")) for way in ways}
    for _ in range(_ROUNDS):
        for patient in patients:
            for way, run in ways.items():
                began = time.perf_counter()
                run(patient)
                best[way][patient] = min(best[way][patient], time.perf_counter() - began)
    return best


def _requests(patient: str, lines: Lines, site: Site, types: frozenset[str]) -> list[tuple[bytes, datetime]]:
    """The bodies that clients would have sent, and when."""
    templates = templates_of(site.knowledge)
    finder, chart, found = Finder(templates), PatientLines(lines, None), []
    sent = {t.key: SentKind(name, is_cut=False) for t in templates for name in t.types[:1] if name in types}
    for orders in signed_together(chart.orders):
        known, _ = as_of(chart.known_at(orders[0].at), orders[0].at, frozenset(order.id for order in orders))
        found.append((request_body(patient, orders, prefetch_of(finder, known, sent)), orders[0].at))
    return found


def _answered(body: bytes, at: datetime, site: Site) -> bytes:
    evaluation = evaluate(
        hook_request_from(body), Advisor(site, NO_READER, now=lambda: at, new_uuid=new_uuid)
    )
    return _ENCODER.encode(evaluation.response)


def _recorded(body: bytes, at: datetime, site: Site, key: SiteKey) -> bytes:
    request = hook_request_from(body)
    evaluation = evaluate(request, Advisor(site, NO_READER, now=lambda: at, new_uuid=new_uuid))
    _ENCODER.encode(evaluation.response)
    call = Call(new_uuid(), SERVICE, "", "live", 0, 0.0, 0.0)
    return _ENCODER.encode(consultations_of(evaluation, call, Keys(key, ANYONE, request), site=site))


def main() -> None:
    """Print each way's time for an order, and the ratios."""
    orders, spent = costs(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
    for way, seconds in spent.items():
        print(f"{way}: {seconds / orders * 1e6:.0f} µs an order, {spent['replayed'] / seconds:.2f} times")


if __name__ == "__main__":
    main()
