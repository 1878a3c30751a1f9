"""What libraries that know no risk direction reach on a study's own columns and rows, untuned.

Each is fitted on the rows before the study's test and judged on the test rows by its area under the
curve and its average precision; `benchmarks/studies.py` does so with this library's kinds.
The trees take the columns as they are, the logistic regression means where they are missing.

    python benchmarks/peers.py                                     # the small ones
    python benchmarks/peers.py --studies gsoep_poverty gsoep_entry nyc_evictions \
        uci_new_arrears uci_default
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from studies import SMALL, STUDIES, case_of

Floats = NDArray[np.float64]
Peer = Callable[[pd.DataFrame, Floats, pd.DataFrame], Floats]


def light_gbm(X: pd.DataFrame, y: Floats, rows: pd.DataFrame) -> Floats:
    return _trees(X, y, n_estimators=200, learning_rate=0.03).predict(rows, raw_score=True)


def four_light_gbms(X: pd.DataFrame, y: Floats, rows: pd.DataFrame) -> Floats:
    """Return the mean of four seeds, each on four fifths of the rows and columns of a tree."""
    drawn = {"subsample": 0.8, "subsample_freq": 1, "colsample_bytree": 0.8}
    fitted = [
        _trees(X, y, n_estimators=150, learning_rate=0.05, random_state=seed, **drawn)
        for seed in range(4)
    ]
    return np.mean([each.predict(rows, raw_score=True) for each in fitted], axis=0)


def _trees(X: pd.DataFrame, y: Floats, **parameters: float) -> LGBMClassifier:
    return LGBMClassifier(num_leaves=15, n_jobs=1, verbose=-1, **parameters).fit(X, y)


def logistic(X: pd.DataFrame, y: Floats, rows: pd.DataFrame) -> Floats:
    numbers = pd.get_dummies(X, dtype=float)
    others = pd.get_dummies(rows, dtype=float).reindex(columns=numbers.columns, fill_value=0)
    mean = numbers.mean()
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
    return fitted.fit(numbers.fillna(mean), y).decision_function(others.fillna(mean))


PEERS: dict[str, Peer] = {
    "LightGBM 200 x 15": light_gbm,
    "LightGBM 4 x 150": four_light_gbms,
    "logistic": logistic,
}


def reached(name: str) -> pd.DataFrame:
    """Return for each peer what it reaches in a study."""
    case = case_of(name)
    train, test = (rows[rows.y.notna().to_numpy()] for rows in case.split.last(case.panel))
    lines = []
    for peer, score_of in PEERS.items():
        score = score_of(train.X, train.y.to_numpy(), test.X)
        auc, ap = (judge(test.y, score) for judge in (roc_auc_score, average_precision_score))
        lines.append((name, peer, auc, ap))
    return pd.DataFrame(lines, columns=["study", "peer", "AUC", "average precision"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", nargs="+", default=list(SMALL), choices=STUDIES)
    for name in parser.parse_args().studies:
        print(reached(name).round(4).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
