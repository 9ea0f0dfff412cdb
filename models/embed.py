"""A chip turned into a direction in identity space: SFace. Compares nothing."""

import numpy as np

from models.face import Chip, Vector
from models.pictures import Net, blob_of


class Embedder:
    """Embeds chips. Not for two threads at once."""

    def __init__(self, net: Net, *, has_mirror: bool = False) -> None:
        """Take the chip alone, or add up the chip and its mirror picture: twice the time, a little surer."""
        self.net = net
        self._has_mirror = has_mirror

    @np.errstate(invalid="ignore")
    def embed(self, chip: Chip) -> tuple[Vector, float]:
        """Return the direction (unit length) and the raw length of one embedding; all zero where there is none."""
        blob = blob_of(chip, is_rgb=True)
        if self._has_mirror:
            blob = np.concatenate([blob, blob[..., ::-1]])
        raw = self.net.run(data=blob)[0].mean(axis=0, dtype=np.float64)
        length = float(np.linalg.norm(raw))
        if not 0 < length < np.inf:
            return np.zeros(raw.shape, dtype=np.float32), 0.0
        return (raw / length).astype(np.float32), length
