"""JSON values read tolerantly: an object where an array is due, an array for an object, or nothing."""

from typing import Any


def objects_in(value: Any) -> tuple[dict[str, Any], ...]:
    """The objects of an array, or the one object that stands where an array is due."""
    if isinstance(value, dict):
        return (value,)
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, dict))
    return ()


def first_object(value: Any) -> dict[str, Any]:
    """The object, or the first of an array of them; an empty one where there is none."""
    objects = objects_in(value)
    return objects[0] if objects else {}


def text_in(value: Any) -> str:
    """The text without blanks around it, empty for whatever is not text."""
    return value.strip() if isinstance(value, str) else ""


def texts_in(value: Any) -> tuple[str, ...]:
    """The non-empty texts of an array, or the one text that stands where an array is due."""
    values = value if isinstance(value, list) else [value]
    return tuple(text for item in values if (text := text_in(item)))


def says_something(value: Any) -> bool:
    """False for null, empty text, and arrays and objects that hold only such: `[{"coding": [{}]}]`."""
    if isinstance(value, dict):
        return any(says_something(item) for item in value.values())
    if isinstance(value, list):
        return any(says_something(item) for item in value)
    return value is not None and value != ""
