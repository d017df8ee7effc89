"""Pictures: from a source to uint8 arrays with labels. Light to import: numpy and Pillow, no torch."""

from glassnet.pictures.events import Loaded, Progress
from glassnet.pictures.pictures import Pictures, Policy, Rejected
from glassnet.pictures.policy import FORMATS, apply_policy, choose_policy, read_picture
from glassnet.pictures.sources import SOURCES, load, open_source

__all__ = [
    "FORMATS",
    "SOURCES",
    "Loaded",
    "Pictures",
    "Policy",
    "Progress",
    "Rejected",
    "apply_policy",
    "choose_policy",
    "load",
    "open_source",
    "read_picture",
]
