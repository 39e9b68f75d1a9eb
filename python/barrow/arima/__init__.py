"""ARIMA models: exact maximum likelihood, forecasts, one series or thousands."""

from barrow.arima.auto import auto_arima
from barrow.arima.batch import BatchFit, BatchForecast, batch_fit_arima, batch_forecast_arima
from barrow.arima.model import ARIMA
from barrow.arima.order import Order
from barrow.arima.result import ArimaResult, Forecast

__all__ = [
    "ARIMA",
    "ArimaResult",
    "BatchFit",
    "BatchForecast",
    "Forecast",
    "Order",
    "auto_arima",
    "batch_fit_arima",
    "batch_forecast_arima",
]
