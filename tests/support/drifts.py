"""Scripts whose results releases have moved, as the notes tell of them."""

from __future__ import annotations

from support.drift_project import Drift, pylock

__all__ = ["CLASSIFIER", "PAGE", "REGRESSION", "TIMETABLE"]

CLASSIFIER = Drift(
    needs="scikit-learn",
    script="""\
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit(*load_breast_cancer(return_X_y=True))
np.save(Path(sys.argv[1]) / "coefficients.npy", model.coef_)
""",
    outputs="    outputs: {coefficients.npy: {rtol: 1e-6}}\n",
)
TIMETABLE = Drift(
    needs="pandas",
    write_lock=pylock,
    script="""\
import sys
from pathlib import Path

import pandas as pd

utc = pd.date_range("2024-05-01", periods=4, freq="6h", tz="UTC")
local = utc.tz_convert("America/Mexico_City")
table = pd.DataFrame({"utc": utc.hour, "mexico_city": local.hour})
table.to_csv(Path(sys.argv[1]) / "hours.csv", index=False)
""",
    outputs="    outputs: {hours.csv: {}}\n",
)
PAGE = Drift(
    needs="requests",
    script="""\
import sys
from pathlib import Path

import requests

response = requests.models.Response()
response.encoding = None
response._content = "Über größere Straßen fährt man schön".encode("latin-1")
Path(sys.argv[1], "page.txt").write_text(response.text + "\\n", encoding="utf-8")
""",
    outputs="    outputs: {page.txt: {}}\n",
)
REGRESSION = Drift(
    needs="statsmodels",
    script="""\
import json
import sys
from pathlib import Path

print("fitting the dose response", flush=True)
import statsmodels.api as sm

dose = [1.0, 2.0, 3.0, 4.0, 5.0]
fitted = sm.OLS([1.1, 1.9, 3.2, 3.9, 5.1], sm.add_constant(dose)).fit()
result = {"intercept": fitted.params[0], "slope": fitted.params[1]}
Path(sys.argv[1], "fit.json").write_text(json.dumps(result))
""",
    outputs="    outputs: {fit.json: {}}\n",
)
