"""Reference algorithm: multinomial logistic regression on scikit-learn's digits.

Writes `coefficients.npy` (float64, 10 classes by 65: 64 pixels and the intercept),
`metrics.json` and `predictions.csv`. The solver is a second-order one, run until it has
converged: then the coefficients are those of the model, not of the machine.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20240229


def main() -> None:
    """Train, evaluate and write the outputs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    out: Path = parser.parse_args().out

    images, labels = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels, test_size=0.25, random_state=SEED, stratify=labels
    )
    model = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-12, max_iter=100),
    )
    model.fit(x_train, y_train)
    classifier = model[-1]
    probabilities = model.predict_proba(x_test)
    predicted = model.predict(x_test)

    np.save(
        out / "coefficients.npy",
        np.column_stack([classifier.coef_, classifier.intercept_]),
    )
    metrics = {
        "accuracy": float(accuracy_score(y_test, predicted)),
        "log_loss": float(log_loss(y_test, probabilities)),
        "iterations": int(classifier.n_iter_.max()),
        "test_images": len(y_test),
    }
    (out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    with (out / "predictions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "label", "predicted", "probability"])
        rows = zip(y_test, predicted, probabilities.max(axis=1), strict=True)
        for image, (label, guess, probability) in enumerate(rows):
            writer.writerow([image, label, guess, repr(float(probability))])
    print(f"digits: accuracy {metrics['accuracy']:.4f}")


if __name__ == "__main__":
    main()
