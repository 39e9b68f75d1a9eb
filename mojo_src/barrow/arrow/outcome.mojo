"""What became of a column whose values were turned into raw values."""

from barrow.errors import Reason


struct Outcome(ImplicitlyCopyable):
    """The first value that was refused, or how many were rounded.

    Kernels stop at the first refusal: what was written so far is of no use then.
    """

    var bad_row: Int
    """The index of the first value refused, or -1."""
    var reason: Reason
    """Why it was refused; `OK` if none was."""
    var rounded: Int
    """How many values lost digits."""
    var first_rounded: Int
    """The index of the first one of them, or -1."""

    def __init__(out self):
        """Makes the outcome of a column in which nothing happened yet."""
        self.bad_row = -1
        self.reason = Reason.OK
        self.rounded = 0
        self.first_rounded = -1

    @always_inline
    def refuse(mut self, at: Int, reason: Reason):
        """Notes a refusal; the first one ends the work.

        Args:
            at: The index of the value.
            reason: Why it was refused.
        """
        self.bad_row = at
        self.reason = reason

    @always_inline
    def round(mut self, at: Int):
        """Notes a value that lost digits.

        Args:
            at: The index of the value; later calls have larger ones.
        """
        if self.rounded == 0:
            self.first_rounded = at
        self.rounded += 1
