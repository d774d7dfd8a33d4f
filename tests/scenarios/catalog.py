"""Reads fixtures/scenarios.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FIXTURES: Final = Path(__file__).resolve().parents[2] / "fixtures"
ORDER_HOOKS: Final = ("order-select", "order-sign")


@dataclass(frozen=True, slots=True)
class Term:
    """A study or a reason: a coding, or a name alone where `code` is empty."""

    display: str
    system: str = ""
    code: str = ""
    resource_type: str = "ServiceRequest"

    @property
    def concept(self) -> dict[str, Any]:
        coding = {"system": self.system, "code": self.code, "display": self.display}
        return {"coding": [coding], "text": self.display} if self.code else {"text": self.display}


@dataclass(frozen=True, slots=True)
class Order:
    """A draft order; `reason` is None where it gives none."""

    id: str
    study: Term
    reason: Term | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One line of the table: who, what is ordered, and how the client says so."""

    name: str
    patient: str
    hooks: tuple[str, ...]
    orders: tuple[Order, ...]
    selected: tuple[str, ...]
    not_sent: frozenset[str]
    user: str
    judge_at: str
    shape: str
    about: str


def scenarios() -> list[Scenario]:
    table = tomllib.loads((FIXTURES / "scenarios.toml").read_text(encoding="utf-8"))
    return [_scenario(name, row, table) for name, row in table["scenarios"].items()]


def _scenario(name: str, row: Mapping[str, Any], table: Mapping[str, Any]) -> Scenario:
    orders = tuple(_order(order, table) for order in row.get("orders", ()))
    selected = [f"{study}-order" for study in row.get("selections", ())]
    return Scenario(
        name=name,
        patient=row.get("patient", name),
        hooks=tuple(row.get("hooks", ORDER_HOOKS)),
        orders=orders,
        selected=tuple(selected or (order.id for order in orders)),
        not_sent=frozenset(row.get("not_sent", ())),
        user=row.get("user", table["user"]),
        judge_at=row.get("judge_at", table["judge_at"]),
        shape=row.get("shape", ""),
        about=row["about"],
    )


def _order(order: Mapping[str, str], table: Mapping[str, Any]) -> Order:
    reason = order.get("reason")
    return Order(
        id=f"{order['study']}-order",
        study=Term(**table["studies"][order["study"]]),
        reason=Term(**table["reasons"][reason]) if reason else None,
    )
