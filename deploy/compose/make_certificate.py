"""Makes a certificate for localhost that signs itself: for the trial in docker-compose.yml alone."""

import datetime
import os
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAYS: Final = 365


def make_certificate(folder: Path) -> None:
    """Write cds-service.pem and cds-service.key into the folder, unless the certificate is there."""
    if (folder / "cds-service.pem").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(folder / "cds-service.key", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(private)
    certificate = _certificate_of(key).public_bytes(serialization.Encoding.PEM)
    (folder / "cds-service.pem").write_bytes(certificate)


def _certificate_of(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=DAYS))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )


if __name__ == "__main__":
    make_certificate(Path(sys.argv[1]))
