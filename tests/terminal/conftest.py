"""What tests of the terminal share: a stage on which people step before a camera that needs no models."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
