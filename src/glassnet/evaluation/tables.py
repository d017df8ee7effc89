"""Predictions as tables that other programs read: a row a picture."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from glassnet.errors import UsageError

if TYPE_CHECKING:
    from glassnet.evaluation.predictions import Predictions


def columns_of(predictions: Predictions) -> dict[str, list[object]]:
    """Set predictions in columns.

    Args:
        predictions: Of a split.

    Returns:
        `path`, `label`, `predicted`, `right`, `probability` (of the predicted class), and `p(NAME)`, the
        probability of each class: N entries each.

    Example:
        >>> import numpy as np
        >>> from glassnet.evaluation.predictions import Predictions
        >>> told = Predictions(np.array([[0.0, 0.0]]), np.array([1]), np.array(["a.png"]), ("cat", "dog"))
        >>> {name: column[0] for name, column in columns_of(told).items()}
        {'path': 'a.png', 'label': 'dog', 'predicted': 'cat', 'right': False, 'probability': 0.5, \
'p(cat)': 0.5, 'p(dog)': 0.5}
    """
    probabilities, classes = predictions.probabilities, predictions.classes
    labels, predicted = predictions.labels.tolist(), predictions.predicted.tolist()
    return {
        "path": [str(path) for path in predictions.paths],
        "label": [classes[label] for label in labels],
        "predicted": [classes[guess] for guess in predicted],
        "right": [label == guess for label, guess in zip(labels, predicted, strict=True)],
        "probability": probabilities.max(1).tolist(),
        **{f"p({name})": probabilities[:, index].tolist() for index, name in enumerate(classes)},
    }


def to_csv(predictions: Predictions) -> bytes:
    """Write predictions as CSV.

    Args:
        predictions: Of a split.

    Returns:
        UTF-8; where names or paths are not ASCII it begins with the mark by which Excel knows UTF-8.
    """
    columns = columns_of(predictions)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    content = text.getvalue()
    return content.encode("utf-8" if content.isascii() else "utf-8-sig")


def to_parquet(predictions: Predictions) -> bytes:
    """Write predictions as Parquet.

    Args:
        predictions: Of a split.

    Returns:
        The bytes of the file.

    Raises:
        UsageError: pyarrow is not installed.
    """
    import_pyarrow()
    import pyarrow as pa  # noqa: PLC0415 — an extra
    import pyarrow.parquet as pq  # noqa: PLC0415

    stream = io.BytesIO()
    pq.write_table(pa.table(columns_of(predictions)), stream)
    return stream.getvalue()


def import_pyarrow() -> None:
    """Make sure that Parquet can be written.

    Raises:
        UsageError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401, PLC0415 — an extra
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed", where="--parquet",
            hint="pip install 'glassnet[parquet]', or --csv instead",
        ) from None  # fmt: skip
