"""Write the next revision from what the tables have become: `python -m models.migrations "what changes"`.

Read it before it is committed: renamed columns and new check constraints are not seen by the comparison.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from models import migrations


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message", help="one line that says what changes")
    message = parser.parse_args().message
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'now.db'}"
        if migrations.has_history():
            migrations.upgrade(url)
        migrations.write_revision(url, message)


if __name__ == "__main__":
    main()
