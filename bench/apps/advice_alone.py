"""The service as a gate measures it, without a record: `python -m bench.apps.advice_alone PORT`.

What the record, the token check and the metrics cost is measured apart.
"""

import sys

from bench.record import without_a_record
from cds_service.cli.serve import serve_forever
from cds_service.settings import settings_from

if __name__ == "__main__":
    with without_a_record():
        serve_forever(
            settings_from(
                {
                    "CDS_DATABASE_URL": "sqlite:///record.db",
                    "CDS_MAX_BODY_BYTES": "20971520",
                    "CDS_NO_NAGGING_HOURS": "0",
                    "CDS_PORT": sys.argv[1],
                    "CDS_WORKERS": "2",
                }
            )
        )
