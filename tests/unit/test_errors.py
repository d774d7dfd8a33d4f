"""The catalog of errors."""

import pytest

from cds_service import errors
from cds_service.errors import CdsServiceError, KnowledgeError, SettingsError, StartupError

ANSWERS = [
    ("BadRequest", 400, "structure"),
    ("RequiredMissing", 400, "required"),
    ("BadValue", 400, "value"),
    ("NotAuthenticated", 401, "login"),
    ("Forbidden", 403, "forbidden"),
    ("NotFound", 404, "not-found"),
    ("MethodNotSupported", 405, "not-supported"),
    ("TooSlow", 408, "timeout"),
    ("MissingData", 412, "incomplete"),
    ("TooLarge", 413, "too-long"),
    ("UnsupportedMediaType", 415, "not-supported"),
    ("TooManyRequests", 429, "throttled"),
    ("HeadTooLong", 431, "too-long"),
    ("CdsServiceError", 500, "exception"),
    ("Unavailable", 503, "transient"),
]


def error_classes() -> dict[str, type[CdsServiceError]]:
    return {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, CdsServiceError)
    }


@pytest.mark.parametrize(("name", "status", "issue_code"), ANSWERS)
def test_each_error_states_its_status_and_issue_code(name: str, status: int, issue_code: str) -> None:
    error = error_classes()[name]

    assert (error.status, error.issue_code) == (status, issue_code)


def test_every_error_that_can_answer_a_request_is_in_the_table() -> None:
    at_start = {name for name, error in error_classes().items() if issubclass(error, StartupError)}

    assert error_classes().keys() - at_start == {name for name, _, _ in ANSWERS}


def test_an_error_says_what_is_wrong_and_where() -> None:
    error = errors.BadValue("expected an object", expression="context.draftOrders")

    assert (error.message, error.expression, str(error)) == (
        "expected an object",
        "context.draftOrders",
        "expected an object",
    )


def test_the_place_is_optional() -> None:
    assert errors.NotFound("no such service").expression == ""


@pytest.mark.parametrize("error", [SettingsError, KnowledgeError])
def test_an_error_at_start_lists_every_fault_in_one_message(error: type[StartupError]) -> None:
    raised = error(["the first", "the second"])

    assert raised.faults == ("the first", "the second")
    assert raised.message == f"{error.subject}: 2 faults\n- the first\n- the second"


def test_a_single_fault_is_counted_as_one() -> None:
    assert SettingsError(["the only one"]).message == "Settings: 1 fault\n- the only one"
