"""An audit of pictures to what a report shows of it: counts, pairs of copies, doubtful labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glassnet.audit.make import shown_copies
from glassnet.reports.facts import Fact
from glassnet.reports.sheets import sheet_of
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup

    from glassnet.audit.audit import Audit, Difference, Place
    from glassnet.reports.sheets import Sheet

MOST_PAIRS, MOST_DOUBTS = 12, 24  # that are shown


class Twice(NamedTuple):
    """A picture that lies there twice."""

    first: Markup
    second: Markup
    places: str
    names: str
    two_labels: bool


class Doubtful(NamedTuple):
    """A picture whose label is in doubt."""

    picture: Markup
    name: str
    suggested: str
    share: float
    path: str


class Audited(NamedTuple):
    """What a report shows of an audit."""

    facts: list[Fact]
    differences: list[str]
    copies: list[Twice]
    doubts: list[Doubtful]


def audited_of(audit: Audit, lang: str, sheets: list[Sheet]) -> Audited:
    """Show an audit.

    Args:
        audit: Of the source.
        lang: Of the words.
        sheets: Those of the page; its pictures are added.

    Returns:
        What a report shows.
    """
    words, own = texts(lang, "data"), texts(lang, "report")
    counts = {
        "unreadable": sum(len(facts.rejected) for facts in audit.splits),
        "blank": sum(len(facts.blank) for facts in audit.splits),
        "exact": len(audit.copies_of(kind="exact")),
        "near": len(audit.copies_of(kind="near")),
        "across": sum(copy.across for copy in audit.copies),
        "two_labels": sum(copy.two_labels for copy in audit.copies),
    }
    facts = [Fact(own[f"audit_{name}"], f"{count:,}") for name, count in counts.items()]
    judged = audit.labels.skipped is None
    more = "" if not judged else own["of_count"].format(count=f"{audit.labels.images:,}")
    facts.append(Fact(own["audit_doubts"], f"{len(audit.labels.doubts):,}" if judged else "–", more))
    wanted = [copy for copy in shown_copies(audit) if _all_kept(audit, copy.of, copy.picture)][:MOST_PAIRS]
    doubts = [doubt for doubt in audit.labels.doubts if _all_kept(audit, doubt.picture)][:MOST_DOUBTS]
    places = [place for copy in wanted for place in (copy.of, copy.picture)] + [d.picture for d in doubts]
    shown = _shown(audit, places, sheets)
    pairs = [
        Twice(
            shown[2 * number], shown[2 * number + 1], f"{copy.of.path} · {copy.picture.path}",
            " · ".join(dict.fromkeys(audit.classes[place.label] for place in (copy.of, copy.picture))),
            copy.two_labels,
        )
        for number, copy in enumerate(wanted)
    ]  # fmt: skip
    doubtful = [
        Doubtful(
            picture, audit.classes[doubt.picture.label], audit.classes[doubt.suggested], doubt.other,
            doubt.picture.path,
        )
        for picture, doubt in zip(shown[2 * len(wanted) :], doubts, strict=True)
    ]  # fmt: skip
    return Audited(facts, [_difference(each, words) for each in audit.differences], pairs, doubtful)


def _all_kept(audit: Audit, *places: Place) -> bool:
    return all(audit.gallery.image(place.split, place.index) is not None for place in places)


def _shown(audit: Audit, places: list[Place], sheets: list[Sheet]) -> list[Markup]:
    images = [audit.gallery.image(place.split, place.index) for place in places]
    if not images:
        return []
    sheet = sheet_of(np.stack([image for image in images if image is not None]), "sheet-audit")
    sheets.append(sheet)
    return [sheet.show(number, place.path) for number, place in enumerate(places)]


def _difference(found: Difference, words: Mapping[str, str]) -> str:
    first, second = (words.get(f"split_{split}", split) for split in found.splits)
    form = "{:.3f}" if found.kind in ("mean", "deviation") else "{:.1%}"
    a, b = form.format(found.a), form.format(found.b)
    return words[f"differ_{found.kind}"].format(what=found.what, a=a, b=b, first=first, second=second)
