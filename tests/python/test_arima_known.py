"""Series of textbooks, against what R's `arima` and `forecast::auto.arima` print for them."""

from __future__ import annotations

import barrow as bw
import numpy as np
import pytest


def numbers(text: str) -> np.ndarray:
    return np.array(text.split(), dtype=np.float64)


# Durbin and Koopman (2001): users connected to a server, each minute.
WWW_USAGE = numbers(
    """
    88 84 85 85 84 85 83 85 88 89 91 99 104 112 126 138 146 151 150 148 147 149 143 132 131
    139 147 150 148 145 140 134 131 131 129 126 126 132 137 140 142 150 159 167 170 171 172
    172 174 175 172 172 174 174 169 165 156 142 131 121 112 104 102 99 99 95 88 84 84 87 89
    88 85 86 89 91 91 94 101 110 121 135 145 149 156 165 171 175 177 182 193 204 208 210 215
    222 228 226 222 220
    """
)
# Box and Jenkins (1976), series G: thousands of passengers, months of 1949 to 1960.
AIR_PASSENGERS = numbers(
    """
    112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133
    114 140 145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242
    209 191 172 194 196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264
    302 293 259 229 203 229 242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313
    318 374 413 405 355 306 271 306 315 301 356 348 355 422 465 467 404 347 305 336 340 318
    362 348 363 435 491 505 404 359 310 337 360 342 406 396 420 472 548 559 463 407 362 405
    417 391 419 461 472 535 622 606 508 461 390 432
    """
)
# Brockwell and Davis (1991): level in feet, years 1875 to 1972.
LAKE_HURON = numbers(
    """
    580.38 581.86 580.97 580.80 579.79 580.39 580.42 580.82 581.40 581.32 581.44 581.68
    581.17 580.53 580.01 579.91 579.14 579.16 579.55 579.67 578.44 578.24 579.10 579.09
    579.35 578.82 579.32 579.01 579.00 579.80 579.83 579.72 579.89 580.01 579.37 578.69
    578.19 578.67 579.55 578.92 578.09 579.37 580.13 580.14 579.51 579.24 578.66 578.86
    578.05 577.79 576.75 576.75 577.82 578.64 580.58 579.48 577.38 576.90 576.94 576.24
    576.84 576.85 576.90 577.79 578.18 577.51 577.23 578.42 579.61 579.05 579.26 579.22
    579.38 579.10 577.95 578.12 579.75 580.85 580.41 579.96 579.61 578.76 578.18 577.21
    577.13 579.10 578.25 577.91 576.89 575.96 576.80 577.68 578.38 578.52 579.74 579.31
    579.89 579.96
    """
)
# McNeil (1977): approval of presidents, quarters of 1945 to 1974, some of them unknown.
PRESIDENTS = numbers(
    """
    nan 87 82 75 63 50 43 32 35 60 54 55 36 39 nan nan 69 57 57 51 45 37 46 39 36 24 32 23
    25 32 nan 32 59 74 75 60 71 61 71 57 71 68 79 73 76 71 67 75 79 62 63 57 60 49 48 52 57
    62 61 66 71 62 61 57 72 83 71 78 79 71 62 74 76 64 62 57 80 73 69 69 71 64 69 62 63 46
    56 44 44 52 38 46 36 49 35 44 59 65 65 56 66 53 61 52 51 48 54 49 49 61 nan nan 68 44 40
    27 28 25 24 24
    """
)


def test_usage_of_a_server() -> None:
    fitted = bw.ARIMA(3, 1, 0).fit(WWW_USAGE)
    assert list(fitted.params.values()) == pytest.approx([1.1513, -0.6612, 0.3407, 9.363], abs=1e-3)
    assert (fitted.loglik, fitted.aic) == pytest.approx((-252.0, 511.99), abs=5e-3)
    found = bw.auto_arima(WWW_USAGE)
    assert str(found.order) == "ARIMA(1, 1, 1)"
    assert list(found.params.values())[:2] == pytest.approx([0.6504, 0.5256], abs=5e-5)
    assert (found.loglik, found.aicc) == pytest.approx((-254.15, 514.55), abs=5e-3)


def test_the_airline_model() -> None:
    y = np.log(AIR_PASSENGERS)
    fitted = bw.ARIMA(0, 1, 1, seasonal=(0, 1, 1, 12)).fit(y)
    assert list(fitted.params.values())[:2] == pytest.approx([-0.4018, -0.5569], abs=5e-5)
    assert (fitted.loglik, fitted.aic) == pytest.approx((244.7, -483.4), abs=5e-2)
    assert bw.auto_arima(y, 12).order == fitted.order


def test_the_level_of_a_lake() -> None:
    fitted = bw.ARIMA(2, 0, 0, trend="c").fit(LAKE_HURON)
    assert list(fitted.params.values()) == pytest.approx(
        [1.0436, -0.2495, 579.0473, 0.4788], abs=1e-4
    )
    assert (fitted.loglik, fitted.aic) == pytest.approx((-103.63, 215.27), abs=5e-3)


def test_approval_with_gaps() -> None:
    fitted = bw.ARIMA(3, 0, 0, trend="c").fit(PRESIDENTS)
    assert list(fitted.params.values()) == pytest.approx(
        [0.7496, 0.2523, -0.1890, 56.2236, 81.12], abs=1e-2
    )
    assert (fitted.loglik, fitted.aic) == pytest.approx((-414.08, 838.16), abs=5e-3)
