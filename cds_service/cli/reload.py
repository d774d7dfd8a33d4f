"""Loading a site's files anew in a process that goes on answering."""

import functools
import gc
import logging
import sys
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any, Final

from cds_service.app import Loaded, loaded_from
from cds_service.errors import StartupError, trail_of
from cds_service.settings import Settings
from cds_service.silencing import warnings_of_silence

PACKAGE: Final = "cds_service"
_OF_A_SITE: Final = (f"{PACKAGE}.knowledge", f"{PACKAGE}.cards.site")
_LOG = logging.getLogger(__name__)


class Answering:
    """What a process answers by: loaded at the start, and anew whenever it is told to.

    May be made before a fork, after which each process loads for itself.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.loaded = loaded_from(settings)
        self._is_wanted = Event()
        self._loading = Lock()

    def load_anew(self) -> bool:
        """Load again; what was loaded before stays in force where the files are at fault. Raises nothing."""
        before = self.loaded
        try:
            self.loaded = loaded_from(self.settings, before)
        except Exception as error:
            faults = _faults_of(error)
            before.reloads.failed(before.advisor.now(), faults)
            told = "\n".join(f"- {fault}" for fault in faults)
            _LOG.error("reload refused, what was loaded before stays in force:\n%s", told)
            return False
        before.reloads.succeeded(before.advisor.now())
        site = self.loaded.advisor.site
        _LOG.warning(
            "reloaded: edition %s, %d trusted clients, %d silenced",
            site.knowledge.edition.label,
            len(self.loaded.authenticator.clients) if self.loaded.authenticator else 0,
            len(site.silenced.entries),
        )
        warn_of_silence(self.loaded)
        return True

    def load_anew_beside(self, then: Callable[[], None]) -> None:
        """Load again in a thread, and call `then` if it was done; asked meanwhile, once more afterwards."""
        self._is_wanted.set()
        Thread(target=self._load_while_wanted, args=(then,), name="reload", daemon=True).start()

    def _load_while_wanted(self, then: Callable[[], None]) -> None:
        with self._loading:
            while self._is_wanted.is_set():
                self._is_wanted.clear()
                if self.load_anew():
                    then()
                    forget_the_former()


def warn_of_silence(loaded: Loaded) -> None:
    """Write into the log what is switched off."""
    for warning in warnings_of_silence(loaded.advisor.site.silenced):
        _LOG.warning("%s", warning)


def forget_the_former() -> None:
    """Let go of what was loaded before, but for what requests still use.

    CAUTION: the caches that name a site would keep its knowledge; and what was frozen, as the start and a
    reload do, is not looked through for what nobody uses.
    """
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] == PACKAGE:
            for found in [*vars(module).values()]:
                if isinstance(found, functools._lru_cache_wrapper) and _keeps_knowledge(found):
                    found.cache_clear()
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _keeps_knowledge(cached: "functools._lru_cache_wrapper[Any]") -> bool:
    """Whether a cache is asked by a site, its knowledge or a part of that; others are good for any."""
    kinds = [kind for name, kind in cached.__wrapped__.__annotations__.items() if name != "return"]
    return any(getattr(kind, "__module__", "").startswith(_OF_A_SITE) for kind in kinds)


def _faults_of(error: Exception) -> tuple[str, ...]:
    """CAUTION: of an error that nobody foresaw only its kind and place."""
    if not isinstance(error, StartupError):
        return (f"a fault of this program, {trail_of(error)}",)
    subject = error.message.partition("\n")[0].rpartition(":")[0]
    return tuple(f"{subject}: {fault}" for fault in error.faults)
