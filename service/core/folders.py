"""What a folder holds, made to outlast a power cut."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Names put in place or taken away are on the disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
