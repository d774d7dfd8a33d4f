"""The application that does nothing, served as the service is: `python -m bench.apps.serve_nothing PORT`."""

import sys
from unittest.mock import patch

from bench.apps.do_nothing import app
from cds_service.cli.serve import serve_forever
from cds_service.settings import settings_from

if __name__ == "__main__":
    with patch("cds_service.app._applications", lambda *_: (app,)):
        serve_forever(settings_from({"CDS_PORT": sys.argv[1], "CDS_WORKERS": "2"}))
