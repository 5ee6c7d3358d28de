"""The certificates of one control plane: its own authority, and those of the server and the administrator."""

from dataclasses import dataclass
from pathlib import Path

import trustme

# Kubernetes gives members of this group every right, independent of roles.
ADMINISTRATORS = "system:masters"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Paths of PEM files; a ``..._key`` is the private key of the certificate with the same name."""

    authority: Path
    server: Path
    server_key: Path
    administrator: Path
    administrator_key: Path
    service_accounts_key: Path


def make(folder: Path) -> Certificates:
    """Create all certificates. A client that trusts ``authority`` trusts only this control plane."""
    folder.mkdir(parents=True, mode=0o700)
    made = Certificates(
        *(folder / f"{name}.pem" for name in ("authority", "server", "server-key")),
        *(folder / f"{name}.pem" for name in ("administrator", "administrator-key", "service-accounts-key")),
    )
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1", "localhost", "kubernetes.default.svc")
    administrator = authority.issue_cert("administrator", common_name="administrator", organization_name=ADMINISTRATORS)
    authority.cert_pem.write_to_path(made.authority)
    server.cert_chain_pems[0].write_to_path(made.server)
    server.private_key_pem.write_to_path(made.server_key)
    administrator.cert_chain_pems[0].write_to_path(made.administrator)
    administrator.private_key_pem.write_to_path(made.administrator_key)
    # only the key is used: it signs the tokens of service accounts
    authority.issue_cert("service-accounts").private_key_pem.write_to_path(made.service_accounts_key)
    return made
