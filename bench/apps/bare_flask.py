"""The unit of measure: Flask decodes the body with orjson, looks at nothing, and returns a fixed card."""

import orjson
from flask import Flask, Response, request

ANSWER = {
    "cards": [
        {
            "uuid": "7c0e4c0a-3b0e-4f0e-9a53-7d0f3a3c6b11",
            "summary": "CT chest without IV contrast: may be appropriate in nonmassive hemoptysis",
            "indicator": "warning",
            "detail": "**Usually appropriate instead**\n\n- CTA chest with IV contrast\n" * 20,
            "source": {"label": "A fixed card", "url": "https://cds.example"},
        }
    ]
}

app = Flask(__name__)


@app.post("/cds-services/<service_id>")
def call(service_id: str) -> Response:
    """The fixed card, whatever is asked."""
    orjson.loads(request.get_data())
    return Response(orjson.dumps(ANSWER), content_type="application/json")
