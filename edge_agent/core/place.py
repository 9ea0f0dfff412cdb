"""Whether a place lies within the site's fence. Knows no receiver."""

import math
from dataclasses import dataclass

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius, IUGG 1980."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A circle around the site."""

    latitude_deg: float
    longitude_deg: float
    radius_m: float

    def holds(self, latitude_deg: float, longitude_deg: float, accuracy_m: float) -> bool | None:
        """Return whether a place is inside; None where its accuracy leaves that open."""
        away_m = distance_m((self.latitude_deg, self.longitude_deg), (latitude_deg, longitude_deg))
        if away_m + accuracy_m <= self.radius_m:
            return True
        return False if away_m - accuracy_m > self.radius_m else None


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the way between two places in degrees of latitude and longitude, by the haversine formula."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, place)) for place in (one, other))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))
