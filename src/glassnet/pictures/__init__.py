"""Pictures: from a source to uint8 arrays with labels. Light to import: numpy and Pillow, no torch."""

from glassnet.pictures.cache import cache_folder
from glassnet.pictures.duplicates import nearly_shared_pictures, pictures_with_two_labels, shared_pictures
from glassnet.pictures.events import Loaded, Progress
from glassnet.pictures.pictures import Pictures, Policy, Rejected
from glassnet.pictures.policy import FORMATS, apply_policy, choose_policy, read_picture
from glassnet.pictures.sources import SOURCES, load, open_source
from glassnet.pictures.splits import split_off
from glassnet.pictures.statistics import mean_and_deviation

__all__ = [
    "FORMATS",
    "SOURCES",
    "Loaded",
    "Pictures",
    "Policy",
    "Progress",
    "Rejected",
    "apply_policy",
    "cache_folder",
    "choose_policy",
    "load",
    "mean_and_deviation",
    "nearly_shared_pictures",
    "open_source",
    "pictures_with_two_labels",
    "read_picture",
    "shared_pictures",
    "split_off",
]
