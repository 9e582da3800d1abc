"""The bundled gazetteer of Korea: provinces, cities and districts, 읍·면·동 and 리, with a point, a radius and outlines.

Found by name without any network (`finding.find`), and the other way round: in which area a point lies (`outlines.where`).
The data is derived by scripts/gazetteer; ATTRIBUTION.txt beside it says whose it is. Who names an area may mean any corner of
it: its radius is what 95 % of it lies within, and few areas are so small that a trade takes them for sure.
"""
