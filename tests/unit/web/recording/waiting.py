"""Until what was judged is in the database."""

import time

from cds_service.web.recording import Recording


def wait_for(recording: Recording) -> None:
    """Wait until nothing is in the spool any more."""
    until = time.monotonic() + 60
    while recording.recorder.state().spooled_bytes:
        assert time.monotonic() < until, recording.recorder.state()
        time.sleep(0.02)
