"""How many words a card has, by kind of card: `python -m tests.scenarios.words [FOLDER of more requests]`.

Counted are summary, detail and the labels of the buttons, for that is what a clinician reads.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Final

from flask.testing import FlaskClient

from tests.scenarios.catalog import FIXTURES
from tests.scenarios.chart import Json
from tests.scenarios.replies import posted, temporary_client

FOLDERS: Final = ("order-select", "order-sign", "patient-view", "clients", "charts")
MOST_AT_THE_MEDIAN: Final = {"advice": 70, "critical": 95, "confirm": 25, "not rated": 30}
MOST_WORDS: Final = 140
_NOT_RATED: Final = (": state ", "not rated", "not recognized")


def words_in(card: Json) -> list[str]:
    """The words of a card: whatever stands between blanks, list marks and levels of radiation too."""
    labels = (suggestion["label"] for suggestion in card.get("suggestions", ()))
    text = " ".join((card["summary"], card.get("detail", ""), *labels))
    return text.split()


def kind_of(card: Json) -> str:
    """The kind of a card as a clinician tells it, from what it says."""
    if card["indicator"] == "critical":
        return "critical"
    if any(words in card["summary"] for words in _NOT_RATED):
        return "not rated"
    is_of_an_order = re.search(r": usually appropriate in\b", card["summary"])
    return "confirm" if is_of_an_order and card["indicator"] == "info" else "advice"


def bodies_in(folders: Iterable[Path]) -> Iterator[tuple[str, Json]]:
    """Every hook request of the folders, with its name."""
    for folder in folders:
        for file in sorted(folder.glob("*.json")):
            body = json.loads(file.read_text(encoding="utf-8"))
            if "hook" in body:
                yield f"{folder.name}/{file.stem}", body


def cards_of(client: FlaskClient, body: Json) -> list[Json]:
    """The cards of an answer; none where the request is refused."""
    reply = posted(client, body)
    cards: list[Json] = json.loads(reply.text)["cards"] if reply.status_code == 200 else []
    return cards


def counted(client: FlaskClient, folders: Iterable[Path]) -> dict[str, list[tuple[int, str]]]:
    """The words of every card with the name of its request, by kind."""
    counts: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name, body in bodies_in(folders):
        for card in cards_of(client, body):
            counts[kind_of(card)].append((len(words_in(card)), name))
    return counts


def medians(counts: Mapping[str, Iterable[tuple[int, str]]]) -> dict[str, float]:
    """The median of each kind."""
    return {kind: median(words for words, _ in of_kind) for kind, of_kind in counts.items()}


def fixture_folders() -> list[Path]:
    return [FIXTURES / "requests" / folder for folder in FOLDERS]


if __name__ == "__main__":
    with temporary_client() as a_client:
        found = counted(a_client, [*fixture_folders(), *map(Path, sys.argv[1:])])
    middle = medians(found)
    for kind, limit in MOST_AT_THE_MEDIAN.items():
        most, where = max(found[kind])
        print(
            f"{kind}: {len(found[kind])} cards, median {middle[kind]} (at most {limit}), most {most} {where}"
        )
