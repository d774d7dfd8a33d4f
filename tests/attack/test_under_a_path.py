"""Under a path behind nginx, as the page says: a walk through the service, and a token."""

import http.client
import json
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.attack.nginx import Nginx, nginx_before, under_a_path
from tests.attack.served import served
from tests.attack.signing import ISSUER, SERVICE, jwks, token, trusted
from tests.unit.web.walking import Page, walked

HOST = "https://apps.hospital.example"
BASE = f"{HOST}/cds"
GOLDEN = Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json")


def ask(nginx: Nginx, method: str, address: str, body: Any = None, bearer: str = "") -> Page:
    headers = {"Content-Type": "application/json"} if body is not None else {}
    headers |= {"Authorization": f"Bearer {bearer}"} if bearer else {}
    with closing(http.client.HTTPSConnection("127.0.0.1", nginx.port, context=nginx.tls)) as connection:
        connection.request(method, address.removeprefix(HOST), body and json.dumps(body), headers)
        answer = connection.getresponse()
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        return Page(answer.status, media_type, answer.read().decode())


def test_every_page_and_file_is_there_under_the_path(tmp_path: Path) -> None:
    with (
        served(tmp_path, CDS_PUBLIC_URL=BASE, CDS_TRUSTED_PROXIES="127.0.0.1") as (port, _),
        nginx_before(port, tmp_path, text=under_a_path()) as nginx,
    ):
        found = walked(lambda method, address, body: ask(nginx, method, address, body), BASE)
        answer = ask(nginx, "POST", f"{BASE}/cds-services/{SERVICE}", json.loads(GOLDEN.read_bytes()))
        outside = ask(nginx, "GET", f"{HOST}/criteria")

    assert {address: page.status for address, page in found.items() if page.status != 200} == {}
    assert len(found) > 15
    assert f"{BASE}/criteria/recurrent" in {
        link["url"] for card in json.loads(answer.text)["cards"] for link in card["links"]
    }
    assert outside.status in (403, 404)  # of nginx, by what is in its own root


def test_a_token_is_for_the_address_with_the_path(tmp_path: Path) -> None:
    (tmp_path / "clients.toml").write_text(trusted({"name": "north", "issuer": ISSUER, "jwks": jwks()}))
    with (
        served(tmp_path, CDS_PUBLIC_URL=BASE, CDS_TRUSTED_CLIENTS="clients.toml") as (port, _),
        nginx_before(port, tmp_path, text=under_a_path()) as nginx,
    ):
        statuses = [
            ask(nginx, "GET", f"{BASE}/cds-services", bearer=token(aud=audience)).status
            for audience in (f"{BASE}/cds-services", f"{HOST}/cds-services")
        ]

    assert statuses == [200, 401]
