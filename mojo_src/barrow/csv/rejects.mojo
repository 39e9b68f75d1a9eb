"""Rows that could not be read, kept as data."""

from barrow.errors import Reason


@fieldwise_init
struct Reject(ImplicitlyCopyable, TrivialRegisterPassable):
    """One refused row, by its place in the input; its bytes are still there."""

    var line: Int
    """The line the row starts on, from 1."""
    var begin: Int
    """The first byte of the row within the chunk."""
    var length: Int
    """Bytes of the row without its line end."""
    var field: Int
    """The field at fault from 0; the number of fields for `FIELD_COUNT`; or -1.
    """
    var cell_begin: Int
    """The first byte of that field within the chunk."""
    var cell_length: Int
    """Bytes of that field, blanks and quotes left out."""
    var reason: Reason
    """Why."""
