"""The schema that a row must meet before a model is trained on it. Make it stricter as you learn about your data.

The engine adds checks of its own: a unique ``row_id``, a single feature that predicts the target too well,
unbalanced classes, and held-out rows that are also training rows (limits in params.yaml).
"""

import pandera.pandas as pa

SCHEMA = pa.DataFrameSchema(
    {
        "row_id": pa.Column(str, unique=True),
        "age": pa.Column(float, pa.Check.in_range(18, 100)),  # years
        "sex": pa.Column(int, pa.Check.isin([1, 2])),  # the source does not document the codes
        "bmi": pa.Column(float, pa.Check.in_range(12, 60)),  # kg per square meter
        "bp": pa.Column(float, pa.Check.in_range(40, 180)),  # mean blood pressure, mmHg
        "s1": pa.Column(float, pa.Check.in_range(50, 400)),  # total cholesterol, mg/dl
        "s2": pa.Column(float, pa.Check.in_range(20, 350)),  # low-density lipoproteins, mg/dl
        "s3": pa.Column(float, pa.Check.in_range(10, 150)),  # high-density lipoproteins, mg/dl
        "s4": pa.Column(float, pa.Check.in_range(1, 15)),  # total cholesterol / s3
        "s5": pa.Column(float, pa.Check.in_range(2, 8)),  # log of serum triglycerides
        "s6": pa.Column(float, pa.Check.in_range(40, 300)),  # blood sugar, mg/dl
        "progression": pa.Column(float, pa.Check.in_range(0, 500)),
        "high_progression": pa.Column(int, pa.Check.isin([0, 1])),
    },
    strict=True,
)
