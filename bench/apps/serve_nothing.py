"""The application that does nothing, served as the service is: `python -m bench.apps.serve_nothing PORT`."""

import sys
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from bench.apps.do_nothing import app
from cds_service.app import Loaded, loaded_from
from cds_service.cli.serve import serve_forever
from cds_service.settings import settings_from


def _loaded_with_nothing(*arguments: Any) -> Loaded:
    return replace(loaded_from(*arguments), applications=(app,))


if __name__ == "__main__":
    with patch("cds_service.cli.reload.loaded_from", _loaded_with_nothing):
        serve_forever(settings_from({"CDS_PORT": sys.argv[1], "CDS_WORKERS": "2"}))
