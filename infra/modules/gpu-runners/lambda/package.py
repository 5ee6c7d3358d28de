"""Write espalier_runners.zip, the package of the Lambda functions, from the folder espalier_runners.

Terraform could create it only with another provider. Files are not compressed and have a fixed date, so that equal
sources give equal bytes; a test compares the archive with the sources.

Usage: ``python infra/modules/gpu-runners/lambda/package.py``
"""

import io
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "espalier_runners.zip"


def packed() -> bytes:
    """Return the bytes of the archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted((HERE / "espalier_runners").glob("*.py")):
            entry = zipfile.ZipInfo(f"espalier_runners/{path.name}", date_time=(2000, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return target.getvalue()


if __name__ == "__main__":
    PACKAGE.write_bytes(packed())
