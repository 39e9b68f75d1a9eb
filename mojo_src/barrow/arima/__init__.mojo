"""ARIMA models: the exact Gaussian likelihood and its maximum, forecasts, residuals.

`fit_series` fits one series; nothing here looks at more than one, so any number of
threads may work on different ones.
"""

from barrow.arima.coefficients import F64
from barrow.arima.filter import Filtered, curvature, filter_series
from barrow.arima.fit import Fitted, Settings, fit_series
from barrow.arima.likelihood import Likelihood
from barrow.arima.order import Order
from barrow.arima.prepare import Status
