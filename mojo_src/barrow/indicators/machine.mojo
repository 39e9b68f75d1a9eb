"""What every indicator is: a state machine that takes a row and gives values.

The column form is a loop over the same `update` (`run.mojo`), so a batch equals a stream bit
for bit. Machines know nothing of missing values: the loop keeps those away from them.
"""

comptime Values = SIMD[DType.float64, 4]
"""What an indicator gives for a row; those it does not have are 0."""
comptime Parameters = SIMD[DType.float64, 8]
"""What an indicator is made with, in the order of its table; the rest are 0."""

comptime WIDE = 8
"""How many rows a machine may take at once: a cache line of doubles."""
comptime Lanes = SIMD[DType.float64, WIDE]
"""One number of each of `WIDE` rows."""

comptime OPEN = 1
"""The bit of a column that an indicator reads."""
comptime HIGH = 2
"""The bit of a column that an indicator reads."""
comptime LOW = 4
"""The bit of a column that an indicator reads."""
comptime CLOSE = 8
"""The bit of a column that an indicator reads; also of a series that is no bar."""
comptime VOLUME = 16
"""The bit of a column that an indicator reads."""


@fieldwise_init
struct Row(TrivialRegisterPassable):
    """One bar; columns that an indicator does not read are 0."""

    var open: Float64
    """The first price."""
    var high: Float64
    """The highest price."""
    var low: Float64
    """The lowest price."""
    var close: Float64
    """The last price, or the value of a series that is no bar."""
    var volume: Float64
    """How much was traded."""


@fieldwise_init
struct Rows(TrivialRegisterPassable):
    """Bars one after another; columns that an indicator does not read are 0."""

    var open: Lanes
    """First prices."""
    var high: Lanes
    """Highest prices."""
    var low: Lanes
    """Lowest prices."""
    var close: Lanes
    """Last prices, or the values of a series that is no bar."""
    var volume: Lanes
    """How much was traded."""


@fieldwise_init
struct Results(TrivialRegisterPassable):
    """What an indicator gives for `WIDE` rows; those it does not have are 0."""

    var first: Lanes
    """The first output."""
    var second: Lanes
    """The second output."""
    var third: Lanes
    """The third output."""

    def __init__(out self, only: Lanes):
        """Gives one output.

        Args:
            only: It.
        """
        self.first = only
        self.second = Lanes(0)
        self.third = Lanes(0)


struct Words(Movable):
    """What a machine remembers, as numbers, on the way out of it or into it."""

    var numbers: List[Float64]
    """The state; counts are whole numbers."""
    var at: Int
    """Which number is next, on the way in."""
    var loading: Bool
    """Whether numbers go into the machine."""
    var sound: Bool
    """Whether all numbers were there and in range so far."""

    def __init__(out self):
        """Saves."""
        self.numbers = List[Float64]()
        self.at = 0
        self.loading = False
        self.sound = True

    def __init__(out self, var numbers: List[Float64]):
        """Restores.

        Args:
            numbers: What was saved.
        """
        self.numbers = numbers^
        self.at = 0
        self.loading = True
        self.sound = True

    def number(mut self, mut value: Float64):
        """Saves or restores a number.

        Args:
            value: It.
        """
        if not self.loading:
            self.numbers.append(value)
        elif self.at < len(self.numbers):
            value = self.numbers[self.at]
            self.at += 1
        else:
            self.sound = False

    def count(mut self, mut value: Int, least: Int, most: Int):
        """Saves or restores a whole number.

        Args:
            value: It.
            least: The smallest one that is sound.
            most: The largest one that is sound.
        """
        var number = Float64(value)
        self.number(number)
        if self.loading:
            # False for NaN too.
            if number >= Float64(least) and number <= Float64(most):
                value = Int(number)
            else:
                self.sound = False


trait Indicator(Deinitable, Movable):
    """An indicator that takes rows one by one."""

    comptime USES: Int
    """The bits of the columns it reads."""
    comptime OUTPUTS: Int
    """How many values it gives for a row."""

    def __init__(out self, parameters: Parameters):
        """Starts before the first row.

        Args:
            parameters: In the order of its table; lengths are whole numbers from 1 on.
        """
        ...

    def warm_up(self) -> Int:
        """Counts the rows before the first one that has values.

        Returns:
            Their number.
        """
        ...

    def update(mut self, row: Row, at: Int) -> Values:
        """Takes the next row.

        Args:
            row: Finite numbers.
            at: How many rows it took before.

        Returns:
            The values; they mean nothing before row `warm_up`.
        """
        ...

    def visit(mut self, mut words: Words):
        """Shows all that it remembers.

        Args:
            words: Takes the numbers, or replaces them.
        """
        ...


trait WideIndicator(Indicator):
    """An indicator that can take several rows at once, with the bits of one by one.

    Only what each row needs from the row before is done one by one then; the rest is done
    for all of them by single instructions.
    """

    def ready(self, at: Int) -> Bool:
        """Whether the next `WIDE` rows may be taken at once.

        Args:
            at: How many rows it took before, a multiple of `WIDE`.

        Returns:
            Whether; False in the warm-up.
        """
        ...

    def update_wide(mut self, rows: Rows) -> Results:
        """Takes the next `WIDE` rows.

        Args:
            rows: Finite numbers.

        Returns:
            What `update` would give for one after another.
        """
        ...


@always_inline
def whole(parameters: Parameters, at: Int) -> Int:
    """A length among parameters.

    Args:
        parameters: All of them.
        at: Which one.

    Returns:
        It, at least 1.
    """
    return max(Int(parameters[at]), 1)


@always_inline
def is_zero(value: Float64) -> Bool:
    """Whether TA-Lib would not divide by a number.

    Args:
        value: The number.

    Returns:
        Whether it is within 1e-14 of 0.
    """
    return abs(value) < 1e-14


@always_inline
def are_zero(values: Lanes) -> SIMD[DType.bool, WIDE]:
    """Which numbers `is_zero`.

    Args:
        values: The numbers.

    Returns:
        A lane for each.
    """
    return abs(values).lt(1e-14)


@always_inline
def delayed(values: Lanes, before: Float64) -> Lanes:
    """Numbers of the rows before.

    Args:
        values: Those of some rows.
        before: That of the row before them.

    Returns:
        All but the last one of `values`, after `before`.
    """
    var moved = values.shift_right[1]()
    moved[0] = before
    return moved
