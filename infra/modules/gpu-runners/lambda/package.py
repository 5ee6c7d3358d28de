"""Write espalier_runners.zip, which the functions run, from the folder beside this file.

Terraform could pack it only with another provider. Packed here, nothing is compressed and every date is the same, so
that equal sources make equal bytes: the test compares them.

Usage: ``python infra/modules/gpu-runners/lambda/package.py``
"""

import io
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "espalier_runners.zip"


def packed() -> bytes:
    """The archive's bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted((HERE / "espalier_runners").glob("*.py")):
            entry = zipfile.ZipInfo(f"espalier_runners/{path.name}", date_time=(2000, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return target.getvalue()


if __name__ == "__main__":
    PACKAGE.write_bytes(packed())
