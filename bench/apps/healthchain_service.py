"""A peer: HealthChain with the smallest handler, and on wish with its adapter; nothing is judged."""

import os

from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.io import CdsFhirAdapter
from healthchain.models import CDSRequest, CDSResponse

USES_ADAPTER = os.environ.get("PEER_USES_ADAPTER") == "yes"
app = HealthChainAPI()
service = CDSHooksService()


@service.hook("order-select", id="hemoptysis-imaging-order-select")
def call(request: CDSRequest) -> CDSResponse:
    """An answer without cards; with the adapter, after the prefetch was made a Document."""
    if USES_ADAPTER:
        CdsFhirAdapter().parse(request)
    return CDSResponse(cards=[])


app.register_service(service)
