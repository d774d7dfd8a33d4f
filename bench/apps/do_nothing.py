"""What a server costs alone: Flask reads the body, looks at nothing, and returns some kilobytes."""

from flask import Flask, Response, request

ANSWER = b'{"cards": [' + b" " * 6000 + b"]}"

app = Flask(__name__)


@app.post("/cds-services/<service_id>")
def call(service_id: str) -> Response:
    """The same answer, whatever is asked."""
    request.get_data()
    return Response(ANSWER, content_type="application/json")
