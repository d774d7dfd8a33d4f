"""The served document as something that answers are held against."""

from typing import Any
from urllib.parse import urlsplit

import jsonschema
from flask import Flask
from werkzeug.test import TestResponse

CHECKS = jsonschema.FormatChecker(("date-time", "uuid"))


@CHECKS.checks("uri")
def is_absolute(text: object) -> bool:
    """Whether a text is a URL with a host, or a URN."""
    parts = urlsplit(str(text))
    return bool(parts.scheme and (parts.netloc or parts.scheme == "urn"))


class Documented:
    """An OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def operation(self, rule: str, method: str) -> dict[str, Any]:
        """What it says of a route; HEAD is said as GET."""
        path = rule.replace("<path:", "<").replace("<", "{").replace(">", "}")
        told: dict[str, Any] = self.document["paths"][path][{"HEAD": "get"}.get(method, method.lower())]
        return told

    def faults(self, schema: dict[str, Any], value: object) -> list[str]:
        """Where a value is not as a schema says."""
        whole = {**schema, "components": self.document["components"]}
        validator = jsonschema.Draft202012Validator(whole, format_checker=CHECKS)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def faults_in(self, answer: TestResponse, rule: str) -> list[str]:
        """What of an answer the document does not say."""
        told = self.operation(rule, answer.request.method)["responses"].get(str(answer.status_code))
        if told is None:
            return [f"{answer.status_code} is not documented"]
        told = self.resolved(told)
        media_type = answer.mimetype or ""
        if media_type not in told["content"]:
            return [f"{media_type} is not documented"]
        faults = []
        for name, header in told["headers"].items():
            schema = self.resolved(header)["schema"]
            faults += self.faults(schema, answer.headers.get(name))
        if media_type.endswith("json") and answer.request.method != "HEAD":
            faults += self.faults(told["content"][media_type]["schema"], answer.get_json(force=True))
        return faults

    def resolved(self, told: dict[str, Any]) -> dict[str, Any]:
        """What a reference names, or the thing itself."""
        if "$ref" not in told:
            return told
        found: Any = self.document
        for part in told["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return dict(found)


def documented(app: Flask) -> Documented:
    """What an application says of itself."""
    return Documented(app.test_client().get("/openapi.json").get_json())


def closed(schema: Any) -> Any:
    """The same schemas, in which an object has no member that is not said."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: closed(part) for name, part in schema.items()}
    is_told = (
        schema.get("type") == "object" and "properties" in schema and "additionalProperties" not in schema
    )
    return {**kept, "additionalProperties": False} if is_told else kept
