"""The function of every indicator; `functions.pyi` has the signatures."""

from barrow.indicators.run import function_of
from barrow.indicators.table import DEFINITIONS

__all__ = [definition.name for definition in DEFINITIONS]

globals().update({definition.name: function_of(definition) for definition in DEFINITIONS})
