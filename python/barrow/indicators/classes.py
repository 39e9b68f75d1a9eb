"""The class of every indicator; `classes.pyi` has the signatures."""

from barrow.indicators.streaming import class_of
from barrow.indicators.table import DEFINITIONS

__all__ = [definition.title for definition in DEFINITIONS]

globals().update({definition.title: class_of(definition) for definition in DEFINITIONS})
